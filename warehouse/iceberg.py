"""Spark's tables as the DuckDB file shows them: a view for each, on what the table was when the views were made.

So publishing, mails and queries read the same names whichever engine has built them, and all of one moment. What dbt records on Spark of its runs is
copied into the file's ledger.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from warehouse import copied
from warehouse.copied import Note
from warehouse.database import Warehouse
from warehouse.errors import WarehouseError, first_line
from warehouse.ledger import SCHEMA
from warehouse.ledger import TABLES as LEDGER
from warehouse.settings import Retention
from warehouse.spark import Spark, Table, read_table
from warehouse.spark_landing import Landing, selected_from
from warehouse.sql import literal

SHOWN = ("reference", "intermediate", "marts")
FORECASTS = ("int_air_quality__forecasts", "int_forecasts__visits_forecasts")
MADE_BY_DUCKDB = (*FORECASTS, "int_air_quality__forecast_fits", "int_forecasts__visits_fits")
"""dbt's Python models: DuckDB makes them, whose own tables are what they have learnt."""
_SCANNED = re.compile(r"\biceberg_scan\('((?:[^']|'')+)'\)")


def show_tables(path: Path, spark: Spark, lock_timeout: float, manifest: Path | None = None) -> int:
    """Make the views of all that Spark has built; how many they are.

    A table of DuckDB's own under such a name, from when it built the models, is dropped. Of dbt's `manifest` the descriptions are taken, because
    Hive's catalog cuts those of columns; without one, a view keeps what it had.

    Raises:
        WarehouseError: Spark cannot be asked, or the file cannot be written.
    """
    found = {schema: spark.tables(schema) for schema in SHOWN}
    try:
        with Warehouse(path, lock_timeout) as warehouse:
            connection = warehouse.connection
            connection.begin()
            comments = _comments(connection) | _descriptions(manifest)
            for schema, tables in found.items():
                connection.execute(f"create schema if not exists {schema}")
                _drop_others(connection, schema)
                for name, table in tables.items():
                    if name not in MADE_BY_DUCKDB:
                        _show(connection, schema, name, table, comments)
            _record(connection, spark.tables(SCHEMA), copied.notes(connection))
            connection.commit()
    except duckdb.Error as error:
        raise WarehouseError(f"Spark's tables cannot be shown in {path}: {first_line(error)}") from None
    return sum(len(tables) for tables in found.values())


def shown_snapshots(connection: duckdb.DuckDBPyConnection) -> dict[str, int | None]:
    """Of each view on one of Spark's tables the table's state that it names, by schema and name with a dot.

    Raises:
        WarehouseError: the file that describes a state is gone.
    """
    found = connection.execute(
        "select schema_name || '.' || view_name, sql from duckdb_views() where database_name = current_database() and not internal"
    ).fetchall()
    return {
        name: read_table(place[1].replace("''", "'")).snapshot for name, sql in found if (place := _SCANNED.search(sql))
    }


def show_again(connection: duckdb.DuckDBPyConnection, tables: Mapping[str, Table]) -> None:
    """Put the views of these tables, by schema and name with a dot, on the state that is given; within the caller's transaction."""
    comments = _comments(connection)
    for relation in shown_snapshots(connection).keys() & tables:
        schema, _, name = relation.partition(".")
        connection.execute(f'drop view {schema}."{name}"')
        _show(connection, schema, name, tables[relation], comments)


def take_records(path: Path, spark: Spark, lock_timeout: float) -> None:
    """Copy what dbt has recorded on Spark, where it has since the last time: of a build that was killed, too.

    Raises:
        WarehouseError: Spark cannot be asked, or the file cannot be written.
    """
    tables = spark.tables(SCHEMA)
    try:
        with Warehouse(path, lock_timeout) as warehouse:
            warehouse.connection.begin()
            _record(warehouse.connection, tables, copied.notes(warehouse.connection))
            warehouse.connection.commit()
    except duckdb.Error as error:
        raise WarehouseError(f"the warehouse {path} cannot be written: {first_line(error)}") from None


def take_forecasts(path: Path, spark: Spark, lock_timeout: float) -> None:
    """Copy the forecasts that DuckDB has made into the tables that Spark's models read.

    Raises:
        WarehouseError: Spark cannot be asked, or the file cannot be read.
    """
    landing = Landing(path)
    landing.empty()
    for name in FORECASTS:
        try:
            with Warehouse(path, lock_timeout) as warehouse:
                types = {
                    column: kind
                    for column, kind, *_ in warehouse.connection.execute(f"describe intermediate.{name}").fetchall()
                }
                landing.write(warehouse.connection, f"from intermediate.{name}", f"{name}.parquet")
        except duckdb.Error as error:
            raise WarehouseError(f"the forecasts in {path} cannot be read: {first_line(error)}") from None
        rows = selected_from(landing.seen_by_spark(f"{name}.parquet"), types)
        spark.run(f"create or replace table intermediate.{name} using iceberg as {rows}")
    landing.empty()


