"""What dbt's two Python models do: from relations to Arrow tables, with what they made before as their memory."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pyarrow as pa

from forecasting.features import LOOK_BACK, all_origins
from forecasting.fits import MAX_HISTORY, MEMBERS, VERSION, Fit, fit
from forecasting.forecasts import ENSEMBLE, PERSISTENCE, Forecasts, due, make
from forecasting.models import use_one_thread
from forecasting.newest_hour import Partial, by_share, estimate_partial, share_under_way
from forecasting.refits import BACKTEST_DAYS, DAY, Model, due_fits, kept_fits
from forecasting.series import PARAMETERS, POLLUTANTS, Series, all_series, hour_numbers, lagged, moments

HORIZONS = (1, 2)
FITS_AT_ONCE = 4  # one a core; each takes some 80 MB
MODELS = tuple((pollutant, horizon) for pollutant in POLLUTANTS for horizon in HORIZONS)

FITS = pa.schema(
    [
        ("pollutant", pa.string()),
        ("horizon_hours", pa.int32()),
        ("fitted_until", pa.timestamp("us")),
        ("version", pa.int32()),
        ("content", pa.binary()),
    ]
)

FORECASTS = pa.schema(
    [
        ("station_id", pa.string()),
        ("pollutant", pa.string()),
        ("horizon_hours", pa.int32()),
        ("issued_at", pa.timestamp("us")),
        ("target_at", pa.timestamp("us")),
        ("last_value", pa.float64()),
        *((f"step_{member}", pa.float64()) for member in MEMBERS),
        ("expected_error", pa.float64()),
        ("value", pa.float64()),
        ("lower_90", pa.float64()),
        ("upper_90", pa.float64()),
        ("model", pa.string()),
        ("reason", pa.string()),
        ("fitted_until", pa.timestamp("us")),
        ("is_backtest", pa.bool_()),
    ]
)


def make_fits(hours: Any, completions: Any, earlier: pa.Table) -> pa.Table:
    """The fits to forecast with: those made before that are still of use, and those that are due (`refits`).

    Args:
        hours: relation int_air_quality__plausible_hours; completions: relation int_air_quality__completions.
        earlier: `FITS`, as last made. Fits of another version, or that end later than the newest hour, are dropped.
    """
    newest = _newest(hours)
    if newest is None:
        return earlier
    usable = [
        version == VERSION and end <= newest
        for version, end in zip(earlier["version"].to_pylist(), _until(earlier), strict=True)
    ]
    fits = earlier.filter(pa.array(usable, pa.bool_()))
    due = due_fits(_ends(fits), MODELS, newest)
    if due:
        fits = pa.concat_tables([fits, _as_fits(_fitted(hours, completions, newest, due))])
    kept = {model: kept_fits(ends, newest) for model, ends in _ends(fits).items()}
    is_kept = [end in kept[model] for model, end in zip(_models(fits), _until(fits), strict=True)]
    return fits.filter(pa.array(is_kept, pa.bool_()))


def make_forecasts(hours: Any, completions: Any, fits: Any, earlier: pa.Table) -> pa.Table:
    """The forecasts of the last 75 days: those made before, as they were, and those that are due.

    Args:
        hours, completions: as for `make_fits`.
        fits: relation int_air_quality__forecast_fits.
        earlier: `FORECASTS`, as last made.
    """
    newest = _newest(hours)
    if newest is None:
        return earlier
    use_one_thread()
    since = newest - DAY * BACKTEST_DAYS
    stations, partials = _stations(hours, completions, since - LOOK_BACK - DAY)
    known = _usable(fits.to_arrow_table())
    made = _by_series(earlier, since - DAY)
    tables = [FORECASTS.empty_table()]
    for pollutant in POLLUTANTS:
        for horizon in HORIZONS:
            own = [one for one in known if (one.pollutant, one.horizon) == (pollutant, horizon)]
            for series, origins in zip(stations, all_origins(stations, pollutant, horizon, partials), strict=True):
                key = (series.station_id, pollutant, horizon)
                before = made.get(key, Forecasts.none())
                places = due(origins, before.hours, since)
                if len(places):
                    new = make(origins, places, own, before, lagged(series.values[pollutant], -horizon))
                    before = new.after(before)
                tables.append(_as_table(key, before))
    return pa.concat_tables(tables)


def _newest(hours: Any) -> int | None:
    found = hours.aggregate("max(measured_at) as newest").to_arrow_table()
    return None if found["newest"].null_count else int(hour_numbers(found["newest"])[0])


def _stations(hours: Any, completions: Any, since: int) -> tuple[list[Series], dict[str, Partial]]:
    """Every station's series from the hour `since` on, and how newest hours look, by parameter."""
    begin = f"timestamp '{moments([since])[0].as_py().isoformat()}'"
    columns = ", ".join(("station_id", "measured_at", "_dlt_load_id", *PARAMETERS))
    recent = hours.filter(f"measured_at >= {begin}").project(columns).to_arrow_table()
    seen = completions.filter(f"is_completion and measured_at >= {begin}")
    seen = seen.project("station_id, measured_at, parameter, old_value").to_arrow_table()
    stations = all_series(recent, seen)
    usual = by_share(_share(stations, recent))
    return stations, {name: estimate_partial(stations, name) or usual for name in PARAMETERS}


