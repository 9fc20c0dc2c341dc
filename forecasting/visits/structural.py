"""A structural time series model of all stores' visits, in logarithms (Harvey, "Forecasting, structural time series models and the Kalman filter", 1989).

A day is what all stores share plus what is the store's own. Each of the two is the sum of a level that wanders slowly, a
state that is over in days, a rhythm of the week and one of the year; nothing else is fitted than how far each may wander.
"""

from __future__ import annotations

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
        state, likelihood = np.zeros(self.memory.shape), np.zeros(series)
        forecasts, states = np.empty(values.shape), np.empty((days, *self.memory.shape), dtype=np.float32)
        covariance = np.zeros((*self.memory.shape, observed.shape[1]))
        diagonal = np.einsum("sii->si", covariance)  # a view
        diagonal += self.variance
        product = np.empty_like(covariance)
        covariance[:, 0, 0] += self.start
        grown = self.variance * (1 - self.memory**2)
        kept = self.memory[:, :, None] * self.memory[:, None, :]
        is_known = ~np.isnan(values)
        for day in range(days):
            state = state * self.memory
            covariance *= kept
            diagonal += grown
            forecasts[:, day] = state @ observed[day]
            if is_known[:, day].any():
                shown = covariance @ observed[day]
                spread = shown @ observed[day] + self.noise
                surprise = np.where(is_known[:, day], values[:, day] - forecasts[:, day], 0.0)
                size = np.abs(surprise) / np.sqrt(spread)
                gain = shown * (is_known[:, day] / (spread * np.maximum(size / FAR, 1.0)))[:, None]
                state = state + gain * surprise[:, None]
                covariance -= np.einsum("si,sj->sij", gain, shown, out=product)
                loss = np.where(size < FAR, size**2 / 2, FAR * size - FAR**2 / 2)
                likelihood -= is_known[:, day] * (loss + np.log(spread) / 2)
            states[day] = state
        return likelihood, forecasts, states


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


def effects(days: Days, rest: Array) -> Array:
    """By how much holidays, the days around them and events move a store's logarithm: what they did in `rest`, shrunk.

    Stores by days, those to come included. An effect is that of any holiday, corrected for this one, for the store and
    for this one in the store, as far as there are days that show it.

    Args:
        rest: what the logarithms have beyond what was expected without such days; NaN where it is not known.
    """
    found = np.zeros(rest.shape)
    is_taken = np.zeros(rest.shape, dtype=np.bool_)
    for labels, offset in [(days.event, 0), *((days.holiday, offset) for offset in AROUND)]:
        label = np.full(labels.shape, -1)
        begin, end = max(offset, 0), labels.shape[1] + min(offset, 0)
        label[:, begin:end] = labels[:, begin - offset : end - offset]
        is_on = label >= 0
        if labels is days.holiday:
            is_on &= ~is_taken
            is_taken |= is_on
        store, day = np.nonzero(is_on)
        label = label[is_on]
        left = (rest - found)[is_on]
        is_known = ~np.isnan(left)
        groups: list[NDArray[np.int64]] = [np.zeros_like(label), label]
        if offset == 0:
            groups += [store, store * (label.max(initial=0) + 1) + label]
        for group in groups:
            _, place = np.unique(group, return_inverse=True)
            count = np.bincount(place, is_known)
            mean = np.bincount(place, np.where(is_known, left, 0.0)) / np.maximum(count, 1)
            # What all stores had on one day is one day's evidence.
            seen = np.unique(place[is_known] * days.count + day[is_known]) // days.count
            shown = np.bincount(seen, minlength=len(count))
            effect = (mean * shown / (shown + DAYS_OF_NONE))[place]
            left = left - effect
            found[is_on] += effect
    return found
