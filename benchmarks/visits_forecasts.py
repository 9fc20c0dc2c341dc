"""The forecasts of visits against what came, and against the expectation that the mock alone knows."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import duckdb
import pyarrow as pa

from benchmarks.common import Report

BACKTEST_DAYS = 75  # before the end: the back-test's origins and their days
HORIZONS = range(1, 15)

# Days that were open, forecast and over. `truth` has store_id, target_date, horizon_days, expected.
COMPARED = """
create or replace temp table compared as
select
    forecasts.*, days.visits_estimated::double as came, truth.expected,
    holidays.holiday_date is not null as is_holiday
from marts.fct_visits_forecasts_daily as forecasts
inner join marts.fct_store_visits_daily as days on forecasts.store_id = days.store_id and forecasts.target_date = days.visit_date
inner join marts.dim_stores as stores on forecasts.store_id = stores.store_id
left join reference.holidays as holidays on stores.country_code = holidays.country_code and forecasts.target_date = holidays.holiday_date
left join truth on forecasts.store_id = truth.store_id and forecasts.target_date = truth.target_date and forecasts.horizon_days = truth.horizon_days
where days.is_complete and not days.is_closed_day and forecasts.is_open and days.visits_estimated is not null and forecasts.visits is not null and forecasts.mean_of_four is not null
"""
WAPE = """
select
    count(*) as forecasts, count(distinct store_id) as stores,
    100 * sum(abs(came - visits)) / sum(came) as issued, 100 * sum(abs(came - mean_of_four)) / sum(came) as mean_of_four,
    100 * sum(abs(came - coalesce(baseline, mean_of_four))) / sum(came) as baseline, 100 * sum(abs(came - expected)) / sum(came) as truth,
    100 * count(*) filter (came between lower_80 and upper_80) / count(*) as coverage
from compared where {which}
"""
WORSE = """
select 100 * count(*) filter (issued > 1.02 * mean_of_four) / count(*)
from (select store_id, sum(abs(came - visits)) as issued, sum(abs(came - mean_of_four)) as mean_of_four from compared group by store_id)
"""


def truth_by_horizon(seed: int, end: date) -> pa.Table:
    """What the mock's chain was to expect on its days before `end`, from each horizon."""
    from mock_api.company.truth import store_days

    tables = []
    for horizon in HORIZONS:
        days = store_days(seed, end - timedelta(days=BACKTEST_DAYS), end, horizon)
        tables.append(
            pa.table(
                {
                    "store_id": days["store_id"],
                    "target_date": days["visit_date"],
                    "horizon_days": pa.array([horizon] * len(days), pa.int32()),
                    "expected": days["expected"],
                }
            )
        )
    return pa.concat_tables(tables)


def add_forecasts(report: Report, connection: duckdb.DuckDBPyConnection) -> None:
    """The forecasts' rows of a report, from a warehouse that has been built; `truth` is registered."""
    connection.execute(COMPARED)
    found = _row(connection, WAPE.format(which="true"))
    gain = 100 * (1 - found["issued"] / found["mean_of_four"])
    report.add(
        f"WAPE of {found['forecasts']:,} forecasts for {found['stores']} stores, against the mean of four weekdays (of the baseline: {found['baseline']:.1f} %)",
        f"{found['issued']:.1f} % against {found['mean_of_four']:.1f} %: {gain:.0f} % lower",
    )
    if found["truth"] is not None:
        way = 100 * (found["mean_of_four"] - found["issued"]) / (found["mean_of_four"] - found["truth"])
        report.add(
            f"the way from that mean to the truth's own expectation ({found['truth']:.1f} %)",
            f"{way:.0f} %", "≥ 60 %", way >= 60,
        )  # fmt: skip
    holidays = _row(connection, WAPE.format(which="is_holiday"))
    if holidays["forecasts"]:
        gain = 100 * (1 - holidays["issued"] / holidays["mean_of_four"])
        report.add(
            f"the same on holidays ({holidays['forecasts']:,} forecasts)",
            f"{gain:.0f} % lower",
            "≥ 30 % lower",
            gain >= 30,
        )
    (worse,) = connection.execute(WORSE).fetchone() or (100.0,)
    report.add("stores in which it was over 2 % worse than the mean", f"{worse:.0f} %", "≤ 5 %", worse <= 5)
    report.add(
        "days within the 80 % interval", f"{found['coverage']:.1f} %", "76 to 84 %", 76 <= found["coverage"] <= 84
    )


def _row(connection: duckdb.DuckDBPyConnection, sql: str) -> dict[str, Any]:
    answer = connection.execute(sql)
    names = [column[0] for column in answer.description or []]
    return dict(zip(names, answer.fetchone() or (), strict=True))
