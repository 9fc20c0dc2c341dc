"""Bring the raw tables of an older warehouse to what this code writes: one transaction on an open connection.

First every raw table gets the columns and types that ingestion writes today (`warehouse/raw_tables.py`, which is generated).
Then the steps that the warehouse has not had yet are run in order: what a domain needs beyond new columns and types.
`warehouse/upgrade.py` decides when, and makes the back-up before it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import duckdb

from warehouse import copied
from warehouse.errors import WarehouseError
from warehouse.ledger import SCHEMA, TABLES, columns, create_tables
from warehouse.raw_tables import RAW_TABLES
from warehouse.settings import Settings

Step = Callable[[duckdb.DuckDBPyConnection], None]


# Steps. Each finds the columns and types of today, and perhaps not every table: a source may never have been loaded.


def forgotten_ids_as_text(connection: duckdb.DuckDBPyConnection) -> None:
    """The list of forgotten customers has a primary key, whose type no `alter` changes: it is written anew."""
    if "customer_id" in columns(connection, "raw_orders", "forgotten_customers"):
        connection.execute("alter table raw_orders.forgotten_customers rename to forgotten_before")
        connection.execute(
            "create table raw_orders.forgotten_customers (customer_id varchar primary key, forgotten_at timestamptz)"
        )
        connection.execute(
            "insert into raw_orders.forgotten_customers select customer_id, forgotten_at from raw_orders.forgotten_before"
        )
        connection.execute("drop table raw_orders.forgotten_before")


def record_ids(connection: duckdb.DuckDBPyConnection) -> None:
    """Rejected records are found by their id, those from before it was kept too."""
    looks_like_an_id = "regexp_full_match({0}, '[A-Za-z0-9._:/#-]{{1,64}}') and regexp_matches({0}, '[0-9]')"
    for schema, entity, fields in (
        ("raw_footfall", "stores", ("store_id",)),
        ("raw_footfall", "sensors", ("sensor_id",)),
        ("raw_footfall", "readings", ("sensor_id", "hour_start")),
        ("raw_orders", "customers", ("customer_id",)),
        ("raw_orders", "products", ("product_id",)),
        ("raw_orders", "orders", ("order_id",)),
        ("raw_air_quality", "stations", ("station_id",)),
        ("raw_air_quality", "hourly", ("station_id", "timestamp", "measured_at")),
    ):
        if columns(connection, schema, "rejected_records"):
            said = ", ".join(f"nullif(json_extract_string(payload, '$.{field}'), '')" for field in fields)
            found = f"nullif(concat_ws(', ', {said}), '')"
            # As at ingestion: where records may hold personal data, only what looks like an id is shown.
            is_shown = looks_like_an_id.format(found) if schema == "raw_orders" else "true"
            connection.execute(
                f"update {schema}.rejected_records set record_id = case when json_valid(payload) and {is_shown} then {found} end "
                "where entity = ? and record_id is null",
                [entity],
            )


def station_ids_as_text(connection: duckdb.DuckDBPyConnection) -> None:
    """Forecasts are kept for good, so their ids are changed where they are; rejected records hold the id in their payload."""
    if "station_id" in columns(connection, "marts", "fct_air_quality_forecasts"):
        connection.execute("alter table marts.fct_air_quality_forecasts alter column station_id type varchar")
    if columns(connection, "raw_air_quality", "rejected_records"):
        connection.execute(
            r"""update raw_air_quality.rejected_records
            set payload = regexp_replace(payload, '"station_id":([0-9]+)', '"station_id":"\1"') where payload is not null"""
        )
        connection.execute(
            "update raw_air_quality.rejected_records set payload_hash = sha256(payload) where payload is not null"
        )


def station_versions(connection: duckdb.DuckDBPyConnection) -> None:
    """Of air stations every version is kept: what is held is the first, received with the load that brought it."""
    if "received_at" in columns(connection, "raw_air_quality", "stations"):
        connection.execute(
            "update raw_air_quality.stations set received_at = coalesce(to_timestamp(try_cast(_dlt_load_id as double)), now()) "
            "where received_at is null"
        )


class OrdersCurrency(Settings, env_prefix="SOURCES__ORDERS__"):
    """The setting of the orders' source, which this room cannot import."""

    currency: str = "EUR"


