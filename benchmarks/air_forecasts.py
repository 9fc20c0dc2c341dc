"""The forecasts: ways compared over the same hours by a rolling-origin backtest, and what a build of them costs."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from benchmarks.common import BIN, Log, Options, Ran, Report, megabytes, mock_provider, run
from forecasting.features import Origins, all_origins
from forecasting.fits import MEMBERS, MIN_ROWS, fit
from forecasting.forecasts import Forecasts, due, make
from forecasting.graph import HORIZONS
from forecasting.models import THREADS, use_one_thread
from forecasting.newest_hour import by_share
from forecasting.refits import BACKTEST_DAYS, BACKTEST_FIT_DAYS, DAY
from forecasting.series import PARAMETERS, Array, Series, all_series, lagged
from mock_api.air_quality.provider import AirQuality
from mock_api.air_quality.simulation import DECIMALS
from mock_api.air_quality.stations import ABIDJAN
from mock_api.clock import Clock
from mock_api.times import EPOCH

STATIONS = (283164601, 283181971, *range(283190001, 283190009))
NOW = datetime(2026, 11, 20, 6, 50, tzinfo=UTC)
MEASURED_DAYS = 60
KEYS = {
    "CO": "co", "PM2.5": "pm2_5", "NO2": "no2", "O3": "o3", "PM10": "pm10", "T": "temperature", "RH": "humidity",
}  # fmt: skip
PYTHON_MODELS = ("int_air_quality__forecast_fits", "int_air_quality__forecasts")
LEAST_SKILL = {1: 15.0, 2: 25.0}
FIRST_BUILD, HOURLY_RUN = 180.0, 10.0
YEAR = 365 * DAY
LEAST_WINDOW = 300 * DAY  # hours
MOST_WINDOWS = 6
PLAIN_TREES = 100
PLAIN, SHIPPED = "plain boosting", "ensemble (shipped)"


@dataclass(frozen=True)
class Score:
    """Of one way on one station: percent below persistence and below yesterday's hour, and the interval's coverage."""

    skill: float
    skill_yesterday: float
    coverage: float | None


def measure(options: Options, log: Log) -> Report:
    """Accuracy on the mock's network of ten stations and on `options.air_hours`; then builds of those ten stations."""
    command = "python -m benchmarks air_forecasts"
    if options.air_hours:
        command += f" --air-hours {options.air_hours.name}"
    report = Report("Forecasts of air quality", command)
    stations = [simulated(str(station_id)) for station_id in STATIONS]
    for pollutant, title in (("pm2_5", "PM2.5"), ("co", "CO")):
        log(f"{title}, {len(stations)} simulated stations")
        scores = {horizon: backtest(stations, pollutant, horizon, 0.5) for horizon in HORIZONS}
        _rows(report, f"mock, {title}", scores, is_marked=pollutant == "pm2_5")
    if options.air_hours:
        given = windows(read_hours(options.air_hours))
        for share, how in ((1.0, "whole newest hour"), (0.5, "half of it, emulated")):
            scores = {}
            for horizon in HORIZONS:
                log(f"{options.air_hours.name}, {how}, {horizon} h")
                for window in given:
                    for way, found in backtest(window, "pm2_5", horizon, share).items():
                        scores.setdefault(horizon, {}).setdefault(way, []).extend(found)
            _rows(report, f"{options.air_hours.stem}, {how}", scores, is_marked=False)
        report.notes.append(
            f"`{options.air_hours.name}` is cut at {len(given)} ends, each with the year before it, and scored on the {MEASURED_DAYS} days before each end: ranges are over stations and ends."
        )
    report.notes.append(
        f"All ways forecast the same hours, those of the last {MEASURED_DAYS} days, from origins that know nothing later, with fits that end {', '.join(map(str, BACKTEST_FIT_DAYS))} days before the newest "
        "hour, as a first build makes them. Figures are by how much a way's mean absolute error lies below that of *persistence* (the last value, as it looked then) and of yesterday's hour, from the worst "
        "station to the best, and the share of hours in the 90 % interval. On the mock a forecast starts from as much of the hour as the network has at ten to, taken from the simulation; of what lies "
        "before those days only the final values are known, and how they had looked is emulated."
    )
    report.notes.append(
        f"*{PLAIN}*: {PLAIN_TREES} trees of xgboost, its defaults for the least absolute error, on the step from the last value, fed the last 24 hours' differences, hour, weekday and the other "
        "pollutants. *linear*, *trees*, *logarithm* and *both* are the members of the ensemble, each alone."
    )
    _timings(report, log)
    return report


