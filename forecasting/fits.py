"""A fit: the models of one pollutant at one horizon, fitted on everything known up to an hour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecasting.features import Origins
from forecasting.models import Forest, LinearMedian, binned, packed, unpacked, use_one_thread
from forecasting.series import Array, Hours

VERSION = 4  # of features and models: a fit of another version is made anew
MEMBERS = ("linear", "trees", "logarithm", "both")
MIN_ROWS = 500
MAX_ROWS = 16_000
GROWTH = {
    "learning_rate": 0.07,
    "max_leaves": 20,
    "max_depth": 8,
    "min_child_weight": 60,  # rows in a leaf: of an absolute error each weighs 1
    "colsample_bynode": 0.4,
    "reg_lambda": 0.0,
}
MAX_HISTORY = 2 * 8760  # hours
TREES = 110
MIN_KNOWN = 72  # values in four weeks, for a series not to be too short
MAX_AGE = 6  # hours
STUCK_HOURS = 6  # an instrument that repeats its last value for so long is stuck
MAX_STEP = 60.0  # in units of scale; what lies beyond is a fault
RIDGE_PENALTIES = (0.002, 0.02, 0.1)  # for each row
SIZE_RANGE = (0.15, 20.0)  # of the error to expect, in units of scale
MAX_LOG_RATIO = 1.2  # in logarithms


@dataclass(frozen=True)
class Fit:
    """The fitted members. Each forecasts the step from the last known value, in units of the station's scale.

    - `linear`: least absolute deviations, with the ridge penalty that does best on newer hours.
    - `trees`: boosted, on the step in units of `size`, the absolute error to expect there: calm hours weigh as much as
      wild ones.
    - `ratio`, the member `logarithm`: boosted, on the logarithm of the value's ratio to the last one, with `offset`
      added to both: what grows and fades in proportion.
    - `remainder`, with `linear` the member `both`: boosted, on what the linear one leaves.

    `usual` are quantiles 5 % and 95 % of the linear one's errors in units of `size`, for as long as a series has no
    errors of its own.
    """

    pollutant: str
    horizon: int
    fitted_until: int
    level: int
    offset: float
    linear: LinearMedian
    trees: Forest
    ratio: Forest
    remainder: Forest
    size: LinearMedian
    usual: tuple[float, float]

    def steps(self, features: Array) -> Array:
        """Rows by members: the forecast step from the last known value, in units of scale."""
        linear, size = self.linear.predict(features), self.sizes(features)
        shifted = _with_offset(features[:, self.level], self.offset)
        return np.stack(
            [
                linear,
                size * self.trees.predict(features),
                shifted * np.expm1(self.ratio.predict(features)),
                linear + size * self.remainder.predict(features),
            ],
            axis=1,
        )

    def sizes(self, features: Array) -> Array:
        """The absolute error to expect, in units of scale."""
        return np.clip(self.size.predict(features), *SIZE_RANGE)

    def content(self) -> bytes:
        """All of it as bytes."""
        arrays: dict[str, NDArray[np.generic]] = {
            "usual": np.array(self.usual),
            "level": np.array([self.level]),
            "offset": np.array([self.offset]),
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
            float(arrays["offset"].astype(np.float64)[0]),
            LinearMedian.from_arrays(part("linear")),
            Forest.from_arrays(part("trees")),
            Forest.from_arrays(part("ratio")),
            Forest.from_arrays(part("remainder")),
            LinearMedian.from_arrays(part("size")),
            (low, high),
        )


def fit(stations: Sequence[Origins], pollutant: str, horizon: int, until: int) -> Fit | None:
    """The models fitted on targets up to the hour `until`; None where there are fewer than `MIN_ROWS` of them."""
    features, step, hours = training_rows(stations, horizon, until)
    if len(step) < MIN_ROWS:
        return None
    names = stations[0].names
    places = (names.index("hour"), names.index("weekday"), names.index("level"))
    level = features[:, places[2]]
    use_one_thread()
    linear = LinearMedian.fit(features, step, places, _best_ridge(features, step, hours, places))
    remaining = step - linear.predict(features)
    size = LinearMedian.fit(features, np.abs(remaining), places, RIDGE_PENALTIES[-1])
    expected = np.clip(size.predict(features), *SIZE_RANGE)
    # Added to it, all but a hundredth of the values are positive by their usual hourly change.
    offset = float(max(0.15 * level.mean(), 1.0 - np.quantile(level, 0.01)))
    ratio = np.log(_with_offset(level + step, offset) / _with_offset(level, offset))
    low, high = np.quantile(remaining / expected, [0.05, 0.95]).tolist()
    rows = binned(features)
    return Fit(
        pollutant,
        horizon,
        until,
        places[2],
        offset,
        linear,
        Forest.fit(rows, step / expected, TREES, 1, GROWTH),
        Forest.fit(rows, np.clip(ratio, -MAX_LOG_RATIO, MAX_LOG_RATIO), TREES, 2, GROWTH),
        Forest.fit(rows, remaining / expected, TREES, 3, GROWTH),
        size,
        (low, high),
    )


def _best_ridge(features: Array, step: Array, hours: Hours, places: tuple[int, int, int]) -> float:
    """The penalty that does best on the newest quarter of the time when it is fitted on what lies before."""
    is_early = hours < np.quantile(hours, 0.75)
    early, late, found = features[is_early], features[~is_early], step[~is_early]
    fits = [LinearMedian.fit(early, step[is_early], places, ridge) for ridge in RIDGE_PENALTIES]
    errors = [float(np.abs(found - one.predict(late)).mean()) for one in fits]
    return RIDGE_PENALTIES[int(np.argmin(errors))]


def _with_offset(level: Array, offset: float) -> Array:
    """A value plus the offset, both in units of scale; at least a twentieth of the offset."""
    return np.maximum(level + offset, 0.05 * offset)


def training_rows(stations: Sequence[Origins], horizon: int, until: int) -> tuple[Array, Array, Hours]:
    """Features, steps and hours of the origins whose target is known by `until`: an even sample if there are many."""
    features, steps, hours = [], [], []
    for origins in stations:
        usable = (
            (origins.hours + horizon <= until)
            & (origins.hours > until - MAX_HISTORY)
            & is_forecastable(origins)
            & (np.abs(origins.step) < MAX_STEP)
        )
        features.append(origins.features[usable])
        steps.append(origins.step[usable])
        hours.append(origins.hours[usable])
    if not features:
        return np.empty((0, 1)), np.empty(0), np.empty(0, np.int64)
    together, step, hour = np.concatenate(features), np.concatenate(steps), np.concatenate(hours)
    if len(step) > MAX_ROWS:
        chosen = np.linspace(0, len(step) - 1, MAX_ROWS).astype(np.int64)
        together, step, hour = together[chosen], step[chosen], hour[chosen]
    return together, step, hour


def is_forecastable(origins: Origins) -> NDArray[np.bool_]:
    """Whether an origin has enough, recent and changing values for a forecast that beats the last value."""
    return (origins.known >= MIN_KNOWN) & (origins.age <= MAX_AGE) & (origins.repeats < STUCK_HOURS)
