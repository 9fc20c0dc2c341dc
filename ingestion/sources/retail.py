"""Retail: three CSV files behind three URLs, each served whole every time.

A sale has no id. It is known by what its line says and its number among the lines that say the same, so that lines may
be appended anywhere and written in another dialect. Products and sales come in one load, because a sale takes the price
in force at the load that first brought it: nothing is loaded unless all three files were had.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pyarrow as pa
import pydantic

from ingestion import bounds
from ingestion.csv_files import (
    ORIGIN,
    Column,
    Content,
    amount,
    calendar_date,
    occurrences,
    read_csv,
    text,
    whole_number,
)
from ingestion.errors import SourceError
from ingestion.http import Client, Response
from ingestion.schemas import TIMESTAMP, Entity, Field, Page, Rejection, Source, Window
from warehouse.ledger import Answer
from warehouse.settings import HttpUrl, SourceSettings
from warehouse.urls import readable_url

LARGEST_FILE = 256 * 1024 * 1024

# A quantity and a price of nine digits multiply and add up, line after line, without overflow.
SALE_COLUMNS = (
    Column("Date", Field("sale_date", pa.date32(), is_moment=True), calendar_date),
    Column("ID Référence produit", Field("product_id", pa.string()), text),
    Column("Quantité", Field("quantity", pa.int64()), whole_number(9)),
    Column("ID Magasin", Field("store_id", pa.int64()), whole_number(18)),
)
PRODUCT_COLUMNS = (
    Column("Nom", Field("name", pa.string(), nullable=True), text),
    Column("ID Référence produit", Field("product_id", pa.string()), text),
    Column("Prix", Field("price", pa.decimal128(18, 4)), amount),
    Column("Stock", Field("stock", pa.int64(), nullable=True), whole_number(18)),
)
STORE_COLUMNS = (
    Column("ID Magasin", Field("store_id", pa.int64()), whole_number(18)),
    Column("Ville", Field("city", pa.string(), nullable=True), text),
    Column("Nombre de salariés", Field("employees", pa.int64(), nullable=True), whole_number(18)),
)


class RetailSettings(SourceSettings, env_prefix="SOURCES__RETAIL__"):
    """The three CSV files of the sales."""

    products_url: HttpUrl = pydantic.Field(description="address of produits.csv")
    stores_url: HttpUrl = pydantic.Field(description="address of magasins.csv")
    sales_url: HttpUrl = pydantic.Field(description="address of ventes.csv")


SALES = Entity(
    "sales",
    key=("sale_date", "product_id", "quantity", "store_id", "occurrence"),
    fields=(*(column.field for column in SALE_COLUMNS), Field("occurrence", pa.int64()), *ORIGIN),
    version=None,
    is_fixed=True,
    happened_on="sale_date",
)
PRODUCTS = Entity(
    "products",
    key=("product_id", "received_at"),
    fields=(*(column.field for column in PRODUCT_COLUMNS), Field("received_at", TIMESTAMP), *ORIGIN),
    version=None,
    received="received_at",
)
STORES = Entity(
    "stores",
    key=("store_id",),
    fields=(*(column.field for column in STORE_COLUMNS), *ORIGIN),
    version=None,
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
    urls = {file.entity: getattr(settings, file.setting) for file in FILES}
    for file in FILES:
        page = _page(client, file, urls[file.entity], window.answers.get(file.entity.name), window.now)
        if page is not None:
            yield page


def _page(client: Client, file: File, url: str, last: Answer | None, now: datetime) -> Page | None:
    """The file as a page; None if it is the one last loaded."""
    url_hash = hashlib.sha256(url.encode()).hexdigest()
    etag = last.etag if last is not None and last.url_hash == url_hash else None

    def parse(answer: Response) -> Page | None:
        if answer.status == 304:
            if etag is None:
                raise SourceError(f"{answer.url} answered 304 (not modified) without having been asked for changes")
            return None
        content = file.finish(read_csv(answer, file.entity.name, file.columns, bounds.latest(now)))
        # What reading took is given back before the load takes its own.
        pa.default_memory_pool().release_unused()
        remembered = Answer(readable_url(url), url_hash, answer.etag, content.lines)
        return Page(file.entity, content.rows.select(file.entity.schema.names), content.rejected, answer=remembered)

    return client.get(url, parse, headers={"If-None-Match": etag} if etag else {}, largest_body=LARGEST_FILE)


def _sales(content: Content) -> Content:
    numbers = occurrences([content.rows[column.field.name] for column in SALE_COLUMNS])
    content.rows = content.rows.append_column("occurrence", numbers)
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
            content.rejected.append(Rejection(entity, reason, row["cells"]))
    content.rows = pa.Table.from_pylist(list(last.values()), schema=content.rows.schema)
    return content


FILES = (
    File(SALES, "sales_url", SALE_COLUMNS, _sales),
    File(PRODUCTS, "products_url", PRODUCT_COLUMNS, _products),
    File(STORES, "stores_url", STORE_COLUMNS, _stores),
)

SOURCE = Source("retail", RetailSettings, (SALES, PRODUCTS, STORES), read, newest=("sales", "sale_date"), is_whole=True)
