"""What dbt's two Python models of visits do: from relations to Arrow tables, with what they made before as their memory."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from forecasting.series import Array
from forecasting.visits.days import all_days, day_numbers
from forecasting.visits.features import Known
from forecasting.visits.fits import MEMBERS, VERSION, Fit, fit
from forecasting.visits.forecasts import Forecasts, make

BACKTEST_FIT_DAYS = (84, 56, 28, 0)  # ago, the ends of the fits of a first build, or of one after a pause
BACKTEST_DAYS = 84
BACKTEST_STEP = 4  # days from one origin of the back-test to the next: in time every weekday is one
REFIT_DAYS = 7
OVERDUE_DAYS = 28

FITS = pa.schema([("fitted_until", pa.date32()), ("version", pa.int32()), ("content", pa.binary())])
FORECASTS = pa.schema(
    [
        ("store_id", pa.string()),
        ("issued_on", pa.date32()),
        ("target_date", pa.date32()),
        ("horizon_days", pa.int32()),
        *((member, pa.float64()) for member in MEMBERS),
        ("baseline", pa.float64()),
        ("mean_of_four", pa.float64()),
        ("level", pa.float64()),
        ("visits", pa.float64()),
        ("lower_80", pa.float64()),
        ("upper_80", pa.float64()),
        ("model", pa.string()),
        ("reason", pa.string()),
        ("fitted_until", pa.date32()),
        ("is_backtest", pa.bool_()),
    ]
)


def make_fits(store_days: Any, visit_days: Any, earlier: pa.Table) -> pa.Table:
    """The fits to forecast with: those made before that are still of use, and those that are due.

    Args:
        store_days: relation fct_store_visits_daily, which says cheaply how far the days are known.
        visit_days: relation int_forecasts__visit_days, read only where something is due.
        earlier: `FITS`, as last made. Fits of another version, or that end later than the newest day, are dropped.
    """
    newest = max(_newest(store_days).values(), default=None)
    if newest is None:
        return earlier
    fits = {
        one["fitted_until"]: one["content"]
        for one, until in zip(earlier.to_pylist(), day_numbers(earlier["fitted_until"]).tolist(), strict=True)
        if one["version"] == VERSION and until <= newest
    }
    ends = dict(zip(fits, day_numbers(_dates_of(list(fits))).tolist(), strict=True))
    last = max(ends.values(), default=None)
    if due := due_ends(last, newest):
        known = Known(all_days(visit_days.to_arrow_table()))
        for made in [one for one in (fit(known, end) for end in due) if one]:
            day = _dates([made.fitted_until])[0].as_py()
            fits[day], ends[day] = made.content(), made.fitted_until
    kept = set(sorted(end for end in ends.values() if end <= newest - BACKTEST_DAYS)[-1:])
    days = sorted(day for day, end in ends.items() if end in kept or end > newest - BACKTEST_DAYS)
    columns = [
        pa.array(days, pa.date32()),
        pa.array([VERSION] * len(days), pa.int32()),
        pa.array([fits[day] for day in days], pa.binary()),
    ]
    return pa.table(columns, schema=FITS)


def due_ends(last: int | None, newest: int) -> list[int]:
    """The ends of the fits to make, where `last` is the newest fit's: one a week, all of a first build's after a pause."""
    if last is None or newest - last >= OVERDUE_DAYS:
        return [newest - days for days in BACKTEST_FIT_DAYS if last is None or newest - days > last]
    return [newest] if newest - last >= REFIT_DAYS else []


def make_forecasts(store_days: Any, visit_days: Any, fits: Any, earlier: pa.Table) -> pa.Table:
    """The forecasts of the last 84 days: those made before, as they were, and those that are due.

    A store's newest day is due, and of the days before every fourth: the back-test of a first build, or of one after a
    pause.
    """
    newest = _newest(store_days)
    made = set(zip(earlier["store_id"].to_pylist(), day_numbers(earlier["issued_on"]).tolist(), strict=True))
    # A store that has brought nothing for so long is forecast no more.
    since = max(newest.values(), default=0) - BACKTEST_DAYS
    if all(each in made for each in newest.items() if each[1] >= since):
        return earlier
    known = Known(all_days(visit_days.to_arrow_table()))
    days = known.days
    last = int(days.known_until.max())
    stores, origins = [], []
    for store, store_id in enumerate(days.store_ids):
        until = int(days.known_until[store])
        first = max(last - BACKTEST_DAYS, int(np.argmax(days.is_own[store])))
        places = [place for place in range(first, until) if (days.first + place) % BACKTEST_STEP == 0]
        due = [place for place in [*places, until] if place >= first and (store_id, days.first + place) not in made]
        stores += [store] * len(due)
        origins += due
    recent = earlier.filter(pa.array(day_numbers(earlier["issued_on"]) >= days.first + last - BACKTEST_DAYS))
    recent = recent.filter(
        pa.array(np.isin(recent["store_id"].to_numpy(zero_copy_only=False).astype(str), days.store_ids), pa.bool_())
    )
    before = _forecasts(recent, known)
    table = fits.to_arrow_table()
    usable = [
        Fit.from_content(int(until), one["content"])
        for one, until in zip(table.to_pylist(), day_numbers(table["fitted_until"]), strict=True)
        if one["version"] == VERSION
    ]
    new = make(known, usable, before, np.array(stores, dtype=np.int64), np.array(origins, dtype=np.int64))
    return pa.concat_tables([recent, _as_table(new, known)])


def _newest(store_days: Any) -> dict[str, int]:
    """Each store's newest complete day, since 1970."""
    found = (
        store_days.filter("is_complete").aggregate("store_id, max(visit_date) as newest", "store_id").to_arrow_table()
    )
    return dict(zip(found["store_id"].to_pylist(), day_numbers(found["newest"]).tolist(), strict=True))


