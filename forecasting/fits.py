"""A fit: what is learnt, from everything up to an hour, about one pollutant at one horizon."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecasting.features import Origins
from forecasting.models import Forest, LinearMedian, one_thread, packed, unpacked
from forecasting.series import Array, Hours

VERSION = 3  # of features and models: a fit of another version is made anew
MEMBERS = ("linear", "trees", "logarithm", "both")
LEAST_ROWS = 500
MOST_ROWS = 16_000
LONGEST_HISTORY = 2 * 8760  # hours
TREES = 110
LEAST_KNOWN = 72  # values in four weeks, for a series not to be too short
LONGEST_AGE = 6  # hours
STUCK_HOURS = 6  # an instrument that repeats its last value for so long is stuck
LONGEST_STEP = 60.0  # in units of scale; what lies beyond is a fault
RIDGES = (0.002, 0.02, 0.1)  # for each row
SIZES = (0.15, 20.0)  # of the error to expect, in units of scale
LONGEST_RATIO = 1.2  # in logarithms


@dataclass(frozen=True)
class Fit:
    """What each member has learnt, about the step from the last known value in units of the station's scale.

    - `linear`: least absolute deviations, with the ridge penalty that does best on newer hours.
    - `trees`: boosted, on the step in units of `size`, the absolute error to expect there: calm hours teach as much as
      wild ones.
    - `ratio`, the member `logarithm`: boosted, on the logarithm of the value's ratio to the last one, both above
      `ground`: what grows and fades in proportion.
    - `remainder`, with `linear` the member `both`: boosted, on what the linear one leaves.

    `usual` are quantiles 5 % and 95 % of the linear one's errors in units of `size`, for as long as a series has no
    errors of its own.
    """

    pollutant: str
    horizon: int
    fitted_until: int
    level: int
    ground: float
    linear: LinearMedian
    trees: Forest
    ratio: Forest
    remainder: Forest
    size: LinearMedian
    usual: tuple[float, float]

    def steps(self, features: Array) -> Array:
        """Rows by members: the forecast step from the last known value, in units of scale."""
        linear, size = self.linear.predict(features), self.sizes(features)
        height = _height(features[:, self.level], self.ground)
        return np.stack(
            [
                linear,
                size * self.trees.predict(features),
                height * np.expm1(self.ratio.predict(features)),
                linear + size * self.remainder.predict(features),
            ],
            axis=1,
        )

    def sizes(self, features: Array) -> Array:
        """The absolute error to expect, in units of scale."""
        return np.clip(self.size.predict(features), *SIZES)

    def content(self) -> bytes:
        """All of it as bytes."""
        arrays: dict[str, NDArray[np.generic]] = {
            "usual": np.array(self.usual),
            "level": np.array([self.level]),
            "ground": np.array([self.ground]),
        }
        for name in ("linear", "trees", "ratio", "remainder", "size"):
            arrays |= {f"{name}/{key}": array for key, array in getattr(self, name).arrays().items()}
        return packed(arrays)

    @classmethod
    def from_content(cls, pollutant: str, horizon: int, fitted_until: int, content: bytes) -> Fit:
        arrays = unpacked(content)

        def part(name: str) -> dict[str, NDArray[np.generic]]:
            return {key.partition("/")[2]: array for key, array in arrays.items() if key.startswith(f"{name}/")}

        low, high = arrays["usual"].astype(np.float64).tolist()
        return cls(
            pollutant,
            horizon,
            fitted_until,
            int(arrays["level"].astype(np.int64)[0]),
            float(arrays["ground"].astype(np.float64)[0]),
            LinearMedian.from_arrays(part("linear")),
            Forest.from_arrays(part("trees")),
            Forest.from_arrays(part("ratio")),
            Forest.from_arrays(part("remainder")),
            LinearMedian.from_arrays(part("size")),
            (low, high),
        )


def fit(stations: Sequence[Origins], pollutant: str, horizon: int, until: int) -> Fit | None:
    """What is learnt from targets up to the hour `until`; None where there is too little to learn from."""
    features, step, hours = training_rows(stations, horizon, until)
    if len(step) < LEAST_ROWS:
        return None
    names = stations[0].names
    places = (names.index("hour"), names.index("weekday"), names.index("level"))
    level = features[:, places[2]]
    with one_thread():
        linear = LinearMedian.fit(features, step, places, _best_ridge(features, step, hours, places))
        remaining = step - linear.predict(features)
        size = LinearMedian.fit(features, np.abs(remaining), places, RIDGES[-1])
        expected = np.clip(size.predict(features), *SIZES)
        # So far below zero that all but a hundredth of the values stand above it by their usual hourly change.
        ground = float(max(0.15 * level.mean(), 1.0 - np.quantile(level, 0.01)))
        ratio = np.log(_height(level + step, ground) / _height(level, ground))
        low, high = np.quantile(remaining / expected, [0.05, 0.95]).tolist()
        return Fit(
            pollutant,
            horizon,
            until,
            places[2],
            ground,
            linear,
            Forest.fit(features, step / expected, TREES, seed=1),
            Forest.fit(features, np.clip(ratio, -LONGEST_RATIO, LONGEST_RATIO), TREES, seed=2),
            Forest.fit(features, remaining / expected, TREES, seed=3),
            size,
            (low, high),
        )


def _best_ridge(features: Array, step: Array, hours: Hours, places: tuple[int, int, int]) -> float:
    """The penalty that does best on the newest quarter of the time when it is learnt on what lies before."""
    is_early = hours < np.quantile(hours, 0.75)
    early, late, found = features[is_early], features[~is_early], step[~is_early]
    fits = [LinearMedian.fit(early, step[is_early], places, ridge) for ridge in RIDGES]
    errors = [float(np.abs(found - one.predict(late)).mean()) for one in fits]
    return RIDGES[int(np.argmin(errors))]


def _height(level: Array, ground: float) -> Array:
    """Of a value over the ground, both in units of scale; never 0."""
    return np.maximum(level + ground, 0.05 * ground)


def training_rows(stations: Sequence[Origins], horizon: int, until: int) -> tuple[Array, Array, Hours]:
    """Features, steps and hours of the origins whose target is known by `until`: an even sample if there are many."""
    features, steps, hours = [], [], []
    for origins in stations:
        usable = (
            (origins.hours + horizon <= until)
            & (origins.hours > until - LONGEST_HISTORY)
            & says_something(origins)
            & (np.abs(origins.step) < LONGEST_STEP)
        )
        features.append(origins.features[usable])
        steps.append(origins.step[usable])
        hours.append(origins.hours[usable])
    if not features:
        return np.empty((0, 1)), np.empty(0), np.empty(0, np.int64)
    together, step, hour = np.concatenate(features), np.concatenate(steps), np.concatenate(hours)
    if len(step) > MOST_ROWS:
        chosen = np.linspace(0, len(step) - 1, MOST_ROWS).astype(np.int64)
        together, step, hour = together[chosen], step[chosen], hour[chosen]
    return together, step, hour


def says_something(origins: Origins) -> NDArray[np.bool_]:
    """Origins from which something better than the last value can be forecast, as far as they themselves tell."""
    return (origins.known >= LEAST_KNOWN) & (origins.age <= LONGEST_AGE) & (origins.repeats < STUCK_HOURS)
