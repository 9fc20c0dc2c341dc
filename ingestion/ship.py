"""What a shard has loaded since it last shipped, on its way to the committer."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from ingestion import sources
from ingestion.feeds import folder
from ingestion.landing import ROWS_A_BATCH, Landing, Manifest, NotedFeed, Run, Table
from ingestion.rejections import REJECTED
from ingestion.schemas import Entity, Source
from ingestion.shards import Shard
from warehouse.database import Warehouse
from warehouse.errors import WarehouseError, first_line


def ship(file: Path, shard: Shard, landing: Landing, lock_timeout: float) -> Manifest:
    """Ship the rows that loads brought since the last shipment, and the runs that have ended since; without new rows, the runs alone.

    Killed before it is noted in the shard's file, the same rows are shipped again: the committer finds them held.

    Raises:
        SourceError: the landing place cannot be written, or a feed cannot be read.
        WarehouseError: the shard's file cannot be opened.
    """
    try:
        with Warehouse(file, lock_timeout) as warehouse:
            connection = warehouse.connection
            landing.remove_unfinished(shard.name)
            shipped_load_id, shipped_at = connection.execute(
                "select coalesce(max(shipped_load_id), ''), max(shipped_at) from raw_operations.shipments"
            ).fetchone() or ("", None)
            now = datetime.now(UTC)
            name = f"{now:%Y%m%dT%H%M%S%f}.{shard.name}.{uuid.uuid4().hex[:8]}"
            made = [_ship_rows(warehouse, *each, shipped_load_id, name, landing) for each in raw_tables()]
            tables = [table for table, _ in made if table.rows]
            manifest = Manifest(
                shipment=name,
                shard=str(shard),
                shipped_at=now,
                shipped_load_id=max([shipped_load_id, *(newest for _, newest in made)]),
                tables=tables,
                runs=_runs(connection, shipped_at),
                feeds=_feeds(connection),
                settings=_settings(connection),
            )
            landing.finish(manifest)
            _note(connection, manifest)
    except duckdb.Error as error:
        raise WarehouseError(f"the shard's file {file} cannot be used: {first_line(error)}") from None
    return manifest


def _note(connection: duckdb.DuckDBPyConnection, manifest: Manifest) -> None:
    connection.execute(
        "insert into raw_operations.shipments (shipment, shard, shipped_at, shipped_load_id, row_count) values (?, ?, ?, ?, ?)",
        [
            manifest.shipment, manifest.shard, manifest.shipped_at, manifest.shipped_load_id,
            sum(table.rows for table in manifest.tables),
        ],
    )  # fmt: skip


def raw_tables() -> Iterator[tuple[Source, Entity]]:
    """Every raw table that a provider or feed fills with what it was sent, the rejected records among them."""
    from ingestion.feeds.load import source_of

    for source in [
        *(sources.source(name) for name in sources.NAMES),
        *(source_of(name, feed) for name, feed in folder.all_feeds().items()),
    ]:
        for entity in (*source.entities, REJECTED):
            if not entity.is_derived:
                yield source, entity


def _ship_rows(
    warehouse: Warehouse, source: Source, entity: Entity, after: str, shipment: str, landing: Landing
) -> tuple[Table, str]:
    """Write the rows that came after a load; and the newest load among them."""
    table = Table(
        source=source.name, entity=entity.name, file=f"{shipment}.{source.name}.{entity.name}.parquet", rows=0
    )
    held = warehouse.columns(source.dataset, entity.name)
    if "_dlt_load_id" not in held:
        return table, ""
    name = f'"{source.dataset}"."{entity.name}"'
    is_own = "true"
    if entity is REJECTED:
        is_own = f"source = '{source.name}'"
    elif "feed" in held:
        is_own = f"feed = '{source.feed}'" if source.feed else "feed is null"
    new = f"from {name} where _dlt_load_id > '{after}' and {is_own}"
    count, newest = warehouse.connection.execute(
        f"select count(*), coalesce(max(_dlt_load_id), '') {new}"
    ).fetchone() or (0, "")
    if not count:
        return table, ""
    columns = ", ".join(f'"{each}"' if each in held else f'null as "{each}"' for each in entity.schema.names)
    # The committer compares each version with the one before it.
    order = f'order by "{entity.received}"' if entity.received in held else ""
    reader = warehouse.connection.execute(f"select {columns} {new} {order}").to_arrow_reader(ROWS_A_BATCH)
    rows = landing.put(table.file, reader, entity.schema)
    return table.model_copy(update={"rows": rows}), newest


def _runs(connection: duckdb.DuckDBPyConnection, since: datetime | None) -> list[Run]:
    """Runs that have ended since the last shipment: one that was killed has no end, and began after it."""
    found = connection.execute(
        "select run_id, source, started_at, ended_at, outcome, rows_new, rows_changed, rows_rejected, message, writer "
        "from raw_operations.runs where what = 'ingestion' and outcome <> 'running' "
        "and coalesce(ended_at, started_at) >= coalesce(?, '-infinity'::timestamptz) order by started_at",
        [since],
    )
    names = [each[0] for each in found.description or []]
    return [Run(**dict(zip(names, row, strict=True))) for row in found.fetchall()]


def _feeds(connection: duckdb.DuckDBPyConnection) -> list[NotedFeed]:
    found = connection.execute(
        "select feed, source, entity, noted_at from raw_operations.feeds order by all"
    ).fetchall()
    return [NotedFeed(feed=feed, source=source, entity=entity, noted_at=at) for feed, source, entity, at in found]


def _settings(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, str | None]]:
    found: dict[str, dict[str, str | None]] = {}
    for source, setting, value in connection.execute(
        "select source, setting, value from raw_operations.source_settings order by all"
    ).fetchall():
        found.setdefault(source, {})[setting] = value
    return found
