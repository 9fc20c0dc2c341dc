"""What is known at an origin about a pollutant one or two hours later.

Everything is a difference from the last known value, in units of the station's own hourly change, so that one model
serves all stations, of any level. No feature uses a value after the origin.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecasting.newest_hour import Partial, as_first_reported
from forecasting.series import PARAMETERS, Array, Series, lagged, last_known, repeats, trailing_mean

DAY, WEEK, MONTH = 24, 168, 672
LOOK_BACK = MONTH + DAY  # hours of history that an origin's features need
LAGS = (*range(1, 25), 27, 30, 36, 47)
MEANS = (3, 6, 12, 24, 72, 168, 672)
CHANGES = (6, 24, 168)


@dataclass(frozen=True)
class Origins:
    """A station's hours as origins, for one pollutant and horizon.

    Attributes:
        horizon: hours from an origin to its target.
        features: hours by features.
        base: the last known value, as reported at that time.
        scale: mean absolute hourly change of the four weeks before.
        step: from the base to the value at the horizon, in units of `scale`; NaN where that is not known (yet).
        age: hours since the last known value.
        repeats: hours for which it had not changed.
        known: values known in the last four weeks.
        changed: how many of them differ from the one before.
        names: of the features.
    """

    station_id: str
    horizon: int
    hours: NDArray[np.int64]
    is_reported: NDArray[np.bool_]
    features: Array
    base: Array
    scale: Array
    step: Array
    age: Array
    repeats: Array
    known: Array
    changed: Array
    names: tuple[str, ...]


def all_origins(
    stations: Sequence[Series], pollutant: str, horizon: int, partials: dict[str, Partial]
) -> list[Origins]:
    """Every station's hours as origins."""
    first_reported = [
        {name: as_first_reported(series, name, partials[name]) for name in PARAMETERS} for series in stations
    ]
    city = [
        _departures(series, seen[pollutant], pollutant) for series, seen in zip(stations, first_reported, strict=True)
    ]
    found = []
    for place, (series, seen) in enumerate(zip(stations, first_reported, strict=True)):
        values = series.values[pollutant]
        earlier, earlier_age = last_known(lagged(values, 1))
        is_known = ~np.isnan(seen[pollutant])
        base = np.where(is_known, seen[pollutant], earlier)
        scale = _scale(values)
        columns = _columns(series, pollutant, horizon, seen, base, scale)
        columns |= _of_the_others(stations, city, place)
        columns["age"] = np.minimum(np.where(is_known, 0.0, earlier_age + 1), 100.0)
        columns["repeats"] = np.minimum(repeats(values), 100.0)
        found.append(
            Origins(
                station_id=series.station_id,
                horizon=horizon,
                hours=series.hours,
                is_reported=series.is_reported,
                features=np.stack(list(columns.values()), axis=1),
                base=base,
                scale=scale,
                step=(lagged(values, -horizon) - base) / scale,
                age=np.where(is_known, 0.0, earlier_age + 1),
                repeats=repeats(values),
                known=_count(~np.isnan(values)),
                changed=_count(
                    ~np.isnan(values) & (repeats(values) == 0) & ~np.isnan(last_known(lagged(values, 1))[0])
                ),
                names=tuple(columns),
            )
        )
    return found


def _count(flags: NDArray[np.bool_]) -> Array:
    """How many of the last four weeks' hours."""
    sums = np.concatenate([[0], np.cumsum(flags)])
    end = np.arange(1, len(flags) + 1)
    return np.asarray(sums[end] - sums[np.maximum(end - MONTH, 0)], dtype=np.float64)


def _scale(values: Array) -> Array:
    """Mean absolute hourly change over four weeks, at least a hundredth of the mean level: never 0."""
    before = lagged(values, 1)
    change = trailing_mean(np.abs(before - lagged(values, 2)), MONTH, DAY)
    level = trailing_mean(np.abs(before), MONTH, DAY)
    return np.asarray(np.fmax(np.fmax(change, 0.01 * level), 1e-6))


