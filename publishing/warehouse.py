"""The warehouse, opened to be read."""

import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from publishing.publication import PublishingError


def lock_timeout() -> float:
    """Seconds that whoever comes second waits: `TALLY_LOCK_TIMEOUT`, 30 if it is not set."""
    value = os.environ.get("TALLY_LOCK_TIMEOUT", "30")
    try:
        return float(value)
    except ValueError:
        raise PublishingError(f"TALLY_LOCK_TIMEOUT is a number of seconds, not {value!r}.") from None


@contextmanager
def opened(warehouse: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A read-only connection, closed at the end.

    Raises:
        PublishingError: there is no such file, it is not a DuckDB database, or another process keeps it locked.
    """
    if not warehouse.exists():
        raise PublishingError(f"There is no warehouse at {warehouse}: run `make ingest` and `make build` first.")
    connection = _connect(warehouse, time.monotonic() + lock_timeout())
    try:
        yield connection
    finally:
        connection.close()


def _connect(warehouse: Path, until: float) -> duckdb.DuckDBPyConnection:
    while True:
        try:
            return duckdb.connect(str(warehouse), read_only=True)
        except duckdb.ConnectionException:
            # This process has it open for writing, as dbt does in the loop: DuckDB gives out only the same again.
            return duckdb.connect(str(warehouse))
        except duckdb.IOException as error:
            message = str(error)
            if "lock" not in message.lower():
                reason = message.splitlines()[0]
                raise PublishingError(f"{warehouse} cannot be opened as a DuckDB database: {reason}") from None
            if time.monotonic() >= until:
                raise PublishingError(
                    f"{warehouse} is in use by {_holder(message)}: "
                    "wait until it has ended, or raise TALLY_LOCK_TIMEOUT."
                ) from None
        time.sleep(0.2)


def _holder(message: str) -> str:
    """Who holds the file, out of DuckDB's own words: `Conflicting lock is held in <program> (PID 123)`."""
    found = re.search(r"held in (?P<program>\S+).*?\(PID (?P<pid>\d+)\)", message)
    if not found:
        return "another process"
    return f"{Path(found['program']).name} (process {found['pid']})"
