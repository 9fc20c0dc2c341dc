"""Feeds: an owner's own files, mapped by one TOML file each, on their way to the raw tables of the built-in sources."""
