"""The raw tables on their way to Spark: what is new in the DuckDB file, as Parquet, merged into Iceberg by key.

Load ids stay as they are. The file is open only while it is read, so that ingestion goes on while Spark writes. Each table is one statement, which
Iceberg commits at once, and is noted afterwards: killed at any moment and run again, the same rows are merged again.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
from filelock import FileLock, Timeout

from ingestion import sources
from ingestion.feeds import folder
from ingestion.rejections import REJECTED
from warehouse import copied
from warehouse.copied import Note
from warehouse.database import Warehouse
from warehouse.errors import WarehouseError, first_line
from warehouse.iceberg import take_records
from warehouse.ledger import SCHEMA, columns
from warehouse.ledger import TABLES as LEDGER
from warehouse.paths import WarehousePaths
from warehouse.raw_tables import RAW_TABLES
from warehouse.spark import Spark, Table, connected, literal
from warehouse.spark_landing import Landing, selected_from

LEDGER_TABLES = (
    "runs",
    "feeds",
    "source_settings",
    "retention",
    "unfinished_nodes",
    "test_results",
    "full_refreshes",
    "sizes",
)
"""What the models and dbt's hooks read of the ledger."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Raw:
    """A raw table: its key (none in the ledger's), its columns with DuckDB's types, and the time of its events where they have one."""

    schema: str
    table: str
    key: tuple[str, ...]
    types: Mapping[str, str]
    happened_at: str | None = None

    @property
    def relation(self) -> str:
        return f"{self.schema}.{self.table}"

    @property
    def shape(self) -> str:
        return ", ".join(f"{name} {kind}" for name, kind in self.types.items())


@dataclass(frozen=True)
class Change:
    """Rows on their way: all of a table or those of its new loads, in a Parquet file.

    `rows` is how many the table has with them, `span` the first and last event among them.
    """

    raw: Raw
    is_whole: bool
    file: str
    rows: int
    note: Note
    span: tuple[str, str] | None = None


def to_spark(path: Path, lock_timeout: float) -> dict[str, int]:
    """Bring Spark's raw tables up to date; the rows of each table that was written.

    Raises:
        WarehouseError: the DuckDB file cannot be opened, Spark cannot be asked, or another process is at it.
    """
    paths = WarehousePaths(path)
    landing = Landing(path)
    lock = FileLock(paths.spark_lock)
    try:
        with lock.acquire(timeout=lock_timeout), connected() as spark:
            take_records(path, spark, lock_timeout)
            landing.empty()
            written = _copy(path, spark, landing, lock_timeout, whole=set())
            # What left raw has no load id: the counts say so, and the table is copied whole.
            if differing := _differing(path, spark, lock_timeout):
                logger.info("copied whole, since rows left them: %s", ", ".join(sorted(differing)))
                written |= _copy(path, spark, landing, lock_timeout, whole=differing)
            landing.empty()
            return written
    except Timeout:
        raise WarehouseError(f"another process takes the rows of {path} to Spark: wait until it has ended") from None
    except duckdb.Error as error:
        raise WarehouseError(f"the warehouse {path} cannot be read: {first_line(error)}") from None


def raw_tables() -> Iterator[Raw]:
    """Every table that goes to Spark."""
    from ingestion.feeds.load import source_of

    found: dict[str, Raw] = {}
    for source in [
        *(sources.source(name) for name in sources.NAMES),
        *(source_of(name, feed) for name, feed in folder.all_feeds().items()),
    ]:
        for entity in (*source.entities, REJECTED):
            types = RAW_TABLES[source.dataset][entity.name]
            raw = Raw(source.dataset, entity.name, entity.key, types, entity.happened_at)
            found.setdefault(raw.relation, raw)
    yield from found.values()
    for table in LEDGER_TABLES:
        yield Raw(SCHEMA, table, (), LEDGER[table])


def _copy(path: Path, spark: Spark, landing: Landing, lock_timeout: float, whole: set[str]) -> dict[str, int]:
    held = _held(spark)
    with Warehouse(path, lock_timeout) as warehouse:
        connection = warehouse.connection
        known = copied.notes(connection)
        changes = [
            change
            for raw in raw_tables()
            if raw.table in _tables_of(connection, raw.schema) and (not whole or raw.relation in whole)
            if (
                change := _change(
                    connection, raw, held.get(raw.relation), None if whole else known.get(raw.relation), landing
                )
            )
        ]
    for schema in sorted({change.raw.schema for change in changes}):
        spark.run(f"create schema if not exists {schema}")
    for change in changes:
        spark.run(_statement(change, landing.seen_by_spark(change.file)))
    if changes:
        held = _held(spark)
        with Warehouse(path, lock_timeout) as warehouse:
            for change in changes:
                copied.save(warehouse.connection, replace(change.note, snapshot=held[change.raw.relation].snapshot))
    return {change.raw.relation: change.rows for change in changes}


