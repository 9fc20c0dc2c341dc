"""Errors of one source: each ends that source's run with one line, and the others go on."""

from __future__ import annotations

from warehouse.errors import TallyError


class SourceError(TallyError):
    """One source cannot be read or loaded; the others go on."""


class PartError(SourceError):
    """Parts of a source cannot be read. What came of the others is good, and is loaded."""
