"""Errors that can be foreseen: each is one line that says what happened, to what, and what to do next."""

from __future__ import annotations

from warehouse.text import one_line


class TallyError(Exception):
    """Every error that a command prints as one line; any other exception is a bug, and shows its traceback."""


class WarehouseError(TallyError):
    """The warehouse cannot be opened, read or written."""


class SettingsError(TallyError):
    """A setting is missing or cannot be read."""


class HeldError(Exception):
    """Another process kept the file for as long as one would wait. `holder` says which, in words."""

    def __init__(self, holder: str, waited: float) -> None:
        super().__init__(f"held by {holder}, waited {waited:.0f} s")
        self.holder = holder
        self.waited = waited


def first_line(error: BaseException) -> str:
    """The first line of an error's text, without DuckDB's links to its documentation; its type where it has no text.

    It can be shown: it holds no control characters.
    """
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return one_line(lines[0].partition(" See also http")[0])


def unexpected(error: BaseException) -> str:
    """An unexpected error in one line: its type and its text. The traceback is for the log."""
    return one_line(f"{type(error).__name__}: {first_line(error)}", 500)
