"""What is known of a store at an origin, the end of a day, beside what the model says: its level, and what weekdays brought."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from forecasting.series import Array
from forecasting.visits.days import WEEK, Days

LEVEL_DAYS = 56
LEAST_SHARE = 0.05  # of a store's level that a forecast counts at least, as what an error is divided by


@dataclass(frozen=True)
class Triples:
    """Forecasts to make or to learn from: places of stores, of origins and of the days that are forecast."""

    store: NDArray[np.int64]
    origin: NDArray[np.int64]
    target: NDArray[np.int64]

    @property
    def horizon(self) -> NDArray[np.int64]:
        return self.target - self.origin

    @property
    def week(self) -> NDArray[np.int64]:
        """0 for the first week after the origin, 1 for the second."""
        return (self.horizon - 1) // WEEK

    @classmethod
    def joined(cls, parts: Sequence[Triples]) -> Triples:
        names = ("store", "origin", "target")
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))

    def take(self, which: NDArray[np.bool_] | NDArray[np.int64]) -> Triples:
        return Triples(self.store[which], self.origin[which], self.target[which])


@dataclass(frozen=True)
class Known:
    """What a grid of days says of a forecast at its origin without a model."""

    days: Days

    @cached_property
    def level(self) -> Array:
        """The mean of the ordinary days of eight weeks, up to each day."""
        return trailing_mean(np.where(self.days.is_ordinary, self.days.visits, np.nan), LEVEL_DAYS, 5)

    def baseline(self, triples: Triples) -> Array:
        return np.asarray(self.days.baseline[triples.week, triples.store, triples.target])

    def mean_of_four(self, triples: Triples) -> Array:
        """The mean of the last four same weekdays that are known at the origin, those among them that were open."""
        return np.asarray(self._means_of_four[triples.week, triples.store, triples.target])

    @cached_property
    def _means_of_four(self) -> Array:
        lags = [[_shifted(self.days.visits, WEEK * (number + week)) for number in range(1, 5)] for week in (0, 1)]
        return np.stack([_nanmean(np.stack(each)) for each in lags])


def trailing_mean(values: Array, window: int, least: int) -> Array:
    """By row, mean of the known among this day and the ones before, `window` in all; NaN where fewer than `least` are."""
    known = ~np.isnan(values)
    end = np.arange(1, values.shape[1] + 1)
    begin = np.maximum(end - window, 0)
    sums = np.cumsum(np.pad(np.where(known, values, 0.0), ((0, 0), (1, 0))), axis=1)
    counts = np.cumsum(np.pad(known, ((0, 0), (1, 0))), axis=1)
    count = counts[:, end] - counts[:, begin]
    return np.where(count >= least, np.maximum(sums[:, end] - sums[:, begin], 0.0) / np.maximum(count, 1), np.nan)


def _shifted(values: Array, days: int) -> Array:
    """The value so many days before."""
    found = np.full(values.shape, np.nan)
    if days < values.shape[1]:
        found[:, days:] = values[:, : values.shape[1] - days]
    return found


def _positive(values: Array) -> Array:
    return np.where(values > 0, values, np.nan)


def _nanmean(stacked: Array) -> Array:
    known = ~np.isnan(stacked)
    return np.asarray(np.where(known, stacked, 0.0).sum(axis=0) / _positive(known.sum(axis=0).astype(np.float64)))
