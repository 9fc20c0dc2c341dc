"""Online orders: every version of customers and products, and the newest of orders, from cursors on `updated_at`."""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc
import pydantic

from ingestion import bounds
from ingestion.http import Client, join_url
from ingestion.paging import pages, rfc3339
from ingestion.schemas import TIMESTAMP, Entity, Field, Page, Rejection, Source, Window
from warehouse.forget import PERSONAL, customer_of, emptied_payload
from warehouse.settings import HttpUrl, SourceSettings

MONEY = pa.decimal128(18, 4)


class OrdersSettings(SourceSettings, env_prefix="SOURCES__ORDERS__"):
    """The online shop."""

    base_url: HttpUrl = pydantic.Field(description="address of the shop's API, up to its version")
    page_size: int = pydantic.Field(default=10_000, ge=1, le=10_000, description="records a page")


CUSTOMERS = Entity(
    "customers",
    key=("customer_id", "updated_at"),
    fields=(
        Field("customer_id", pa.int64()),
        *(Field(name, pa.string(), nullable=True, optional=True) for name in PERSONAL),
        Field("country", pa.string(), nullable=True, optional=True),
        Field("created_at", TIMESTAMP, is_moment=True),
        Field("updated_at", TIMESTAMP, is_moment=True),
    ),
    has_cursor=True,
)

PRODUCTS = Entity(
    "products",
    key=("product_id", "updated_at"),
    fields=(
        Field("product_id", pa.int64()),
        Field("name", pa.string()),
        Field("description", pa.string(), nullable=True, optional=True),
        Field("price", MONEY, largest=bounds.LARGEST_PRICE),
        Field("updated_at", TIMESTAMP, is_moment=True),
    ),
    has_cursor=True,
)

ORDERS = Entity(
    "orders",
    key=("order_id",),
    fields=(
        Field("order_id", pa.int64()),
        Field("ordered_at", TIMESTAMP, is_moment=True),
        Field("customer_id", pa.int64()),
        Field("product_id", pa.int64()),
        Field("quantity", pa.int64(), largest=bounds.LARGEST_QUANTITY),
        Field("unit_price", MONEY, largest=bounds.LARGEST_PRICE),
        Field("bill", MONEY, largest=bounds.LARGEST_BILL),
        Field("status", pa.string()),
        Field("updated_at", TIMESTAMP, is_moment=True),
    ),
    has_cursor=True,
    happened_at="ordered_at",
)


def read(settings: OrdersSettings, client: Client, window: Window) -> Iterator[Page]:
    """The customers, products and orders that the window names; people and products first, so that orders find them.

    Raises:
        SourceError: the provider cannot be reached, refuses, or does not keep its contract.
    """
    base = settings.base_url
    limit = str(settings.page_size)
    for entity in (CUSTOMERS, PRODUCTS, ORDERS):
        params = {"limit": limit}
        since = window.updated_since.get(entity.name)
        if entity is ORDERS and window.since is not None:
            # The API knows no event time, but nothing is written before it happens.
            since = datetime(window.since.year, window.since.month, window.since.day, tzinfo=UTC)
        if since is not None:
            params["updated_since"] = rfc3339(since)
        for page in pages(client, join_url(base, entity.name), entity, params, bounds.latest(window.now)):
            yield _placed_since(page, since) if entity is ORDERS and window.since is not None else page


def _placed_since(page: Page, since: datetime | None) -> Page:
    return replace(page, rows=page.rows.filter(pc.greater_equal(page.rows["ordered_at"], pa.scalar(since, TIMESTAMP))))


def protect(page: Page, forgotten: Set[str]) -> Page:
    """The page without the personal data of forgotten customers."""
    if not forgotten:
        return page
    table = page.rows
    if page.entity is CUSTOMERS:
        is_forgotten = pc.is_in(pc.cast(table["customer_id"], pa.string()), pa.array(sorted(forgotten), pa.string()))
        for name in PERSONAL:
            emptied = pc.if_else(is_forgotten, pa.scalar(None, pa.string()), table[name])
            table = table.set_column(table.schema.get_field_index(name), name, emptied)
    return replace(page, rows=table, rejected=[_protected(row, forgotten) for row in page.rejected])


def _protected(row: Rejection, forgotten: Set[str]) -> Rejection:
    return replace(row, payload=emptied_payload(row.payload)) if customer_of(row.payload) in forgotten else row


SOURCE = Source(
    "orders",
    OrdersSettings,
    (CUSTOMERS, PRODUCTS, ORDERS),
    read,
    newest=("orders", "ordered_at"),
    protect=protect,
    # A shop writes all the time: an hour again every two minutes would be thirty times what is new.
    overlap=timedelta(minutes=5),
)
