"""Retail: three CSV files behind three URLs, each served whole every time.

A sale has no id. It is known by what its line says and its number among the lines that say the same, so that lines may
be appended anywhere and written in another dialect. Products and sales come in one load, because a sale takes the price
in force at the load that first brought it: nothing is loaded unless all three files were had.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated

import pyarrow as pa
import pyarrow.compute as pc
import pydantic

from ingestion import bounds
from ingestion.cells import amounts, each, identifier, moments, text, whole_numbers
from ingestion.csv_files import ORIGIN, Column, Content, occurrences, read_csv, refuse_unreadable
from ingestion.errors import SourceError
from ingestion.http import Client, Response
from ingestion.memory import give_back
from ingestion.schemas import FEED, TIMESTAMP, Entity, Field, Mode, Page, Rejection, Source, Window
from warehouse.ledger import Answer
from warehouse.settings import HttpUrl, SourceSettings
from warehouse.time_zones import TimeZone
from warehouse.urls import readable_url

logger = logging.getLogger(__name__)

LARGEST_FILE = 256 * 1024 * 1024
MONEY = pa.decimal128(18, 4)

PRODUCT_ID = Column("ID Référence produit", (Field("product_id", pa.string()),), each(identifier))
STORE_ID = Column("ID Magasin", (Field("store_id", pa.string()),), each(identifier))
# A quantity and a price of nine digits multiply and add up, line after line, without overflow.
SALE_COLUMNS = (
    Column(
        "Date",
        (
            Field("sale_date", pa.date32(), is_moment=True),
            # What the clock of the place shows, held as if it were UTC.
            Field("sold_at_local", TIMESTAMP, nullable=True),
            Field("sold_at", TIMESTAMP, nullable=True),
        ),
        moments,
    ),
    PRODUCT_ID,
    Column("Quantité", (Field("quantity", pa.int64(), largest=bounds.LARGEST_QUANTITY),), whole_numbers(9)),
    STORE_ID,
    Column(
        "Montant",
        (Field("amount", MONEY, nullable=True, largest=bounds.LARGEST_PRICE),),
        amounts,
        is_optional=True,
    ),
)
PRODUCT_COLUMNS = (
    Column("Nom", (Field("name", pa.string(), nullable=True),), each(text), is_lenient=True),
    PRODUCT_ID,
    Column("Prix", (Field("price", MONEY, largest=bounds.LARGEST_PRICE),), amounts),
    Column("Stock", (Field("stock", pa.int64(), nullable=True),), whole_numbers(18), is_lenient=True),
)
STORE_COLUMNS = (
    STORE_ID,
    Column("Ville", (Field("city", pa.string(), nullable=True),), each(text), is_lenient=True),
    Column("Nombre de salariés", (Field("employees", pa.int64(), nullable=True),), whole_numbers(18), is_lenient=True),
)


class RetailSettings(SourceSettings, env_prefix="SOURCES__RETAIL__"):
    """The three CSV files of the sales."""

    products_url: HttpUrl = pydantic.Field(description="address of produits.csv")
    stores_url: HttpUrl = pydantic.Field(description="address of magasins.csv")
    sales_url: HttpUrl = pydantic.Field(description="address of ventes.csv")
    sales_mode: Mode = pydantic.Field(
        default="append",
        description="meaning of a new ventes.csv: it grew (`append`: one that lacks earlier lines is refused), it replaces the days of "
        "which it has lines (`replace_days`), or it is all there is (`replace`)",
    )
    timezone: TimeZone | None = pydantic.Field(
        default=None,
        description="IANA time zone of ventes.csv, such as Europe/Paris, by which a day is over; without it times of day are left out, and a day is over in UTC",
    )
    currency: Annotated[str, pydantic.StringConstraints(pattern="^[A-Z]{3}$")] = pydantic.Field(
        default="EUR", description="currency of all amounts in the three files, ISO 4217"
    )


WITHDRAWN = Field("withdrawn_at", TIMESTAMP, nullable=True, optional=True, is_added=True)
# What only a feed's line may say.
OF_A_FEED = (
    Field("ticket_id", pa.string(), nullable=True, optional=True, is_id=True, is_added=True),
    *(
        Field(name, MONEY, nullable=True, optional=True, is_added=True, largest=bounds.LARGEST_PRICE)
        for name in ("unit_price", "discount", "tax")
    ),
    Field("currency", pa.string(), nullable=True, optional=True, is_added=True),
    # What tells the lines of the feed apart.
    Field("feed_key", pa.string(), nullable=True, optional=True, is_origin=True, is_added=True),
)


def _fields(columns: tuple[Column, ...], may_be_null: frozenset[str] = frozenset()) -> tuple[Field, ...]:
    """The fields of a file's columns; a feed may leave out those that `may_be_null`."""
    fields = [field for column in columns for field in column.fields]
    return tuple(
        replace(field, nullable=True, optional=True) if field.nullable or field.name in may_be_null else field
        for field in fields
    )


SALES = Entity(
    "sales",
    key=("sale_date", "product_id", "quantity", "store_id", "details", "occurrence"),
    fields=(
        *_fields(SALE_COLUMNS),
        # What else tells lines apart, the time of day and the amount, as text: a part of a key cannot be null.
        Field("details", pa.string()),
        Field("occurrence", pa.int64()),
        *ORIGIN,
        WITHDRAWN,
        *OF_A_FEED,
        *FEED,
    ),
    version=None,
    is_fixed=True,
    happened_on="sale_date",
    withdrawn=WITHDRAWN.name,
)
PRODUCTS = Entity(
    "products",
    key=("product_id", "received_at"),
    fields=(
        *_fields(PRODUCT_COLUMNS, may_be_null=frozenset({"price"})),
        Field("received_at", TIMESTAMP),
        *ORIGIN,
        WITHDRAWN,
        *FEED,
    ),
    version=None,
    received="received_at",
    withdrawn=WITHDRAWN.name,
)
STORES = Entity(
    "stores",
    key=("store_id",),
    fields=(*_fields(STORE_COLUMNS), *ORIGIN, WITHDRAWN, *FEED),
    version=None,
    withdrawn=WITHDRAWN.name,
)


