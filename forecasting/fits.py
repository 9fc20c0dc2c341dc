"""A fit: what is learnt, from everything up to an hour, about one pollutant at one horizon."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecasting.features import Origins
from forecasting.models import Forest, LinearMedian, packed, unpacked
from forecasting.series import Array

VERSION = 2  # of features and models: a fit of another version is made anew
MEMBERS = ("linear", "trees", "both")
LEAST_ROWS = 500
MOST_ROWS = 16_000
LONGEST_HISTORY = 2 * 8760  # hours
TREES = 110
LEAST_KNOWN = 72  # values in four weeks, for a series not to be too short
LONGEST_AGE = 6  # hours
STUCK_HOURS = 6  # an instrument that repeats its last value for so long is stuck
LONGEST_STEP = 60.0  # in units of scale; what lies beyond is a fault


@dataclass(frozen=True)
class Fit:
    """The members: `linear`, `trees`, and `both`, which adds to the first what trees learn from its errors.

    `size` tells how large an absolute error to expect; `usual` are quantiles 5 % and 95 % of the errors in units of it,
    for as long as a series has no errors of its own.
    """

    pollutant: str
    horizon: int
    fitted_until: int
    linear: LinearMedian
    trees: Forest
    remainder: Forest
    size: LinearMedian
    usual: tuple[float, float]

    def steps(self, features: Array) -> Array:
        """Rows by members: the forecast step from the last known value, in units of scale."""
        linear = self.linear.predict(features)
        return np.stack([linear, self.trees.predict(features), linear + self.remainder.predict(features)], axis=1)

    def sizes(self, features: Array) -> Array:
        """The absolute error to expect, in units of scale."""
        return np.clip(self.size.predict(features), 0.15, 20.0)

    def content(self) -> bytes:
        """All of it as bytes."""
        arrays: dict[str, NDArray[np.generic]] = {"usual": np.array(self.usual)}
        for name in ("linear", "trees", "remainder", "size"):
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
            LinearMedian.from_arrays(part("linear")),
            Forest.from_arrays(part("trees")),
            Forest.from_arrays(part("remainder")),
            LinearMedian.from_arrays(part("size")),
            (low, high),
        )


def fit(stations: Sequence[Origins], pollutant: str, horizon: int, until: int) -> Fit | None:
    """What is learnt from targets up to the hour `until`; None where there is too little to learn from."""
    features, step = training_rows(stations, horizon, until)
    if len(step) < LEAST_ROWS:
        return None
    names = stations[0].names
    places = (names.index("hour"), names.index("weekday"), names.index("level"))
    linear = LinearMedian.fit(features, step, places)
    remaining = step - linear.predict(features)
    size = LinearMedian.fit(features, np.abs(remaining), places)
    expected = np.clip(size.predict(features), 0.15, 20.0)
    low, high = np.quantile(remaining / expected, [0.05, 0.95]).tolist()
    return Fit(
        pollutant,
        horizon,
        until,
        linear,
        Forest.fit(features, step, TREES, seed=1),
        Forest.fit(features, remaining, TREES, seed=2),
        size,
        (low, high),
    )


def training_rows(stations: Sequence[Origins], horizon: int, until: int) -> tuple[Array, Array]:
    """Features and steps of the origins whose target is known by `until`: an even sample if there are very many."""
    features, steps = [], []
    for origins in stations:
        usable = (
            (origins.hours + horizon <= until)
            & (origins.hours > until - LONGEST_HISTORY)
            & (origins.known >= LEAST_KNOWN)
            & (origins.age <= LONGEST_AGE)
            & (origins.repeats < STUCK_HOURS)
            & (np.abs(origins.step) < LONGEST_STEP)
        )
        features.append(origins.features[usable])
        steps.append(origins.step[usable])
    if not features:
        return np.empty((0, 1)), np.empty(0)
    together, step = np.concatenate(features), np.concatenate(steps)
    if len(step) > MOST_ROWS:
        chosen = np.linspace(0, len(step) - 1, MOST_ROWS).astype(np.int64)
        together, step = together[chosen], step[chosen]
    return together, step
