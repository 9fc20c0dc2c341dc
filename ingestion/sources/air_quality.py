"""Air quality: the whole window of every station, compared with what is held; what it replaces is kept, and every version of a station."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pydantic

from ingestion import bounds
from ingestion.arrow import ROWS_A_PAGE, page_from_rows
from ingestion.errors import PartError, SourceError
from ingestion.http import JSON, Client, Response, join_url
from ingestion.schemas import FEED, TIMESTAMP, Entity, Field, Held, Page, Rejection, Source, Window
from warehouse.rejected import payload_of
from warehouse.settings import HttpUrl, SourceSettings, WholeNumbers

# The network's keys, and the raw columns' names.
COLUMNS = {
    "CO": "co",
    "T": "temperature",
    "T. int.": "internal_temperature",
    "NO2": "no2",
    "O3": "o3",
    "PM10": "pm10",
    "PM2.5": "pm2_5",
    "RH": "humidity",
}

PLAIN_TIME = r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?"

PLAIN_NUMBER = r"-?[0-9]{1,12}(\.[0-9]{1,12})?"

# All stations together; each that fails takes at most this share of what is left, so that every other is asked too.
TIMEOUT = 105.0
SHARE = 0.6
SHORTEST_TIMEOUT = 5.0


class AirQualitySettings(SourceSettings, env_prefix="SOURCES__AIR_QUALITY__"):
    """The network of air stations."""

    base_url: HttpUrl = pydantic.Field(description="address of the network's API")
    station_ids: WholeNumbers = pydantic.Field(description="the stations to read: [283164601, 283181971]")


STATIONS = Entity(
    "stations",
    key=("station_id", "received_at"),
    fields=(
        Field("station_id", pa.string()),
        Field("station_name", pa.string(), nullable=True, optional=True),
        Field("latitude", pa.float64(), nullable=True, optional=True),
        Field("longitude", pa.float64(), nullable=True, optional=True),
        Field("received_at", TIMESTAMP),
        # The newest hour that the warehouse held of the station when this version came: the version is that of later hours.
        Field("previous_newest_at", TIMESTAMP, nullable=True, optional=True, is_origin=True, is_added=True),
        *FEED,
    ),
    version=None,
    received="received_at",
)

HOURLY = Entity(
    "hourly",
    key=("station_id", "measured_at"),
    fields=(
        Field("station_id", pa.string()),
        Field("measured_at", TIMESTAMP, is_moment=True),
        *(Field(column, pa.float64(), nullable=True, optional=True) for column in COLUMNS.values()),
        *FEED,
    ),
    version=None,
    happened_at="measured_at",
)

# What a feed reads that measures more often than by the hour; it averages them into hours. No provider serves it.
MEASUREMENTS = replace(HOURLY, name="measurements")

# A value of an hour is replaced once per load of that hour, so a run that was killed between this load and that of
# the hour itself, and is started again, writes the same rows.
SUPERSEDED = Entity(
    "superseded",
    key=("station_id", "measured_at", "parameter", "replaced_load_id"),
    fields=(
        Field("station_id", pa.string()),
        Field("measured_at", TIMESTAMP),
        Field("parameter", pa.string()),
        Field("old_value", pa.float64(), nullable=True),
        Field("new_value", pa.float64(), nullable=True),
        Field("is_completion", pa.bool_()),
        Field("seen_at", TIMESTAMP),
        Field("replaced_load_id", pa.string()),
    ),
    version=None,
    happened_at="measured_at",
    is_derived=True,
)


def read(settings: AirQualitySettings, client: Client, window: Window) -> Iterator[Page]:
    """Every station's row and its hours.

    Raises:
        PartError: stations that cannot be read, each with its error, once the others have been.
    """
    base = settings.base_url
    latest = bounds.latest(window.now)
    failures: list[str] = []
    left = TIMEOUT
    for station_id in map(str, settings.station_ids):
        url = join_url(base, f"v3/getStationHourlyAvg/{station_id}")
        begun = time.monotonic()
        try:
            answer = client.get(url, _content, headers={"Accept": JSON}, timeout=max(SHARE * left, SHORTEST_TIMEOUT))
            yield _station(station_id, answer["header"], latest)
            yield from _pages(station_id, answer["data"], window, latest)
        except SourceError as error:
            failures.append(f"station {station_id}: {error}")
            left -= time.monotonic() - begun
    if failures:
        raise PartError("; ".join(failures))


def _content(answer: Response) -> dict[str, Any]:
    content = answer.json()
    if (
        not isinstance(content, dict)
        or not isinstance(content.get("header"), dict)
        or not isinstance(content.get("data"), list)
    ):
        raise SourceError(f"{answer.url} answered without header and data: is this the AirQino API?")
    return content


def _station(station_id: str, header: Mapping[str, Any], latest: datetime) -> Page:
    """The station's row. What its header says in a way that cannot be used is left empty and rejected."""
    row: dict[str, Any] = {"station_id": station_id, "received_at": datetime.now(UTC)}
    rejected: list[Rejection] = []
    for key, column, read in HEADER:
        value = header.get(key)
        try:
            row[column] = None if value is None else read(value)
        except ValueError as error:
            row[column] = None
            payload = {"station_id": station_id, key: value}
            rejected.append(Rejection(STATIONS.name, f"{key} {error}", payload_of(payload)))
    page = page_from_rows(STATIONS, [row], latest)
    return replace(page, rejected=rejected + page.rejected)


