"""A small retail provider of the tests' own: three CSV files over real HTTP, in any dialect of the contract.

It shares no code with the mock or with ingestion. Its lists can be changed between two requests.

    with RetailProvider() as provider:
        provider.sell("2024-05-01", "REF001", 2, 7)
        provider.prices["REF001"] = "44.99"
        provider.dialect = Dialect(delimiter=";", decimal=",")
        provider.environment()  # the three settings that point here
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from types import TracebackType
from typing import Self

from tests.http_server import Answer, HttpServer, Request

PRODUCTS, STORES, SALES = "/produits.csv", "/magasins.csv", "/ventes.csv"
CITIES = {"1": "Paris", "2": "Marseille", "3": "Lyon", "4": "Bordeaux", "5": "Lille", "6": "Nantes", "7": "Strasbourg"}
PRICES = {"REF001": "49.99", "REF002": "19.99", "REF003": "29.99", "REF004": "79.99", "REF005": "39.99"}


@dataclass(frozen=True)
class Dialect:
    """How the files are written. `quote` puts every cell in quotes; a cell that needs them has them anyway."""

    delimiter: str = ","
    end: str = "\n"
    final_newline: bool = True
    byte_order_mark: bool = False
    accents: bool = True
    slashes: bool = False
    decimal: str = "."
    quote: bool = False

    def date(self, day: str) -> str:
        return "/".join(reversed(day.split("-"))) if self.slashes else day

    def file(self, rows: list[list[str]]) -> bytes:
        header = ",".join(rows[0])
        if not self.accents:
            header = header.replace("é", "e")
        lines = [self.delimiter.join(map(self._cell, row)) for row in [header.split(","), *rows[1:]]]
        text = self.end.join(lines) + (self.end if self.final_newline else "")
        return (b"\xef\xbb\xbf" if self.byte_order_mark else b"") + text.encode()

    def _cell(self, text: str) -> str:
        needs_quotes = self.quote or self.delimiter in text or '"' in text
        return '"' + text.replace('"', '""') + '"' if needs_quotes else text


@dataclass(frozen=True)
class Sale:
    """One line sold or, with a negative quantity, returned. `day` is YYYY-MM-DD."""

    day: str
    product_id: str
    quantity: int
    store_id: str


class RetailProvider:
    """The retail contract from lists in memory.

    `raw_lines[path]` are lines served as they are, after the others; `bodies[path]` replaces a whole file; `intercept`
    is called with each request, and what it returns, unless None, is the answer. `requests` are all so far.
    """

    def __init__(self) -> None:
        self.dialect = Dialect()
        self.names = {product_id: f"Produit {letter}" for product_id, letter in zip(PRICES, "ABCDE", strict=True)}
        self.prices = dict(PRICES)
        self.stock = dict.fromkeys(PRICES, "100")
        self.cities = dict(CITIES)
        self.employees = dict.fromkeys(CITIES, "10")
        self.sales: list[Sale] = []
        self.raw_lines: dict[str, list[str]] = {PRODUCTS: [], STORES: [], SALES: []}
        self.bodies: dict[str, bytes] = {}
        self.has_etags = True
        self.intercept: Callable[[Request], Answer | None] | None = None
        self.requests: list[Request] = []
        self._server = HttpServer(self.answer)

    def sell(self, day: str, product_id: str, quantity: int, store_id: int | str) -> Sale:
        """Append a line to the sales."""
        date.fromisoformat(day)
        sale = Sale(day, product_id, quantity, str(store_id))
        self.sales.append(sale)
        return sale

    def environment(self) -> dict[str, str]:
        """The settings that point ingestion here."""
        names = {"PRODUCTS_URL": PRODUCTS, "STORES_URL": STORES, "SALES_URL": SALES}
        return {f"SOURCES__RETAIL__{name}": self.address + path for name, path in names.items()}

    @property
    def address(self) -> str:
        return self._server.address

    def __enter__(self) -> Self:
        self._server.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.__exit__(kind, error, trace)

    def answer(self, request: Request) -> Answer:
        self.requests.append(request)
        if self.intercept is not None and (answer := self.intercept(request)) is not None:
            return answer
        return self.honest_answer(request)

    def honest_answer(self, request: Request) -> Answer:
        if request.path not in (PRODUCTS, STORES, SALES):
            return Answer(404)
        body = self.body(request.path)
        if not self.has_etags:
            return Answer(headers={"Content-Type": "text/csv"}, body=body)
        etag = f'"{hashlib.md5(body).hexdigest()}"'
        if request.headers.get("if-none-match") == etag:
            return Answer(304, {"ETag": etag})
        return Answer(headers={"Content-Type": "text/csv; charset=utf-8", "ETag": etag}, body=body)

    def body(self, path: str) -> bytes:
        """The file at a path, as it is now."""
        if path in self.bodies:
            return self.bodies[path]
        rows = {PRODUCTS: self._products, STORES: self._stores, SALES: self._sales}[path]()
        body = self.dialect.file(rows)
        for line in self.raw_lines[path]:
            body += (b"" if body.endswith(b"\n") else self.dialect.end.encode()) + line.encode()
            body += self.dialect.end.encode()
        return body

    def _products(self) -> list[list[str]]:
        rows = [
            [self.names[product_id], product_id, price.replace(".", self.dialect.decimal), self.stock[product_id]]
            for product_id, price in self.prices.items()
        ]
        return [["Nom", "ID Référence produit", "Prix", "Stock"], *rows]

    def _stores(self) -> list[list[str]]:
        rows = [[store_id, city, self.employees[store_id]] for store_id, city in self.cities.items()]
        return [["ID Magasin", "Ville", "Nombre de salariés"], *rows]

    def _sales(self) -> list[list[str]]:
        rows = [[self.dialect.date(s.day), s.product_id, str(s.quantity), s.store_id] for s in self.sales]
        return [["Date", "ID Référence produit", "Quantité", "ID Magasin"], *rows]
