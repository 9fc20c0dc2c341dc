"""What the chain's tills sell: of those who come into a store in an hour, a share buys."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache

import numpy as np

from mock_api.company.stores import STORES
from mock_api.company.traffic import poisson
from mock_api.footfall.simulation import SPAN, Simulation
from mock_api.orders.catalogue import PRODUCTS, Catalogue
from mock_api.randomness import normals, uniforms
from mock_api.retail.sales import DAY, QUANTITIES, Lines
from mock_api.retail.seven_stores import Product, Store
from mock_api.times import END, EPOCH, HOUR, at_second, count

BEGUN = date(2025, 10, 1)  # the sales file was, for clocks that have thirteen months since
SHARE_RETURNED = 0.04  # of the lines bring one piece back
SHARE_LATE = 0.02  # of the lines are typed in up to two days later
SHARE_MISTAKEN, LONGEST_MISTAKE = 0.002, 10 * DAY  # with corrections: of the lines, put right after 1 to 10 days
OPEN_HOURS_A_WEEK = 70


class Tills:
    """The book of the chain's sales, seen at any moment. Its lines never depend on when it was begun."""

    def __init__(
        self, seed: int, doors: Simulation, catalogue: Catalogue, begun: date, is_corrected: bool = False
    ) -> None:
        self.seed = seed
        self.doors = doors
        self.catalogue = catalogue
        self.is_corrected = is_corrected
        self.first_day = (begun - EPOCH.date()).days
        lines_an_hour = [store.visits_an_hour * store.conversion for store in STORES]
        self.stores = tuple(
            Store(store.store_number, store.city, store.employees, 10 * lines)
            for store, lines in zip(STORES, lines_an_hour, strict=True)
        )
        self._a_week = OPEN_HOURS_A_WEEK * sum(lines_an_hour)
        self._span = lru_cache(maxsize=128)(self._make_span)

    def products(self, now: datetime) -> tuple[Product, ...]:
        """The web shop's products, at its prices of that moment."""
        products = np.arange(len(PRODUCTS))
        cents = self.catalogue.cents(products, np.full(len(products), count(min(max(now, EPOCH), END), 1)))
        weights = sum(product.weight for product in PRODUCTS)
        return tuple(
            Product(
                product_id(number),
                product.name,
                Decimal(price) / 100,
                product.weight / weights,
                10 * round(0.2 * self._a_week * product.weight / weights),
            )
            for number, (product, price) in enumerate(zip(PRODUCTS, cents.tolist(), strict=True))
        )

    def lines(self, now: datetime) -> Lines:
        """The lines written by `now`, of the days since the file was begun; those of its first day always."""
        earliest = at_second((self.first_day + 1) * DAY)
        as_of = count(min(max(now, earliest), END - timedelta(hours=1)), 1)
        first, last = self.first_day * 24 // SPAN, as_of // HOUR // SPAN
        lines = Lines.joined([self._span(number) for number in range(first, last + 1)])
        lines = lines.chosen((lines.written_at <= as_of) & (lines.day >= self.first_day))
        lines = lines.chosen(np.argsort(lines.written_at, kind="stable"))
        return self._as_typed(lines, as_of) if self.is_corrected else lines

    def _as_typed(self, lines: Lines, as_of: int) -> Lines:
        """With the mistakes that have not been put right by then: some lines are typed with ten times their quantity."""
        mistaken = (1 - lines.chance) / SHARE_MISTAKEN  # below 1 where there is a mistake, and then uniform
        put_right_at = lines.written_at + (DAY + mistaken * (LONGEST_MISTAKE - DAY)).astype(np.int64)
        is_wrong = (mistaken < 1) & (lines.quantity > 0) & (put_right_at > as_of)
        return replace(lines, quantity=np.where(is_wrong, 10 * lines.quantity, lines.quantity))

    def _make_span(self, number: int) -> Lines:
        """All lines of a span of the doors' simulation."""
        span = self.doors.span(number)
        entered = np.array(
            [span.entered[self._rows(store.store_id, len(span.entered))].sum(axis=0) for store in STORES]
        )
        conversion = np.array([store.conversion for store in STORES])
        luck = [uniforms(self.seed, f"company/tills/{store.store_id}", number + 2, SPAN) for store in STORES]
        lines = poisson(entered * conversion[:, None], normals(np.stack(luck)))
        store, at = (np.repeat(places, lines[np.nonzero(lines)]) for places in np.nonzero(lines))
        draws = uniforms(self.seed, "company/lines", number + 2, 7 * len(store)).reshape(7, -1)
        product_of, quantity_of, time_of, is_late, delay, chance, is_return = draws
        sold_at = ((span.hours[at] + time_of) * HOUR).astype(np.int64)
        return Lines(
            day=span.hours[at] // 24,
            product=self.catalogue.chosen(product_of),
            store=store,
            quantity=np.where(is_return < SHARE_RETURNED, -1, 1 + np.searchsorted(QUANTITIES[:-1], quantity_of)),
            written_at=sold_at + np.where(is_late < SHARE_LATE, delay * 2 * DAY, delay * 300).astype(np.int64),
            chance=chance,
        )

    def _rows(self, store_id: str, doors: int) -> list[int]:
        """The rows of a store's doors in a span of so many."""
        numbers = next(store.door_numbers for store in self.doors.stores if store.store_id == store_id)
        rows = [self.doors.row(store_id, door) for door in numbers]
        return [row for row in rows if row < doors]


def begun_by(now: datetime) -> date:
    """When the sales file was begun that a server serves, unless it is told: thirteen months before `now` at the latest.

    A line that was served is never removed, so this day must not move with the clock: it is one day for all clocks from
    November 2026 on. Earlier ones get the first day of a year.
    """
    thirteen_months = (now - timedelta(days=396)).astimezone(UTC).date()
    return BEGUN if thirteen_months >= BEGUN else date(thirteen_months.year, 1, 1)


def product_id(number: int) -> str:
    """What the chain calls its product of that number, from 0: `REF001`."""
    return f"REF{number + 1:03}"