def _name(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("is not text")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError("holds half of a surrogate pair, which is no character") from None
    return value


def _degrees(most: float) -> Callable[[Any], float]:
    """Reads a number of degrees, or a text that holds one, from -most to most."""

    def read(value: Any) -> float:
        try:
            degrees = float(value) if isinstance(value, str) or _is_number(value) else math.nan
        except ValueError:
            degrees = math.nan
        if not abs(degrees) <= most:
            raise ValueError(f"is not a number of degrees from -{most:.0f} to {most:.0f}")
        return degrees

    return read


# Of a station's header: the key, the column, and how its value is read.
HEADER: tuple[tuple[str, str, Callable[[Any], Any]], ...] = (
    ("station_name", "station_name", _name),
    ("station_lat", "latitude", _degrees(90)),
    ("station_lon", "longitude", _degrees(180)),
)


def _pages(station_id: str, data: list[Any], window: Window, latest: datetime) -> Iterator[Page]:
    for start in range(0, len(data), ROWS_A_PAGE):
        yield _hours(station_id, data[start : start + ROWS_A_PAGE], window, latest)


def _hours(station_id: str, data: list[Any], window: Window, latest: datetime) -> Page:
    """The window's hours. A value that is not a number counts as missing and is rejected, the hour's others load."""
    rejected: list[Rejection] = []
    rows: list[Any] = []
    for given in data:
        if not isinstance(given, dict):
            rows.append(given)
            continue
        row: dict[str, Any] = {"station_id": station_id, "measured_at": _zoned(given.get("timestamp"))}
        for key, column in COLUMNS.items():
            value = _read(given.get(key))
            if value is None or (_is_number(value) and abs(value) <= bounds.LARGEST_MEASUREMENT):
                row[column] = value
            else:
                reason = f"{key} is too large" if _is_number(value) else f"{key} is not a number"
                payload = {"station_id": station_id, "timestamp": given.get("timestamp"), key: value}
                found = f"{station_id}, {given.get('timestamp')}"
                rejected.append(Rejection(HOURLY.name, reason, payload_of(payload), record_id=found))
        rows.append(row)
    page = page_from_rows(HOURLY, rows, latest)
    rejected += page.rejected
    is_whole = pc.equal(pc.floor_temporal(page.rows["measured_at"], unit="hour"), page.rows["measured_at"])
    for row in page.rows.filter(pc.invert(is_whole)).to_pylist():
        payload = row | {"measured_at": f"{row['measured_at']:%Y-%m-%d %H:%M:%S}"}
        rejected.append(Rejection(HOURLY.name, "timestamp is not a full hour", payload_of(payload)))
    hours = page.rows.filter(is_whole)
    if window.since is not None:
        first = datetime(window.since.year, window.since.month, window.since.day, tzinfo=UTC)
        hours = hours.filter(pc.greater_equal(hours["measured_at"], pa.scalar(first, TIMESTAMP)))
    known = {"timestamp", *COLUMNS}
    others = frozenset(data[0]) - known if data and isinstance(data[0], dict) else frozenset()
    return Page(HOURLY, hours, rejected, others)


def _zoned(timestamp: Any) -> Any:
    """The network writes UTC without saying so."""
    is_plain = isinstance(timestamp, str) and re.fullmatch(PLAIN_TIME, timestamp)
    return f"{timestamp.replace(' ', 'T')}Z" if is_plain else timestamp


def _read(value: Any) -> Any:
    """A number that is written as text, with a point; anything else as it is."""
    return float(value) if isinstance(value, str) and re.fullmatch(PLAIN_NUMBER, value) else value


def _is_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number beyond a double
        return False


def with_previous_newest(held: Held, rows: Mapping[Entity, pa.Table]) -> Mapping[Entity, pa.Table]:
    """The rows, those of stations with the newest hour that the warehouse holds of each, where a shard has not said it of its own file."""
    if STATIONS not in rows or not held.columns(SOURCE.dataset, HOURLY.name):
        return rows
    names = ", ".join(name for name in STATIONS.schema.names if name != "previous_newest_at")
    stations = held.query(
        f"select {names}, coalesce(previous_newest_at, (select max(measured_at) from {SOURCE.dataset}.{HOURLY.name} as hourly "
        "where hourly.station_id = arrived.station_id)) as previous_newest_at from arrived",
        rows[STATIONS],
    )
    return {**rows, STATIONS: stations.select(STATIONS.schema.names).cast(STATIONS.schema)}


def superseded(held: Held, rows: Mapping[Entity, pa.Table], seen_at: datetime) -> dict[Entity, pa.Table]:
    """The values that `rows` are about to replace, beside those that replace them.

    The first change of an hour that was its station's newest is its completion: the network serves the hour under way.
    """
    if HOURLY not in rows or not held.columns(SOURCE.dataset, HOURLY.name):
        return {}
    hourly = f'"{SOURCE.dataset}"."{HOURLY.name}"'
    earlier = "false"
    if held.columns(SOURCE.dataset, SUPERSEDED.name):
        earlier = (
            f'exists (select 1 from "{SOURCE.dataset}"."{SUPERSEDED.name}" as before '
            "where before.station_id = held.station_id and before.measured_at = held.measured_at "
            "and before.replaced_load_id <> held._dlt_load_id)"
        )
    changes = " union all ".join(
        f"select station_id, measured_at, '{column}' as parameter, held_{column} as old_value, {column} as new_value, "
        f"is_completion, timestamptz '{seen_at.isoformat()}' as seen_at, replaced_load_id "
        f"from pairs where held_{column} is distinct from {column}"
        for column in COLUMNS.values()
    )
    held_columns = ", ".join(f"held.{column} as held_{column}" for column in COLUMNS.values())
    found = held.query(
        f"with newest as (select station_id, max(measured_at) as measured_at from {hourly} group by station_id), "
        f"pairs as (select arrived.*, {held_columns}, held._dlt_load_id as replaced_load_id, "
        f"held.measured_at = newest.measured_at and not {earlier} as is_completion "
        f"from arrived inner join {hourly} as held using (station_id, measured_at) "
        f"inner join newest on newest.station_id = held.station_id) {changes}",
        rows[HOURLY],
    )
    return {SUPERSEDED: found.cast(SUPERSEDED.schema)} if len(found) else {}


SOURCE = Source(
    "air_quality",
    AirQualitySettings,
    (STATIONS, HOURLY, MEASUREMENTS, SUPERSEDED),
    read,
    newest=("hourly", "measured_at"),
    keep=superseded,
    complete=with_previous_newest,
)
