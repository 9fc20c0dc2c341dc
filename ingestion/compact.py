"""Rewrite the warehouse's file, so that it holds what its tables hold and nothing else; forget old records of loads."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from ingestion.errors import IngestionError
from ingestion.warehouse import Warehouse, first_line


def compact(path: Path, lock_timeout: float = 30.0) -> None:
    """Copy every table and view into a new file, which then takes the old one's place at once.

    DuckDB marks the place of what was deleted as free and does not overwrite it; neither does it make the file smaller.
    Takes as much room on the disk again as the warehouse; a kill leaves the old file as it was.

    Raises:
        IngestionError: the warehouse is held by another process, or there is no room.
    """
    fresh = path.with_name(path.name + ".compacting")
    for left in (fresh, fresh.with_name(fresh.name + ".wal")):
        left.unlink(missing_ok=True)
    try:
        with Warehouse(path, lock_timeout) as warehouse:
            connection = warehouse.connection
            connection.execute("checkpoint")
            name = connection.execute("select current_database()").fetchone()
            quoted = '"' + str(name[0] if name else "").replace('"', '""') + '"'
            connection.execute(f"attach '{str(fresh).replace(chr(39), chr(39) * 2)}' as compacting")
            connection.execute(f"copy from database {quoted} to compacting")
            connection.execute("checkpoint compacting")
            connection.execute("detach compacting")
            with fresh.open("rb") as file:
                os.fsync(file.fileno())
            # While the old file is still locked: whoever waits for it opens the new one.
            fresh.replace(path)
    except (duckdb.Error, OSError) as error:
        fresh.unlink(missing_ok=True)
        raise IngestionError(f"the warehouse {path} cannot be rewritten: {first_line(error)}") from None


def forget_old_loads(path: Path, days: int, lock_timeout: float = 30.0) -> int:
    """Drop what the warehouse notes of each load and run where it is older than so many days; how many rows went.

    A loop of two minutes makes some three thousand a day. The rows that were loaded stay, whatever their age: a full
    refresh is made from them. The newest load of a source and the newest run of each kind stay too, because the next
    ones are compared with them.

    Raises:
        IngestionError: the warehouse is held by another process, or cannot be written.
    """
    before = datetime.now(UTC) - timedelta(days=days)
    dropped = 0
    try:
        with Warehouse(path, lock_timeout) as warehouse:
            connection = warehouse.connection
            connection.begin()
            datasets = connection.execute(
                "select schema_name from duckdb_tables() where table_name = '_dlt_loads' and database_name = current_database()"
            ).fetchall()
            for (dataset,) in datasets:
                dropped += _dropped(
                    connection,
                    f'delete from "{dataset}"._dlt_loads where inserted_at < ? '
                    f'and load_id <> (select max(load_id) from "{dataset}"._dlt_loads)',
                    before,
                )
            dropped += _dropped(
                connection,
                "delete from raw_operations.runs where started_at < ? and outcome <> 'running' and run_id not in "
                "(select arg_max(run_id, started_at) from raw_operations.runs group by what, source, outcome)",
                before,
            )
            if warehouse.columns("raw_operations", "sizes"):
                dropped += _dropped(connection, "delete from raw_operations.sizes where measured_at < ?", before)
            connection.commit()
    except duckdb.Error as error:
        raise IngestionError(f"the warehouse {path} cannot be written: {first_line(error)}") from None
    return dropped


def _dropped(connection: duckdb.DuckDBPyConnection, statement: str, before: datetime) -> int:
    found = connection.execute(statement, [before]).fetchone()
    return int(found[0]) if found else 0
