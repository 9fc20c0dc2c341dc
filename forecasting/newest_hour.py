"""Hours as they were first reported: partial, as the network serves the hour under way.

What a forecast starts from is not what the hour is in the end, and a model that is trained on whole hours trusts the
newest one too much. Where ingestion saw the hour before it was over, that value is known (`superseded`). Elsewhere it
is emulated: pulled towards the hour before, with noise. If concentrations wander like Brownian motion W within the hour,
the mean over its first share `a`, M(a), and the whole hour's M(1) differ by D with variance (1 - a)²/3, and on the change
from the hour before (variance 2/3) D regresses with slope (1/3 - a/2 + a²/6) / (2/3).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from forecasting.series import Array, Series, lagged, last_known, trailing_mean

MIN_COMPLETIONS = 100
USUAL_SHARE = 0.5
UPLOAD_HOURS = 0.25  # that a station's newest minutes are behind the clock
MAX_UNDER_WAY = 2.0  # hours since its start after which an hour is over for certain
WEEK = 168


@dataclass(frozen=True)
class Partial:
    """How far the newest hour is pulled to the one before, as a share of their difference, and the noise on top, in
    standard deviations of hourly changes."""

    pull: float
    noise: float


def share_under_way(loaded_at: Sequence[float], newest_hours: Sequence[int]) -> float:
    """How much of the newest hour was over when it was loaded, 0 to 1, by the machine's clock.

    Args:
        loaded_at: for each station, when its newest hour was loaded, in hours since 1970.
        newest_hours: those hours.

    A network whose newest hour began long ago serves whole hours (old data, replayed); one whose newest hour is in the
    future has another clock, and the half is assumed.
    """
    elapsed = [loaded - hour for loaded, hour in zip(loaded_at, newest_hours, strict=True)]
    if not elapsed or min(elapsed) < 0:
        return USUAL_SHARE
    if min(elapsed) >= MAX_UNDER_WAY:
        return 1.0
    return float(np.clip(np.median([e for e in elapsed if e < MAX_UNDER_WAY]) - UPLOAD_HOURS, 0.1, 1.0))


def by_share(share: float) -> Partial:
    """What Brownian motion gives for a share of the hour."""
    covariance = 1 / 3 - share / 2 + share**2 / 6
    remainder = (1 - share) ** 2 / 3 - covariance**2 / (2 / 3)
    return Partial(pull=covariance / (2 / 3), noise=float(np.sqrt(max(remainder, 0.0) / (2 / 3))))


def estimate_partial(stations: Sequence[Series], parameter: str) -> Partial | None:
    """Estimated from the hours seen before and after their completion; None while they are fewer than `MIN_COMPLETIONS`."""
    gaps, steps, spreads = [], [], []
    for series in stations:
        values, seen = series.values[parameter], series.first_seen[parameter]
        step = values - lagged(values, 1)
        spread = _spread(values)
        known = ~np.isnan(seen) & ~np.isnan(step) & ~np.isnan(spread) & (spread > 0)
        gaps.append((values - seen)[known] / spread[known])
        steps.append(step[known] / spread[known])
        spreads.append(spread[known])
    gap, step = np.concatenate(gaps), np.concatenate(steps)
    if len(gap) < MIN_COMPLETIONS:
        return None
    gap, step = np.clip(gap, -5, 5), np.clip(step, -5, 5)
    pull = float(np.clip((gap * step).sum() / max((step**2).sum(), 1e-9), 0.0, 1.0))
    return Partial(pull, float(np.median(np.abs(gap - pull * step)) / 0.6745))


def as_first_reported(series: Series, parameter: str, partial: Partial) -> Array:
    """Each hour as it was reported while it was the newest: known, or emulated; the newest one as it is."""
    values = series.values[parameter]
    before, _ = last_known(lagged(values, 1))
    step = np.nan_to_num(values - before)
    # By station and parameter always the same noise, counted back from nothing that moves but the first hour.
    draws = np.random.default_rng([_number(series.station_id), sum(parameter.encode())]).standard_normal(len(values))
    emulated = values - partial.pull * step + partial.noise * np.nan_to_num(_spread(values)) * draws
    first_reported = np.where(np.isnan(series.first_seen[parameter]), emulated, series.first_seen[parameter])
    first_reported[-1] = values[-1]
    return first_reported


def _spread(values: Array) -> Array:
    """Standard deviation of the hourly changes of the week before."""
    changes = lagged(values, 1) - lagged(values, 2)
    return np.sqrt(trailing_mean(changes**2, WEEK, 12))


def _number(station_id: str) -> int:
    """A number of the station's own: the id itself where it is one."""
    return int(station_id) if station_id.isdecimal() else int.from_bytes(station_id.encode())
