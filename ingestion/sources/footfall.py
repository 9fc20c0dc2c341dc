"""Footfall: stores and sensors as whole lists, readings page by page from a cursor on `updated_at`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pydantic

from ingestion.arrow import page_from_table
from ingestion.http import JSON, Client, Response, UnreadableError, join_url
from ingestion.paging import json_page, pages, rfc3339
from ingestion.schemas import TIMESTAMP, Entity, Field, Page, Source, Window
from warehouse.settings import HttpUrl, SourceSettings

ARROW = "application/vnd.apache.arrow.stream"
END_OF_STREAM = b"\xff\xff\xff\xff\x00\x00\x00\x00"


class FootfallSettings(SourceSettings, env_prefix="SOURCES__FOOTFALL__"):
    """The counting provider."""

    base_url: HttpUrl = pydantic.Field(description="address of the counting provider, up to its version")
    page_size: int = pydantic.Field(default=25_000, ge=1, le=100_000, description="readings a page")


STORES = Entity(
    "stores",
    key=("store_id",),
    fields=(
        Field("store_id", pa.string()),
        Field("name", pa.string()),
        Field("city", pa.string()),
        Field("country_code", pa.string()),
        Field("timezone", pa.string()),
        Field("opened_on", pa.date32()),
        Field("opens_at", pa.string()),
        Field("closes_at", pa.string()),
        Field("updated_at", TIMESTAMP),
    ),
)

SENSORS = Entity(
    "sensors",
    key=("sensor_id",),
    fields=(
        Field("sensor_id", pa.string()),
        Field("store_id", pa.string()),
        Field("door", pa.int64(), nullable=True, optional=True),
        Field("installed_at", TIMESTAMP),
        Field("removed_at", TIMESTAMP, nullable=True, optional=True),
        Field("updated_at", TIMESTAMP),
    ),
)

READINGS = Entity(
    "readings",
    key=("sensor_id", "hour_start"),
    fields=(
        Field("sensor_id", pa.string()),
        Field("hour_start", TIMESTAMP),
        Field("visits", pa.int64(), nullable=True),
        Field("status", pa.string()),
        Field("updated_at", TIMESTAMP),
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
    for entity in (STORES, SENSORS):
        yield from pages(client, join_url(base, entity.name), entity, {})
    params = {"limit": str(settings.page_size)}
    if (since := window.updated_since.get(READINGS.name)) is not None:
        params["updated_since"] = rfc3339(since)
    if window.since is not None:
        params["from"] = rfc3339(datetime(window.since.year, window.since.month, window.since.day, tzinfo=UTC))
    yield from pages(client, join_url(base, READINGS.name), READINGS, params, f"{ARROW}, {JSON};q=0.5", _parse)


def _parse(entity: Entity, answer: Response) -> tuple[Page, str | None, bytes]:
    """The page, the next cursor, and its last row as bytes (empty where the page is)."""
    if answer.content_type == ARROW:
        table = _arrow_table(answer)
        mark = repr(table.slice(len(table) - 1).to_pydict()).encode() if len(table) else b""
        return page_from_table(entity, table), answer.headers.get("X-Next-Cursor") or None, mark
    return json_page(entity, answer)


def _arrow_table(answer: Response) -> Any:
    # Without a length or chunks HTTP cannot tell a cut body from a whole one; the stream's own end mark can.
    if not answer.is_framed and not answer.body.endswith(END_OF_STREAM):
        raise UnreadableError("an Arrow stream that was cut")
    try:
        return pa.ipc.open_stream(answer.body).read_all()
    except (pa.ArrowException, OSError):
        raise UnreadableError("a body that is not an Arrow stream, or was cut") from None


SOURCE = Source("footfall", FootfallSettings, (STORES, SENSORS, READINGS), read, newest=("readings", "hour_start"))
