"""Online orders: every version of customers and products, and the newest of orders with their lines, from cursors on `updated_at`.

An order of several lines holds them as JSON text in `lines`, so that a row is the whole order: a new version replaces it with all its
lines, in one merge.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc
import pydantic

from ingestion import bounds
from ingestion.arrow import pages_from_rows, read_row
from ingestion.http import Client, join_url
from ingestion.paging import json_rows, parts, rfc3339
from ingestion.prefetch import prefetch
from ingestion.schemas import FEED, TIMESTAMP, Entity, Field, Page, Rejection, Source, Window
from warehouse.forget import PERSONAL, customer_of, emptied_payload
from warehouse.rejected import payload_of
from warehouse.settings import Duration, HttpUrl, SourceSettings
from warehouse.time_zones import TimeZone

MONEY = pa.decimal128(18, 4)
CURRENCY = re.compile(r"[A-Za-z]{3}")
ADVICE = {
    "is not a timestamp": "write it like 2026-11-05T10:00:00Z",
    "has no time zone": "write it like 2026-11-05T10:00:00Z, or set SOURCES__ORDERS__TIMEZONE to the shop's",
}
"""What would be right, by how a reason ends."""


class OrdersSettings(SourceSettings, env_prefix="SOURCES__ORDERS__"):
    """The online shop."""

    base_url: HttpUrl = pydantic.Field(description="address of the shop's API, up to its version")
    page_size: int = pydantic.Field(default=10_000, ge=1, le=10_000, description="records a page")
    currency: Annotated[str, pydantic.Field(pattern=r"^[A-Z]{3}$")] = pydantic.Field(
        default="EUR", description="currency (ISO 4217) of the orders that name none"
    )
    timezone: TimeZone | None = pydantic.Field(
        default=None,
        description="time zone, such as Europe/Paris, of times that name none; such a time is rejected where it is not set",
    )
    overlap: Duration = pydantic.Field(
        default="1h",
        description="how long before the newest record to ask again each time, such as 30m or 48h: what a shop commits later than that is found by --reconcile",
    )


CUSTOMERS = Entity(
    "customers",
    key=("customer_id", "updated_at"),
    fields=(
        Field("customer_id", pa.string(), is_id=True),
        *(Field(name, pa.string(), nullable=True, optional=True) for name in PERSONAL),
        Field("country", pa.string(), nullable=True, optional=True),
        Field("created_at", TIMESTAMP, is_moment=True),
        Field("updated_at", TIMESTAMP, is_moment=True),
        *FEED,
    ),
    has_cursor=True,
)

PRODUCTS = Entity(
    "products",
    key=("product_id", "updated_at"),
    fields=(
        Field("product_id", pa.string(), is_id=True),
        Field("name", pa.string()),
        Field("description", pa.string(), nullable=True, optional=True),
        Field("price", MONEY, largest=bounds.LARGEST_PRICE),
        Field("updated_at", TIMESTAMP, is_moment=True),
        *FEED,
    ),
    has_cursor=True,
)


def _money(name: str) -> Field:
    return Field(name, MONEY, nullable=True, optional=True, largest=bounds.LARGEST_BILL)


ORDERS = Entity(
    "orders",
    key=("order_id",),
    fields=(
        Field("order_id", pa.string(), is_id=True),
        Field("ordered_at", TIMESTAMP, is_moment=True),
        Field("customer_id", pa.string(), nullable=True, is_id=True),
        # Of an order of one line; of others they are null, and `lines` says what was ordered.
        Field("product_id", pa.string(), nullable=True, optional=True, is_id=True),
        Field("quantity", pa.int64(), nullable=True, optional=True, largest=bounds.LARGEST_QUANTITY),
        Field("unit_price", MONEY, nullable=True, optional=True, largest=bounds.LARGEST_PRICE),
        Field("bill", MONEY, largest=bounds.LARGEST_BILL),
        Field("status", pa.string()),
        Field("updated_at", TIMESTAMP, is_moment=True),
        Field("lines", pa.string(), nullable=True, optional=True),
        Field("currency", pa.string(), nullable=True, optional=True),
        *map(_money, ("discount", "tax", "shipping", "refunded")),
        Field("withdrawn_at", TIMESTAMP, nullable=True, optional=True, is_added=True),
        *FEED,
    ),
    has_cursor=True,
    happened_at="ordered_at",
    withdrawn="withdrawn_at",
)

LINE = Entity(
    "lines",
    key=("line_number",),
    fields=(
        Field("line_number", pa.int64(), nullable=True, optional=True, largest=bounds.LARGEST_QUANTITY),
        Field("product_id", pa.string(), is_id=True),
        Field("quantity", pa.int64(), largest=bounds.LARGEST_QUANTITY),
        Field("unit_price", MONEY, largest=bounds.LARGEST_PRICE),
        *map(_money, ("discount", "tax")),
    ),
)
MOST_OF_A_MOMENT = 50_000
SAME_IN_EVERY_LINE = ("ordered_at", "customer_id", "status", "currency")

Row = dict[str, Any]


def read(settings: OrdersSettings, client: Client, window: Window) -> Iterator[Page]:
    """The customers, products and orders that the window names; people and products first, so that orders find them.

    Raises:
        SourceError: the provider cannot be reached, refuses, or does not keep its contract.
    """
    limit = str(settings.page_size)
    latest = bounds.latest(window.now)
    zone = ZoneInfo(settings.timezone) if settings.timezone else None
    for entity in (CUSTOMERS, PRODUCTS, ORDERS):
        params = {"limit": limit}
        since = window.updated_since.get(entity.name)
        if entity is ORDERS and window.since is not None:
            # The API knows no event time, but nothing is written before it happens.
            since = datetime(window.since.year, window.since.month, window.since.day, tzinfo=UTC)
        if since is not None:
            params["updated_since"] = rfc3339(since)
        answers = parts(
            client,
            join_url(settings.base_url, entity.name),
            entity.name,
            params,
            lambda answer: json_rows(answer, is_exact=True),
        )
        if zone:
            answers = ([_with_zone(row, zone) for row in rows] for rows in answers)
        # The shop writes the next answer while this one is read.
        with closing(prefetch(answers, 1)) as fetched:
            if entity is not ORDERS:
                for rows in fetched:
                    yield from map(_with_advice, pages_from_rows(entity, rows, latest))
                continue
            for rows in _whole_orders(fetched):
                for page in _order_pages(rows, settings.currency, latest):
                    yield _placed_since(page, since) if window.since is not None else page


def _with_zone(row: Any, zone: ZoneInfo) -> Any:
    """The record with the shop's time zone in times that name none; of a repeated hour the first is meant."""
    if not isinstance(row, dict):
        return row
    return row | {name: _in_zone(row[name], zone) for name in ("ordered_at", "created_at", "updated_at") if name in row}