def _dates(numbers: Any) -> pa.Array:
    return pa.array(np.asarray(numbers, dtype=np.int64).astype(np.int32)).cast(pa.date32())


def _dates_of(days: list[Any]) -> pa.ChunkedArray:
    return pa.chunked_array([pa.array(days, pa.date32())])


def _real(table: pa.Table, name: str) -> Array:
    return np.asarray(table[name].to_numpy(zero_copy_only=False), dtype=np.float64)


def _text(table: pa.Table, name: str) -> NDArray[np.str_]:
    return np.array(table[name].fill_null("").to_pylist(), dtype="<U64")


def _forecasts(table: pa.Table, known: Known) -> Forecasts:
    """The other way round of `_as_table`."""
    days = known.days
    place = {store_id: number for number, store_id in enumerate(days.store_ids)}
    until = np.where(table["fitted_until"].is_null(), -1, day_numbers(table["fitted_until"].fill_null(0)))
    return Forecasts(
        store=np.array([place[each] for each in table["store_id"].to_pylist()], dtype=np.int64),
        origin=day_numbers(table["issued_on"]) - days.first,
        target=day_numbers(table["target_date"]) - days.first,
        members=np.stack([_real(table, member) for member in MEMBERS], axis=1),
        baseline=_real(table, "baseline"),
        mean_of_four=_real(table, "mean_of_four"),
        level=_real(table, "level"),
        visits=_real(table, "visits"),
        lower=_real(table, "lower_80"),
        upper=_real(table, "upper_80"),
        model=_text(table, "model"),
        reason=_text(table, "reason"),
        fitted_until=until,
        is_backtest=np.array(table["is_backtest"].to_pylist(), dtype=np.bool_),
    )


def _as_table(made: Forecasts, known: Known) -> pa.Table:
    days = known.days
    numbers = (made.baseline, made.mean_of_four, made.level, made.visits, made.lower, made.upper)
    columns: list[pa.Array] = [
        pa.array([days.store_ids[place] for place in made.store.tolist()], pa.string()),
        _dates(days.first + made.origin),
        _dates(days.first + made.target),
        pa.array((made.target - made.origin).astype(np.int32)),
        *(pa.array(made.members[:, place], from_pandas=True) for place in range(len(MEMBERS))),
        *(pa.array(each, from_pandas=True) for each in numbers),
        pa.array(made.model.tolist(), pa.string()),
        pa.array(made.reason.tolist(), pa.string(), mask=made.reason == ""),
        pa.array(made.fitted_until.astype(np.int32), mask=made.fitted_until < 0).cast(pa.date32()),
        pa.array(made.is_backtest),
    ]
    return pa.table(columns, schema=FORECASTS)
