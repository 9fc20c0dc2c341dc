"""The footfall provider's HTTP interface, as `contracts/footfall.md` has it."""

from datetime import datetime, timedelta
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Header, HTTPException, Query, Response
from fastapi.responses import JSONResponse
from pydantic import AfterValidator, BaseModel, ConfigDict, WithJsonSchema
from pydantic.config import JsonDict

from mock_api.clock import Clock
from mock_api.errors import error_responses
from mock_api.footfall import feed as feeds
from mock_api.footfall.formats import ARROW, prefers_arrow, to_arrow, to_json
from mock_api.footfall.simulation import Simulation
from mock_api.footfall.stores import CLIENT_STORES, Sensor, Store
from mock_api.paging import decode_cursor, encode_cursor
from mock_api.times import END, EPOCH, HOUR, count, count_up, parse_time, rfc_3339


def _readable_time(text: str) -> str:
    parse_time(text)
    return text


TimeText = Annotated[
    str,
    AfterValidator(_readable_time),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
Text = Annotated[
    str, Query(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$")
]

_UNAUTHORIZED = (
    401,
    ("The API key is missing or wrong.", "The X-API-Key header is missing or wrong."),
)
_EXAMPLE_STORE: JsonDict = {
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
_EXAMPLE_SENSOR: JsonDict = {
    "sensor_id": "paris-12b",
    "store_id": "paris",
    "door": 12,
    "installed_at": "2021-05-04T04:00:00Z",
    "removed_at": None,
    "updated_at": "2021-05-04T04:00:00Z",
}
_EXAMPLE_READING: JsonDict = {
    "sensor_id": "paris-12b",
    "hour_start": "2026-11-20T11:00:00Z",
    "visits": 8214,
    "status": "ok",
    "updated_at": "2026-11-20T12:04:31Z",
}


class StoreList(BaseModel):
    """Every store that has opened."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"data": [_EXAMPLE_STORE], "next_cursor": None}]
        }
    )

    class Item(BaseModel):
        """One store; opening hours are in its time zone."""

        store_id: str
        name: str
        city: str
        country_code: str
        timezone: str
        opened_on: str
        opens_at: str
        closes_at: str
        updated_at: str

    data: list[Item]
    next_cursor: None = None


class SensorList(BaseModel):
    """Every device that was ever installed."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"data": [_EXAMPLE_SENSOR], "next_cursor": None}]
        }
    )

    class Item(BaseModel):
        """One device at a door."""

        sensor_id: str
        store_id: str
        door: int
        installed_at: str
        removed_at: str | None
        updated_at: str

    data: list[Item]
    next_cursor: None = None


class ReadingList(BaseModel):
    """A page of readings in the order (updated_at, sensor_id, hour_start)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"data": [_EXAMPLE_READING], "next_cursor": None}]
        }
    )

    class Item(BaseModel):
        """The newest version of one sensor's hour."""

        sensor_id: str
        hour_start: str
        visits: int | None
        status: str
        updated_at: str

    data: list[Item]
    next_cursor: str | None


class Footfall:
    """The provider: the simulation, seen at the clock's time."""

    def __init__(self, seed: int, clock: Clock, history_start: datetime) -> None:
        self.seed = seed
        self.clock = clock
        self.history_start = history_start
        self.simulation = Simulation(seed, CLIENT_STORES)
        self.feed = feeds.Feed(self.simulation, history_start)
        self.sensor_ids = np.array(
            [sensor.sensor_id for sensor in self.simulation.sensors], dtype=object
        )

    def now(self) -> datetime:
        """The clock's time, which must be within simulated time."""
        return min(max(self.clock.now(), EPOCH), END)

    def stores(self, now: datetime) -> list[dict[str, Any]]:
        """Stores that have opened, as the contract has them."""
        return [
            {
                "store_id": store.store_id,
                "name": store.name,
                "city": store.city,
                "country_code": store.country_code,
                "timezone": store.timezone,
                "opened_on": store.opened_on.isoformat(),
                "opens_at": store.opens_at.isoformat("minutes"),
                "closes_at": store.closes_at.isoformat("minutes"),
                "updated_at": rfc_3339(store.opened_at),
            }
            for store in self.simulation.stores
            if store.opened_at <= now
        ]

    def sensors(self, now: datetime) -> list[dict[str, Any]]:
        """Devices installed so far, as the contract has them."""
        return [
            self._sensor(sensor, now)
            for sensor in self.simulation.sensors
            if sensor.installed_at <= now
        ]

    def readings(
        self, query: feeds.Query, cursor: str | None, limit: int
    ) -> tuple[feeds.Readings, str | None]:
        """A page and the cursor of the next. Raises ValueError for a cursor that does not fit."""
        parameters = ("footfall/readings", self.seed, query, limit)
        as_of, position = count(self.now(), 1), -1
        if cursor is not None:
            first_as_of, position = decode_cursor(cursor, parameters)
            as_of = min(as_of, first_as_of)
        page = self.feed.page(query, as_of, position, limit)
        if page.next_position is None:
            return page, None
        return page, encode_cursor((as_of, page.next_position), parameters)

    def single_value(
        self, store: Store, local: datetime, door: int | None
    ) -> int | None:
        """Visits of a door, or of all, in a local hour; an hour that comes twice counts twice. None if none was observed.

        Raises LookupError for a time that has no reading, ValueError for one that the store's clocks never showed.
        """
        now = self.now()
        moments = {
            local.replace(tzinfo=store.zone, fold=fold).timestamp() for fold in (0, 1)
        }
        hours = [int(moment - EPOCH.timestamp()) // HOUR for moment in sorted(moments)]
        real = [hour for hour in hours if self._shows(store, hour, local)]
        if not real:
            raise ValueError(f"the clocks of {store.name} went forward past that hour")
        if real[0] < max(count(store.opened_at, HOUR), count(self.history_start, HOUR)):
            first = max(store.opened_at, self.history_start)
            raise LookupError(f"{store.name} has no readings before {rfc_3339(first)}.")
        if (real[-1] + 1) * HOUR > count(now, 1):
            raise LookupError(f"That hour is not over: it is {rfc_3339(now)}.")
        doors = range(1, store.doors + 1) if door is None else [door]
        values = [
            self.feed.value(store.store_id, each, hour, count(now, 1))
            for each in doors
            for hour in real
        ]
        observed = [value for value in values if value is not None]
        return sum(observed) if observed else None

    @staticmethod
    def _shows(store: Store, hour: int, local: datetime) -> bool:
        moment = EPOCH + timedelta(hours=hour)
        return moment.astimezone(store.zone).replace(tzinfo=None) == local

    @staticmethod
    def _sensor(sensor: Sensor, now: datetime) -> dict[str, Any]:
        removed = sensor.removed_at <= now
        return {
            "sensor_id": sensor.sensor_id,
            "store_id": sensor.store_id,
            "door": sensor.door,
            "installed_at": rfc_3339(sensor.installed_at),
            "removed_at": rfc_3339(sensor.removed_at) if removed else None,
            "updated_at": rfc_3339(
                sensor.removed_at if removed else sensor.installed_at
            ),
        }


def routers(seed: int, clock: Clock, history_start: datetime) -> list[APIRouter]:
    """The provider's endpoints: those under `/footfall/v1`, and the single value at the root."""
    provider = Footfall(seed, clock, history_start)
    stores = {store.store_id: store for store in provider.simulation.stores}
    v1 = APIRouter(prefix="/footfall/v1", tags=["footfall"])
    root = APIRouter(tags=["footfall"])

    def opened(store_id: str) -> Store:
        if store_id not in stores or stores[store_id].opened_at > provider.now():
            raise HTTPException(
                404, f"No store {store_id!r}. There are: {', '.join(stores)}."
            )
        return stores[store_id]

    @v1.get("/stores", responses=error_responses(dict([_UNAUTHORIZED])))
    def list_stores() -> StoreList:
        """Every store that has opened."""
        return JSONResponse(
            {"data": provider.stores(provider.now()), "next_cursor": None}
        )  # type: ignore[return-value]

    @v1.get("/sensors", responses=error_responses(dict([_UNAUTHORIZED])))
    def list_sensors() -> SensorList:
        """Every device that was ever installed. A replacement keeps its door and gets a new sensor_id."""
        return JSONResponse(
            {"data": provider.sensors(provider.now()), "next_cursor": None}
        )  # type: ignore[return-value]

    @v1.get(
        "/readings",
        response_model=ReadingList,
        response_class=Response,
        responses={
            200: {
                "description": "A page in the order (updated_at, sensor_id, hour_start). As Arrow, the next cursor is in"
                " the header X-Next-Cursor, which is absent on the last page.",
                "content": {
                    "application/json": {
                        "schema": {"$ref": "#/components/schemas/ReadingList"}
                    },
                    ARROW: {"schema": {"type": "string", "format": "binary"}},
                },
                "headers": {
                    "X-Next-Cursor": {
                        "schema": {"type": "string"},
                        "description": "Arrow only.",
                    }
                },
            },
            **error_responses(
                dict(
                    [
                        _UNAUTHORIZED,
                        (
                            404,
                            (
                                "No such store.",
                                "No store 'oslo'. There are: madrid, paris, berlin, roma, london.",
                            ),
                        ),
                        (
                            422,
                            (
                                "A parameter cannot be read.",
                                "limit: Input should be less than or equal to 100000",
                            ),
                        ),
                    ]
                )
            ),
        },
    )
    def list_readings(
        updated_since: Annotated[
            TimeText | None,
            Query(
                description="Only readings with updated_at ≥ this.",
                examples=["2026-11-20T00:00:00Z"],
            ),
        ] = None,
        from_: Annotated[
            TimeText | None,
            Query(
                alias="from",
                description="Only readings with hour_start ≥ this.",
                examples=["2026-11-01T00:00:00Z"],
            ),
        ] = None,
        to: Annotated[
            TimeText | None,
            Query(
                description="Only readings with hour_start < this.",
                examples=["2026-11-08T00:00:00Z"],
            ),
        ] = None,
        store_id: Annotated[
            Text | None, Query(description="Only one store's.", examples=["paris"])
        ] = None,
        limit: Annotated[
            int, Query(ge=1, le=100_000, description="Most readings in a page.")
        ] = 10_000,
        cursor: Annotated[
            str | None,
            Query(
                max_length=200,
                description="`next_cursor` of the page before; the other parameters stay the same.",
            ),
        ] = None,
        accept: Annotated[str | None, Header(include_in_schema=False)] = None,
    ) -> Response:
        """Readings in the order they were written, each in its newest version, once.

        All pages of one answer show the readings as they stood when the first was asked for.
        """
        if store_id is not None:
            opened(store_id)
        query = feeds.Query(
            updated_since=0
            if updated_since is None
            else count_up(parse_time(updated_since), 1),
            from_hour=0 if from_ is None else count_up(parse_time(from_), HOUR),
            to_hour=count(END, HOUR) if to is None else count_up(parse_time(to), HOUR),
            store_id=store_id,
        )
        try:
            page, next_cursor = provider.readings(query, cursor, limit)
        except ValueError as error:
            raise HTTPException(422, f"cursor: {error}") from None
        if prefers_arrow(accept):
            headers = {"X-Next-Cursor": next_cursor} if next_cursor else {}
            body = to_arrow(page, provider.sensor_ids)
            return Response(
                body, media_type=ARROW, headers={"Vary": "Accept", **headers}
            )
        body = to_json(page, provider.sensor_ids, next_cursor)
        return Response(body, media_type="application/json", headers={"Vary": "Accept"})

    @root.get(
        "/",
        responses={
            200: {"content": {"application/json": {"example": 8214}}},
            **error_responses(
                dict(
                    [
                        _UNAUTHORIZED,
                        (
                            404,
                            (
                                "No such store or door, or no reading at that time.",
                                "Paris has no door 21.",
                            ),
                        ),
                        (
                            422,
                            (
                                "A parameter cannot be read.",
                                "day: 2022-02-30 is not a date",
                            ),
                        ),
                    ]
                )
            ),
        },
    )
    def single_value(
        store_name: Annotated[
            Text, Query(description="The store's name.", examples=["Paris"])
        ],
        year: Annotated[int, Query(ge=1, le=9999, examples=[2026])],
        month: Annotated[int, Query(ge=1, le=12, examples=[10])],
        day: Annotated[int, Query(ge=1, le=31, examples=[30])],
        hour: Annotated[
            int, Query(ge=0, le=23, description="Store-local.", examples=[12])
        ],
        sensor_id: Annotated[
            int | None,
            Query(
                ge=1,
                le=9999,
                description="The door; without it, the store's sum.",
                examples=[12],
            ),
        ] = None,
    ) -> int | None:
        """Visitors at one door, or in the whole store, in one local hour; null where no sensor worked.

        An hour that comes twice (the clocks go back) is counted as both.
        """
        store_id = next(
            (
                key
                for key, store in stores.items()
                if store.name.casefold() == store_name.casefold()
            ),
            None,
        )
        store = opened(store_id or store_name)
        if sensor_id is not None and sensor_id > store.doors:
            raise HTTPException(404, f"{store.name} has no door {sensor_id}.")
        try:
            local = datetime(year, month, day, hour)
        except ValueError:
            raise HTTPException(
                422, f"day: {year:04}-{month:02}-{day:02} is not a date"
            ) from None
        if local.date() < store.opened_on:
            raise HTTPException(404, f"{store.name} opened on {store.opened_on}.")
        if local.year >= END.year:
            raise HTTPException(
                404, f"That hour is not over: it is {rfc_3339(provider.now())}."
            )
        try:
            return provider.single_value(store, local, sensor_id)
        except LookupError as error:
            raise HTTPException(404, str(error)) from None
        except ValueError as error:
            raise HTTPException(422, f"hour: {error}") from None

    return [v1, root]