def _in_zone(value: Any, zone: ZoneInfo) -> Any:
    if not isinstance(value, str) or not re.match(r"[0-9-]{8,10}[T ]", value.upper()):
        return value
    try:
        moment = datetime.fromisoformat(value)
        return value if moment.tzinfo else moment.replace(tzinfo=zone).astimezone(UTC).isoformat()
    except (ValueError, OverflowError):
        return value


def _with_advice(page: Page) -> Page:
    return replace(page, rejected=[replace(each, reason=_advised(each.reason)) for each in page.rejected])


def _advised(reason: str) -> str:
    return next((f"{reason}: {advice}" for end, advice in ADVICE.items() if reason.endswith(end)), reason)


def _whole_orders(answers: Iterator[list[Any]]) -> Iterator[list[Any]]:
    """The records of each answer, but those of its last moment with the answer after it: their orders may have lines there.

    Of a moment with very many records (a bulk change) only the last order waits, as the contract's order of records allows.
    """
    waiting: list[Any] = []
    for rows in answers:
        waiting += rows
        whole = len(waiting)
        compared = slice(1, None) if whole <= MOST_OF_A_MOMENT else slice(None)
        while whole and _version(waiting[whole - 1])[compared] == _version(waiting[-1])[compared]:
            whole -= 1
        yield waiting[:whole]
        del waiting[:whole]
    yield waiting


def _version(row: Any) -> tuple[str, str]:
    """What the records of one version of one order share."""
    if not isinstance(row, dict) or row.get("order_id") is None:
        return "", payload_of(row)
    return str(row["order_id"]), str(row.get("updated_at"))


def _order_pages(rows: list[Any], currency: str, latest: datetime) -> Iterator[Page]:
    """Pages of whole orders, a row each, from records that may be an order or one line of it."""
    versions: dict[tuple[str, str], list[Any]] = {}
    for row in rows:
        versions.setdefault(_version(row), []).append(row)
    whole: list[Any] = []
    rejected: list[Rejection] = []
    for records in versions.values():
        try:
            whole.append(_order(records, latest))
        except ValueError as error:
            rejected += [Rejection(ORDERS.name, str(error), payload_of(each)) for each in records]
    for number, page in enumerate(pages_from_rows(ORDERS, whole, latest)):
        table = page.rows
        for name, column in (
            ("currency", pc.utf8_upper(pc.fill_null(table["currency"], currency))),
            ("withdrawn_at", pa.nulls(len(table), TIMESTAMP)),
        ):
            table = table.set_column(table.schema.get_field_index(name), name, column)
        yield _with_advice(replace(page, rows=table, rejected=page.rejected + (rejected if number == 0 else [])))


