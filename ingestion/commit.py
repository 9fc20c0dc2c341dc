"""The committer: the one process that merges what shards have shipped into the warehouse's raw tables.

A shipment is one transaction: its rows, under a load id that is given here and is greater than every one before, and the note that it was
taken. So a build never misses a shipment that was loaded earlier and came later, and a kill at any moment leaves all of it or nothing.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from ingestion import sources
from ingestion.difference import difference
from ingestion.errors import SourceError
from ingestion.feeds import folder
from ingestion.landing import Landing, Manifest, Table
from ingestion.rejections import REJECTED
from ingestion.schemas import TIMESTAMP, Entity, Page, Source
from warehouse import ducklake
from warehouse.database import Warehouse
from warehouse.errors import TallyError, WarehouseError, first_line, unexpected
from warehouse.forget import customer_of, forgotten_customers
from warehouse.raw_tables import RAW_TABLES
from warehouse.text import one_line
from warehouse.upgrade import upgrade

logger = logging.getLogger(__name__)

# Other writers of a DuckLake may touch the same tables meanwhile: the transaction is undone, and done again.
ATTEMPTS = 5


@dataclass(frozen=True)
class Committed:
    """A shipment that was taken now: its shard, its load id, and how many of its rows were new or had changed."""

    shipment: str
    shard: str
    load_id: str
    rows: int


def commit(path: Path, landing: Landing, lock_timeout: float, committed: Callable[[Committed], None]) -> None:
    """Take every shipment that is there, each shard's in its order; `committed` is called after each.

    Raises:
        SourceError: the landing place, or a shipment in it, cannot be read; those before it were taken.
        WarehouseError: the warehouse cannot be opened or written, or another committer is at work.
    """
    upgrade(path, lock_timeout)
    try:
        with Warehouse(path, lock_timeout) as warehouse:
            run_id = warehouse.ledger.start_run(None, "commit")
            message: str | None = "interrupted"
            taken = 0
            try:
                warehouse.ledger.refuse_second_writer(run_id, "commit", None)
                forgotten = forgotten_customers(warehouse)
                for manifest in landing.shipments():
                    if done := _take(warehouse, manifest, landing, forgotten):
                        taken += done.rows
                        committed(done)
                    landing.remove(manifest)
                message = None
            except TallyError as error:
                message = one_line(error)
                raise
            except Exception as error:
                message = f"ended with an unexpected error, {unexpected(error)}"
                raise
            finally:
                warehouse.roll_back()
                warehouse.ledger.end_run(run_id, message, taken, 0, 0)
    except duckdb.Error as error:
        raise WarehouseError(f"the warehouse {path} cannot be used: {first_line(error)}") from None


def _take(warehouse: Warehouse, manifest: Manifest, landing: Landing, forgotten: Set[str]) -> Committed | None:
    """Commit a shipment; None where that was done before."""
    warehouse.wait_for_clock()
    for attempt in range(1, ATTEMPTS + 1):
        connection = warehouse.connection
        connection.begin()
        try:
            if connection.execute(
                "select 1 from raw_operations.shipments where shipment = ? and committed_at is not null",
                [manifest.shipment],
            ).fetchone():
                connection.rollback()
                return None
            load_id = next_load_id(warehouse)
            rows = sum(_merge_table(warehouse, table, landing, load_id, forgotten) for table in manifest.tables)
            _save_ledger(connection, manifest)
            _note_loads(connection, {_known(table)[0].dataset for table in manifest.tables}, load_id)
            connection.execute(
                "insert into raw_operations.shipments (shipment, shard, shipped_at, shipped_load_id, committed_at, load_id, row_count) "
                "values (?, ?, ?, ?, ?, ?, ?)",
                [
                    manifest.shipment,
                    manifest.shard,
                    manifest.shipped_at,
                    manifest.shipped_load_id,
                    datetime.now(UTC),
                    load_id,
                    rows,
                ],
            )
            connection.commit()
            return Committed(manifest.shipment, manifest.shard, load_id, rows)
        except duckdb.TransactionException:
            warehouse.roll_back()
            if attempt == ATTEMPTS or not ducklake.is_ducklake(connection):
                raise
            logger.info("another writer was quicker: shipment %s is committed anew", manifest.shipment)
            time.sleep(attempt)
        except BaseException:
            warehouse.roll_back()
            raise
    return None


def next_load_id(warehouse: Warehouse) -> str:
    """A load id as dlt gives them, seconds since 1970 as text, greater than every one that any raw table holds or a load ever had."""
    newest = 0.0
    for schema, table in warehouse.connection.execute(
        "select schema_name, table_name from duckdb_columns() where database_name = current_database() "
        "and starts_with(schema_name, 'raw_') and not ends_with(schema_name, '_staging') "
        "and (column_name = '_dlt_load_id' or (schema_name = 'raw_operations' and table_name = 'shipments' and column_name = 'load_id'))"
    ).fetchall():
        column = "load_id" if table == "shipments" else "_dlt_load_id"
        found = warehouse.connection.execute(
            f'select max(try_cast("{column}" as double)) from "{schema}"."{table}"'
        ).fetchone()
        newest = max(newest, (found and found[0]) or 0.0)
    return f"{max(time.time(), newest + 2e-6):.6f}"


def _merge_table(warehouse: Warehouse, table: Table, landing: Landing, load_id: str, forgotten: Set[str]) -> int:
    source, entity = _known(table)
    count = 0
    for rows in _versions(warehouse, entity, landing.rows(table)):
        rows = _kept(warehouse, source, entity, rows, forgotten)
        found = difference(warehouse, source, entity, rows, is_distinct=True).rows
        if not len(found):
            continue
        changed: Mapping[Entity, pa.Table] = {entity: found}
        if source.complete:
            changed = source.complete(warehouse, changed)
        if source.keep:
            changed = {**source.keep(warehouse, changed, datetime.now(UTC)), **changed}
        for each, its_rows in changed.items():
            _merge(warehouse, source.dataset, each, its_rows, load_id)
        count += len(found)
    return count


def _versions(warehouse: Warehouse, entity: Entity, batches: Iterator[pa.Table]) -> Iterator[pa.Table]:
    """The rows; of an entity that keeps its versions the first of each that came, then the second, and so on.

    What came is compared with the newest version held: of a price that went up and back again before it was shipped, the second is held by then.
    """
    for rows in batches:
        rows = rows.cast(entity.schema)
        if entity.received is None:
            yield rows
            continue
        identity = ", ".join(f'"{name}"' for name in entity.key if name != entity.received)
        place = f'row_number() over (partition by {identity} order by "{entity.received}")'
        numbered = warehouse.query(f"select *, {place} as version_number from arrived", rows)
        for number in range(1, (pc.max(numbered["version_number"]).as_py() or 0) + 1):
            yield (
                numbered.filter(pc.equal(numbered["version_number"], number))
                .select(entity.schema.names)
                .cast(entity.schema)
            )


def _known(table: Table) -> tuple[Source, Entity]:
    """The source and the entity of a table.

    Raises:
        SourceError: this Tally does not know them.
    """
    from ingestion.feeds.load import source_of

    if table.source in sources.NAMES:
        source = sources.source(table.source)
    else:
        source = source_of(table.source, folder.feed(table.source))
    for entity in (*source.entities, REJECTED):
        if entity.name == table.entity:
            return source, entity
    raise SourceError(f"{table.file} holds {table.entity} of {table.source}, which this Tally does not know: update it")


def _kept(warehouse: Warehouse, source: Source, entity: Entity, rows: pa.Table, forgotten: Set[str]) -> pa.Table:
    """Without what must not come in: the data of customers who were forgotten here, and what retention has purged."""
    if source.protect and entity is REJECTED:
        rows = rows.filter(
            pa.array([customer_of(payload or "") not in forgotten for payload in rows["payload"].to_pylist()])
        )
    elif source.protect:
        rows = source.protect(Page(entity, rows), forgotten).rows
    cutoff = warehouse.ledger.retention_cutoff(source.raw_source, entity.name) if entity.happened_at else None
    if cutoff and entity.happened_at:
        rows = rows.filter(pc.greater_equal(rows[entity.happened_at], pa.scalar(cutoff, TIMESTAMP)))
    return rows


def _merge(warehouse: Warehouse, dataset: str, entity: Entity, rows: pa.Table, load_id: str) -> None:
    """Put rows in the place of those with their keys, as dlt's merge does."""
    types = RAW_TABLES[dataset][entity.name]
    name = f'"{dataset}"."{entity.name}"'
    warehouse.connection.execute(f'create schema if not exists "{dataset}"')
    declared = ", ".join(f'"{column}" {kind}' for column, kind in types.items())
    warehouse.connection.execute(f"create table if not exists {name} ({declared})")
    same = " and ".join(f'arrived."{key}" = held."{key}"' for key in entity.key)
    warehouse.query(f"delete from {name} as held where exists (select 1 from arrived where {same})", rows)
    columns = ", ".join(f'"{column}"' for column in entity.schema.names)
    warehouse.query(f"insert into {name} ({columns}, _dlt_load_id) select {columns}, '{load_id}' from arrived", rows)


