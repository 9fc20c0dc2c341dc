"""Opening a DuckDB file that another process may hold: one writer shuts out everybody, so whoever comes second waits."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from pathlib import Path

import duckdb

LOCK_TIMEOUT = 30.0
_PAUSE = 0.2


class HeldError(Exception):
    """Another process kept the file for as long as one would wait. `holder` says which, in words."""

    def __init__(self, holder: str, waited: float) -> None:
        super().__init__(f"held by {holder}, waited {waited:.0f} s")
        self.holder = holder
        self.waited = waited


def lock_timeout() -> float:
    """Seconds to wait for what another process holds: TALLY_LOCK_TIMEOUT, by default 30.

    Raises:
        ValueError: it is no number; one line.
    """
    value = os.environ.get("TALLY_LOCK_TIMEOUT") or str(LOCK_TIMEOUT)
    try:
        return max(0.0, float(value))
    except ValueError:
        raise ValueError(f"TALLY_LOCK_TIMEOUT must be a number of seconds, not {value!r}") from None


def connect(
    path: Path, timeout: float, *, read_only: bool = False, notify: Callable[[str], None] = lambda holder: None
) -> duckdb.DuckDBPyConnection:
    """A connection, after at most `timeout` seconds; `notify` gets who holds the file when the wait begins.

    A process that has the file open for writing gets what it asks for, to read as well as to write.

    Raises:
        HeldError: another process still holds it.
        duckdb.Error: it cannot be opened for another reason.
    """
    deadline = time.monotonic() + timeout
    has_told = False
    while True:
        try:
            return duckdb.connect(str(path), read_only=read_only)
        except duckdb.Error as error:
            holder = _holder(error)
            if holder == "this process" and read_only:
                return duckdb.connect(str(path))
            if holder is None:
                raise
            if time.monotonic() >= deadline:
                raise HeldError(holder, timeout) from None
            if not has_told:
                notify(holder)
                has_told = True
        time.sleep(_PAUSE)


def _holder(error: duckdb.Error) -> str | None:
    """Who holds the file, from DuckDB's message; None if the trouble is another."""
    text = str(error)
    if found := re.search(r"held in (?P<command>.*?) \(PID (?P<pid>\d+)\)", text):
        return f"process {found['pid']} ({found['command']})"
    if "different configuration" in text:
        return "this process"
    return "another process" if "Could not set lock" in text else None
