"""A structural time series model of all stores' visits, in logarithms (Harvey, "Forecasting, structural time series models and the Kalman filter", 1989).

A day is what all stores share plus what is the store's own. Each of the two is the sum of a level that wanders slowly, a
state that is over in days, a rhythm of the week and one of the year; nothing else is fitted than how far each may wander.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecasting.series import Array
from forecasting.visits.days import WEEK, Days

YEAR_DAYS = 365.2425
SHARED_WAVES, OWN_WAVES = 16, 3  # of the season, in a year
WEEK_MEMORY, YEAR_MEMORY = 700.0, 2000.0  # days
# Median and spread of the logarithm of: standard deviations of the level, the state of days, the weekdays and the season's
# first wave; the power by which further waves are smaller; the noise of a day; days that the state and the level last.
PRIOR_MEDIAN = np.log([0.06, 0.08, 0.15, 0.06, 0.7, 0.05, 2.7, 120.0])
PRIOR_SPREAD = np.array([0.8, 0.8, 0.6, 0.8, 0.4, 0.6, 0.6, 0.6])
SHARED_START, OWN_START = 0.05, 1.0  # variance of the level on the first day
FAR = 2.5  # standard deviations, from which a surprise counts in proportion and not squared (Huber)
BATCH, BEST = 24, 6  # parameters tried together, and those of them around which the next are drawn


@dataclass(frozen=True)
class Filter:
    """A Kalman filter over many series at once, each state by itself but for what is observed: their sum.

    Attributes:
        memory: series by states: what is left of a state on the next day.
        variance: series by states: of each in the long run.
        noise: by series: variance of a day around the states' sum.
        start: variance of the level on the first day, beside that in the long run.
    """

    memory: Array
    variance: Array
    noise: Array
    start: float

    @classmethod
    def of(cls, parameters: Array, waves: int, start: float, noise: Array | float = 0.0) -> Filter:
        """`parameters`: series by logarithms as in `PRIOR_MEDIAN`; `noise`: by series, what is added to a day's."""
        level, state, weekday, season, power, day, state_days, level_days = np.exp(parameters.T)
        wave = np.repeat(np.arange(1, waves + 1), 2)
        columns = [level, state, *[weekday] * WEEK, *(season * each**-power for each in wave.tolist())]
        lasts = [level_days, state_days, *[WEEK_MEMORY] * WEEK, *[YEAR_MEMORY] * len(wave)]
        memory = np.exp(-1 / np.stack([np.broadcast_to(each, level.shape) for each in lasts], axis=1))
        return cls(memory, np.stack(columns, axis=1) ** 2, day**2 + noise, start)

    def run(self, values: Array, observed: Array) -> tuple[Array, Array, Array]:
        """The logarithm of the likelihood by series, each day's forecast of the day before, and the states after each day.

        Args:
            values: series by days, NaN where a day says nothing.
            observed: days by states: how much of each state a day shows.
        """
        series, days = values.shape
        # States before series: what is done for all series at once lies side by side in memory.
        memory, variance = np.ascontiguousarray(self.memory.T), np.ascontiguousarray(self.variance.T)
        known = np.ascontiguousarray(~np.isnan(values).T)
        by_day = np.where(known, values.T, 0.0)
        count = len(memory)
        state, states = np.zeros((count, series)), np.empty((days, *self.memory.shape[::-1]), dtype=np.float32)
        forecasts, spreads = np.empty(by_day.shape), np.ones(by_day.shape)
        covariance = np.zeros((count, count, series))
        diagonal = np.einsum("iis->is", covariance)  # a view
        diagonal += variance
        product = np.empty_like(covariance)
        covariance[0, 0] += self.start
        grown = variance * (1 - memory**2)
        kept = memory[:, None] * memory
        is_told = np.asarray(known.any(axis=1))
        for day in range(days):
            state *= memory
            covariance *= kept
            diagonal += grown
            forecasts[day] = observed[day] @ state
            if is_told[day]:
                shown = (observed[day] @ covariance.reshape(count, -1)).reshape(count, series)
                spreads[day] = observed[day] @ shown + self.noise
                surprise = known[day] * (by_day[day] - forecasts[day])
                size = np.abs(surprise) / np.sqrt(spreads[day])
                gain = shown * (known[day] / (spreads[day] * np.maximum(size / FAR, 1.0)))
                state += gain * surprise
                covariance -= np.multiply(gain[:, None], shown, out=product)
            states[day] = state
        size = np.abs(by_day - forecasts) / np.sqrt(spreads)
        loss = np.where(size < FAR, size**2 / 2, FAR * size - FAR**2 / 2)
        likelihood = -np.where(known, loss + np.log(spreads) / 2, 0.0).sum(axis=0)
        return likelihood, forecasts.T, states.transpose(0, 2, 1)


def observations(first: int, days: int, waves: int) -> Array:
    """Days (from `first` since 1970 on) by states: level, state of days, seven weekdays, sines and cosines of the year."""
    dates = np.arange(first, first + days)
    angles = 2 * np.pi * np.arange(1, waves + 1) * dates[:, None] / YEAR_DAYS
    year = np.stack([np.sin(angles), np.cos(angles)], axis=2).reshape(days, -1)
    weekdays = dates[:, None] % WEEK == np.arange(WEEK)
    return np.concatenate([np.ones((days, 2)), weekdays, year], axis=1)