def _columns(
    series: Series, pollutant: str, horizon: int, seen: dict[str, Array], base: Array, scale: Array
) -> dict[str, Array]:
    values = series.values[pollutant]
    before = lagged(values, 1)
    columns: dict[str, Array] = {"level": base / scale}
    for hours in LAGS:
        columns[f"lag {hours}"] = (base - lagged(values, hours)) / scale
    for window in MEANS:
        columns[f"mean {window}"] = (base - trailing_mean(before, window, max(1, window // 4))) / scale
    for window in CHANGES:
        change = np.abs(before - lagged(values, 2))
        columns[f"change {window}"] = trailing_mean(change, window, max(1, window // 4)) / scale
    # Yesterday, the day before and a week ago: the hours around the target, and the step that led there.
    for back in (DAY, 2 * DAY, WEEK):
        for beside in (-1, 0, 1):
            columns[f"{back} hours before target{beside:+d}"] = (base - lagged(values, back - horizon - beside)) / scale
        columns[f"step {back} hours before"] = (lagged(values, back - horizon) - lagged(values, back)) / scale
    steps = [(lagged(values, DAY * day - horizon) - lagged(values, DAY * day)) / scale for day in range(1, 29)]
    columns["usual step, week"] = _mean(steps[:7])
    columns["usual step, month"] = _mean(steps)
    columns["usual step, weekday"] = _mean(steps[6::7])
    levels = [lagged(values, DAY * day) for day in range(1, 15)]
    targets = [lagged(values, DAY * day - horizon) for day in range(1, 15)]
    columns["above usual"] = (base - _mean(levels)) / scale
    columns["above usual target"] = (base - _mean(targets)) / scale
    target_hours = series.hours + horizon
    columns["hour"] = (target_hours % 24).astype(np.float64)
    columns["weekday"] = ((target_hours // 24 + 3) % 7).astype(np.float64)  # 1970 began on a Thursday
    for name in PARAMETERS:
        if name == pollutant:
            continue
        other, unit = series.values[name], _scale(series.values[name])
        columns[name] = seen[name] / unit
        columns[f"{name} change 1"] = (seen[name] - lagged(other, 1)) / unit
        columns[f"{name} change 3"] = (seen[name] - lagged(other, 3)) / unit
        columns[f"{name} against day"] = (seen[name] - trailing_mean(lagged(other, 1), DAY, 6)) / unit
        columns[f"{name} step yesterday"] = (lagged(other, DAY - horizon) - lagged(other, DAY)) / unit
    return columns


def _departures(series: Series, seen: Array, pollutant: str) -> dict[str, Array]:
    """A station's latest change and its distance from the day's mean, as features of the other stations."""
    values = series.values[pollutant]
    scale = _scale(values)
    return {
        "change": (seen - lagged(values, 1)) / scale,
        "distance": (seen - trailing_mean(lagged(values, 1), DAY, 6)) / scale,
    }


def _of_the_others(stations: Sequence[Series], city: Sequence[dict[str, Array]], place: int) -> dict[str, Array]:
    """Means over the other stations at the same hour."""
    series = stations[place]
    columns = {}
    for kind in ("change", "distance"):
        total, count = np.zeros(len(series.hours)), np.zeros(len(series.hours))
        for other_place, other in enumerate(stations):
            if other_place == place:
                continue
            first = max(series.first_hour, other.first_hour)
            end = min(series.newest_hour, other.newest_hour) + 1
            if first >= end:
                continue
            theirs = city[other_place][kind][first - other.first_hour : end - other.first_hour]
            mine = slice(first - series.first_hour, end - series.first_hour)
            total[mine] += np.nan_to_num(theirs)
            count[mine] += ~np.isnan(theirs)
        columns[f"others' {kind}"] = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return columns


def _mean(parts: Sequence[Array]) -> Array:
    """Mean of the known ones, if a third of them (and two) are known."""
    stacked = np.stack(parts)
    known = ~np.isnan(stacked)
    count = known.sum(axis=0)
    enough = count >= max(2, len(parts) // 3)
    return np.where(enough, np.where(known, stacked, 0.0).sum(axis=0) / np.maximum(count, 1), np.nan)
