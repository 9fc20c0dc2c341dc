"""Copies of the published marts, where people want them: other databases, folders, object stores."""
