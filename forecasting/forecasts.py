"""Forecasts for origins that have none yet: members combined by how they have done lately, with an interval.

Everything that a forecast uses was known at its origin: fits end there, and the errors that weigh the members and make
the interval are of hours that were over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from forecasting.features import Origins
from forecasting.fits import MAX_AGE, MEMBERS, MIN_KNOWN, STUCK_HOURS, Fit
from forecasting.series import Array, Hours

COVERAGE = 0.9
LOOK_BACK = 30 * 24  # hours of past errors that count
MIN_ERRORS = 100  # for an interval from a series' own errors
MIN_TRIALS = 48  # for weights of its own
ADAPTATION_WINDOW = 10 * 24  # hours whose misses move the nominal miss rate
ADAPTATION_RATE = 0.004  # by how much, for each miss too many
WEIGHT_DECAY = 60.0  # how fast a member's weight falls with its mean absolute error

ENSEMBLE, PERSISTENCE = "ensemble", "persistence"
CONSTANT, SHORT, STUCK, OLD, NOT_FITTED = (
    "the series is constant",
    "the series is too short",
    "the instrument repeats its last value",
    "the last value is old",
    "nothing was fitted yet",
)


@dataclass(frozen=True)
class Forecasts:
    """One station's, pollutant's and horizon's, by origin in order of time. Rows in every array; NaN is unknown.

    Attributes:
        hours: the origins.
        base: the last value known at the origin, as reported at that time: what persistence forecasts.
        steps: rows by members (`MEMBERS`), in the pollutant's unit.
        size: the absolute error to expect, in the pollutant's unit.
        value, lower, upper: the forecast and its 90 % interval.
        reason: why it is the baseline; empty where it is the ensemble.
        fitted_until: the last hour that the members were fitted on; -1 where there are none.
        is_backtest: whether it was made after the fact; else the origin was the station's newest hour.
    """

    hours: Hours
    base: Array
    steps: Array
    size: Array
    value: Array
    lower: Array
    upper: Array
    reason: NDArray[np.str_]
    fitted_until: Hours
    is_backtest: NDArray[np.bool_]

    @classmethod
    def none(cls) -> Forecasts:
        empty = np.empty(0)
        whole = np.empty(0, dtype=np.int64)
        return cls(
            hours=whole,
            base=empty,
            steps=np.empty((0, len(MEMBERS))),
            size=empty,
            value=empty,
            lower=empty,
            upper=empty,
            reason=np.empty(0, dtype="<U64"),
            fitted_until=whole,
            is_backtest=np.empty(0, dtype=np.bool_),
        )

    def after(self, earlier: Forecasts) -> Forecasts:
        """Those, and these, in order of time."""
        order = np.argsort(np.concatenate([earlier.hours, self.hours]), kind="stable")
        both = {
            name: np.concatenate([getattr(earlier, name), getattr(self, name)])[order]
            for name in self.__dataclass_fields__
        }
        return Forecasts(**both)


def due(origins: Origins, made: Hours, since: int) -> NDArray[np.int64]:
    """Places of the origins to forecast from: reported, with a value known before, later than `since`, not made yet."""
    wanted = origins.is_reported & (origins.hours > since) & ~np.isnan(origins.base) & ~np.isin(origins.hours, made)
    return np.flatnonzero(wanted)


def make(
    origins: Origins, places: NDArray[np.int64], fits: Sequence[Fit], earlier: Forecasts, truth: Array
) -> Forecasts:
    """Forecasts from the origins at `places`.

    Args:
        fits: of the pollutant and horizon; each origin takes the newest that ends no later than itself.
        earlier: those made before, whose errors are known by now.
        truth: what was measured so many hours (the horizon) after each of the station's hours; NaN where unknown.
    """
    members = _members(origins, places, fits)
    together = members.after(earlier)
    place = together.hours - int(origins.hours[0])
    inside = (place >= 0) & (place < len(truth))
    measured = np.where(inside, truth[np.clip(place, 0, len(truth) - 1)], np.nan)
    is_new = np.isin(together.hours, members.hours)
    combined = _combined(together, measured, origins.horizon, is_new)
    bounded = _with_interval(combined, measured, origins.horizon, is_new, fits)
    return _only(bounded, is_new)


def _members(origins: Origins, places: NDArray[np.int64], fits: Sequence[Fit]) -> Forecasts:
    """What each member says, or why none is asked."""
    hours = origins.hours[places]
    steps = np.full((len(places), len(MEMBERS)), np.nan)
    size = np.full(len(places), np.nan)
    fitted_until = np.full(len(places), -1, dtype=np.int64)
    for one in sorted(fits, key=lambda fit: fit.fitted_until):
        fitted_until[hours >= one.fitted_until] = one.fitted_until
    reason = np.full(len(places), "", dtype="<U64")
    for condition, text in (
        (fitted_until < 0, NOT_FITTED),
        (origins.age[places] > MAX_AGE, OLD),
        (origins.repeats[places] >= STUCK_HOURS, STUCK),
        (origins.known[places] < MIN_KNOWN, SHORT),
        ((origins.changed[places] == 0) & (origins.known[places] >= 2), CONSTANT),
    ):
        reason[condition] = text
    scale = origins.scale[places]
    for one in fits:
        chosen = (reason == "") & (fitted_until == one.fitted_until)
        if chosen.any():
            features = origins.features[places[chosen]]
            steps[chosen] = one.steps(features) * scale[chosen, None]
            size[chosen] = one.sizes(features) * scale[chosen]
    size = np.where(reason == "", size, scale)
    fitted_until = np.where(reason == "", fitted_until, -1)
    nothing = np.full(len(places), np.nan)
    return Forecasts(
        hours=hours,
        base=origins.base[places],
        steps=steps,
        size=size,
        value=nothing,
        lower=nothing,
        upper=nothing,
        reason=reason,
        fitted_until=fitted_until,
        is_backtest=hours != origins.hours[-1],
    )


def _combined(made: Forecasts, measured: Array, horizon: int, is_new: NDArray[np.bool_]) -> Forecasts:
    """The members' mean, weighted by their mean absolute errors over the last 30 days; persistence is one of them."""
    guesses = np.concatenate([made.base[:, None] + made.steps, made.base[:, None]], axis=1)
    errors = np.abs(measured[:, None] - guesses)
    is_tried = ~np.isnan(errors).any(axis=1)
    sums = np.concatenate(
        [np.zeros((1, guesses.shape[1])), np.cumsum(np.where(is_tried[:, None], errors, 0.0), axis=0)]
    )
    counts = np.concatenate([[0], np.cumsum(is_tried)])
    begin, end = _over(made.hours, horizon)
    trials = counts[end] - counts[begin]
    mean = (sums[end] - sums[begin]) / np.maximum(trials, 1)[:, None]
    best = np.maximum(mean.min(axis=1, keepdims=True), 1e-12)
    weights = np.exp(-WEIGHT_DECAY * (mean / best - 1.0))
    equal = np.array([1.0] * len(MEMBERS) + [0.0])
    weights = np.where((trials >= MIN_TRIALS)[:, None], weights, equal)
    weights /= weights.sum(axis=1, keepdims=True)
    value = np.where(made.reason == "", (weights * np.nan_to_num(guesses)).sum(axis=1), made.base)
    return replace(made, value=np.where(is_new, value, made.value))


