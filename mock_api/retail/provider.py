"""The retail provider: what its files hold at the clock's time, apart from HTTP."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b

import numpy as np

from mock_api.clock import Clock
from mock_api.retail.files import Dialect
from mock_api.retail.sales import DAY, FIRST_DAY, Book, Lines
from mock_api.times import EPOCH, at_second

PRODUCT_HEADER = ("Nom", "ID Référence produit", "Prix", "Stock")
STORE_HEADER = ("ID Magasin", "Ville", "Nombre de salariés")
SALE_HEADER = ("Date", "ID Référence produit", "Quantité", "ID Magasin")

BAD_LINES_A_CHAOS = 0.05  # of the lines have a bad one after them, times the chaos


@dataclass(frozen=True)
class File:
    """A file as it is served."""

    body: bytes
    changed_at: datetime

    @property
    def etag(self) -> str:
        return f'"{blake2b(self.body, digest_size=16).hexdigest()}"'


class Retail:
    """A book of sales, seen at the clock's time. With `chaos`, its files have bad rows."""

    def __init__(self, book: Book, clock: Clock, chaos: float = 0.0) -> None:
        self.clock = clock
        self.chaos = chaos
        self.book = book
        self._newest: tuple[object, File] | None = None

    def products_file(self, dialect: Dialect) -> File:
        """The products; their stock falls with the sales and is filled up every Monday."""
        lines = self.book.lines(self.clock.now())
        products = self.book.products(self.clock.now())
        newest_day = int(lines.day.max())
        this_week = lines.day >= newest_day - (newest_day + 4) % 7
        units = np.bincount(lines.product[this_week], lines.quantity[this_week], len(products))
        rows = [
            [p.name, p.product_id, dialect.decimal(p.price), str(max(0, p.delivered - int(sold)))]
            for p, sold in zip(products, units, strict=True)
        ]
        if self.chaos:
            rows.append(["Produit F", f"REF{len(products) + 1:03}", "gratuit", "10"])
        return File(dialect.file(PRODUCT_HEADER, rows), at_second(int(lines.written_at.max())))

    def stores_file(self, dialect: Dialect) -> File:
        """The stores."""
        rows = [[str(store.store_id), store.city, str(store.employees)] for store in self.book.stores]
        if self.chaos:
            rows.append(["", "Toulouse", "4"])
        return File(dialect.file(STORE_HEADER, rows), FIRST_DAY)

    def sales_file(self, dialect: Dialect) -> File:
        """Every sale since the first day, in the order in which they were written."""
        lines = self.book.lines(self.clock.now())
        changed_at = int(lines.written_at.max())
        made_of = (dialect, len(lines.day), changed_at, int(lines.quantity.sum()))
        if self._newest is None or self._newest[0] != made_of:
            body = dialect.file(SALE_HEADER, self._rows(lines, dialect))
            self._newest = made_of, File(body, at_second(changed_at))
        return self._newest[1]

    def _rows(self, lines: Lines, dialect: Dialect) -> list[list[str]]:
        product_ids = [product.product_id for product in self.book.products(self.clock.now())]
        store_ids = [str(store.store_id) for store in self.book.stores]
        days = {day: dialect.date((EPOCH + timedelta(seconds=day * DAY)).date()) for day in set(lines.day.tolist())}
        rows = [
            [days[day], product_ids[product], str(quantity), store_ids[store]]
            for day, product, quantity, store in zip(
                lines.day.tolist(), lines.product.tolist(), lines.quantity.tolist(), lines.store.tolist(), strict=True
            )
        ]
        share = BAD_LINES_A_CHAOS * self.chaos
        for place in np.flatnonzero(lines.chance < share)[::-1].tolist():
            kind = int(lines.chance[place] / share * 10)
            rows.insert(place + 1, _spoilt(rows[place], kind))
        return rows


def _spoilt(row: list[str], kind: int) -> list[str]:
    """A line like `row` that cannot be used, in one of ten ways."""
    day, product_id, quantity, store_id = row
    return [
        ["hier", product_id, quantity, store_id],
        [day[:-2] + "77", product_id, quantity, store_id] if "-" in day else ["77" + day[2:], product_id, quantity, store_id],
        ["", product_id, quantity, store_id],
        [day, "REF999", quantity, store_id],
        [day, product_id, "0", store_id],
        [day, product_id, "", store_id],
        [day, product_id, "deux", store_id],
        [day, product_id, quantity, "99"],
        [day, product_id, quantity],
        [day, product_id, quantity, store_id, store_id],
    ][kind]  # fmt: skip