def _order(records: Sequence[Any], latest: datetime) -> Any:
    """One order from all the records of its version.

    Raises:
        ValueError: why it cannot be used: one of its lines cannot.
    """
    row = records[-1]
    if not isinstance(row, dict):
        return row
    if (currency := row.get("currency")) is not None and not (
        isinstance(currency, str) and CURRENCY.fullmatch(currency)
    ):
        raise ValueError("currency is not a code of three letters, such as EUR")
    if len(records) > 1 and len({payload_of(each) for each in records}) > 1:
        if all(each.get("lines") is None for each in records):
            return _together(records, latest)
        raise ValueError("the order came twice with the same updated_at and other lines")
    if row.get("lines") is None:
        for name in ("product_id", "quantity", "unit_price"):
            if row.get(name) is None:
                raise ValueError(f"{name} is {'null' if name in row else 'missing'}")
        return row
    if row.get("product_id") is not None:
        raise ValueError("the order has both a product_id and lines")
    if not isinstance(row["lines"], list) or not row["lines"]:
        raise ValueError("lines is not a list of at least one line")
    return row | {"lines": lines_as_json(row["lines"], latest), "quantity": None, "unit_price": None}


def _together(records: Sequence[Row], latest: datetime) -> Row:
    """One order from records that are a line each, and have each a bill of their own."""
    by_product: dict[str, Row] = {}
    for each in records:
        same = by_product.setdefault(str(each.get("product_id")), each)
        if any(same.get(name) != each.get(name) for name in ("quantity", "unit_price", "bill")):
            raise ValueError("two records of the order have the same updated_at and product_id, and differ")
        # Edited while its pages were read: the later record is right.
        by_product[str(each.get("product_id"))] = each
    if len(by_product) == 1:
        return records[-1]
    lines = [by_product[product] for product in sorted(by_product)]
    for name in SAME_IN_EVERY_LINE:
        if len({str(each.get(name)) for each in lines}) > 1:
            raise ValueError(f"the lines of the order differ in {name}")
    sums = {name: _sum(lines, name, latest) for name in ("bill", "shipping", "refunded")}
    nothing = dict.fromkeys(("product_id", "quantity", "unit_price", "discount", "tax"))
    return lines[0] | nothing | sums | {"lines": lines_as_json(lines, latest)}


def _sum(lines: Sequence[Row], name: str, latest: datetime) -> Decimal | None:
    entity = Entity("lines", key=(), fields=tuple(field for field in ORDERS.fields if field.name == name))
    amounts = [read_row(entity, each, latest)[name] for each in lines]
    said = [each for each in amounts if each is not None]
    return sum(said, Decimal(0)) if said else None


def lines_as_json(lines: Sequence[Any], latest: datetime) -> str:
    """The lines as JSON text, by their numbers; numbered as they stand where not each has one. Equal lines give equal text."""
    read = []
    for place, line in enumerate(lines, start=1):
        try:
            read.append(read_row(LINE, line, latest))
        except ValueError as error:
            raise ValueError(f"line {place} of the order cannot be used: {error}") from None
    numbers = [line["line_number"] for line in read]
    if None in numbers:
        numbers = list(range(1, len(read) + 1))
    if len(set(numbers)) < len(numbers):
        raise ValueError("two lines of the order have the same line_number")
    numbered = [line | {"line_number": number} for number, line in zip(numbers, read, strict=True)]
    return json.dumps([_as_json(line) for line in sorted(numbered, key=lambda line: line["line_number"])])


def _as_json(line: Mapping[str, Any]) -> Row:
    """Amounts as text with four places: a JSON number would be read as a double."""
    return {name: f"{value:.4f}" if isinstance(value, Decimal) else value for name, value in line.items()}


def _placed_since(page: Page, since: datetime | None) -> Page:
    return replace(page, rows=page.rows.filter(pc.greater_equal(page.rows["ordered_at"], pa.scalar(since, TIMESTAMP))))


def protect(page: Page, forgotten: Set[str]) -> Page:
    """The page without the personal data of forgotten customers."""
    if not forgotten:
        return page
    table = page.rows
    if page.entity is CUSTOMERS:
        is_forgotten = pc.is_in(table["customer_id"], pa.array(sorted(forgotten), pa.string()))
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
    reconciles=True,
)
