"""The two kinds of model that forecasts are made of. Both minimize absolute error, and both store as plain arrays."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecasting.series import Array

THREADS = 1

ROWS_AT_ONCE = 4096
ROUNDS = 4  # further ones move the forecasts by less than a thousandth of their error


@contextmanager
def one_thread() -> Iterator[None]:
    """Numerical libraries on one thread: on matrices of this size theirs wait for each other, and for whatever else the
    machine does, longer than they work."""
    os.environ.setdefault("OMP_NUM_THREADS", str(THREADS))  # of a library that is loaded only now
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=THREADS):
        yield


@dataclass(frozen=True)
class LinearMedian:
    """Least absolute deviations on standardized features, with a level and a slope for every hour of the day.

    Found by iteratively reweighted least squares (Schlossmacher, 1973), around the median, with a ridge penalty. A
    missing feature counts as its mean.
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
        penalty = ridge * len(target) * np.eye(design.shape[1])
        around = target - middle
        unit = max(float(np.median(np.abs(around))), 1e-9)
        errors = np.full(len(target), unit)
        coefficients = np.zeros(design.shape[1])
        for _ in range(ROUNDS):
            weighted = design * (unit / np.maximum(np.abs(errors), 0.3 * unit))[:, None]
            coefficients = np.linalg.solve(design.T @ weighted + penalty, weighted.T @ around)
            errors = around - design @ coefficients
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


@dataclass(frozen=True)
class Forest:
    """Gradient-boosted trees, learnt by scikit-learn and kept as plain arrays.

    A pickled model can run any code when it is read, and a warehouse file is something that people hand each other.

    Attributes:
        roots: each tree's first node.
        feature, threshold: where a node sends a row: left if the feature is at most the threshold.
        missing_left: where it sends a row whose feature is missing.
        left, right: the nodes there; a leaf's own number in both.
        value: what a leaf adds.
    """

    start: float
    roots: NDArray[np.int32]
    feature: NDArray[np.int32]
    threshold: Array
    missing_left: NDArray[np.bool_]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    value: Array
    depth: int

    @classmethod
    def fit(cls, features: Array, target: Array, trees: int, seed: int) -> Forest:
        """Trees for the least absolute error."""
        from sklearn.ensemble import HistGradientBoostingRegressor

        usable = np.flatnonzero(~np.isnan(features).all(axis=0))  # a column without a value cannot be binned
        learner = HistGradientBoostingRegressor(
            loss="absolute_error",
            max_iter=trees,
            learning_rate=0.07,
            max_leaf_nodes=20,
            max_depth=8,
            min_samples_leaf=60,
            max_features=0.4,
            max_bins=64,
            early_stopping=False,
            random_state=seed,
        )
        with one_thread():
            learner.fit(features[:, usable], target)
        nodes = [stage[0].nodes for stage in learner._predictors]
        sizes = np.array([len(tree) for tree in nodes])
        roots = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int32)
        together = np.concatenate(nodes)
        offset = np.repeat(roots, sizes)
        is_leaf = together["is_leaf"].astype(np.bool_)
        own = np.arange(len(together), dtype=np.int32)
        return cls(
            start=float(np.ravel(learner._baseline_prediction)[0]),
            roots=roots,
            feature=np.where(is_leaf, 0, usable[together["feature_idx"]]).astype(np.int32),
            threshold=together["num_threshold"].astype(np.float64),
            missing_left=together["missing_go_to_left"].astype(np.bool_),
            left=np.where(is_leaf, own, together["left"] + offset).astype(np.int32),
            right=np.where(is_leaf, own, together["right"] + offset).astype(np.int32),
            value=np.where(is_leaf, together["value"], 0.0).astype(np.float64),
            depth=int(together["depth"].max()),
        )

    def predict(self, features: Array) -> Array:
        parts = [self._predict(features[row : row + ROWS_AT_ONCE]) for row in range(0, len(features), ROWS_AT_ONCE)]
        return np.concatenate(parts) if parts else np.empty(0)

    def _predict(self, features: Array) -> Array:
        rows = np.arange(len(features))[:, None]
        node = np.broadcast_to(self.roots, (len(features), len(self.roots)))
        for _ in range(self.depth):  # all trees at once, a step down each time
            value = features[rows, self.feature[node]]
            goes_left = np.where(np.isnan(value), self.missing_left[node], value <= self.threshold[node])
            node = np.where(goes_left, self.left[node], self.right[node])
        return np.asarray(self.start + self.value[node].sum(axis=1))

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """What `from_arrays` needs."""
        names = ("roots", "feature", "threshold", "missing_left", "left", "right", "value")
        return {name: getattr(self, name) for name in names} | {
            "start": np.array([self.start]),
            "depth": np.array([self.depth]),
        }

    @classmethod
    def from_arrays(cls, arrays: dict[str, NDArray[np.generic]]) -> Forest:
        return cls(
            start=float(arrays["start"].astype(np.float64)[0]),
            roots=arrays["roots"].astype(np.int32),
            feature=arrays["feature"].astype(np.int32),
            threshold=arrays["threshold"].astype(np.float64),
            missing_left=arrays["missing_left"].astype(np.bool_),
            left=arrays["left"].astype(np.int32),
            right=arrays["right"].astype(np.int32),
            value=arrays["value"].astype(np.float64),
            depth=int(arrays["depth"].astype(np.int64)[0]),
        )


def packed(arrays: dict[str, NDArray[np.generic]]) -> bytes:
    """Arrays by name as one block of bytes."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def unpacked(content: bytes) -> dict[str, NDArray[np.generic]]:
    """The other way round; nothing in the bytes is executed."""
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}
