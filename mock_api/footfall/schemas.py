"""The contract's shapes, for the OpenAPI page."""

from typing import Literal

from pydantic import BaseModel, ConfigDict
from pydantic.config import JsonDict


def _example(item: JsonDict) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [{"data": [item], "next_cursor": None}]})


class StoreItem(BaseModel):
    """One store; its opening hours are in its time zone."""

    store_id: str
    name: str
    city: str
    country_code: str
    timezone: str
    opened_on: str
    opens_at: str
    closes_at: str
    updated_at: str


class SensorItem(BaseModel):
    """One device at a door, until `removed_at`, when its replacement takes over. Without `interval_minutes` it counts hours."""

    sensor_id: str
    store_id: str
    door: int
    interval_minutes: int | None = None
    installed_at: str
    removed_at: str | None
    updated_at: str


class ReadingItem(BaseModel):
    """The newest version of one sensor's hour; `visits` is null where it failed."""

    sensor_id: str
    hour_start: str
    visits: int | None
    status: Literal["ok", "failed"]
    updated_at: str


class StoreList(BaseModel):
    """Every store that has opened."""

    model_config = _example(
        {
            "store_id": "paris",
            "name": "Paris",
            "city": "Paris",
            "country_code": "FR",
            "timezone": "Europe/Paris",
            "opened_on": "2018-01-01",
            "opens_at": "08:00",
            "closes_at": "18:00",
            "updated_at": "2017-12-31T23:00:00Z",
        }
    )
    data: list[StoreItem]
    next_cursor: None = None


class SensorList(BaseModel):
    """Every device that was ever installed."""

    model_config = _example(
        {
            "sensor_id": "paris-12b",
            "store_id": "paris",
            "door": 12,
            "installed_at": "2021-05-04T04:00:00Z",
            "removed_at": None,
            "updated_at": "2021-05-04T04:00:00Z",
        }
    )
    data: list[SensorItem]
    next_cursor: None = None


class ReadingList(BaseModel):
    """A page of readings in the order (updated_at, sensor_id, hour_start)."""

    model_config = _example(
        {
            "sensor_id": "paris-12b",
            "hour_start": "2026-11-20T11:00:00Z",
            "visits": 8214,
            "status": "ok",
            "updated_at": "2026-11-20T12:04:31Z",
        }
    )
    data: list[ReadingItem]
    next_cursor: str | None