def simulated(station_id: str) -> Series:
    """A station's year as the mock served it: the last days hour by hour, each while it was the newest, at ten to."""
    network = AirQuality(42, Clock.at(NOW), ABIDJAN)
    station = network.station(station_id)
    rows = network.hours(station)
    columns: dict[str, list[Any]] = {"measured_at": [datetime.fromisoformat(str(row["timestamp"])) for row in rows]}
    columns |= {name: [row.get(key) for row in rows] for key, name in KEYS.items()}
    table = pa.table({"station_id": pa.array([station_id] * len(rows), pa.string()), **_typed(columns)})
    (series,) = all_series(table, _NOTHING_SEEN)
    epoch = int((EPOCH - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(hours=1))
    count = len(series.hours)
    for place in range(count - DAY * BACKTEST_DAYS, count - 1):
        served = network.under_way(station, int(series.hours[place]) - epoch, (NOW.minute - station.lag) / 60)
        for key, name in KEYS.items():
            if not np.isnan(series.values[name][place]):
                series.first_seen[name][place] = round(served[key], DECIMALS[key])
    return series


def read_hours(file: Path) -> list[Series]:
    """Stations out of a CSV or Parquet file.

    Columns: `measured_at` (UTC), `station_id` (one station if it is not there), and of `PARAMETERS`
    those that there are. Rows in any order; a station's missing hours may be left out.

    Raises:
        RuntimeError: it cannot be read, or lacks a column.
    """
    with duckdb.connect() as connection:
        try:
            relation = (
                connection.read_parquet(str(file)) if file.suffix == ".parquet" else connection.read_csv(str(file))
            )
            missing = {"measured_at", "pm2_5"} - set(relation.columns)
            if missing:
                raise RuntimeError(f"{file} has no column {', '.join(sorted(missing))}")
            wanted = {"station_id": "varchar", "measured_at": "timestamp"} | dict.fromkeys(PARAMETERS, "double")
            absent = {"station_id": "'1'"}
            columns = [
                f"{name if name in relation.columns else absent.get(name, 'null')}::{kind} as {name}"
                for name, kind in wanted.items()
            ]
            return all_series(relation.project(", ".join(columns)).to_arrow_table(), _NOTHING_SEEN)
        except duckdb.Error as error:
            raise RuntimeError(f"{file} cannot be read: {str(error).splitlines()[0]}") from None


def windows(stations: Sequence[Series]) -> list[list[Series]]:
    """The stations as they were at several ends, each with at most a year behind it as the network serves it."""
    first = min(series.first_hour for series in stations)
    newest = max(series.newest_hour for series in stations)
    span = newest - first + 1
    count = int(np.clip((span - LEAST_WINDOW) // (DAY * MEASURED_DAYS) + 1, 1, MOST_WINDOWS))
    ends = np.linspace(min(first + LEAST_WINDOW, newest), newest, count).astype(int) if count > 1 else [newest]
    found = []
    for end in ends:
        cuts = [_cut(series, int(end) - YEAR + 1, int(end)) for series in stations]
        found.append([series for series in cuts if series is not None])
    return [window for window in found if window]


def backtest(stations: Sequence[Series], pollutant: str, horizon: int, share: float) -> dict[str, list[Score]]:
    """Each way's scores by station, over the last days; `share` of the newest hour is over where it was not seen."""
    partials = dict.fromkeys(PARAMETERS, by_share(share))
    newest = max(series.newest_hour for series in stations)
    found = all_origins(stations, pollutant, horizon, partials)
    ends = [newest - DAY * days for days in BACKTEST_FIT_DAYS]
    fits = [one for end in ends if (one := fit(found, pollutant, horizon, end)) is not None]
    plain = [(end, _plain_boosting(found, horizon, end)) for end in ends]
    scores: dict[str, list[Score]] = {}
    for series, origins in zip(stations, found, strict=True):
        truth = lagged(series.values[pollutant], -horizon)
        places = due(origins, np.empty(0, np.int64), newest - DAY * BACKTEST_DAYS)
        made = make(origins, places, fits, Forecasts.none(), truth)
        measured = truth[places]
        yesterday = lagged(series.values[pollutant], DAY - horizon)[places]
        is_scored = ~np.isnan(measured) & (made.hours > newest - DAY * MEASURED_DAYS)
        if is_scored.sum() < DAY:
            continue
        ways = {"persistence": made.base, "yesterday": yesterday, PLAIN: _plain(plain, origins, places)}
        ways |= {member: _or_base(made.base + made.steps[:, n], made.base) for n, member in enumerate(MEMBERS)}
        ways[SHIPPED] = made.value
        is_covered = (measured >= made.lower) & (measured <= made.upper)
        for way, value in ways.items():
            scores.setdefault(way, []).append(
                Score(
                    _better(value, made.base, measured, is_scored),
                    _better(value, yesterday, measured, is_scored),
                    float(is_covered[is_scored].mean()) if way == SHIPPED else None,
                )
            )
    return scores


def _better(value: Array, other: Array, measured: Array, is_scored: NDArray[np.bool_]) -> float:
    """By how many percent the mean absolute error is below another's, over the hours that both have."""
    both = is_scored & ~np.isnan(value) & ~np.isnan(other)
    error, others = np.abs(value - measured)[both].mean(), np.abs(other - measured)[both].mean()
    return float(100 * (1 - error / others)) if others else float("nan")


def _or_base(value: Array, base: Array) -> Array:
    return np.where(np.isnan(value), base, value)


def _plain_boosting(found: Sequence[Origins], horizon: int, until: int) -> Any:
    """Gradient boosting as one would write it down first; None where there is too little to learn from."""
    features, steps = [], []
    for origins in found:
        usable = (origins.hours + horizon <= until) & np.isfinite(origins.step)
        features.append(origins.features[usable][:, _plain_columns(origins)])
        steps.append((origins.step * origins.scale)[usable])
    known, target = np.concatenate(features), np.concatenate(steps)
    if len(target) < MIN_ROWS:
        return None
    from xgboost import DMatrix, train

    use_one_thread()
    return train({"objective": "reg:absoluteerror", "nthread": THREADS}, DMatrix(known, target), PLAIN_TREES)


def _plain(fits: Sequence[tuple[int, Any]], origins: Origins, places: NDArray[np.int64]) -> Array:
    value = origins.base[places].copy()
    for end, model in fits:
        later = origins.hours[places] >= end
        if model is not None and later.any():
            rows = origins.features[places[later]][:, _plain_columns(origins)]
            value[later] = origins.base[places[later]] + model.inplace_predict(rows)
    return value


def _plain_columns(origins: Origins) -> list[int]:
    names = {"level", "hour", "weekday", *PARAMETERS, *(f"lag {hours}" for hours in range(1, DAY + 1))}
    return [place for place, name in enumerate(origins.names) if name in names]


def _rows(report: Report, what: str, scores: dict[int, dict[str, list[Score]]], is_marked: bool) -> None:
    """A line for each way and horizon."""
    for horizon, ways in scores.items():
        for way, found in ways.items():
            if way == "persistence":
                continue
            skills = [score.skill for score in found]
            text = f"{_range(skills)} below persistence"
            if way != "yesterday":
                text += f", {_range([score.skill_yesterday for score in found])} below yesterday"
            covers = [100 * score.coverage for score in found if score.coverage is not None]
            mark, met = "", None
            if covers:
                text += f"; coverage {_range(covers, 1)}"
                if is_marked:
                    mark = f"≥ {LEAST_SKILL[horizon]:.0f} %, > 0 %; 87 to 93 %"
                    met = (
                        min(skills) >= LEAST_SKILL[horizon]
                        and min(score.skill_yesterday for score in found) > 0
                        and min(covers) >= 87
                        and max(covers) <= 93
                    )
            report.add(f"{what}, {horizon} h: {way}", text, mark, met)


def _range(values: Sequence[float], digits: int = 1) -> str:
    low, middle, high = min(values), float(np.mean(values)), max(values)
    if len(values) == 1:
        return f"{middle:.{digits}f} %"
    return f"{low:.{digits}f} to {high:.{digits}f} % (mean {middle:.{digits}f})"


def _timings(report: Report, log: Log) -> None:
    """A first build of ten stations with its backtest, and the build an hour later, as processes."""
    with TemporaryDirectory(prefix="tally-bench-") as folder:
        environment = {
            "TALLY_WAREHOUSE": f"{folder}/warehouse.duckdb",
            "SOURCES__AIR_QUALITY__STATION_IDS": str(list(STATIONS)),
        }
        for what, moment, mark in (
            ("first build, with its 60-day backtest", NOW, FIRST_BUILD),
            ("a build an hour later", NOW + timedelta(hours=1), HOURLY_RUN),
        ):
            with mock_provider("2026-11-01", f"{moment:%Y-%m-%dT%H:%M:%SZ}") as address:
                environment["SOURCES__AIR_QUALITY__BASE_URL"] = f"{address}/air"
                loaded = run([sys.executable, "-m", "ingestion", "air_quality"], environment)
            log(f"ingestion: {loaded.seconds:.1f} s")
            built = _build(environment, folder)
            models, tests = _node_seconds(Path(folder) / "target/run_results.json")
            log(f"{what}: {built.seconds:.1f} s")
            report.add(
                f"{len(STATIONS)} stations, {what}: the two Python models",
                f"{models:.1f} s",
                f"< {mark:.0f} s",
                models < mark,
            )
            report.add(
                f"{len(STATIONS)} stations, {what}: all of `dbt build --select tag:air_quality`",
                f"{built.seconds:.1f} s, {built.processor:.1f} s of it on a processor (dbt's start-up, {tests} tests), "
                f"peak {megabytes(built.peak)}",
                f"< {mark:.0f} s" if mark == FIRST_BUILD else "",
                built.seconds < mark if mark == FIRST_BUILD else None,
            )


def _build(environment: dict[str, str], folder: str) -> Ran:
    beside = ["--target-path", f"{folder}/target", "--log-path", f"{folder}/logs"]
    command = [str(BIN / "dbt"), "--quiet", "build", "--select", "tag:air_quality", "air_quality_limits", *beside]
    return run(command, environment)


def _node_seconds(results: Path) -> tuple[float, int]:
    """Seconds of the models that are Python, and how many tests there were."""
    found = json.loads(results.read_text("utf-8"))["results"]
    models = [one["execution_time"] for one in found if one["unique_id"].endswith(PYTHON_MODELS)]
    return sum(models), sum(one["unique_id"].startswith(("test.", "unit_test.")) for one in found)


def _cut(series: Series, first: int, last: int) -> Series | None:
    """The series between two hours; None where it has less than a month there."""
    begin, end = max(first - series.first_hour, 0), min(last, series.newest_hour) - series.first_hour + 1
    if end - begin < DAY * 30:
        return None
    part = slice(begin, end)
    return Series(
        series.station_id,
        series.first_hour + begin,
        {name: values[part] for name, values in series.values.items()},
        {name: values[part] for name, values in series.first_seen.items()},
        series.is_reported[part],
    )


def _typed(columns: dict[str, list[Any]]) -> dict[str, pa.Array]:
    return {
        name: pa.array(values, pa.timestamp("us") if name == "measured_at" else pa.float64())
        for name, values in columns.items()
    }


_NOTHING_SEEN = pa.table(
    {
        "station_id": pa.array([], pa.int64()),
        "measured_at": pa.array([], pa.timestamp("us")),
        "parameter": pa.array([], pa.string()),
        "old_value": pa.array([], pa.float64()),
    }
)