def _change(
    connection: duckdb.DuckDBPyConnection, raw: Raw, held: Table | None, note: Note | None, landing: Landing
) -> Change | None:
    """What Spark lacks of a table; None where it lacks nothing."""
    is_known = bool(held and note and note.snapshot == held.snapshot and note.shape == raw.shape)
    named = f'"{raw.schema}"."{raw.table}"'
    have = columns(connection, raw.schema, raw.table)
    selected = ", ".join(
        f'"{name}"' if name in have else f'null::{kind} as "{name}"' for name, kind in raw.types.items()
    )
    file = f"{raw.relation}.parquet"
    if not raw.key:
        state = str(
            _one(connection, f"select coalesce(bit_xor(hash(t)), 0) from (select {selected} from {named}) as t")
        )
        if is_known and note and note.state == state:
            return None
        rows = landing.write(connection, f"select {selected} from {named}", file)
        return Change(raw, True, file, rows, Note(raw.relation, None, state, raw.shape))
    finished = _finished(connection, raw.schema)
    rows, newest = connection.execute(
        f"select count(*), coalesce(max(_dlt_load_id), '') from {named} where {finished}"
    ).fetchone() or (0, "")
    seen = note.state if is_known and note and note.state <= newest else None
    made = Note(raw.relation, None, newest, raw.shape)
    if seen is None:
        landing.write(connection, f"select {selected} from {named} where {finished}", file)
        return Change(raw, True, file, rows, made)
    new = f"from {named} where {finished} and _dlt_load_id > '{seen}'"
    if not _one(connection, f"select count(*) {new}"):
        return None
    span = None
    if raw.happened_at and raw.happened_at in raw.key:
        first, last = connection.execute(
            f'select min("{raw.happened_at}")::varchar, max("{raw.happened_at}")::varchar {new}'
        ).fetchone() or ("", "")
        span = (first, last)
    landing.write(connection, f"select {selected} {new}", file)
    return Change(raw, False, file, rows, made, span)


def _statement(change: Change, file: str) -> str:
    """The one statement that writes a change."""
    raw = change.raw
    arrived = selected_from(file, raw.types)
    if change.is_whole:
        parts = f"partitioned by (months({raw.happened_at}))" if raw.happened_at else ""
        return f"create or replace table {raw.relation} using iceberg {parts} as {arrived}"
    same = [f"held.`{each}` <=> arrived.`{each}`" for each in raw.key]
    if change.span:  # so that only the files of these months are read
        first, last = (literal(each) for each in change.span)
        same.append(f"held.`{raw.happened_at}` between timestamp {first} and timestamp {last}")
    return (
        f"merge into {raw.relation} as held using ({arrived}) as arrived on {' and '.join(same)} "
        "when matched then update set * when not matched then insert *"
    )


def _differing(path: Path, spark: Spark, lock_timeout: float) -> set[str]:
    """The raw tables of which Spark holds another number of rows than the file."""
    held = _held(spark)
    with Warehouse(path, lock_timeout) as warehouse:
        connection = warehouse.connection
        known = copied.notes(connection)
        return {
            raw.relation
            for raw in raw_tables()
            if raw.key and raw.relation in known and raw.relation in held
            and held[raw.relation].rows
            != _one(
                connection,
                f'select count(*) from "{raw.schema}"."{raw.table}" where _dlt_load_id <= \'{known[raw.relation].state}\'',
            )
        }  # fmt: skip


def _held(spark: Spark) -> dict[str, Table]:
    schemas: Sequence[str] = (*RAW_TABLES, SCHEMA)
    return {f"{schema}.{name}": table for schema in schemas for name, table in spark.tables(schema).items()}


def _finished(connection: duckdb.DuckDBPyConnection, schema: str) -> str:
    """What is true of the rows of loads that have ended: a killed load's rows are taken back by the next run."""
    if not columns(connection, schema, "_dlt_loads"):
        return "true"
    newest = _one(connection, f'select max(load_id) from "{schema}"._dlt_loads where status = 0')
    return f"_dlt_load_id <= '{newest or ''}'"


def _tables_of(connection: duckdb.DuckDBPyConnection, schema: str) -> set[str]:
    """The tables of a schema."""
    found = connection.execute(
        "select table_name from duckdb_tables() where database_name = current_database() and schema_name = ?", [schema]
    ).fetchall()
    return {name for (name,) in found}


def _one(connection: duckdb.DuckDBPyConnection, query: str) -> object:
    found = connection.execute(query).fetchone()
    return found[0] if found else None
