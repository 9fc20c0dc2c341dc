"""Rows that a feed's rows bring with them: the sensors of its counts, the stations of its hours, the hours of its measurements."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pyarrow as pa

from ingestion.errors import SourceError
from ingestion.feeds.config import Feed
from ingestion.feeds.folder import all_feeds
from ingestion.schemas import TIMESTAMP, Entity, Field, Source
from ingestion.sources.air_quality import COLUMNS, HOURLY, STATIONS
from ingestion.sources.footfall import SENSORS
from warehouse.database import Warehouse
from warehouse.ledger import FeedFile
from warehouse.sql import literal
from warehouse.text import one_line

ENOUGH = 0.75
"""The share of an hour's measurements below which the hour has no mean."""


def entities(feed: Feed) -> list[str]:
    """The entities that a feed fills, those that come with its rows among them."""
    more = {"footfall.readings": ["sensors"], "air_quality.hourly": ["stations"]}.get(feed.fills, [])
    return [feed.target.table, *more]


def rows(
    warehouse: Warehouse,
    source: Source,
    feed: Feed,
    entity: Entity,
    arrivals: pa.Table,
    loaded: pa.Table,
    file: FeedFile,
    *,
    is_remapped: bool,
) -> dict[Entity, pa.Table]:
    """What comes with the rows of a file: `arrivals` are all that it has, `loaded` those that change something."""
    if feed.fills == "footfall.readings" and "store_id" in feed.columns and not _is_filled_by("footfall.sensors"):
        return _sensors(warehouse, source, feed, arrivals, file, is_remapped)
    found: dict[Entity, pa.Table] = {}
    if feed.fills == "air_quality.hourly" and not _is_filled_by("air_quality.stations"):
        found |= _stations(warehouse, source, arrivals, file)
    if entity.name == "measurements" and len(loaded):
        found[HOURLY] = _hours(warehouse, source, feed, entity, loaded)
    return found


def _is_filled_by(target: str) -> bool:
    return any(feed.fills == target for feed in all_feeds().values())


def _as_received(entity: Entity) -> Entity:
    fields: Iterable[Field] = (
        replace(each, is_origin=True) if each.name == "updated_at" else each for each in entity.fields
    )
    return replace(entity, version=None, received="updated_at", fields=tuple(fields))


def _sensors(
    warehouse: Warehouse, source: Source, feed: Feed, arrivals: pa.Table, file: FeedFile, is_remapped: bool
) -> dict[Entity, pa.Table]:
    """A sensor for each id of the counts, installed at its first one; one that a new mapping leaves without counts was never there.

    Raises:
        SourceError: a sensor is of another store than before.
    """
    entity = _as_received(SENSORS)
    stores = "select sensor_id, store_id, true as is_now from arrived where store_id is not null"
    first = "null"
    if warehouse.columns(source.dataset, "sensors"):
        own = f"\"{source.dataset}\".sensors as held where held.feed = '{source.name}'"
        stores += f" union all select sensor_id, store_id, false from {own}"
        first = f"(select min(installed_at) from {own} and held.sensor_id = arrived.sensor_id)"
    several = warehouse.query(
        f"with stores as ({stores}) select sensor_id, min(store_id) as one, max(store_id) as other from stores "
        "group by sensor_id having one <> other and bool_or(is_now) order by all limit 1",
        arrivals,
    ).to_pylist()
    if several:
        sensor, one, other = (one_line(several[0][name], 60) for name in ("sensor_id", "one", "other"))
        raise SourceError(
            f"{file.path}: the door {sensor!r} is now of store {one!r} and now of {other!r}: name each door by both, as in "
            'sensor_id = { from = ["Shop", "Door"] }, or map a door that moved to a new sensor_id'
        )
    found = warehouse.query(
        f"select sensor_id, any_value(store_id) as store_id, null::bigint as door, {feed.interval or 60}::bigint as interval_minutes, "
        f"least(min(hour_start), {first}) as installed_at, null::timestamptz as removed_at, "
        f"timestamptz '{file.first_read_at.isoformat()}' as updated_at, any_value(feed) as feed, any_value(feed_file) as feed_file, "
        "any_value(feed_sheet) as feed_sheet, min(feed_line) as feed_line "
        "from arrived where store_id is not null group by sensor_id",
        arrivals,
    )
    sensors = found.select(entity.schema.names).cast(entity.schema)
    if is_remapped and warehouse.columns(source.dataset, "sensors"):
        sensors = pa.concat_tables([sensors, _left_without_counts(warehouse, source, entity, arrivals, file)])
    return {entity: sensors}


