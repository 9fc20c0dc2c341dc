"""Troubles that can be foreseen: each is one line that says what is wrong and what to do next."""

from __future__ import annotations


class IngestionError(Exception):
    """A run cannot start or go on, whatever the source: the warehouse is held, the clock is behind."""


class SourceError(IngestionError):
    """One source cannot be read or loaded; the others go on."""


class PartError(SourceError):
    """Parts of a source cannot be read. What came of the others is good, and is loaded."""


class SettingsError(SourceError):
    """A setting is missing or cannot be read."""
