"""The footfall provider's HTTP interface, as `contracts/footfall.md` has it."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Header, HTTPException, Query, Response
from pydantic import AfterValidator, WithJsonSchema

from mock_api.errors import UNAUTHORIZED, error_responses
from mock_api.footfall import feed
from mock_api.footfall.formats import ARROW, prefers_arrow, to_arrow, to_json
from mock_api.footfall.provider import Footfall
from mock_api.footfall.schemas import ReadingList, SensorList, StoreList
from mock_api.times import END, count, count_up, parse_time, rfc_3339


def _readable(text: str) -> str:
    parse_time(text)  # a string remains, which is what the OpenAPI page says
    return text


_TIME_SCHEMA = {"type": "string", "format": "date-time"}
TimeText = Annotated[str, AfterValidator(_readable), WithJsonSchema(_TIME_SCHEMA)]
NO_CONTROL_CHARACTERS = r"^[^\x00-\x1f\x7f]+$"

_NO_STORE = (404, "No such store.", "No store 'oslo'. There are: madrid, paris.")
_NO_VALUE = (404, "No such store or door, or no hour that is over.", "No door 21.")
_UNREADABLE = (
    422,
    "A parameter cannot be read.",
    "limit: Input should be less than or equal to 100000",
)
_NO_DATE = (422, "A parameter cannot be read.", "day: 2022-02-30 is not a date")
_PAGE: dict[str, Any] = {
    "description": "A page. As Arrow, the next cursor is in the header X-Next-Cursor.",
    "content": {
        "application/json": {"schema": {"$ref": "#/components/schemas/ReadingList"}},
        ARROW: {"schema": {"type": "string", "format": "binary"}},
    },
    "headers": {
        "X-Next-Cursor": {
            "schema": {"type": "string"},
            "description": "With Arrow only; absent on the last page.",
        }
    },
}
_VALUE: dict[str, Any] = {"content": {"application/json": {"example": 8214}}}


def routers(provider: Footfall) -> list[APIRouter]:
    """The provider's endpoints: under `/footfall/v1`, and the single value at the root."""
    return [_version_1(provider), _root(provider)]


def _version_1(provider: Footfall) -> APIRouter:
    router = APIRouter(prefix="/footfall/v1", tags=["footfall"])

    @router.get("/stores", responses=error_responses(UNAUTHORIZED))
    def list_stores() -> StoreList:
        """Every store that has opened."""
        return StoreList(data=provider.stores())

    @router.get("/sensors", responses=error_responses(UNAUTHORIZED), response_model_exclude_unset=True)
    def list_sensors() -> SensorList:
        """Every device that was ever installed.

        A replacement has a new sensor_id and keeps its door. A device that was moved is listed where it hangs now.
        """
        return SensorList(data=provider.sensors(), next_cursor=None)

    @router.get(
        "/readings",
        response_model=ReadingList,
        response_class=Response,
        responses={
            200: _PAGE,
            **error_responses(UNAUTHORIZED, _NO_STORE, _UNREADABLE),
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
            str | None,
            Query(
                min_length=1,
                max_length=64,
                pattern=NO_CONTROL_CHARACTERS,
                description="Only one store's.",
                examples=["paris"],
            ),
        ] = None,
        limit: Annotated[int, Query(ge=1, le=100_000, description="Most readings in a page.")] = 10_000,
        cursor: Annotated[
            str | None,
            Query(
                max_length=200,
                description="`next_cursor` of the page before; the other parameters stay the same.",
            ),
        ] = None,
        accept: Annotated[str | None, Header(include_in_schema=False)] = None,
    ) -> Response:
        """Readings in the order (updated_at, sensor_id, hour_start), newest versions only.

        All pages of one answer show the readings as they stood when the first was asked
        for; what is written meanwhile is found by the next answer's `updated_since`.
        """
        if store_id is not None:
            try:
                provider.find_store(store_id)
            except LookupError as error:
                raise HTTPException(404, str(error)) from None
        query = feed.Query(
            updated_since=count_up(parse_time(updated_since), 1) if updated_since else 0,
            from_second=count_up(parse_time(from_), 1) if from_ else 0,
            to_second=count_up(parse_time(to), 1) if to else count(END, 1),
            store_id=store_id,
        )
        try:
            page, next_cursor = provider.readings(query, cursor, limit)
        except ValueError as error:
            raise HTTPException(422, f"cursor: {error}") from None
        headers = {"Vary": "Accept"}
        if not prefers_arrow(accept):
            body = to_json(page, provider.sensor_ids, next_cursor)
            return Response(body, media_type="application/json", headers=headers)
        if next_cursor:
            headers["X-Next-Cursor"] = next_cursor
        body = to_arrow(page, provider.sensor_ids)
        return Response(body, media_type=ARROW, headers=headers)

    return router


def _root(provider: Footfall) -> APIRouter:
    router = APIRouter(tags=["footfall"])

    @router.get(
        "/",
        responses={200: _VALUE, **error_responses(UNAUTHORIZED, _NO_VALUE, _NO_DATE)},
    )
    def single_value(
        store_name: Annotated[
            str,
            Query(
                min_length=1,
                max_length=64,
                pattern=NO_CONTROL_CHARACTERS,
                description="The store's name, in capitals or not.",
                examples=["Paris"],
            ),
        ],
        year: Annotated[int, Query(ge=1, le=9999, examples=[2026])],
        month: Annotated[int, Query(ge=1, le=12, examples=[10])],
        day: Annotated[int, Query(ge=1, le=31, examples=[30])],
        hour: Annotated[int, Query(ge=0, le=23, description="Store-local.", examples=[12])],
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
        """Visitors at one door, or in the whole store, in one local hour.

        Null where no sensor delivered a count. An hour that comes twice, when the clocks go
        back, counts as both.
        """
        try:
            local = datetime(year, month, day, hour)
        except ValueError:
            date = f"{year:04}-{month:02}-{day:02}"
            raise HTTPException(422, f"day: {date} is not a date") from None
        try:
            store = provider.find_store(store_name.casefold())
            if sensor_id is not None and sensor_id > store.doors:
                raise LookupError(f"{store.name} has no door {sensor_id}.")
            if local.date() < store.opened_on:
                raise LookupError(f"{store.name} opened on {store.opened_on}.")
            if local.year >= END.year:
                now = rfc_3339(provider.now())
                raise LookupError(f"That hour is not over: it is {now}.")
            return provider.single_value(store, local, sensor_id)
        except LookupError as error:
            raise HTTPException(404, str(error)) from None
        except ValueError as error:
            raise HTTPException(422, f"hour: {error}") from None

    return router
