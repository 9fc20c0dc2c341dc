"""A fit: how far the parts of the visits may wander, and with it what was known makes the forecasts of an origin."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from forecasting.models import packed, unpacked, use_one_thread
from forecasting.series import Array
from forecasting.visits.days import WEEK, Days
from forecasting.visits.features import Known, Triples
from forecasting.visits.structural import (
    OWN_START,
    OWN_WAVES,
    PRIOR_MEDIAN,
    SHARED_START,
    SHARED_WAVES,
    Effects,
    Filter,
    likeliest,
    observations,
)

VERSION = 3  # of the model: a fit of another version is made anew
MEMBERS = ("structural",)
MIN_ROWS = 400
MAX_HISTORY = 1100  # days
ROUNDS = (4, 8)  # of the search, by pass: effects of holidays need the parameters, and these the effects
STORES_TO_FIT = 8  # those with most days are enough for parameters that all have in common
LEAST_VISITS = 0.5  # what a day without visitors counts as, in a logarithm
MIN_DAYS = 28  # of a store that tells of the others


@dataclass(frozen=True)
class Fit:
    """What was learned up to a day.

    Attributes:
        fitted_until: the last day that was known, in days since 1970.
        shared, own: parameters of what stores share and of what is their own.
        effects: of holidays and events.
        usual: quantiles 10 % and 90 % of the errors a week ahead in the fit's last quarter, as shares of the forecast:
            the interval for as long as there are no forecasts whose errors are known.
    """

    fitted_until: int
    shared: Array
    own: Array
    effects: Effects
    usual: tuple[float, float]

    def content(self) -> bytes:
        """All of it as bytes."""
        parameters = {"shared": self.shared, "own": self.own, "usual": np.array(self.usual)}
        return packed(parameters | self.effects.arrays())

    @classmethod
    def from_content(cls, fitted_until: int, content: bytes) -> Fit:
        arrays = unpacked(content)
        shared, own, usual = (arrays[name].astype(np.float64) for name in ("shared", "own", "usual"))
        low, high = usual.tolist()
        return cls(fitted_until, shared, own, Effects.from_arrays(arrays), (low, high))


@dataclass(frozen=True)
class Series:
    """Logarithms of the visits up to 1100 days before a fit's end and after it, as what all share and what is each store's.

    Attributes:
        until: the place of the fit's end. Means and effects are of the days up to it.
    """

    days: Days
    until: int

    @property
    def begin(self) -> int:
        return max(self.until + 1 - MAX_HISTORY, 0)

    @cached_property
    def logarithms(self) -> Array:
        values = np.log(np.maximum(self.days.visits, LEAST_VISITS))
        values[:, : self.begin] = np.nan
        return values

    @cached_property
    def is_past(self) -> NDArray[np.bool_]:
        known = ~np.isnan(self.logarithms)
        known[:, self.until + 1 :] = False
        return known

    @cached_property
    def mean(self) -> Array:
        """By store; of one that came later its first day."""
        count = self.is_past.sum(axis=1)
        first = self.logarithms[np.arange(len(count)), np.argmax(~np.isnan(self.logarithms), axis=1)]
        sums = np.where(self.is_past, self.logarithms, 0.0).sum(axis=1)
        return np.asarray(np.where(count > 0, sums / np.maximum(count, 1), np.nan_to_num(first)))

    @property
    def noise(self) -> Array:
        """By store, the variance of the logarithm of a Poisson count."""
        return np.asarray(np.exp(-self.mean))

    def parts(self, moved: Array) -> tuple[Array, Array]:
        """The mean of all stores (1 by days), and the stores' differences from it, on ordinary days, effects left out."""
        rest = np.where(self.days.is_ordinary, self.logarithms - self.mean[:, None] - moved, np.nan)
        told = ~np.isnan(rest) & (self.days.visits > 0) & (self.is_past.sum(axis=1) >= MIN_DAYS)[:, None]
        count = told.sum(axis=0)
        shared = np.where(told, rest, 0.0).sum(axis=0) / np.maximum(count, 1)
        return np.where(count > 0, shared, np.nan)[None], rest - shared

    def fitted(self) -> tuple[Array, Array]:
        """The parameters of both parts."""
        window = slice(self.begin, self.until + 1)
        most = np.argsort(-self.is_past.sum(axis=1), kind="stable")[:STORES_TO_FIT]
        moved = np.zeros(self.logarithms.shape)
        found = (PRIOR_MEDIAN, PRIOR_MEDIAN)
        for turn, rounds in enumerate(ROUNDS):
            if turn:
                moved = self.effects(*found).on(self.days)
            shared, own = self.parts(moved)
            noise = (np.zeros(1), self.noise[most])
            found = (
                likeliest(shared[:, window], self._observed(SHARED_WAVES)[window], SHARED_WAVES, SHARED_START, noise[0], found[0], rounds),
                likeliest(own[most, window], self._observed(OWN_WAVES)[window], OWN_WAVES, OWN_START, noise[1], found[1], rounds),
            )  # fmt: skip
        return found

    def filters(self, shared: Array, own: Array) -> tuple[Filter, Filter]:
        stores = len(self.mean)
        return (
            Filter.of(shared[None], SHARED_WAVES, SHARED_START),
            Filter.of(np.tile(own, (stores, 1)), OWN_WAVES, OWN_START, self.noise),
        )

    def effects(self, shared: Array, own: Array) -> Effects:
        """Of holidays and events: what days up to the fit's end have beyond the days before and after them."""
        window = slice(self.begin, self.until + 1)
        expected = np.zeros((len(self.mean), self.until + 1 - self.begin))
        without = np.zeros(self.logarithms.shape)
        for part, one, waves in zip(
            self.parts(without), self.filters(shared, own), (SHARED_WAVES, OWN_WAVES), strict=True
        ):
            observed = self._observed(waves)[window]
            ahead = one.run(part[:, window], observed)[1]
            back = one.run(part[:, window][:, ::-1], observed[::-1])[1][:, ::-1]
            expected = expected + (ahead + back) / 2
        rest = np.full(self.logarithms.shape, np.nan)
        rest[:, window] = (self.logarithms - self.mean[:, None])[:, window] - expected
        return Effects.learned(self.days, rest)

    def _observed(self, waves: int) -> Array:
        return observations(self.days.first, self.days.count, waves)


