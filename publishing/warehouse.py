"""The warehouse, opened to be read."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from ingestion import lock
from publishing.publication import PublishingError


def lock_timeout() -> float:
    """Seconds that whoever comes second waits: `TALLY_LOCK_TIMEOUT`, 30 if it is not set."""
    try:
        return lock.lock_timeout()
    except ValueError as error:
        raise PublishingError(f"{error}.") from None


@contextmanager
def opened(warehouse: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A read-only connection, closed at the end.

    Raises:
        PublishingError: there is no such file, it is not a DuckDB database, or another process keeps it locked.
    """
    if not warehouse.exists():
        raise PublishingError(f"There is no warehouse at {warehouse}: run `make ingest` and `make build` first.")
    try:
        connection = lock.connect(warehouse, lock_timeout(), read_only=True)
    except lock.HeldError as error:
        raise PublishingError(
            f"{warehouse} is in use by {error.holder}: wait until it has ended, or raise TALLY_LOCK_TIMEOUT."
        ) from None
    except duckdb.Error as error:
        reason = str(error).splitlines()[0]
        raise PublishingError(f"{warehouse} cannot be opened as a DuckDB database: {reason}") from None
    try:
        yield connection
    finally:
        connection.close()