def likeliest(
    values: Array, observed: Array, waves: int, start: float, noise: Array, begin: Array, rounds: int
) -> Array:
    """The parameters, one set for all series, under which they are likeliest, the prior included (cross-entropy method).

    `noise` is by series; `begin` is where the search begins.
    """
    draw = np.random.default_rng(1)
    middle, spread = begin, PRIOR_SPREAD
    best, best_score = middle, -np.inf
    for _ in range(rounds):
        tried = middle + spread * draw.standard_normal((BATCH, len(middle)))
        tried[0] = best
        many = Filter.of(np.repeat(tried, len(values), axis=0), waves, start, np.tile(noise, BATCH))
        likelihood, _, _ = many.run(np.tile(values, (BATCH, 1)), observed)
        score = (
            likelihood.reshape(BATCH, -1).sum(axis=1) - (((tried - PRIOR_MEDIAN) / PRIOR_SPREAD) ** 2).sum(axis=1) / 2
        )
        order = np.argsort(-score)[:BEST]
        if score[order[0]] > best_score:
            best, best_score = tried[order[0]], score[order[0]]
        middle, spread = tried[order].mean(axis=0), np.maximum(tried[order].std(axis=0), 0.1 * PRIOR_SPREAD)
    return best


AROUND = (0, -1, 1, -2, 2, -3, 3)  # days from a holiday that have an effect of their own, the nearest first
DAYS_OF_NONE = 3  # an effect that so few days show is halved


@dataclass(frozen=True)
class Effects:
    """By how much events, holidays and the days around them move a store's logarithm.

    Attributes:
        sizes: by what it is (`event+0`, `holiday-1`: the day before one), by its name (empty: any) and by store (empty: all).
            A day's effect is the sum of those that name it.
    """

    sizes: Mapping[tuple[str, str, str], float]

    @classmethod
    def learned(cls, days: Days, rest: Array) -> Effects:
        """What such days did in `rest`, shrunk: any of them, then what this one, the store, and this one in the store has beyond that.

        Args:
            rest: stores by days, what the logarithms have beyond what was expected without such days; NaN where it is not known.
        """
        sizes: dict[tuple[str, str, str], float] = {}
        found = np.zeros(rest.shape)
        for special in _special_days(days):
            at = (special.store, special.day)
            left = (rest - found)[at]
            is_known = ~np.isnan(left)
            for keys, place in special.groups(days):
                count = np.bincount(place, is_known, len(keys))
                mean = np.bincount(place, np.where(is_known, left, 0.0), len(keys)) / np.maximum(count, 1)
                # What all stores had on one day is one day's evidence.
                seen = np.unique(place[is_known] * days.count + special.day[is_known]) // days.count
                shown = np.bincount(seen, minlength=len(keys))
                effect = mean * shown / (shown + DAYS_OF_NONE)
                left = left - effect[place]
                found[at] += effect[place]
                sizes |= {key: size for key, size in zip(keys, effect.tolist(), strict=True) if size}
        return cls(sizes)

    def on(self, days: Days) -> Array:
        """Stores by days, those to come included."""
        found = np.zeros(days.visits.shape)
        for special in _special_days(days):
            for keys, place in special.groups(days):
                found[special.store, special.day] += np.array([self.sizes.get(key, 0.0) for key in keys])[place]
        return found

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """What `from_arrays` needs."""
        what, name, store = np.array(list(self.sizes), dtype=np.str_).reshape(-1, 3).T
        return {"what": what, "name": name, "store": store, "size": np.array(list(self.sizes.values()))}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.generic]]) -> Effects:
        keys = zip(*(arrays[name].tolist() for name in ("what", "name", "store")), strict=True)
        return cls(dict(zip(keys, arrays["size"].tolist(), strict=True)))


@dataclass(frozen=True)
class _Special:
    """Days that are an event, or so many days from a holiday: places of stores, of days, and of names in `names`."""

    what: str
    names: tuple[str, ...]
    store: NDArray[np.int64]
    day: NDArray[np.int64]
    name: NDArray[np.int64]
    has_own: bool

    def groups(self, days: Days) -> Iterator[tuple[list[tuple[str, str, str]], NDArray[np.int64]]]:
        """Keys of effects, the most general first, and each day's place among them."""
        yield [(self.what, "", "")], np.zeros_like(self.name)
        yield [(self.what, name, "") for name in self.names], self.name
        if self.has_own:
            yield [(self.what, "", store) for store in days.store_ids], self.store
            both = [(self.what, name, store) for store in days.store_ids for name in self.names]
            yield both, self.store * len(self.names) + self.name


def _special_days(days: Days) -> Iterator[_Special]:
    """Events, then holidays and the days around them; a day is the nearest holiday's."""
    store, day = np.nonzero(days.event >= 0)
    yield _Special("event+0", days.events, store, day, days.event[store, day], has_own=True)
    is_taken = np.zeros(days.holiday.shape, dtype=np.bool_)
    for offset in AROUND:
        name = np.full(days.holiday.shape, -1)
        begin, end = max(offset, 0), days.count + min(offset, 0)
        name[:, begin:end] = days.holiday[:, begin - offset : end - offset]
        store, day = np.nonzero((name >= 0) & ~is_taken)
        is_taken[store, day] = True
        yield _Special(f"holiday{offset:+d}", days.holidays, store, day, name[store, day], has_own=offset == 0)