class Forecaster:
    """A fit on what is known: forecasts from every origin from the fit's end on."""

    def __init__(self, known: Known, fitted: Fit) -> None:
        self.fit, self.days = fitted, known.days
        self._series = Series(known.days, fitted.fitted_until - known.days.first)

    def forecasts(self, triples: Triples) -> Array:
        """Visits by forecast and member. What came after an origin does not count."""
        moved, parts = self._learned
        store, target = triples.store, triples.target
        found = self._series.mean[store] + moved[store, target]
        for one, states, observed in parts:
            row = store if len(one.noise) > 1 else np.zeros_like(store)
            state = states[triples.origin - self._series.until, row] * one.memory[row] ** triples.horizon[:, None]
            found = found + (state * observed[target]).sum(axis=1)
        return np.exp(found)[:, None]

    @cached_property
    def _learned(self) -> tuple[Array, list[tuple[Filter, Array, Array]]]:
        series = self._series
        use_one_thread()
        moved = self.fit.effects.on(self.days)
        parts = []
        for part, one, waves in zip(
            series.parts(moved),
            series.filters(self.fit.shared, self.fit.own),
            (SHARED_WAVES, OWN_WAVES),
            strict=True,
        ):
            observed = observations(self.days.first, self.days.count, waves)
            states = one.run(part[:, series.begin :], observed[series.begin :])[2]
            parts.append((one, states[series.until - series.begin :].copy(), observed))
        return moved, parts


def fit(known: Known, until: int) -> Fit | None:
    """The parameters fitted on days up to `until` (since 1970); None where there are fewer than `MIN_ROWS` to learn from."""
    series = Series(known.days, until - known.days.first)
    days = np.flatnonzero(series.is_past.any(axis=0))
    if series.is_past.sum() < MIN_ROWS:
        return None
    use_one_thread()
    shared, own = series.fitted()
    early = int(np.quantile(days, 0.75))
    until_then = Series(known.days, early).effects(shared, own)
    store, target = np.nonzero(series.is_past & (np.arange(known.days.count) >= early + WEEK))
    tried = Forecaster(known, Fit(known.days.first + early, shared, own, until_then, (0.0, 0.0)))
    forecasts = tried.forecasts(Triples(store, target - WEEK, target))[:, 0]
    low, high = np.quantile(known.days.visits[store, target] / forecasts - 1, [0.1, 0.9]).tolist()
    return Fit(until, shared, own, series.effects(shared, own), (low, high))