@dataclass(frozen=True)
class File:
    """One of the files: the setting that holds its URL, its columns, and what makes its lines an entity's rows."""

    entity: Entity
    setting: str
    columns: tuple[Column, ...]
    finish: Callable[[Content], Content]


def read(settings: RetailSettings, client: Client, window: Window) -> Iterator[Page]:
    """One page of each file that has changed since it was last loaded.

    Raises:
        SourceError: a file cannot be reached, or is not the CSV that the contract describes.
    """
    # Sales first: what their lines refer to is there by the time it is asked for.
    for file in FILES:
        page = _page(client, file, settings, window.answers.get(file.entity.name), window.now)
        if page is not None:
            yield page


def _page(client: Client, file: File, settings: RetailSettings, last: Answer | None, now: datetime) -> Page | None:
    """The file as a page; None if it is the one last loaded."""
    url: str = getattr(settings, file.setting)
    mode: Mode = settings.sales_mode if file.entity is SALES else "append"
    # Under another mode the same file means something else.
    url_hash = hashlib.sha256((url if mode == "append" else f"{mode} {url}").encode()).hexdigest()
    etag = last.etag if last is not None and last.url_hash == url_hash else None

    def parse(answer: Response) -> Page | None:
        if answer.status == 304:
            if etag is None:
                raise SourceError(f"{answer.url} answered 304 (not modified) without having been asked for changes")
            return None
        content = read_csv(answer, file.entity.name, file.columns, bounds.latest(now))
        refuse_unreadable(answer.url, content)
        _log_left_out(answer.url, content)
        content = file.finish(content)
        for field in file.entity.fields:
            if field.is_added:
                content.rows = content.rows.append_column(field.name, pa.nulls(len(content.rows), field.type))
        if (
            file.entity is SALES
            and not settings.timezone
            and content.rows["sold_at_local"].null_count < len(content.rows)
        ):
            logger.info(
                "retail: the times of day in %s are left out: %s says in which time zone they are",
                answer.url,
                settings.variable("timezone"),
            )
        # What reading took is given back before the load takes its own.
        give_back()
        content_hash = hashlib.sha256(answer.body).hexdigest()
        remembered = Answer(readable_url(url), url_hash, answer.etag, content.lines, content_hash)
        rows = content.rows.select(file.entity.schema.names)
        return Page(file.entity, rows, content.rejected, content.further_columns, remembered, mode)

    return client.get(url, parse, headers={"If-None-Match": etag} if etag else {}, largest_body=LARGEST_FILE)


def _log_left_out(url: str, content: Content) -> None:
    """Say how many lines of a report hold no row."""
    counted = [f"{times:,} {what}" for what, times in sorted(content.left_out.items())]
    if counted:
        logger.info("retail: lines of %s that hold no row were left out: %s", url, ", ".join(counted))


def _sales(content: Content) -> Content:
    rows = content.rows
    local = rows["sold_at_local"].cast(pa.timestamp("us"))
    moment = pc.coalesce(rows["sold_at"].cast(pa.string()), local.cast(pa.string()), "")
    amount = pc.coalesce(rows["amount"].cast(pa.string()), "")
    details = pc.utf8_trim_whitespace(pc.binary_join_element_wise(moment, amount, " "))
    rows = rows.append_column("details", details)
    numbers = occurrences([rows[name] for name in SALES.key if name != "occurrence"])
    content.rows = rows.append_column("occurrence", numbers)
    return content


def _products(content: Content) -> Content:
    content = _last_of_each("product_id", "products", "ID Référence produit", content)
    received = pa.array([datetime.now(UTC)] * len(content.rows), TIMESTAMP)
    content.rows = content.rows.append_column("received_at", received)
    return content


def _stores(content: Content) -> Content:
    return _last_of_each("store_id", "stores", "ID Magasin", content)


def _last_of_each(key: str, entity: str, title: str, content: Content) -> Content:
    """Of several rows of one key the last counts; rows with other values are reported."""
    rows = content.rows.sort_by("line_number").to_pylist()
    last = {row[key]: row for row in rows}
    for row in rows:
        counts = last[row[key]]
        if any(row[name] != counts[name] for name in row if name not in ("line_number", "cells")):
            reason = f"line {row['line_number']}: {title} '{row[key]}' comes again in line {counts['line_number']}, which counts"
            content.rejected.append(Rejection(entity, reason, row["cells"], record_id=row[key]))
    content.rows = pa.Table.from_pylist(list(last.values()), schema=content.rows.schema)
    return content


FILES = (
    File(SALES, "sales_url", SALE_COLUMNS, _sales),
    File(PRODUCTS, "products_url", PRODUCT_COLUMNS, _products),
    File(STORES, "stores_url", STORE_COLUMNS, _stores),
)

SOURCE = Source(
    "retail",
    RetailSettings,
    (SALES, PRODUCTS, STORES),
    read,
    newest=("sales", "sale_date"),
    is_whole=True,
    said_to_models=("currency", "timezone"),
)