def order_currencies(connection: duckdb.DuckDBPyConnection) -> None:
    """Orders from before their currency was kept are in the one that ingestion takes where an order names none."""
    if "currency" in columns(connection, "raw_orders", "orders"):
        connection.execute(
            "update raw_orders.orders set currency = ? where currency is null", [OrdersCurrency.load().currency]
        )


def retail_ids_as_written(connection: duckdb.DuckDBPyConnection) -> None:
    """Stores of retail have the ids that the files write (`01` was read as 1), which their cells still say.

    What else tells lines apart, `details`, was never read before. Lines that were equal may no longer be: they are numbered anew.
    """
    blanks = r"'^[\s\x{A0}]+|[\s\x{A0}]+$', '', 'g'"
    for table, place in (("stores", 0), ("sales", 3)):
        if columns(connection, "raw_retail", table):
            connection.execute(
                f"update raw_retail.{table} set store_id = regexp_replace(cells ->> {place}, {blanks}) where json_valid(cells)"
            )
    if columns(connection, "raw_retail", "sales"):
        connection.execute("update raw_retail.sales set details = '' where details is null")
        connection.execute(
            "update raw_retail.sales as sales set occurrence = numbered.number from (select rowid as place, row_number() over "
            "(partition by sale_date, product_id, quantity, store_id, details order by occurrence) as number from raw_retail.sales) "
            "as numbered where numbered.place = sales.rowid and numbered.number <> sales.occurrence"
        )


def alerts_vs_the_usual(connection: duckdb.DuckDBPyConnection) -> None:
    """Alerts are kept for good: those about a store's day far from its average are about one far from the usual."""
    if "kind" in columns(connection, "marts", "fct_alerts"):
        connection.execute(
            "update marts.fct_alerts set kind = 'store_day_off_usual', "
            "rule_id = case rule_id when 'store_day_far_from_average' then 'store_day_far_from_usual' else rule_id end "
            "where kind = 'store_day_off_average'"
        )


STEPS: tuple[Step, ...] = (
    forgotten_ids_as_text,
    record_ids,
    station_ids_as_text,
    station_versions,
    order_currencies,
    retail_ids_as_written,
    alerts_vs_the_usual,
)
"""In the order in which they are run; a step that was released is never changed, moved or removed. A release whose models
compute other figures from the same raw rows adds a step too, even an empty one: the models that keep rows of earlier
builds are then built anew."""

VERSION = len(STEPS)
"""The version of the warehouses that this code writes: how many steps they have had."""


@dataclass(frozen=True)
class Difference:
    """One column of a raw table that is not as ingestion writes it; `held` is its type, None where it is not there."""

    schema: str
    table: str
    column: str
    held: str | None
    wanted: str


def version_of(connection: duckdb.DuckDBPyConnection) -> int | None:
    """How many steps a warehouse has had: 0 where it is older than their numbers, None where nothing is in it yet."""
    if "version" in columns(connection, SCHEMA, "migrations"):
        found = connection.execute(f"select max(version) from {SCHEMA}.migrations").fetchone()
        if found and found[0] is not None:
            return int(found[0])
    tables = connection.execute(
        "select 1 from duckdb_tables() where database_name = current_database() limit 1"
    ).fetchone()
    return 0 if tables else None


