"""The two kinds of model that forecasts are made of. Both minimize absolute error, and both store as arrays."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from forecasting.series import Array

if TYPE_CHECKING:
    from xgboost import Booster, QuantileDMatrix

THREADS = 1
MAX_BINS = 64  # of a feature's values, between which trees may split
ITERATIONS = 4  # further ones move the forecasts by less than a thousandth of their error


def use_one_thread() -> None:
    """Numerical libraries on one thread, from now on: on matrices of this size theirs wait for each other, and for whatever else the
    machine does, longer than they work. What is fitted side by side uses the cores.

    A limit is the whole process's. One that ended with a model would end in the middle of another, whose sums would then be other ones.
    """
    from threadpoolctl import threadpool_limits

    threadpool_limits(limits=THREADS)


def least_absolute(design: Array, target: Array, penalty: Array, weight: Array) -> Array:
    """Coefficients of the least weighted sum of absolute errors, by iteratively reweighted least squares (Schlossmacher, 1973).

    Args:
        design: rows by columns; target: by row; weight: by row.
        penalty: by column, of the coefficient's square, in squares of the target's median size.
    """
    unit = max(float(np.median(np.abs(target))), 1e-9)
    errors = np.full(len(target), unit)
    coefficients = np.zeros(design.shape[1])
    for _ in range(ITERATIONS):
        weighted = design * (weight * unit / np.maximum(np.abs(errors), 0.3 * unit))[:, None]
        coefficients = np.linalg.solve(design.T @ weighted + np.diag(penalty), weighted.T @ target)
        errors = target - design @ coefficients
    return coefficients


@dataclass(frozen=True)
class LinearMedian:
    """Least absolute deviations (the conditional median) on standardized features, with a level and a slope for every hour of the day.

    Around the median, with a ridge penalty. A missing feature counts as its mean.
    """

    middle: float
    center: Array
    spread: Array
    hour: int
    weekday: int
    level: int
    coefficients: Array

    @classmethod
    def fit(cls, features: Array, target: Array, places: tuple[int, int, int], ridge: float) -> LinearMedian:
        """`places` are the columns of the hour of the day, of the weekday (0 Monday) and of the level; `ridge` is the penalty for each row."""
        known = ~np.isnan(features)
        count = np.maximum(known.sum(axis=0), 1)
        center = np.where(known, features, 0.0).sum(axis=0) / count
        spread = np.sqrt(np.where(known, (features - center) ** 2, 0.0).sum(axis=0) / count)
        middle = float(np.median(target))
        shell = cls(middle, center, np.where(spread > 0, spread, 1.0), *places, np.empty(0))
        design = shell._design(features)
        penalty = np.full(design.shape[1], ridge * len(target))
        coefficients = least_absolute(design, target - middle, penalty, np.ones(len(target)))
        return cls(middle, shell.center, shell.spread, *places, coefficients)

    def predict(self, features: Array) -> Array:
        return np.asarray(self.middle + self._design(features) @ self.coefficients)

    def _design(self, features: Array) -> Array:
        standardized = np.clip(np.nan_to_num((features - self.center) / self.spread), -8.0, 8.0)
        hour = features[:, self.hour].astype(np.int64)
        is_weekend = features[:, self.weekday] >= 5
        rows = np.arange(len(features))
        levels = np.zeros((len(features), 48))
        levels[rows, hour + 24 * is_weekend] = 1.0
        slopes = np.zeros((len(features), 24))
        slopes[rows, hour] = standardized[:, self.level]
        return np.concatenate([standardized, levels, slopes], axis=1)

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """What `from_arrays` needs."""
        return {
            "middle": np.array([self.middle]),
            "center": self.center,
            "spread": self.spread,
            "places": np.array([self.hour, self.weekday, self.level]),
            "coefficients": self.coefficients,
        }

    @classmethod
    def from_arrays(cls, arrays: dict[str, NDArray[np.generic]]) -> LinearMedian:
        hour, weekday, level = arrays["places"].astype(np.int64).tolist()
        names = ("center", "spread", "coefficients")
        center, spread, coefficients = (arrays[name].astype(np.float64) for name in names)
        middle = float(arrays["middle"].astype(np.float64)[0])
        return cls(middle, center, spread, hour, weekday, level, coefficients)


def binned(features: NDArray[np.floating]) -> QuantileDMatrix:
    """Features as forests are fitted on them, each in `MAX_BINS` bins: rows by features; NaN is a missing value."""
    from xgboost import QuantileDMatrix

    return QuantileDMatrix(features, max_bin=MAX_BINS, nthread=THREADS)


@dataclass(frozen=True)
class Forest:
    """Gradient-boosted trees of xgboost, fitted for the least absolute error.

    Stored in xgboost's own format: a pickled model can run any code when it is read, and a warehouse file is something
    that people hand each other.
    """

    booster: Booster

    @classmethod
    def fit(
        cls,
        rows: QuantileDMatrix,
        target: Array,
        trees: int,
        seed: int,
        parameters: Mapping[str, float | str],
    ) -> Forest:
        """
        Args:
            rows: the features (`binned`), which forests of other targets may share, one after another.
            target: one value a row.
            parameters: xgboost's, of how trees grow.
        """
        from xgboost import train

        fixed = {"objective": "reg:absoluteerror", "tree_method": "hist", "grow_policy": "lossguide"}
        settings = {**fixed, **parameters, "max_bin": MAX_BINS, "nthread": THREADS, "seed": seed}
        rows.set_label(target)
        return cls(train(settings, rows, num_boost_round=trees))

    def predict(self, features: NDArray[np.floating]) -> Array:
        return np.asarray(self.booster.inplace_predict(features), dtype=np.float64)

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """What `from_arrays` needs."""
        return {"booster": np.frombuffer(self.booster.save_raw("ubj"), dtype=np.uint8)}

    @classmethod
    def from_arrays(cls, arrays: dict[str, NDArray[np.generic]]) -> Forest:
        from xgboost import Booster

        booster = Booster({"nthread": THREADS})
        booster.load_model(bytearray(arrays["booster"].tobytes()))
        return cls(booster)


def packed(arrays: dict[str, NDArray[np.generic]]) -> bytes:
    """Arrays by name as one block of bytes."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def unpacked(content: bytes) -> dict[str, NDArray[np.generic]]:
    """The other way round; nothing in the bytes is executed."""
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}
