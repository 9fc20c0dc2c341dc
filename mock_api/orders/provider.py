"""The orders provider: what it answers at the clock's time, apart from HTTP."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import numpy as np

from mock_api.clock import Clock
from mock_api.orders.catalogue import PRODUCTS
from mock_api.orders.log import Ints, Log, Versions
from mock_api.orders.people import People
from mock_api.orders.simulation import REGULARS, STATUSES, Orders
from mock_api.paging import decode_cursor, encode_cursor
from mock_api.times import END, EPOCH, at_second, count, rfc_3339

Row = dict[str, Any]
_SECOND_BITS = 31


class Shop:
    """A shop under one seed, seen at the clock's time."""

    def __init__(self, orders: Orders, clock: Clock, history_start: datetime) -> None:
        self.seed = orders.seed
        self.clock = clock
        self.first_second = count(history_start, 1)
        self.catalogue = orders.catalogue
        self.people = People(orders.seed, orders.customer_every)
        self.orders = orders

    def now(self) -> datetime:
        """The clock's time, held within simulated time."""
        return min(max(self.clock.now(), EPOCH), END - timedelta(hours=1))

    def list_customers(self, updated_since: int, cursor: str | None, limit: int) -> tuple[list[Row], str | None]:
        """A page of the customers who may have ordered in the time served, and the cursor of the next one.

        All pages show what there was when the first was asked for. Raises ValueError for a cursor that does not fit.
        """
        # Customers who order on the first day registered some time before.
        first = max(0, self.people.number_at(self.first_second) - REGULARS - 1)
        since = max(updated_since, first * self.people.every)
        return self._page("customers", self.people.log, since, cursor, limit, self._customer)

    def list_orders(self, updated_since: int, cursor: str | None, limit: int) -> tuple[list[Row], str | None]:
        """The same of orders. What was placed before the history begins is left out."""
        since = max(updated_since, self.first_second)
        log = Log(self.orders.log.span, self._orders_of_history)
        return self._page("orders", log, since, cursor, limit, self.order)

    def list_products(self, updated_since: int, cursor: str | None, limit: int) -> tuple[list[Row], str | None]:
        """The same of products."""
        as_of, after = self._start("products", updated_since, cursor, limit)
        found = [
            (written, product + 1, cents)
            for written, product, cents in self.catalogue.newest(as_of)
            if written >= updated_since and (written, product + 1) > after
        ]
        rows = [self._product(*each) for each in found[:limit]]
        if len(found) <= limit:
            return rows, None
        return rows, self._cursor("products", updated_since, limit, as_of, found[limit - 1][:2])

    def _orders_of_history(self, block: int) -> Versions:
        versions = self.orders.log.written_in(block)
        return versions.take(versions.details[:, 0] >= self.first_second)

    def _page(
        self, entity: str, log: Log, since: int, cursor: str | None, limit: int, row: Callable[..., Row]
    ) -> tuple[list[Row], str | None]:
        as_of, after = self._start(entity, since, cursor, limit)
        page, has_more = log.page(since, as_of, after, limit)
        keys, written = page.key.tolist(), page.written_at.tolist()
        begun, updated = _times(page.details[:, 0]), _times(page.written_at)
        rows = [row(*each) for each in zip(keys, begun, updated, page.details.tolist(), strict=True)]
        return rows, self._cursor(entity, since, limit, as_of, (written[-1], keys[-1])) if has_more else None

    def _start(self, entity: str, since: int, cursor: str | None, limit: int) -> tuple[int, tuple[int, int]]:
        """As of when an answer is given, and after which (written_at, key)."""
        as_of = count(self.now(), 1)
        if cursor is None:
            return as_of, (-1, -1)
        packed, key = decode_cursor(cursor, self._parameters(entity, since, limit))
        return min(as_of, packed >> _SECOND_BITS), (packed & ((1 << _SECOND_BITS) - 1), key)

    def _cursor(self, entity: str, since: int, limit: int, as_of: int, last: tuple[int, int]) -> str:
        position = (as_of << _SECOND_BITS | max(last[0], 0), last[1])
        return encode_cursor(position, self._parameters(entity, since, limit))

    def _parameters(self, entity: str, since: int, limit: int) -> tuple[object, ...]:
        return ("orders", entity, self.seed, self.orders.rate, since, limit)

    def _customer(self, number: int, created_at: str, updated_at: str, details: list[int]) -> Row:
        person = self.people.person(number, has_moved=bool(details[1]))
        return {
            "customer_id": number,
            "name": person.name,
            "address": person.address,
            "email": person.email,
            "phone_number": person.phone_number,
            "country": person.country,
            "created_at": created_at,
            "updated_at": updated_at,
        }

    def order(self, order_id: int, ordered_at: str, updated_at: str, details: list[int]) -> Row:
        """An order as it is served, from the details of its version."""
        _, customer, product, quantity, cents, status = details
        return {
            "order_id": order_id,
            "ordered_at": ordered_at,
            "customer_id": customer,
            "product_id": self.product_id(product),
            "quantity": quantity,
            "unit_price": money(cents),
            "bill": money(cents * quantity),
            "status": STATUSES[status],
            "updated_at": updated_at,
        }

    def product_id(self, number: int) -> int | str:
        """The id of a product by its number, from 0."""
        return number + 1

    def _product(self, written_at: int, place: int, cents: int) -> Row:
        product = PRODUCTS[place - 1]
        return {
            "product_id": self.product_id(place - 1),
            "name": product.name,
            "description": product.description,
            "price": money(cents),
            "updated_at": rfc_3339(at_second(written_at)),
        }


@lru_cache(maxsize=65_536)
def money(cents: int) -> str:
    """Cents as the shop writes an amount: `95.90`."""
    return f"{cents // 100}.{cents % 100:02}"


def _times(seconds: Ints) -> list[str]:
    """RFC 3339 times; one at a time they would take most of what a page takes."""
    since_1970 = (seconds + int(EPOCH.timestamp())).astype("datetime64[s]")
    texts: list[str] = np.datetime_as_string(since_1970, timezone="UTC").tolist()
    return texts