def refuse_newer(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Refuse a warehouse that later code has written; `name` is what the message calls it.

    Raises:
        WarehouseError: it is one.
    """
    version = version_of(connection)
    if version is not None and version > VERSION:
        raise WarehouseError(
            f"{name} has version {version}, and this Tally knows versions up to {VERSION}: update Tally, or restore "
            "a back-up from before the update (`make restore`); nothing was changed"
        )


def mark_new(connection: duckdb.DuckDBPyConnection) -> None:
    """Give a warehouse in which nothing is yet the version of today."""
    if version_of(connection) is None:
        connection.begin()
        create_tables(connection)
        _save_version(connection, None)
        connection.commit()


def is_pending(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether a warehouse that holds something is not yet as this code writes it."""
    version = version_of(connection)
    return version is not None and (version < VERSION or bool(_differences(connection)))


def migrate(connection: duckdb.DuckDBPyConnection, backup: str | None) -> None:
    """Do all that is pending, in one transaction; `backup` names the back-up from before it, None where it is one itself.

    dlt's schemas in the warehouse and its empty staging datasets are dropped with it: the next load makes them anew, of
    today's columns. The caller removes what dlt keeps beside the warehouse before, or it would contradict them.

    Raises:
        duckdb.Error: a value does not fit its new type, or the file cannot be written; nothing was changed.
    """
    version = version_of(connection) or 0
    connection.begin()
    try:
        create_tables(connection)
        for difference in _differences(connection):
            _apply(connection, difference)
        for schema in _raw_schemas(connection):
            _allow_nulls(connection, schema)
            if columns(connection, schema, "_dlt_version"):
                connection.execute(f'delete from "{schema}"._dlt_version')
            connection.execute(f'drop schema if exists "{schema}_staging" cascade')
        for step in STEPS[version:]:
            step(connection)
        connection.execute(
            f"insert into {SCHEMA}.full_refreshes select schema_name || '.' || table_name, ? from ("
            "select database_name, schema_name, table_name from duckdb_tables() union all "
            # Spark's tables, as the file shows them
            "select database_name, schema_name, view_name from duckdb_views() where contains(sql, 'iceberg_scan')) "
            "where database_name = current_database() and schema_name in ('intermediate', 'marts')",
            [datetime.now(UTC)],
        )
        copied.forget(connection)
        _save_version(connection, backup)
        connection.commit()
    except BaseException:
        connection.rollback()
        raise


def _save_version(connection: duckdb.DuckDBPyConnection, backup: str | None) -> None:
    connection.execute(
        f"insert into {SCHEMA}.migrations (version, migrated_at, backup) values (?, ?, ?)",
        [VERSION, datetime.now(UTC), backup],
    )


def _differences(connection: duckdb.DuckDBPyConnection) -> list[Difference]:
    """Columns that existing raw tables lack or hold with another type. Columns beyond the wanted ones stay."""
    held: dict[tuple[str, str], dict[str, str]] = {}
    for schema, table, column, kind in connection.execute(
        "select schema_name, table_name, column_name, data_type from duckdb_columns() "
        "where database_name = current_database() and starts_with(schema_name, 'raw_') and not internal "
        "and (schema_name, table_name) in (select (schema_name, table_name) from duckdb_tables())"
    ).fetchall():
        held.setdefault((schema, table), {})[column] = kind
    return [
        Difference(schema, table, column, held[schema, table].get(column), kind)
        for schema, tables in ({SCHEMA: TABLES} | RAW_TABLES).items()
        for table, wanted in tables.items()
        if (schema, table) in held
        for column, kind in wanted.items()
        if held[schema, table].get(column) != kind.upper()
    ]


def _apply(connection: duckdb.DuckDBPyConnection, difference: Difference) -> None:
    table = f'"{difference.schema}"."{difference.table}"'
    if difference.held is None:
        connection.execute(f'alter table {table} add column "{difference.column}" {difference.wanted}')
    else:
        connection.execute(f'alter table {table} alter column "{difference.column}" type {difference.wanted}')


def _raw_schemas(connection: duckdb.DuckDBPyConnection) -> list[str]:
    return [schema for schema in RAW_TABLES if _has_schema(connection, schema)]


def _has_schema(connection: duckdb.DuckDBPyConnection, schema: str) -> bool:
    query = "select 1 from duckdb_schemas() where database_name = current_database() and schema_name = ?"
    return connection.execute(query, [schema]).fetchone() is not None


def _allow_nulls(connection: duckdb.DuckDBPyConnection, schema: str) -> None:
    """dlt made the columns of the key of that time `not null`; another key's rows may lack them."""
    for table, column in connection.execute(
        "select table_name, column_name from duckdb_columns() where database_name = current_database() "
        "and schema_name = ? and not is_nullable and not starts_with(table_name, '_dlt')",
        [schema],
    ).fetchall():
        if table in RAW_TABLES[schema]:
            connection.execute(f'alter table "{schema}"."{table}" alter column "{column}" drop not null')
