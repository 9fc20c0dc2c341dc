"""The orders provider's HTTP interface, as `contracts/orders.md` has it."""

from collections.abc import Callable
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, HTTPException, Query, Response
from pydantic import AfterValidator, WithJsonSchema

from mock_api.errors import UNAUTHORIZED, error_responses
from mock_api.orders.provider import Row, Shop
from mock_api.orders.schemas import CustomerList, OrderList, ProductList
from mock_api.times import count_up, parse_time


def _readable(text: str) -> str:
    parse_time(text)  # a string remains, which is what the OpenAPI page says
    return text


_UNREADABLE = (422, "A parameter cannot be read.", "limit: Input should be less than or equal to 10000")
_TIME_SCHEMA = {"type": "string", "format": "date-time"}
UpdatedSince = Annotated[
    Annotated[str, AfterValidator(_readable), WithJsonSchema(_TIME_SCHEMA)] | None,
    Query(description="Only rows with updated_at ≥ this.", examples=["2026-11-22T00:00:00Z"]),
]
Limit = Annotated[int, Query(ge=1, le=10_000, description="Most rows in a page.")]
Cursor = Annotated[
    str | None,
    Query(max_length=200, description="`next_cursor` of the page before; the other parameters stay the same."),
]
List = Callable[[int, str | None, int], tuple[list[Row], str | None]]


def routers(shop: Shop) -> list[APIRouter]:
    """The provider's endpoints under `/orders/v1`."""
    router = APIRouter(prefix="/orders/v1", tags=["orders"])
    errors = error_responses(UNAUTHORIZED, _UNREADABLE)
    common: dict[str, Any] = {"response_class": Response, "responses": errors}

    @router.get("/customers", response_model=CustomerList, **common)
    def list_customers(updated_since: UpdatedSince = None, limit: Limit = 1000, cursor: Cursor = None) -> Response:
        """Customers in the order (updated_at, customer_id), newest versions only."""
        return _answer(shop.list_customers, updated_since, limit, cursor)

    @router.get("/products", response_model=ProductList, **common)
    def list_products(updated_since: UpdatedSince = None, limit: Limit = 1000, cursor: Cursor = None) -> Response:
        """Products in the order (updated_at, product_id), newest versions only."""
        return _answer(shop.list_products, updated_since, limit, cursor)

    @router.get("/orders", response_model=OrderList, **common)
    def list_orders(updated_since: UpdatedSince = None, limit: Limit = 1000, cursor: Cursor = None) -> Response:
        """Orders in the order (updated_at, order_id), newest versions only."""
        return _answer(shop.list_orders, updated_since, limit, cursor)

    return [router]


def _answer(rows_of: List, updated_since: str | None, limit: int, cursor: str | None) -> Response:
    since = max(count_up(parse_time(updated_since), 1), 0) if updated_since else 0
    try:
        rows, next_cursor = rows_of(since, cursor, limit)
    except ValueError as error:
        raise HTTPException(422, f"cursor: {error}") from None
    return Response(orjson.dumps({"data": rows, "next_cursor": next_cursor}), media_type="application/json")