def _with_interval(
    made: Forecasts, measured: Array, horizon: int, is_new: NDArray[np.bool_], fits: Sequence[Fit]
) -> Forecasts:
    """Quantiles of the last 30 days' errors, each in units of what was to be expected: split conformal, rolling.

    The nominal miss rate follows the intervals' own misses (Gibbs and Candès, "Adaptive conformal inference", 2021), so
    that a change of regime does not leave them too narrow for a month.
    """
    errors = (measured - made.value) / made.size
    is_known = np.isfinite(errors)
    known_errors = errors[is_known]
    counts = np.concatenate([[0], np.cumsum(is_known)])
    begin, end = _over(made.hours, horizon)
    lately = np.maximum(begin, np.searchsorted(made.hours, made.hours - ADAPTATION_WINDOW, side="left"))
    lower, upper = made.lower.copy(), made.upper.copy()
    excess = np.zeros(len(errors))  # misses beyond the nominal, by origin
    total = np.zeros(len(errors) + 1)
    done = 0
    for row in np.flatnonzero(is_new).tolist():
        while done < end[row]:  # the origins whose target is over by now
            is_missed = measured[done] < lower[done] or measured[done] > upper[done]
            has_interval = not np.isnan(measured[done]) and not np.isnan(lower[done])
            excess[done] = float(is_missed) - (1 - COVERAGE) if has_interval else 0.0
            total[done + 1] = total[done] + excess[done]
            done += 1
        miss_rate = np.clip(
            (1 - COVERAGE) - ADAPTATION_RATE * (total[end[row]] - total[min(lately[row], end[row])]), 0.03, 0.2
        )
        past = known_errors[counts[begin[row]] : counts[end[row]]]
        if made.reason[row] == CONSTANT:
            low = high = 0.0
        elif len(past) >= MIN_ERRORS:
            # One more than there are: the finite-sample correction of conformal prediction.
            rank = miss_rate / 2 * (len(past) + 1)
            low, high = np.interp([rank, len(past) + 1 - rank], np.arange(1, len(past) + 1), np.sort(past)).tolist()
        else:
            low, high = _usual(fits, int(made.hours[row]))
        lower[row] = made.value[row] + min(low, 0.0) * made.size[row]
        upper[row] = made.value[row] + max(high, 0.0) * made.size[row]
    return replace(made, lower=lower, upper=upper)


def _over(hours: Hours, horizon: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """For each origin, the first and the end of the earlier ones whose target was over by then, within 30 days."""
    begin = np.searchsorted(hours, hours - LOOK_BACK, side="left")
    end = np.searchsorted(hours, hours - horizon, side="left")  # the origin's own hour is not over
    return begin, np.maximum(end, begin)


def _usual(fits: Sequence[Fit], hour: int) -> tuple[float, float]:
    """Error quantiles for a series without errors of its own, as the newest fit that ends by the origin has them; of
    persistence where there is none: three times its mean change either way."""
    known = [one for one in fits if one.fitted_until <= hour]
    return max(known, key=lambda one: one.fitted_until).usual if known else (-3.0, 3.0)


def _only(made: Forecasts, which: NDArray[np.bool_]) -> Forecasts:
    return Forecasts(**{name: getattr(made, name)[which] for name in made.__dataclass_fields__})
