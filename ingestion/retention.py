"""What the warehouse lets go of, by age: raw rows, if that is set, and what it notes of loads and runs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from ingestion import sources
from ingestion.errors import IngestionError
from ingestion.settings import Retention
from ingestion.shapes import Entity, Source
from ingestion.warehouse import Warehouse, first_line


@dataclass(frozen=True)
class LetGo:
    """Rows that went: notes of loads and runs, and raw rows by table, with the first moment that is kept of each."""

    notes: int
    rows: dict[str, tuple[int, datetime]]


def let_go(path: Path, retention: Retention, lock_timeout: float = 30.0) -> LetGo:
    """Drop what is older than `retention` says, in one transaction.

    Raw rows go by the time of their event (`Entity.happened_at`), counted back from the newest event that has come, so that a
    clock that jumps ahead takes nothing away. Where nothing has such a time (customers, products, stores, sensors,
    and retail, whose provider serves all of it each time) everything stays. Ingestion takes nothing older again, and
    the next build takes the same days out of the marts.

    Raises:
        IngestionError: the warehouse is held by another process, or cannot be written.
    """
    try:
        with Warehouse(path, lock_timeout) as warehouse:
            warehouse.connection.begin()
            notes = _old_notes(warehouse, datetime.now(UTC) - timedelta(days=retention.loads_days))
            rows = _old_rows(warehouse, retention.raw_days)
            warehouse.connection.commit()
    except duckdb.Error as error:
        raise IngestionError(f"the warehouse {path} cannot be written: {first_line(error)}") from None
    return LetGo(notes, rows)


def _old_rows(warehouse: Warehouse, days: int | None) -> dict[str, tuple[int, datetime]]:
    found = {}
    for source in map(sources.source, sources.NAMES):
        for entity in source.entities:
            if not entity.happened_at or entity.happened_at not in warehouse.columns(source.dataset, entity.name):
                continue
            kept_from = _kept_from(warehouse, source, entity, days) if days else None
            warehouse.save_kept_from(source, entity.name, kept_from)
            if kept_from:
                table = f"{source.dataset}.{entity.name}"
                statement = f'delete from {table} where "{entity.happened_at}" < ?'
                found[table] = (_dropped(warehouse.connection, statement, kept_from), kept_from)
    return found


def _kept_from(warehouse: Warehouse, source: Source, entity: Entity, days: int) -> datetime | None:
    """Midnight (UTC) so many days before the newest event; an event that is still to come is none."""
    newest = warehouse.connection.execute(
        f'select max("{entity.happened_at}") from {source.dataset}.{entity.name} where "{entity.happened_at}" <= ?',
        [datetime.now(UTC)],
    ).fetchone()
    if not newest or newest[0] is None:
        return None
    moment: datetime = newest[0].astimezone(UTC) - timedelta(days=days)
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def _old_notes(warehouse: Warehouse, before: datetime) -> int:
    """A loop of two minutes makes some three thousand a day.

    The newest load of a source and the newest run of each kind stay, because the next ones are compared with them.
    """
    connection = warehouse.connection
    datasets = connection.execute(
        "select schema_name from duckdb_tables() where table_name = '_dlt_loads' and database_name = current_database()"
    ).fetchall()
    dropped = 0
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
    return dropped


def _dropped(connection: duckdb.DuckDBPyConnection, statement: str, before: datetime) -> int:
    found = connection.execute(statement, [before]).fetchone()
    return int(found[0]) if found else 0