def _drop_others(connection: duckdb.DuckDBPyConnection, schema: str) -> None:
    found = connection.execute(
        "select table_name, table_type from information_schema.tables where table_catalog = current_database() and table_schema = ?",
        [schema],
    ).fetchall()
    for name, kind in found:
        if name not in MADE_BY_DUCKDB:
            connection.execute(f'drop {"view" if kind == "VIEW" else "table"} {schema}."{name}"')


def _show(
    connection: duckdb.DuckDBPyConnection, schema: str, name: str, table: Table, comments: Mapping[tuple[str, ...], str]
) -> None:
    view = f'{schema}."{name}"'
    # A timestamp of Spark's is a moment; the models mean plain UTC.
    columns = ", ".join(
        f'"{column.name}"::timestamp as "{column.name}"' if column.type == "timestamptz" else f'"{column.name}"'
        for column in table.columns
    )
    connection.execute(f"create view {view} as select {columns} from iceberg_scan({literal(table.metadata)})")
    if text := comments.get((schema, name)) or table.description:
        connection.execute(f"comment on view {view} is {literal(text)}")
    for column in table.columns:
        if text := comments.get((schema, name, column.name)) or column.description:
            connection.execute(f'comment on column {view}."{column.name}" is {literal(text)}')


def _comments(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, ...], str]:
    """What the views are described with now, by schema, name and column."""
    found: dict[tuple[str, ...], str] = {}
    for *place, text in connection.execute(
        "select schema_name, view_name, comment from duckdb_views() where database_name = current_database() and comment is not null"
    ).fetchall():
        found[tuple(place)] = text
    for *place, text in connection.execute(
        "select schema_name, table_name, column_name, comment from duckdb_columns() where database_name = current_database() and comment is not null"
    ).fetchall():
        found[tuple(place)] = text
    return found


def _descriptions(manifest: Path | None) -> dict[tuple[str, ...], str]:
    """What dbt describes tables and columns with, where it says so into the database."""
    if manifest is None or not manifest.exists():
        return {}
    found: dict[tuple[str, ...], str] = {}
    for node in json.loads(manifest.read_bytes())["nodes"].values():
        persisted = node.get("config", {}).get("persist_docs") or {}
        place = (node["schema"], node.get("alias") or node["name"])
        if persisted.get("relation") and node["description"]:
            found[place] = node["description"]
        if persisted.get("columns"):
            found |= {
                (*place, name): each["description"] for name, each in node["columns"].items() if each["description"]
            }
    return found


def _record(connection: duckdb.DuckDBPyConnection, tables: Mapping[str, Table], notes: Mapping[str, Note]) -> None:
    """The ledger's tables that dbt writes, where Spark's have changed since they were copied there."""
    for name, merge in _MERGES.items():
        table, note = tables.get(name), notes.get(f"{SCHEMA}.{name}")
        if table is None or note is None or table.snapshot == note.snapshot:
            continue
        columns = ", ".join(LEDGER[name])
        merge(connection, name, columns, f"(select {columns} from iceberg_scan({literal(table.metadata)}))")
        (state,) = connection.execute(
            f"select coalesce(bit_xor(hash(t)), 0) from (select {columns} from {SCHEMA}.{name}) as t"
        ).fetchone() or (0,)
        copied.save(connection, Note(note.relation, table.snapshot, str(state), note.shape))


def _replace(connection: duckdb.DuckDBPyConnection, name: str, columns: str, found: str) -> None:
    connection.execute(f"delete from {SCHEMA}.{name}")
    connection.execute(f"insert into {SCHEMA}.{name} ({columns}) from {found}")


def _merge_runs(connection: duckdb.DuckDBPyConnection, name: str, columns: str, found: str) -> None:
    """Ingestion may have written others meanwhile, and `make compact` has purged those of long ago."""
    kept_from = datetime.now(UTC) - timedelta(days=Retention.load().loads_days)
    connection.execute(
        f"delete from {SCHEMA}.{name} where outcome = 'running' and run_id in (select run_id from {found} where outcome <> 'running')"
    )
    connection.execute(
        f"insert into {SCHEMA}.{name} ({columns}) from {found} as found where started_at >= ? "
        f"and run_id not in (select run_id from {SCHEMA}.{name})",
        [kept_from],
    )


_MERGES: dict[str, Callable[[duckdb.DuckDBPyConnection, str, str, str], None]] = {
    "runs": _merge_runs,
    "unfinished_nodes": _replace,
    "test_results": _replace,
    "full_refreshes": _replace,
}
