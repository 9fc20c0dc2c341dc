"""The way out where the machine's clock once ran ahead: what was loaded then is dated back, in the order in which it came.

The models find new rows by a load id greater than all before, and load ids are the clock's, so that nothing can be
loaded until the true time has caught up with them.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from warehouse import ducklake
from warehouse.database import Warehouse
from warehouse.errors import WarehouseError, first_line
from warehouse.sql import quoted

# What ingestion stamps with its own clock, in every raw table; the times of events are the provider's.
STAMPED = ("received_at", "first_seen_at", "seen_at", "forgotten_at", "inserted_at", "reconciled_at")


@dataclass(frozen=True)
class Restamped:
    """How many loads were dated back, and the newest of them as it was dated (UTC); None where none was."""

    loads: int
    newest_was: datetime | None


def restamp(path: Path, lock_timeout: float = 30.0) -> Restamped:
    """Date every load and every run back that is later than the machine's clock, in one transaction.

    All that holds load ids, such as the models' watermarks, is changed with them, so that the next build goes on from
    there. Cursors that are ahead of the clock are dropped: the next run compares everything.

    Raises:
        WarehouseError: there is no warehouse, or it cannot be written.
    """
    if not ducklake.exists(path):
        raise WarehouseError(f"there is no warehouse at {path}: set TALLY_WAREHOUSE")
    try:
        with Warehouse(path, lock_timeout) as warehouse:
            connection = warehouse.connection
            now = time.time()
            connection.begin()
            ids = _columns(connection, "ends_with(column_name, 'load_id') and data_type = 'VARCHAR'")
            future = _restamp_ids(connection, ids, now)
            _restamp_times(connection, now)
            _restamp_runs(connection, now)
            connection.commit()
    except duckdb.Error as error:
        raise WarehouseError(f"the warehouse {path} cannot be written: {first_line(error)}") from None
    return Restamped(len(future), datetime.fromtimestamp(future[-1], UTC) if future else None)


def _columns(connection: duckdb.DuckDBPyConnection, condition: str) -> list[tuple[str, str, str]]:
    """Schema, table and column (quoted) of the columns of stored tables that fit a condition."""
    rows = connection.execute(
        "select columns.schema_name, columns.table_name, columns.column_name from duckdb_columns() as columns "
        "inner join duckdb_tables() as tables using (database_name, schema_name, table_name) "
        f"where columns.database_name = current_database() and {condition}"
    ).fetchall()
    return [(quoted(schema), quoted(table), quoted(column)) for schema, table, column in rows]


def _restamp_ids(
    connection: duckdb.DuckDBPyConnection, columns: Sequence[tuple[str, str, str]], now: float
) -> list[float]:
    """Spread the load ids that are ahead over the time between the newest other one and now; those ids, ascending."""
    found: set[str] = set()
    newest = now - 60.0
    for schema, table, column in columns:
        for text, seconds in connection.execute(
            f"select {column}, try_cast({column} as double) from {schema}.{table} group by all"
        ).fetchall():
            if seconds is None:
                continue
            if seconds > now:
                found.add(text)
            else:
                newest = max(newest, seconds)
    # As text, because that is how they are compared; both are seconds since 1970.
    ahead = sorted(found, key=lambda text: (float(text), text))
    pairs = [
        (text, f"{newest + (now - newest) * position / (len(ahead) + 1):.7f}")
        for position, text in enumerate(ahead, start=1)
    ]
    connection.execute("create or replace temp table restamped (old varchar, new varchar)")
    if pairs:
        connection.executemany("insert into restamped values (?, ?)", pairs)
        for schema, table, column in columns:
            connection.execute(
                f"update {schema}.{table} as held set {column} = new from restamped where {column} = old"
            )
    return [float(text) for text in ahead]


def _restamp_times(connection: duckdb.DuckDBPyConnection, now: float) -> None:
    """Clock times that are ahead, in raw tables: a microsecond apart, so that their order stays."""
    listed = ", ".join(f"'{name}'" for name in STAMPED)
    times = _columns(
        connection,
        f"starts_with(columns.schema_name, 'raw_') and column_name in ({listed}) and starts_with(data_type, 'TIMESTAMP')",
    )
    for schema, table, column in times:
        connection.execute(
            f"""
            with ahead as (
                select {column} as old, row_number() over (order by {column} desc) as position
                from (select distinct {column} from {schema}.{table} where {column} > to_timestamp($now))
            )
            update {schema}.{table} as held
            set {column} = to_timestamp($now) - to_microseconds(ahead.position)
            from ahead where held.{column} = ahead.old
            """,
            {"now": now},
        )


def _restamp_runs(connection: duckdb.DuckDBPyConnection, now: float) -> None:
    connection.execute(
        """
        with ahead as (
            select run_id, row_number() over (order by started_at desc, run_id desc) as position
            from raw_operations.runs where started_at > to_timestamp($now)
        )
        update raw_operations.runs as held
        set started_at = to_timestamp($now) - to_milliseconds(ahead.position)
        from ahead where held.run_id = ahead.run_id
        """,
        {"now": now},
    )
    connection.execute(
        "update raw_operations.runs set ended_at = greatest(started_at, to_timestamp($now)) where ended_at > to_timestamp($now)",
        {"now": now},
    )
    connection.execute("delete from raw_operations.cursors where updated_at > to_timestamp($now)", {"now": now})
