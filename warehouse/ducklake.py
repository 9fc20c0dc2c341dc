"""A warehouse that several machines write: a DuckLake, whose catalog is in PostgreSQL (or, for one writer, in SQLite).

TALLY_DUCKLAKE says where the catalog is. The warehouse's name, TALLY_WAREHOUSE, then stands for the files beside it alone.
DuckDB's extensions come from PyPI, at DuckDB's own version: nothing is fetched at run time.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
from filelock import FileLock, Timeout

from warehouse.errors import HeldError, WarehouseError
from warehouse.extensions import load, open_bucket
from warehouse.paths import WarehousePaths
from warehouse.settings import Machine
from warehouse.sql import literal
from warehouse.urls import readable_error, readable_url

BUSY_TIMEOUT = 60_000
_SCANNERS = {"sqlite": "sqlite_scanner", "postgresql": "postgres_scanner"}


@dataclass(frozen=True)
class Lake:
    """Where a DuckLake is: `catalog` is `sqlite:FILE` or `postgresql://…`, `data` the folder or bucket of its Parquet files."""

    catalog: str
    data: str

    @property
    def shown(self) -> str:
        """The catalog's place as it may be shown."""
        return readable_url(self.catalog)


def lake_of(path: Path) -> Lake | None:
    """The DuckLake that takes the place of the file at `path`: of TALLY_WAREHOUSE where TALLY_DUCKLAKE is set, of no other file."""
    machine = Machine.load()
    if machine.ducklake is None or path.absolute() != machine.warehouse.absolute():
        return None
    return Lake(machine.ducklake, machine.ducklake_data or str(WarehousePaths(path).lake.absolute()))


def exists(path: Path) -> bool:
    """Whether there is a warehouse at `path`: a DuckLake is made when it is first opened."""
    return lake_of(path) is not None or WarehousePaths(path).file.exists()


def is_ducklake(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether the database that a connection uses is a DuckLake: it has no primary keys, and no `insert or replace`."""
    found = connection.execute(
        "select type from duckdb_databases() where database_name = current_database()"
    ).fetchone()
    return found is not None and found[0] == "ducklake"


def attach(connection: duckdb.DuckDBPyConnection, lake: Lake, name: str, *, read_only: bool) -> None:
    """Attach the lake under a name; one that is not there yet is made.

    Raises:
        WarehouseError: an extension is not installed.
        duckdb.Error: the catalog or its data cannot be reached; the text holds no password.
    """
    kind = lake.catalog.partition(":")[0]
    for extension in ("ducklake", _SCANNERS[kind]):
        load(connection, extension, "TALLY_DUCKLAKE", "make ducklake")
    connection.execute("set autoinstall_known_extensions = false")
    if lake.data.startswith("s3://"):
        open_bucket(connection, "TALLY_DUCKLAKE", "make ducklake")
    place = lake.catalog if kind == "sqlite" else f"postgres:{lake.catalog}"
    options = [f"data_path {literal(lake.data)}", *(["read_only"] if read_only else [])]
    if kind == "sqlite":  # else one process that reads stops another that writes
        options += [f"meta_busy_timeout {BUSY_TIMEOUT}", *([] if read_only else ["meta_journal_mode 'WAL'"])]
    try:
        connection.execute(f"attach {literal(f'ducklake:{place}')} as {name} ({', '.join(options)})")
    except duckdb.Error as error:
        raise duckdb.IOException(readable_error(error, lake.catalog)) from None


@contextmanager
def writing(path: Path, timeout: float) -> Iterator[None]:
    """Keeps every other process that writes under this warehouse's name out, as DuckDB does where the warehouse is a file.

    So a run of this writer that still says `running` was killed, and the files beside the warehouse have one owner.

    Raises:
        HeldError: another process still writes.
    """
    if lake_of(path) is None:
        yield
        return
    paths = WarehousePaths(path)
    paths.writer_lock.parent.mkdir(parents=True, exist_ok=True)
    # dbt opens the warehouse in a thread of its own.
    lock = FileLock(paths.writer_lock.absolute(), mode=0o600, is_singleton=True, thread_local=False)
    try:
        with lock.acquire(timeout=timeout):
            yield
    except Timeout:
        raise HeldError("another process", timeout) from None


def refuse(path: Path, what: str, instead: str) -> None:
    """Refuse what only a file can have done to it; `instead` says what to do.

    Raises:
        WarehouseError: the warehouse is a DuckLake.
    """
    if lake := lake_of(path):
        raise WarehouseError(
            f"{what} works on a warehouse in one file, and this one is a DuckLake ({lake.shown}): {instead}"
        )


def write_anew(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> None:
    """Put a copy in a table's place, in one transaction; nothing where there is no such table.

    With a table the catalog keeps the least and the greatest value that each column ever had, and rows that came a few at a time.
    `tidy` deletes them with the old table.
    """
    if not connection.execute(
        "select 1 from duckdb_tables() where database_name = current_database() and schema_name = ? and table_name = ?",
        [schema, table],
    ).fetchone():
        return
    connection.begin()
    connection.execute(f'create table "{schema}"."{table}_anew" as from "{schema}"."{table}"')
    connection.execute(f'drop table "{schema}"."{table}"')
    connection.execute(f'alter table "{schema}"."{table}_anew" rename to "{table}"')
    connection.commit()


def vacuum(lake: Lake) -> None:
    """Clear a catalog in SQLite of what was deleted from it; PostgreSQL does so by itself.

    Raises:
        sqlite3.Error: another process has it open.
    """
    kind, _, file = lake.catalog.partition(":")
    if kind == "sqlite":
        with closing(sqlite3.connect(file, timeout=BUSY_TIMEOUT / 1000)) as catalog:
            catalog.execute("vacuum")
            catalog.execute("pragma wal_checkpoint(truncate)")


def tidy(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Delete for good what no current table holds: earlier snapshots, and the files that only they need.

    A reader that began before it may fail; it reads the newest state when it is run again.
    """
    connection.execute(f"call ducklake_merge_adjacent_files('{name}')")
    connection.execute(f"call ducklake_rewrite_data_files('{name}', delete_threshold => 0)")
    connection.execute(f"call ducklake_expire_snapshots('{name}', older_than => now())")
    connection.execute(f"call ducklake_cleanup_old_files('{name}', cleanup_all => true)")
