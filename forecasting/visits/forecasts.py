"""Forecasts from origins that have none yet: model or baseline by how they have done lately, with an interval.

Everything that a forecast uses was known at its origin: fits end there, and the errors that weigh the members and make
the interval are of days that were over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from forecasting.series import Array
from forecasting.visits.days import HORIZON
from forecasting.visits.features import LEAST_SHARE, Known, Triples
from forecasting.visits.fits import MEMBERS, Fit, Forecaster

MEAN = len(MEMBERS)  # the place of the mean of four weekdays among what is weighted
MEAN_PRIOR = 0.3  # its weight against a model's that has the same errors: it protects where the model has gone wrong, and costs little elsewhere
TAIL = 0.1  # of the days lie above an interval, and as many below
LOOK_BACK = 84  # days whose errors count
MIN_ERRORS = 40  # for an interval from a store's own errors
POOLED_ROWS = 60  # a store's own errors count against those of all stores as so many
WEIGHT_DECAY = 15.0  # how fast a member's weight falls with its mean absolute error
PAYS = 0.98  # of the best model's error: where the baseline's is less, it is issued
YOUNG_DAYS = 42  # ordinary days, before which a store has the baseline
ADAPTATION_DAYS = 28  # whose misses move the tails
ADAPTATION = 1.0  # by how much, for each miss too many

ENSEMBLE, BASELINE, CLOSED, NONE = "ensemble", "baseline", "closed", "none"
YOUNG, ZERO, UNSEEN, NOT_FITTED, BETTER, NO_BASELINE = (
    "the store has been counted for less than six weeks",
    "nobody came in the last eight weeks",
    "nothing is known of the last eight weeks",
    "there are too few days to learn from",
    "the baseline has done better in this store",
    "no comparable day is known yet",
)


@dataclass(frozen=True)
class Forecasts:
    """Rows in every array; places of stores, origins and targets are of the grid; NaN is unknown.

    Attributes:
        members: rows by members (`MEMBERS`).
        visits, lower, upper: the forecast and its 80 % interval.
        level: of the store at the origin.
        fitted_until: the last day that the members were fitted on, since 1970; -1 where there are none.
        is_backtest: whether it was made after the fact; else the origin was the store's newest day.
    """

    store: NDArray[np.int64]
    origin: NDArray[np.int64]
    target: NDArray[np.int64]
    members: Array
    baseline: Array
    mean_of_four: Array
    level: Array
    visits: Array
    lower: Array
    upper: Array
    model: NDArray[np.str_]
    reason: NDArray[np.str_]
    fitted_until: NDArray[np.int64]
    is_backtest: NDArray[np.bool_]

    @property
    def triples(self) -> Triples:
        return Triples(self.store, self.origin, self.target)

    def take(self, which: NDArray[np.bool_]) -> Forecasts:
        return Forecasts(**{each.name: getattr(self, each.name)[which] for each in fields(self)})

    @classmethod
    def joined(cls, parts: Sequence[Forecasts]) -> Forecasts:
        return cls(**{each.name: np.concatenate([getattr(part, each.name) for part in parts]) for each in fields(cls)})


def make(
    known: Known, fits: Sequence[Fit], earlier: Forecasts, store: NDArray[np.int64], origin: NDArray[np.int64]
) -> Forecasts:
    """Forecasts from stores' origins (places of the grid), in order of time: each origin's errors help the later ones.

    Args:
        fits: each origin takes the newest that ends no later than itself.
        earlier: those made before, whose errors may be known by now.
    """
    parts = [earlier]
    forecasters = [Forecaster(known, one) for one in fits]
    for at in np.unique(origin).tolist():
        new = _members(known, forecasters, store[origin == at], at)
        parts.append(_decided(known, fits, Forecasts.joined(parts), new, at))
    made = Forecasts.joined(parts)
    return made.take(np.arange(len(made.store)) >= len(earlier.store))


def _members(known: Known, forecasters: Sequence[Forecaster], stores: NDArray[np.int64], origin: int) -> Forecasts:
    """What each member says, or why none is asked."""
    days = known.days
    store = np.repeat(stores, HORIZON)
    target = origin + np.tile(np.arange(1, HORIZON + 1), len(stores))
    triples = Triples(store, np.full(len(store), origin), target)
    baseline, level = known.baseline(triples), known.level[store, origin]
    usable = [one for one in forecasters if one.fit.fitted_until <= days.first + origin]
    newest = max(usable, key=lambda one: one.fit.fitted_until, default=None)
    ordinary = np.cumsum(days.is_ordinary, axis=1)[store, origin]
    is_open = days.is_open[store, target]
    reason = np.full(len(store), "", dtype="<U64")
    for condition, text in (
        (np.full(len(store), newest is None), NOT_FITTED),
        (np.isnan(level), UNSEEN),
        (ordinary < YOUNG_DAYS, YOUNG),
        (level <= 0, ZERO),
        (np.isnan(baseline), NO_BASELINE),
        (~is_open, ""),
    ):
        reason[condition] = text
    model = np.select([~is_open, np.isnan(baseline), reason != ""], [CLOSED, NONE, BASELINE], ENSEMBLE).astype("<U8")
    members = np.full((len(store), len(MEMBERS)), np.nan)
    asked = model == ENSEMBLE
    if newest and asked.any():
        members[asked] = newest.forecasts(triples.take(asked))
    unknown = np.full(len(store), np.nan)
    return Forecasts(
        store, triples.origin, target, members, baseline, known.mean_of_four(triples), level,
        np.where(is_open, unknown, 0.0), np.where(is_open, unknown, 0.0), np.where(is_open, unknown, 0.0),
        model, reason,
        np.where(asked, newest.fit.fitted_until if newest else -1, -1),
        triples.origin != days.known_until[store],
    )  # fmt: skip


def _decided(known: Known, fits: Sequence[Fit], past: Forecasts, new: Forecasts, origin: int) -> Forecasts:
    """The forecasts of one origin out of what its members say and what had come of the past ones."""
    is_over = (past.target <= np.minimum(origin, known.days.known_until[past.store])) & (
        past.target > origin - LOOK_BACK
    )
    past = past.take(is_over & np.isin(past.model, (ENSEMBLE, BASELINE)) & (past.origin < origin))
    came = known.days.visits[past.store, past.target]
    past, came = past.take(~np.isnan(came)), came[~np.isnan(came)]

    guesses = _guesses(new)
    weights = _weights(known, past, came)[new.store]
    asked = new.model == ENSEMBLE
    is_better = asked & (weights[:, -1] == 1.0)
    # Of a holiday or an event the weekdays before say nothing.
    is_special = (known.days.holiday >= 0) | (known.days.event >= 0)
    weights[is_special[new.store, new.target] | np.isnan(new.mean_of_four), MEAN] = 0.0
    weights = np.where(
        is_better[:, None], weights, weights / np.maximum(weights[:, :-1].sum(axis=1, keepdims=True), 1e-9)
    )
    combined = np.where(weights > 0, weights * np.nan_to_num(guesses), 0.0).sum(axis=1)
    model = np.where(is_better, BASELINE, new.model)
    visits = np.select([model == ENSEMBLE, model == BASELINE], [combined, new.baseline], new.visits)

    scale = _scale(visits, new.level)
    low, high = _tails(known, fits, past, came, new, origin)
    is_forecast = np.isin(model, (ENSEMBLE, BASELINE))
    return Forecasts(
        **{each.name: getattr(new, each.name) for each in fields(new)}
        | {
            "visits": visits,
            "lower": np.where(is_forecast, np.maximum(visits + np.minimum(low, 0.0) * scale, 0.0), new.lower),
            "upper": np.where(is_forecast, visits + np.maximum(high, 0.0) * scale, new.upper),
            "model": model,
            "reason": np.where(is_better, BETTER, new.reason),
        }
    )


def _guesses(some: Forecasts) -> Array:
    """Rows by what can be weighted (the members, then the mean of four weekdays) and the baseline."""
    return np.concatenate([some.members, some.mean_of_four[:, None], some.baseline[:, None]], axis=1)


def _weights(known: Known, past: Forecasts, came: Array) -> Array:
    """Stores by guesses: by how far each was off on the ordinary days of late; 1 for the baseline alone where it is better."""
    stores = len(known.days.store_ids)
    errors = np.abs(_guesses(past) - came[:, None]) / np.maximum(past.level, 1e-9)[:, None]
    is_tried = ~np.isnan(errors).any(axis=1) & known.days.is_ordinary[past.store, past.target]
    prior = np.array([1.0] * len(MEMBERS) + [MEAN_PRIOR, 0.0])
    if is_tried.sum() < POOLED_ROWS:
        return np.tile(prior / prior.sum(), (stores, 1))
    tried, store = errors[is_tried], past.store[is_tried]
    count = np.bincount(store, minlength=stores).astype(np.float64)
    sums = np.stack([np.bincount(store, tried[:, place], minlength=stores) for place in range(tried.shape[1])], axis=1)
    # What all stores' errors say, in the size of this store's own.
    pooled = tried.mean(axis=0)
    own = np.where(count > 0, sums.mean(axis=1) / np.maximum(count, 1) / pooled.mean(), 1.0)
    mean = (sums + POOLED_ROWS * pooled * own[:, None]) / (count + POOLED_ROWS)[:, None]
    best = np.maximum(mean[:, :-1].min(axis=1), 1e-12)
    weights = prior * np.exp(-WEIGHT_DECAY * (mean / best[:, None] - 1.0))
    weights /= weights.sum(axis=1, keepdims=True)
    weights[mean[:, -1] < PAYS * best] = [0.0] * (weights.shape[1] - 1) + [1.0]
    return np.asarray(weights)


def _scale(visits: Array, level: Array) -> Array:
    return np.fmax(np.fmax(visits, LEAST_SHARE * level), 0.0)


def _tails(
    known: Known, fits: Sequence[Fit], past: Forecasts, came: Array, new: Forecasts, origin: int
) -> tuple[Array, Array]:
    """Quantiles of the past errors as shares of the forecast, by store and week ahead: split conformal, rolling.

    The share outside follows the intervals' own misses (Gibbs and Candès, "Adaptive conformal inference", 2021).
    """
    scale = _scale(past.visits, past.level)
    errors = np.where(came == past.visits, 0.0, (came - past.visits) / np.maximum(scale, 1e-9))
    is_recent = (past.target > origin - ADAPTATION_DAYS) & ~np.isnan(past.lower)
    missed = ((came < past.lower) | (came > past.upper))[is_recent]
    miss_rate = missed.mean() if len(missed) >= MIN_ERRORS else 2 * TAIL
    tail = float(np.clip(TAIL - ADAPTATION * (miss_rate - 2 * TAIL) / 2, 0.03, 0.2))
    usual = max(
        (one for one in fits if one.fitted_until <= known.days.first + origin),
        key=lambda one: one.fitted_until,
        default=None,
    )
    low, high = np.empty(len(new.store)), np.empty(len(new.store))
    for week in (0, 1):
        ours = new.triples.week == week
        theirs = past.triples.week == week
        everyone = usual.usual if usual else (-0.5, 0.5)
        if theirs.sum() >= MIN_ERRORS:
            everyone = _quantiles(errors[theirs], past.target[theirs], tail)
        order = np.flatnonzero(theirs)[np.argsort(past.store[theirs], kind="stable")]
        begin = np.searchsorted(past.store[order], np.arange(len(known.days.store_ids)), side="left")
        end = np.searchsorted(past.store[order], np.arange(len(known.days.store_ids)), side="right")
        for store in np.unique(new.store).tolist():
            own = order[begin[store] : end[store]]
            at = ours & (new.store == store)
            low[at], high[at] = _quantiles(errors[own], past.target[own], tail) if len(own) >= MIN_ERRORS else everyone
    return low, high


def _quantiles(errors: Array, days: NDArray[np.int64], tail: float) -> tuple[float, float]:
    """With the finite-sample correction of conformal prediction: ranks out of one more than there are.

    What was forecast of one day, from several origins or for several stores, is one day's evidence.
    """
    seen = len(np.unique(days))
    share = (1 - tail) * (seen + 1) / seen
    low, high = np.quantile(errors, [max(1 - share, 0.0), min(share, 1.0)]).tolist()
    return low, high
