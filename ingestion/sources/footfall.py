"""Footfall: every version of stores and sensors, from whole lists, and readings page by page from a cursor on `updated_at`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pydantic

from ingestion import bounds
from ingestion.arrow import page_from_table
from ingestion.http import JSON, Client, Response, UnreadableError, join_url
from ingestion.opening_hours import closing_time, opening_time
from ingestion.paging import Parsed, json_page, pages, rfc3339
from ingestion.schemas import FEED, TIMESTAMP, Entity, Field, Page, Source, Window
from warehouse.settings import HttpUrl, SourceSettings
from warehouse.text import one_line
from warehouse.time_zones import time_zone

ARROW = "application/vnd.apache.arrow.stream"
END_OF_STREAM = b"\xff\xff\xff\xff\x00\x00\x00\x00"


class FootfallSettings(SourceSettings, env_prefix="SOURCES__FOOTFALL__"):
    """The counting provider."""

    base_url: HttpUrl = pydantic.Field(description="address of the counting provider, up to its version")
    page_size: int = pydantic.Field(default=25_000, ge=1, le=100_000, description="readings a page")


LARGEST_DOOR = 2**31 - 1
# Minutes that a reading may count: whole parts of an hour.
INTERVALS = (5, 10, 15, 20, 30, 60)


def _normalise(name: str, read: Callable[[str], str]) -> Callable[[str], str]:
    """A field's text as `read` gives it; what cannot be used is rejected with the text as the provider wrote it."""

    def normalise(text: str) -> str:
        try:
            return read(text)
        except ValueError as error:
            raise ValueError(f"{name} '{one_line(text, 60)}' {error}") from None

    return normalise


NEEDED_OF_A_PROVIDER = ("city", "country_code", "opened_on")


def _check_store(store: Mapping[str, Any]) -> None:
    if store["feed"] is None:
        for name in NEEDED_OF_A_PROVIDER:
            if store[name] is None:
                raise ValueError(f"{name} is null")
    if (store["opens_at"] is None) != (store["closes_at"] is None):
        raise ValueError("one of opens_at and closes_at is null: both have a time, or both are null for a closed store")


def _check_sensor(sensor: Mapping[str, Any]) -> None:
    interval = sensor["interval_minutes"]
    if interval is not None and interval not in INTERVALS:
        allowed = ", ".join(map(str, INTERVALS))
        raise ValueError(
            f"interval_minutes {interval} is none of {allowed}: a reading counts an hour or an equal part of one"
        )


STORES = Entity(
    "stores",
    key=("store_id", "updated_at"),
    fields=(
        Field("store_id", pa.string()),
        Field("name", pa.string()),
        Field("city", pa.string(), nullable=True),
        Field("country_code", pa.string(), nullable=True),
        Field("timezone", pa.string(), normalise=_normalise("timezone", time_zone)),
        Field("opened_on", pa.date32(), nullable=True),
        Field("opens_at", pa.string(), nullable=True, normalise=_normalise("opens_at", opening_time)),
        Field("closes_at", pa.string(), nullable=True, normalise=_normalise("closes_at", closing_time)),
        Field("updated_at", TIMESTAMP, is_moment=True),
        *FEED,
    ),
    check=_check_store,
)

SENSORS = Entity(
    "sensors",
    key=("sensor_id", "updated_at"),
    fields=(
        Field("sensor_id", pa.string()),
        Field("store_id", pa.string()),
        Field("door", pa.int64(), nullable=True, optional=True, largest=LARGEST_DOOR),
        Field("interval_minutes", pa.int64(), nullable=True, optional=True),
        Field("installed_at", TIMESTAMP),
        Field("removed_at", TIMESTAMP, nullable=True, optional=True),
        Field("updated_at", TIMESTAMP, is_moment=True),
        *FEED,
    ),
    check=_check_sensor,
)

READINGS = Entity(
    "readings",
    key=("sensor_id", "hour_start"),
    fields=(
        Field("sensor_id", pa.string()),
        Field("hour_start", TIMESTAMP, is_moment=True),
        Field("visits", pa.int64(), nullable=True, largest=bounds.LARGEST_COUNT),
        Field("status", pa.string()),
        Field("updated_at", TIMESTAMP, is_moment=True),
        # The store that a feed's row names; a provider says it of the sensor.
        Field("store_id", pa.string(), nullable=True, optional=True, is_origin=True, is_added=True),
        *FEED,
    ),
    has_cursor=True,
    happened_at="hour_start",
)


def read(settings: FootfallSettings, client: Client, window: Window) -> Iterator[Page]:
    """Every page of stores, of sensors, and of the readings that the window names.

    Raises:
        SourceError: the provider cannot be reached, refuses, or does not keep its contract.
    """
    base = settings.base_url
    latest = bounds.latest(window.now)
    for entity in (STORES, SENSORS):
        yield from pages(client, join_url(base, entity.name), entity, {}, latest)
    params = {"limit": str(settings.page_size)}
    if (since := window.updated_since.get(READINGS.name)) is not None:
        params["updated_since"] = rfc3339(since)
    if window.since is not None:
        params["from"] = rfc3339(datetime(window.since.year, window.since.month, window.since.day, tzinfo=UTC))
    yield from pages(client, join_url(base, READINGS.name), READINGS, params, latest, f"{ARROW}, {JSON};q=0.5", _parse)


def _parse(entity: Entity, answer: Response, latest: datetime) -> Parsed[Page]:
    if answer.content_type == ARROW:
        table = _arrow_table(answer)
        # Arrow's own text, which knows moments that Python does not.
        last_row = str(table.slice(len(table) - 1)).encode() if len(table) else b""
        return [page_from_table(entity, table, latest)], answer.headers.get("X-Next-Cursor") or None, last_row
    return json_page(entity, answer, latest)


def _arrow_table(answer: Response) -> Any:
    # Without a length or chunks HTTP cannot tell a cut body from a whole one; the stream's own end mark can.
    if not answer.is_framed and not answer.body.endswith(END_OF_STREAM):
        raise UnreadableError("an Arrow stream that was cut")
    try:
        return pa.ipc.open_stream(answer.body).read_all()
    except (pa.ArrowException, OSError):
        raise UnreadableError("a body that is not an Arrow stream, or was cut") from None


SOURCE = Source("footfall", FootfallSettings, (STORES, SENSORS, READINGS), read, newest=("readings", "hour_start"))
