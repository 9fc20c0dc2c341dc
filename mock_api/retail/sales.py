"""Sales as they come about in the seven stores: each line follows from the seed, its day and its place in the day."""

from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mock_api.randomness import uniforms
from mock_api.retail.seven_stores import PRODUCTS, STORES, Product, Store
from mock_api.times import END, HOUR, count

FIRST_DAY = datetime(2023, 5, 27, tzinfo=UTC)
ALWAYS_THERE = timedelta(days=30)  # a clock that stands earlier sees these all the same
DAY = 24 * HOUR
SPAN = 32  # days simulated, and kept, together
KEPT_SPANS = 128

MOST_LINES = 60  # a store and day: six standard deviations above the busiest store's best day
OF_WEEKDAY = np.array([0.8, 0.8, 0.9, 0.9, 1.2, 1.7, 0.3])  # Monday to Sunday
QUANTITIES = np.cumsum([0.62, 0.22, 0.10, 0.04, 0.02])  # of 1 to 5
SHARE_LATE = 0.03  # of the lines are typed in up to two days later


@dataclass(frozen=True)
class Lines:
    """Lines sold, in the order in which they were written. Products and stores are places in the book's lists."""

    day: NDArray[np.int64]  # days since EPOCH
    product: NDArray[np.int64]
    store: NDArray[np.int64]
    quantity: NDArray[np.int64]
    written_at: NDArray[np.int64]  # seconds since EPOCH
    chance: NDArray[np.float64]  # between 0 and 1: which lines have a bad one after them, and how bad

    def chosen(self, which: NDArray[np.bool_] | NDArray[np.int64]) -> "Lines":
        """Some of the lines, or all in another order."""
        return Lines(*(getattr(self, field.name)[which] for field in fields(self)))

    @classmethod
    def joined(cls, parts: list["Lines"]) -> "Lines":
        """The lines of all parts (at least one), in their order."""
        return cls(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(cls)))


class Book(Protocol):
    """What the files are made from."""

    @property
    def stores(self) -> tuple[Store, ...]:
        """The stores."""

    def products(self, now: datetime) -> tuple[Product, ...]:
        """The products at their prices of that moment."""

    def lines(self, now: datetime) -> Lines:
        """The lines written by `now`."""


class Sales:
    """All sales of the seven stores under one seed, seen at any moment."""

    stores = STORES

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._span = lru_cache(maxsize=KEPT_SPANS)(self._make_span)

    def products(self, now: datetime) -> tuple[Product, ...]:
        """The five products, whose prices never change."""
        return PRODUCTS

    def lines(self, now: datetime) -> Lines:
        """The lines written by `now`, the first 30 days always."""
        as_of = count(min(max(now, FIRST_DAY + ALWAYS_THERE), END), 1)
        first, last = count(FIRST_DAY, DAY), as_of // DAY
        lines = Lines.joined([self._span(number) for number in range(first // SPAN, last // SPAN + 1)])
        lines = lines.chosen((lines.written_at <= as_of) & (lines.day >= first))
        return lines.chosen(np.argsort(lines.written_at, kind="stable"))

    def _make_span(self, number: int) -> Lines:
        """All lines sold on 32 days."""
        return Lines.joined([self._day(day) for day in range(number * SPAN, (number + 1) * SPAN)])

    def _day(self, day: int) -> Lines:
        """A day's lines. Their number is a Poisson count a store: arrivals whose gaps are exponential (Knuth, 1969)."""
        shape = (7, len(STORES), MOST_LINES)
        draws = uniforms(self.seed, "retail/sales", day, int(np.prod(shape))).reshape(shape)
        weekday = (day + 4) % 7  # EPOCH was a Friday
        season = 1.0 + 0.25 * np.cos(2 * np.pi * (day - 349) / 365.25)  # the best days are before Christmas
        expected = np.array([store.lines_a_day for store in STORES]) * OF_WEEKDAY[weekday] * season
        is_sold = np.cumsum(-np.log(draws[0]), axis=1) < expected[:, None]
        store, place = np.nonzero(is_sold)
        product_of, quantity_of, time_of, is_late, delay, chance = draws[1:, store, place]
        sold_at = day * DAY + (8 * HOUR + time_of * 11 * HOUR).astype(np.int64)
        delay_seconds = np.where(is_late < SHARE_LATE, delay * 2 * DAY, delay * 300).astype(np.int64)
        return Lines(
            day=np.full(len(store), day),
            product=np.searchsorted(np.cumsum([product.popularity for product in PRODUCTS])[:-1], product_of),
            store=store,
            quantity=1 + np.searchsorted(QUANTITIES[:-1], quantity_of),
            written_at=sold_at + delay_seconds,
            chance=chance,
        )