def _note_loads(connection: duckdb.DuckDBPyConnection, datasets: Set[str], load_id: str) -> None:
    """Note the load as dlt notes its own: what came later than every load that has ended would count as left by a killed one."""
    for dataset in datasets:
        connection.execute(
            f'create table if not exists "{dataset}"._dlt_loads (load_id varchar not null, schema_name varchar, status bigint not null, '
            "inserted_at timestamp with time zone not null, schema_version_hash varchar)"
        )
        connection.execute(
            f'insert into "{dataset}"._dlt_loads (load_id, schema_name, status, inserted_at) values (?, ?, 0, ?)',
            [load_id, "shipment", datetime.now(UTC)],
        )


def _save_ledger(connection: duckdb.DuckDBPyConnection, manifest: Manifest) -> None:
    """The shard's runs, and what the models read of its feeds and settings."""
    for run in manifest.runs:
        connection.execute(
            "insert into raw_operations.runs (run_id, what, source, started_at, ended_at, outcome, rows_new, rows_changed, rows_rejected, "
            "message, writer) select ?, 'ingestion', ?, ?, ?, ?, ?, ?, ?, ?, ? "
            "where not exists (select 1 from raw_operations.runs where run_id = ?)",
            [
                run.run_id, run.source, run.started_at, run.ended_at, run.outcome, run.rows_new, run.rows_changed, run.rows_rejected,
                run.message, run.writer, run.run_id,
            ],
        )  # fmt: skip
    for feed in manifest.feeds:
        connection.execute(
            "insert into raw_operations.feeds select ?, ?, ?, ? where not exists "
            "(select 1 from raw_operations.feeds where feed = ? and source = ? and entity = ?)",
            [feed.feed, feed.source, feed.entity, feed.noted_at, feed.feed, feed.source, feed.entity],
        )
    for source, settings in manifest.settings.items():
        connection.execute("delete from raw_operations.source_settings where source = ?", [source])
        for setting, value in settings.items():
            connection.execute("insert into raw_operations.source_settings values (?, ?, ?)", [source, setting, value])
