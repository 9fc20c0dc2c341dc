"""Every DuckDB connection that Tally opens. One writer shuts out everybody, so whoever comes second waits.

A check (ruff's banned-api) keeps `duckdb.connect` in this file.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from warehouse.errors import WarehouseError, first_line
from warehouse.settings import lock_timeout

# DuckDB 1.5 mis-binds columns in some plans of `row_number() over (…) = 1` that this optimizer makes.
SETTINGS = ("set disabled_optimizers = 'top_n_window_elimination'", "set TimeZone = 'UTC'")
_PAUSE = 0.2

logger = logging.getLogger(__name__)


class HeldError(Exception):
    """Another process kept the file for as long as one would wait. `holder` says which, in words."""

    def __init__(self, holder: str, waited: float) -> None:
        super().__init__(f"held by {holder}, waited {waited:.0f} s")
        self.holder = holder
        self.waited = waited


def connect_memory() -> duckdb.DuckDBPyConnection:
    """A connection to a database in memory, for queries on Parquet files."""
    return _set_up(duckdb.connect())


def connect(path: Path, timeout: float, *, read_only: bool = False) -> duckdb.DuckDBPyConnection:
    """A connection to the file at `path`, after at most `timeout` seconds; who holds it is logged when a wait begins.

    A process that has the file open for writing gets what it asks for, to read as well as to write.

    Raises:
        HeldError: another process still holds it.
        duckdb.Error: it cannot be opened for another reason.
    """
    deadline = time.monotonic() + timeout
    has_logged = False
    while True:
        try:
            return _set_up(duckdb.connect(str(path), read_only=read_only))
        except duckdb.Error as error:
            holder = _holder(error)
            if holder == "this process" and read_only:
                return _set_up(duckdb.connect(str(path)))
            if holder is None:
                raise
            if time.monotonic() >= deadline:
                raise HeldError(holder, timeout) from None
            if not has_logged:
                logger.info("the warehouse is held by %s: waiting up to %.0f s", holder, timeout)
                has_logged = True
        time.sleep(_PAUSE)


@contextmanager
def opened(path: Path, *, read_only: bool = True) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to an existing warehouse, closed at the end.

    Raises:
        WarehouseError: there is no such file, it is not a DuckDB database, or another process keeps it locked.
    """
    if not path.exists():
        raise WarehouseError(f"There is no warehouse at {path}: run `make ingest` and `make build` first.")
    try:
        connection = connect(path, lock_timeout(), read_only=read_only)
    except HeldError as error:
        raise WarehouseError(
            f"{path} is in use by {error.holder}: wait until it has ended, or raise TALLY_LOCK_TIMEOUT."
        ) from None
    except duckdb.Error as error:
        raise WarehouseError(f"{path} cannot be opened as a DuckDB database: {first_line(error)}") from None
    with connection:
        yield connection


def _set_up(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    for statement in SETTINGS:
        connection.execute(statement)
    return connection


def _holder(error: duckdb.Error) -> str | None:
    """Who holds the file, from DuckDB's message; None if the trouble is another."""
    text = str(error)
    if found := re.search(r"held in (?P<command>.*?) \(PID (?P<pid>\d+)\)", text):
        return f"process {found['pid']} ({found['command']})"
    if "different configuration" in text:
        return "this process"
    return "another process" if "Could not set lock" in text else None
