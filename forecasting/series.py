"""A station's hours on a regular grid."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Array = NDArray[np.float64]
Hours = NDArray[np.int64]

POLLUTANTS = ("pm2_5", "co")
PARAMETERS = ("pm2_5", "co", "no2", "o3", "pm10", "temperature", "humidity")


@dataclass(frozen=True)
class Series:
    """One station from its first hour to its newest; hours are counted from 1970, values missing where they are NaN.

    Attributes:
        values: by parameter, as the network gives them now.
        first_seen: by parameter, what an hour showed while it was the newest; NaN where that is not known.
        is_reported: whether the hour was reported at all.
    """

    station_id: str
    first_hour: int
    values: dict[str, Array]
    first_seen: dict[str, Array]
    is_reported: NDArray[np.bool_]

    @property
    def hours(self) -> Hours:
        return np.arange(self.first_hour, self.first_hour + len(self.is_reported))

    @property
    def newest_hour(self) -> int:
        return self.first_hour + len(self.is_reported) - 1


def hour_numbers(moments: pa.ChunkedArray) -> Hours:
    """Plain UTC timestamps as whole hours since 1970."""
    return np.asarray(moments.cast(pa.timestamp("us")).to_numpy().astype("datetime64[h]").astype(np.int64))


def moments(hours: Iterable[int]) -> pa.Array:
    """The other way round."""
    return pa.array(np.asarray(list(hours), dtype=np.int64).astype("datetime64[h]").astype("datetime64[us]"))


def all_series(hours: pa.Table, completions: pa.Table) -> list[Series]:
    """The stations' series, by station_id.

    Args:
        hours: station_id, measured_at and the parameters; one row per station and hour, in any order.
        completions: station_id, measured_at, parameter, old_value: what newest hours had shown before they were over.
    """
    station_ids = np.asarray(hours["station_id"].to_pylist(), dtype=object)
    numbers = hour_numbers(hours["measured_at"])
    columns = {name: np.asarray(hours[name].to_numpy(), dtype=np.float64) for name in PARAMETERS}
    seen_ids = np.asarray(completions["station_id"].to_pylist(), dtype=object)
    seen_numbers = hour_numbers(completions["measured_at"])
    seen_parameters = np.asarray(completions["parameter"].to_pylist(), dtype=object)
    seen_values = np.asarray(completions["old_value"].to_numpy(zero_copy_only=False), dtype=np.float64)
    found = []
    for station_id in np.unique(station_ids).tolist():
        own = station_ids == station_id
        first, newest = int(numbers[own].min()), int(numbers[own].max())
        at = numbers[own] - first
        is_reported = np.zeros(newest - first + 1, dtype=np.bool_)
        is_reported[at] = True
        values, first_seen = {}, {}
        for name in PARAMETERS:
            values[name] = np.full(len(is_reported), np.nan)
            values[name][at] = columns[name][own]
            seen = (
                (seen_ids == station_id)
                & (seen_parameters == name)
                & (seen_numbers >= first)
                & (seen_numbers <= newest)
            )
            first_seen[name] = np.full(len(is_reported), np.nan)
            first_seen[name][seen_numbers[seen] - first] = seen_values[seen]
        found.append(Series(station_id, first, values, first_seen, is_reported))
    return found


def lagged(values: Array, hours: int) -> Array:
    """The value so many hours before; of later hours where `hours` is negative."""
    out = np.full(len(values), np.nan)
    if hours >= len(values) or -hours >= len(values):
        return out
    if hours > 0:
        out[hours:] = values[:-hours]
    elif hours < 0:
        out[:hours] = values[-hours:]
    else:
        out[:] = values
    return out


def trailing_mean(values: Array, window: int, min_count: int) -> Array:
    """Mean of the known values among this hour and the ones before, `window` in all; NaN where fewer than `min_count` are known."""
    known = ~np.isnan(values)
    sums = np.concatenate([[0.0], np.cumsum(np.where(known, values, 0.0))])
    counts = np.concatenate([[0], np.cumsum(known)])
    end = np.arange(1, len(values) + 1)
    begin = np.maximum(end - window, 0)
    count = counts[end] - counts[begin]
    return np.where(count >= min_count, (sums[end] - sums[begin]) / np.maximum(count, 1), np.nan)


def last_known(values: Array) -> tuple[Array, Array]:
    """The newest known value at or before each hour, and its age in hours; NaN and infinity before the first."""
    place = np.maximum.accumulate(np.where(np.isnan(values), -1, np.arange(len(values))))
    age = np.where(place >= 0, np.arange(len(values)) - place, np.inf)
    return np.where(place >= 0, values[np.maximum(place, 0)], np.nan), age


def repeats(values: Array) -> Array:
    """For how many hours the known values up to each hour have been one and the same; 0 for one that just changed."""
    is_known = ~np.isnan(values)
    known = np.flatnonzero(is_known)
    if not len(known):
        return np.zeros(len(values))
    begun = np.concatenate([[True], values[known][1:] != values[known][:-1]])
    run = np.maximum.accumulate(np.where(begun, known, 0))
    newest = np.cumsum(is_known) - 1  # each hour's newest known value, by its place among the known ones
    return np.where(newest >= 0, (known - run)[np.maximum(newest, 0)], 0).astype(np.float64)
