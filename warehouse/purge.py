"""Purge what is older than retention allows: raw rows, if that is set, and the ledger's rows on loads and runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from warehouse.database import Warehouse
from warehouse.errors import WarehouseError, first_line
from warehouse.settings import Retention


@dataclass(frozen=True)
class EventTable:
    """A raw table whose rows age: its source and entity, and the column that holds the time of the event."""

    source: str
    entity: str
    event_column: str


@dataclass(frozen=True)
class Purged:
    """Rows purged: of the ledger, and of raw tables by name, each with its retention cutoff (the first moment kept)."""

    ledger_rows: int
    raw_rows: dict[str, tuple[int, datetime]]


def purge(path: Path, retention: Retention, tables: Sequence[EventTable], lock_timeout: float = 30.0) -> Purged:
    """Delete what is older than `retention` says, in one transaction.

    Rows of `tables` go by the time of their event, counted back from the newest event that has come, so that a
    clock that jumps ahead takes nothing away. Every other raw table stays whole. Ingestion takes nothing older again,
    and the next build takes the same days out of the marts.

    Raises:
        WarehouseError: the warehouse is held by another process, or cannot be written.
    """
    try:
        with Warehouse(path, lock_timeout) as warehouse:
            warehouse.connection.begin()
            ledger_rows = _purge_ledger(warehouse, datetime.now(UTC) - timedelta(days=retention.loads_days))
            raw_rows = _purge_raw(warehouse, tables, retention.raw_days)
            warehouse.connection.commit()
    except duckdb.Error as error:
        raise WarehouseError(f"the warehouse {path} cannot be written: {first_line(error)}") from None
    return Purged(ledger_rows, raw_rows)


def _purge_raw(warehouse: Warehouse, tables: Sequence[EventTable], days: int | None) -> dict[str, tuple[int, datetime]]:
    found = {}
    for each in tables:
        dataset = f"raw_{each.source}"
        if each.event_column not in warehouse.columns(dataset, each.entity):
            continue
        cutoff = _cutoff(warehouse, dataset, each, days) if days else None
        warehouse.ledger.save_retention_cutoff(each.source, each.entity, cutoff)
        if cutoff:
            table = f"{dataset}.{each.entity}"
            statement = f'delete from {table} where "{each.event_column}" < ?'
            found[table] = (_deleted(warehouse.connection, statement, cutoff), cutoff)
    return found


def _cutoff(warehouse: Warehouse, dataset: str, table: EventTable, days: int) -> datetime | None:
    """Midnight (UTC) so many days before the newest event; an event that is still to come is none."""
    newest = warehouse.connection.execute(
        f'select max("{table.event_column}") from {dataset}.{table.entity} where "{table.event_column}" <= ?',
        [datetime.now(UTC)],
    ).fetchone()
    if not newest or newest[0] is None:
        return None
    moment: datetime = newest[0].astimezone(UTC) - timedelta(days=days)
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def _purge_ledger(warehouse: Warehouse, before: datetime) -> int:
    """A loop of two minutes makes some three thousand a day.

    The newest load of a source and the newest run of each kind stay, because the next ones are compared with them.
    """
    connection = warehouse.connection
    datasets = connection.execute(
        "select schema_name from duckdb_tables() where table_name = '_dlt_loads' and database_name = current_database()"
    ).fetchall()
    dropped = 0
    for (dataset,) in datasets:
        dropped += _deleted(
            connection,
            f'delete from "{dataset}"._dlt_loads where inserted_at < ? '
            f'and load_id <> (select max(load_id) from "{dataset}"._dlt_loads)',
            before,
        )
    dropped += _deleted(
        connection,
        "delete from raw_operations.runs where started_at < ? and outcome <> 'running' and run_id not in "
        "(select arg_max(run_id, started_at) from raw_operations.runs group by what, source, outcome)",
        before,
    )
    if warehouse.columns("raw_operations", "sizes"):
        dropped += _deleted(connection, "delete from raw_operations.sizes where measured_at < ?", before)
    return dropped


def _deleted(connection: duckdb.DuckDBPyConnection, statement: str, before: datetime) -> int:
    found = connection.execute(statement, [before]).fetchone()
    return int(found[0]) if found else 0