def _left_without_counts(
    warehouse: Warehouse, source: Source, entity: Entity, arrivals: pa.Table, file: FeedFile
) -> pa.Table:
    """The feed's sensors all of whose counts came from this file, which no longer has them: removed when they were installed."""
    changed = f"installed_at as removed_at, timestamptz '{file.first_read_at.isoformat()}' as updated_at"
    found = warehouse.query(
        f"select * replace ({changed}) from \"{source.dataset}\".sensors as held where feed = '{source.name}' and removed_at is null "
        "and sensor_id not in (select sensor_id from arrived) "
        f'and not exists (select 1 from "{source.dataset}".readings as counted where counted.sensor_id = held.sensor_id '
        f"and counted.visits is not null and counted.feed_file is distinct from {literal(file.path)}) "
        "qualify row_number() over (partition by sensor_id order by held.updated_at desc) = 1",
        arrivals,
    )
    return found.select(entity.schema.names).cast(entity.schema)


def _stations(warehouse: Warehouse, source: Source, arrivals: pa.Table, file: FeedFile) -> dict[Entity, pa.Table]:
    """A station for each id of the hours that has none yet."""
    known = ""
    if warehouse.columns(source.dataset, "stations"):
        known = f'where station_id not in (select station_id from "{source.dataset}".stations)'
    found = warehouse.query(f"select distinct station_id from arrived {known}", arrivals)
    if not len(found):
        return {}
    first = {
        "station_id": found["station_id"],
        "received_at": pa.repeat(pa.scalar(file.first_read_at, TIMESTAMP), len(found)),
        "feed": pa.repeat(source.name, len(found)),
        "feed_file": pa.repeat(file.path, len(found)),
    }
    columns = [first.get(each.name, pa.nulls(len(found), each.type)) for each in STATIONS.schema]
    return {
        STATIONS: pa.table(
            [column.cast(each.type) for column, each in zip(columns, STATIONS.schema, strict=True)],
            schema=STATIONS.schema,
        )
    }


def _hours(warehouse: Warehouse, source: Source, feed: Feed, entity: Entity, loaded: pa.Table) -> pa.Table:
    """The means of the hours that measurements belong to, from those that are held and those that come; of too few there is none."""
    needed = -(-60 * ENOUGH // (feed.interval or 60))
    held = ""
    if warehouse.columns(source.dataset, entity.name):
        names = ", ".join(f'"{name}"' for name in loaded.schema.names)
        held = (
            f"union all select {names} from \"{source.dataset}\".{entity.name} as held where feed = '{source.name}' "
            "and date_trunc('hour', measured_at) in (select date_trunc('hour', measured_at) from arrived) "
            "and not exists (select 1 from arrived where arrived.station_id = held.station_id and arrived.measured_at = held.measured_at)"
        )
    means = ", ".join(
        f"case when count({name}) >= {needed} then avg({name}) end as {name}" for name in COLUMNS.values()
    )
    found = warehouse.query(
        f"with measured as (select * from arrived {held}) "
        f"select station_id, date_trunc('hour', measured_at) as measured_at, {means}, any_value(feed) as feed, "
        "max(feed_file) as feed_file, any_value(feed_sheet) as feed_sheet, min(feed_line) as feed_line "
        "from measured where (station_id, date_trunc('hour', measured_at)) in (select (station_id, date_trunc('hour', measured_at)) from arrived) "
        "group by 1, 2",
        loaded,
    )
    return found.select(HOURLY.schema.names).cast(HOURLY.schema)