def _share(stations: Sequence[Series], recent: pa.Table) -> float:
    numbers, station_ids = (
        hour_numbers(recent["measured_at"]),
        np.asarray(recent["station_id"].to_pylist(), dtype=object),
    )
    loaded, newest_hours = [], []
    for series in stations:
        row = np.flatnonzero((station_ids == series.station_id) & (numbers == series.newest_hour))[0]
        try:
            loaded_at = float(recent["_dlt_load_id"][row].as_py()) / 3600
        except ValueError:  # dlt names most loads by the clock's seconds; one with another name has no time
            continue
        loaded.append(loaded_at)
        newest_hours.append(series.newest_hour)
    return share_under_way(loaded, newest_hours)


def _fitted(hours: Any, completions: Any, newest: int, wanted: Sequence[tuple[str, int, int]]) -> list[Fit]:
    stations, partials = _stations(hours, completions, newest - MAX_HISTORY - LOOK_BACK)
    with ThreadPoolExecutor(min(os.cpu_count() or 1, FITS_AT_ONCE)) as cores:
        fits = []
        for pollutant in POLLUTANTS:
            for horizon in HORIZONS:
                ends = [end for name, ahead, end in wanted if (name, ahead) == (pollutant, horizon)]
                if ends:
                    origins = all_origins(stations, pollutant, horizon, partials)
                    fits += [cores.submit(fit, origins, pollutant, horizon, end) for end in ends]
        return [one for each in fits if (one := each.result()) is not None]


def _usable(fits: pa.Table) -> list[Fit]:
    ends = hour_numbers(fits["fitted_until"])
    return [
        Fit.from_content(row["pollutant"], row["horizon_hours"], int(end), row["content"])
        for row, end in zip(fits.to_pylist(), ends, strict=True)
        if row["version"] == VERSION
    ]


def _as_fits(fits: Sequence[Fit]) -> pa.Table:
    return pa.table(
        [
            pa.array([one.pollutant for one in fits], pa.string()),
            pa.array([one.horizon for one in fits], pa.int32()),
            moments(one.fitted_until for one in fits),
            pa.array([VERSION] * len(fits), pa.int32()),
            pa.array([one.content() for one in fits], pa.binary()),
        ],
        schema=FITS,
    )


def _models(fits: pa.Table) -> list[Model]:
    return list(zip(fits["pollutant"].to_pylist(), fits["horizon_hours"].to_pylist(), strict=True))


def _until(fits: pa.Table) -> list[int]:
    found: list[int] = hour_numbers(fits["fitted_until"]).tolist()
    return found


def _ends(fits: pa.Table) -> dict[Model, list[int]]:
    """The hours that fits end with, by pollutant and horizon."""
    found: dict[Model, list[int]] = {}
    for model, end in zip(_models(fits), _until(fits), strict=True):
        found.setdefault(model, []).append(end)
    return found


def _by_series(earlier: pa.Table, since: int) -> dict[tuple[str, str, int], Forecasts]:
    """The forecasts made before, by station, pollutant and horizon."""
    hours = hour_numbers(earlier["issued_at"])
    real = {name: np.asarray(earlier[name].to_numpy(zero_copy_only=False), dtype=np.float64) for name in _REAL}
    until = np.where(earlier["fitted_until"].is_null(), -1, hour_numbers(earlier["fitted_until"]))
    reasons = np.array(earlier["reason"].fill_null("").to_pylist(), dtype="<U64")
    backtest = np.array(earlier["is_backtest"].to_pylist(), dtype=np.bool_)
    keys = list(zip(*(earlier[name].to_pylist() for name in ("station_id", "pollutant", "horizon_hours")), strict=True))
    groups: dict[tuple[str, str, int], list[int]] = {}
    for row in np.flatnonzero(hours > since).tolist():
        groups.setdefault(keys[row], []).append(row)
    found = {}
    for key, rows in groups.items():
        order = np.array(rows)[np.argsort(hours[rows], kind="stable")]
        found[key] = Forecasts(
            hours=hours[order],
            base=real["last_value"][order],
            steps=np.stack([real[f"step_{member}"][order] for member in MEMBERS], axis=1),
            size=real["expected_error"][order],
            value=real["value"][order],
            lower=real["lower_90"][order],
            upper=real["upper_90"][order],
            reason=reasons[order],
            fitted_until=until[order],
            is_backtest=backtest[order],
        )
    return found


_REAL = ("last_value", *(f"step_{member}" for member in MEMBERS), "expected_error", "value", "lower_90", "upper_90")


def _as_table(key: tuple[str, str, int], made: Forecasts) -> pa.Table:
    station_id, pollutant, horizon = key
    count = len(made.hours)
    floor = 0.0 if pollutant == "pm2_5" else -np.inf  # a sensor's zero drifts for CO only
    numbers = [np.fmax(each, floor) for each in (made.value, made.lower, made.upper)]
    is_ensemble = made.reason == ""
    columns: list[pa.Array] = [
        pa.array([station_id] * count, pa.string()),
        pa.array([pollutant] * count, pa.string()),
        pa.array([horizon] * count, pa.int32()),
        moments(made.hours),
        moments(made.hours + horizon),
        pa.array(made.base),
        *(pa.array(made.steps[:, place], from_pandas=True) for place in range(len(MEMBERS))),
        pa.array(made.size, from_pandas=True),
        *(pa.array(each, from_pandas=True) for each in numbers),
        pa.array([ENSEMBLE if each else PERSISTENCE for each in is_ensemble], pa.string()),
        pa.array(made.reason.tolist(), pa.string(), mask=is_ensemble),
        pa.array(moments(np.maximum(made.fitted_until, 0)).to_pylist(), pa.timestamp("us"), mask=made.fitted_until < 0),
        pa.array(made.is_backtest),
    ]
    return pa.table(columns, schema=FORECASTS)
