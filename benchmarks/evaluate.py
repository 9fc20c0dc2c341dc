"""The anomaly flag and the estimates against the truth: the mock's hidden one, or real counts with hours hidden from them.

    python -m benchmarks.evaluate                          a year and 39 doors of the mock
    python -m benchmarks.evaluate --counts counts.parquet  any table with sensor_id, hour_start (UTC), visits, and store_id

The readings are put straight into a warehouse's raw tables, and the project's own models are built on them.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import duckdb
import typer

from benchmarks.common import BIN, Log, Options, Report, machine, run

if TYPE_CHECKING:
    import pyarrow as pa

    from mock_api.footfall.stores import Store


END = datetime(2026, 11, 1, tzinfo=UTC)
DAYS = 365
HISTORY_DAYS = 28  # the models look back so far before they expect anything
YEARS = 3  # of the chain's days, to forecast on
SEED = 42
HIDE = 0.1
OUTAGE_HOURS = (3, 12)

RAW = """
create schema raw_footfall;
create table raw_footfall.stores (
    store_id varchar, name varchar, city varchar, country_code varchar, timezone varchar, opened_on date,
    opens_at varchar, closes_at varchar, updated_at timestamptz, _dlt_load_id varchar
);
create table raw_footfall.sensors (
    sensor_id varchar, store_id varchar, door bigint, installed_at timestamptz, removed_at timestamptz,
    updated_at timestamptz, _dlt_load_id varchar
);
create table raw_footfall.readings (
    sensor_id varchar, hour_start timestamptz, visits bigint, status varchar, updated_at timestamptz, _dlt_load_id varchar
);
"""
LOAD = "1793500000.0"

# Every figure below is over the days from the given one on. `truth` has sensor_id, hour_start_at, true_count, is_anomaly.
JOINED = """
create temp table compared as
select
    hours.*, truth.true_count, truth.is_anomaly as is_truly_anomaly,
    last_week.visits as last_week
from marts.fct_sensor_visits_hourly as hours
inner join truth using (sensor_id, hour_start_at)
left join marts.fct_sensor_visits_hourly as last_week
    on
        hours.sensor_id = last_week.sensor_id
        and hours.visit_date - 7 = last_week.visit_date
        and hours.local_hour = last_week.local_hour
        and last_week.is_open
where hours.visit_date >= $first and hours.is_open
qualify row_number() over (partition by hours.sensor_id, hours.hour_start_at order by last_week.hour_start_at) = 1
"""
FLAGS = """
select
    count(*) filter (is_observed) as observed,
    count(*) filter (is_observed and is_truly_anomaly) as anomalies,
    count(*) filter (is_observed and is_anomaly) as flagged,
    count(*) filter (is_observed and is_anomaly and is_truly_anomaly) as right_ones
from compared
"""
IMPUTED = """
select
    count(*) as hours,
    count(*) filter (is_imputed) as imputed,
    100 * avg(abs(visits_expected - true_count) / true_count) filter (is_imputed) as all_error,
    count(*) filter (is_imputed and last_week is not null) as compared,
    100 * avg(abs(visits_expected - true_count) / true_count) filter (is_imputed and last_week is not null) as error,
    100 * avg(abs(last_week - true_count) / true_count) filter (is_imputed and last_week is not null) as last_week_error
from compared
where not is_observed and true_count > 0
"""
# Whole days of whole stores: of a day with a count that nobody knows the total is unknown too.
STORE_DAYS = """
with days as (
    select
        store_id, visit_date, count(distinct sensor_id) as doors,
        1 - count(*) filter (is_observed) / count(*) as missing,
        sum(true_count) as true_count, sum(visits_estimated) as estimated,
        sum(visits) as counted, count(visits_estimated) = count(*) as is_estimated
    from compared
    group by store_id, visit_date
)

select
    case when doors >= 4 then 'four doors and more' else 'fewer than four doors' end as stores,
    case when missing = 0 then 'nothing missing' when missing <= 0.2 then 'up to a fifth missing' else 'more than a fifth missing' end as gaps,
    count(*) as days,
    100 * median(abs(estimated - true_count) / true_count) as error,
    100 * median(abs(coalesce(counted, 0) - true_count) / true_count) as error_of_counted
from days
where true_count > 0 and is_estimated
group by all
order by stores, min(missing), gaps
"""


@dataclass(frozen=True)
class Found:
    """What the queries above found, row by row as dictionaries."""

    flags: dict[str, Any]
    imputed: dict[str, Any]
    store_days: list[dict[str, Any]]


def measure(options: Options, log: Log) -> Report:
    """A year and 39 doors of the mock against its hidden truth."""
    return mock_report(DAYS, SEED, log)


def mock_report(days: int, seed: int, log: Log) -> Report:
    """So many days of the mock's doors under a seed against its hidden truth."""
    from mock_api.footfall.stores import CLIENT_STORES
    from mock_api.footfall.truth import truth
    from mock_api.settings import World

    first = END - timedelta(days=days)
    table = truth(seed, first - timedelta(days=HISTORY_DAYS + 2), END, world=World.SEEDS)
    log(f"{len(table):,} hours drawn")
    with TemporaryDirectory(prefix="tally-evaluate-", dir=os.environ.get("TMPDIR")) as name:
        warehouse = Path(name) / "warehouse.duckdb"
        with _connected(warehouse) as connection:
            connection.execute(RAW)
            _put_doors(connection, CLIENT_STORES, seed, table, first)
            connection.execute(
                "create table main.truth as select sensor_id, hour_start at time zone 'UTC' as hour_start_at, true_count, is_anomaly from drawn"
            )
        doors = len(set(zip(table["store_id"].to_pylist(), table["door"].to_pylist(), strict=True)))
        found = _compare(warehouse, first, log)
    report = Report(f"The flag and the estimates against the truth: {days} days, {doors} doors", "make evaluate")
    flags = found.flags
    precision, recall = flags["right_ones"] / flags["flagged"], flags["right_ones"] / flags["anomalies"]
    report.add(
        f"anomaly flag: precision ({flags['flagged']:,} of {flags['observed']:,} observed open hours flagged)",
        f"{precision:.3f}", "≥ 0.95", precision >= 0.95,
    )  # fmt: skip
    report.add(f"anomaly flag: recall ({flags['anomalies']:,} anomalies)", f"{recall:.3f}", "≥ 0.95", recall >= 0.95)
    _add_estimates(report, found)
    report.notes.append(
        f"Seed {seed}; {HISTORY_DAYS + 2} days before are built and not compared. The truth is the simulation's own, which no URL serves. "
        "An anomaly is an hour in which the device saw a tenth of the expected traffic; only those that were delivered can be seen. A store-day's error holds what its anomalies hide, "
        "because what was counted stays counted."
    )
    return report


def forecasts_report(years: int, seed: int, log: Log) -> Report:
    """The forecasts that a first build makes for its back-test, on so many years of the mock's chain, against its hidden truth."""
    from benchmarks.visits_forecasts import add_forecasts, truth_by_horizon
    from mock_api.company.stores import STORES
    from mock_api.footfall.truth import truth
    from mock_api.settings import World

    first = END - timedelta(days=365 * years)
    table = truth(seed, first, END, world=World.COMPANY)
    log(f"{len(table):,} hours drawn")
    with TemporaryDirectory(prefix="tally-evaluate-", dir=os.environ.get("TMPDIR")) as name:
        warehouse = Path(name) / "warehouse.duckdb"
        with _connected(warehouse) as connection:
            connection.execute(RAW)
            _put_doors(connection, STORES, seed, table, first)
        _build(warehouse, "+agg_visits_forecast_accuracy", log)
        report = Report(f"Forecasts of visits, 1 to 14 days ahead: {years} years of the mock's chain", "make evaluate")
        with _connected(warehouse) as connection:
            connection.register("truth", truth_by_horizon(seed, END.date()))
            add_forecasts(report, connection)
    report.notes.append(
        f"Seed {seed}. Every fourth day of the last eight weeks is an origin; models were fitted on what was known before. The chain's events, which are in no seed here, are part of the "
        "truth's expectation, and so is the weather up to the origin. The mock's stores are closed on all holidays."
    )
    return report


def _put_doors(
    connection: duckdb.DuckDBPyConnection, stores: Iterable[Store], seed: int, table: pa.Table, first: datetime
) -> None:
    """Stores, their devices and the readings drawn, as ingestion would leave them."""
    for store in stores:
        connection.execute(
            "insert into raw_footfall.stores values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                store.store_id, store.name, store.city, store.country_code, store.timezone, store.opened_on,
                f"{store.opens_at:%H:%M}", f"{store.closes_at:%H:%M}", first, LOAD,
            ],
        )  # fmt: skip
        for sensor in store.sensors(seed):
            connection.execute(
                "insert into raw_footfall.sensors values (?, ?, ?, ?, ?, ?, ?)",
                [
                    sensor.sensor_id, store.store_id, sensor.door, sensor.installed_at,
                    sensor.removed_at, first, LOAD,
                ],
            )  # fmt: skip
    connection.register("drawn", table)
    connection.execute(f"""
        insert into raw_footfall.readings
        select sensor_id, hour_start, visits, case when is_failed then 'failed' else 'ok' end, hour_start + interval 65 minutes, '{LOAD}'
        from drawn where not is_lost order by hour_start, sensor_id
    """)


def counts_report(counts: Path, hide: float, seed: int, opens: str, closes: str, timezone: str, log: Log) -> Report:
    """A table of real counts, a share of its hours hidden from the models, which estimate them."""
    with TemporaryDirectory(prefix="tally-evaluate-", dir=os.environ.get("TMPDIR")) as name:
        warehouse = Path(name) / "warehouse.duckdb"
        with _connected(warehouse) as connection:
            connection.execute(RAW)
            first = _take_counts(connection, counts, hide, seed, opens, closes, timezone)
        found = _compare(warehouse, first + timedelta(days=HISTORY_DAYS), log)
    report = Report(
        f"The estimates against real counts: {counts.name}",
        f"python -m benchmarks.evaluate --counts {counts.name} --hide {hide:g}",
    )
    share = found.flags["flagged"] / max(found.flags["observed"], 1)
    report.add("observed open hours flagged as an anomaly", f"{100 * share:.2f} % of {found.flags['observed']:,}")
    _add_estimates(report, found)
    report.notes.append(
        f"{100 * hide:g} % of the hours hidden, two thirds one by one and a third in outages of {OUTAGE_HOURS[0]} to {OUTAGE_HOURS[1]} hours (seed {seed}); the first {HISTORY_DAYS} days are built and not "
        f"compared. Open from {opens} to {closes} in {timezone}."
    )
    return report


def _add_estimates(report: Report, found: Found) -> None:
    imputed = found.imputed
    if imputed["compared"] and imputed["last_week_error"]:
        gain = 100 * (1 - imputed["error"] / imputed["last_week_error"])
        report.add(
            f"imputed values: mean absolute percentage error against that of the same hour last week ({imputed['compared']:,} hours)",
            f"{imputed['error']:.1f} % against {imputed['last_week_error']:.1f} %: {gain:.0f} % lower", "≥ 30 % lower", gain >= 30,
        )  # fmt: skip
    if imputed["imputed"]:
        report.add(
            f"imputed values: the same over all of them ({imputed['imputed']:,} of {imputed['hours']:,} missing open hours)",
            f"{imputed['all_error']:.1f} %",
        )
    for row in found.store_days:
        is_marked = (row["stores"], row["gaps"]) == ("four doors and more", "up to a fifth missing")
        report.add(
            f"store-day totals: median error, {row['stores']}, {row['gaps']} ({row['days']:,} days)",
            f"{row['error']:.2f} % (of what was counted: {row['error_of_counted']:.2f} %)",
            *(("< 2 %", row["error"] < 2) if is_marked else ()),
        )


def _take_counts(
    connection: duckdb.DuckDBPyConnection, counts: Path, hide: float, seed: int, opens: str, closes: str, timezone: str
) -> datetime:
    """Read the table, keep all of it as the truth, and give the models what is not hidden; its first hour."""
    reader = "read_parquet" if counts.suffix == ".parquet" else "read_csv"
    path = str(counts).replace("'", "''")
    try:
        names = {row[0] for row in connection.execute(f"describe select * from {reader}('{path}')").fetchall()}
        if missing := sorted({"sensor_id", "hour_start", "visits"} - names):
            raise RuntimeError(
                f"{counts.name} has no {', '.join(missing)}: it needs sensor_id, hour_start (UTC) and visits"
            )
        store = "store_id::varchar" if "store_id" in names else "'store'"
        connection.execute(f"""
            create table main.counts as
            select {store} as store_id, sensor_id::varchar as sensor_id, hour_start::timestamptz as hour_start, any_value(visits)::bigint as visits
            from {reader}('{path}') where visits is not null group by all
        """)
    except duckdb.Error as error:
        raise RuntimeError(f"{counts.name} cannot be read: {str(error).splitlines()[0]}") from None
    bounds = connection.execute("select min(hour_start), max(hour_start), count(*) from main.counts").fetchone()
    if not bounds or bounds[1] is None or bounds[1] - bounds[0] < timedelta(days=HISTORY_DAYS + 1):
        raise RuntimeError(f"{counts.name} has less than {HISTORY_DAYS + 1} days: there is nothing to compare")
    connection.execute(
        "insert into raw_footfall.stores select distinct store_id, store_id, store_id, 'XX', ?, ?::date, ?, ?, ?, ? from main.counts",
        [timezone, bounds[0], opens, closes, bounds[0], LOAD],
    )
    connection.execute(
        "insert into raw_footfall.sensors select sensor_id, any_value(store_id), null, min(hour_start), null, min(hour_start), ? from main.counts "
        "group by sensor_id",
        [LOAD],
    )
    rows = connection.execute("select sensor_id, hour_start from main.counts order by all").fetchall()
    hidden = hidden_hours(rows, hide, seed)
    connection.execute("create table main.hidden (sensor_id varchar, hour_start timestamptz)")
    connection.executemany("insert into main.hidden values (?, ?)", hidden)
    connection.execute(f"""
        insert into raw_footfall.readings
        select sensor_id, hour_start, visits, 'ok', hour_start + interval 65 minutes, '{LOAD}'
        from main.counts anti join main.hidden using (sensor_id, hour_start) order by hour_start, sensor_id
    """)
    connection.execute(
        "create table main.truth as select sensor_id, hour_start at time zone 'UTC' as hour_start_at, visits as true_count, null::boolean as is_anomaly "
        "from main.counts"
    )
    begin: datetime = bounds[0]
    return begin


def hidden_hours(rows: list[tuple[str, datetime]], share: float, seed: int) -> list[tuple[str, datetime]]:
    """A share of the rows (in the order of sensor and hour): two thirds one by one, a third in outages."""
    drawn = random.Random(seed)
    mean_outage = sum(OUTAGE_HOURS) / 2
    hidden = []
    left, of = 0, ""
    for sensor_id, hour in rows:
        if of != sensor_id:
            left, of = 0, sensor_id
        if left == 0 and drawn.random() < share / 3 / mean_outage:
            left = drawn.randint(*OUTAGE_HOURS)
        if left > 0 or drawn.random() < 2 / 3 * share:
            hidden.append((sensor_id, hour))
        left = max(left - 1, 0)
    return hidden


def _build(warehouse: Path, models: str, log: Log) -> None:
    """Build the models, untested."""
    folder = warehouse.parent
    ran = run(
        [str(BIN / "dbt"), "build", "--select", models, "--exclude-resource-type", "test", "unit_test", "--quiet"],
        {
            "TALLY_WAREHOUSE": str(warehouse),
            "DBT_TARGET_PATH": os.environ.get("DBT_TARGET_PATH", str(folder / "target")),
            "DBT_LOG_PATH": str(folder / "logs"),
        },
    )  # fmt: skip
    log(f"built in {ran.seconds:.0f} s, {ran.processor:.0f} s of it on a processor")


def _compare(warehouse: Path, first: datetime, log: Log) -> Found:
    """Build the models and ask what they made of it."""
    _build(warehouse, "+fct_sensor_visits_hourly", log)
    with _connected(warehouse) as connection:
        connection.execute(JOINED, {"first": first.date()})
        flags, imputed, store_days = (_rows(connection, sql) for sql in (FLAGS, IMPUTED, STORE_DAYS))
        return Found(flags[0], imputed[0], store_days)


def _rows(connection: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, Any]]:
    answer = connection.execute(sql)
    names = [column[0] for column in answer.description or []]
    return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]


def _connected(warehouse: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(str(warehouse))
    connection.execute("set timezone = 'UTC'")
    return connection


app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    counts: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="CSV or Parquet: sensor_id, hour_start (UTC), visits; store_id if there are several.",
        ),
    ] = None,
    hide: Annotated[
        float, typer.Option(min=0.001, max=0.9, help="Share of the hours to hide from the models, with --counts.")
    ] = HIDE,
    opens: Annotated[str, typer.Option(help="Opening time in the stores' time zone, with --counts.")] = "00:00",
    closes: Annotated[str, typer.Option(help="Closing time, with --counts.")] = "24:00",
    timezone: Annotated[str, typer.Option(help="IANA name, with --counts.")] = "UTC",
    days: Annotated[int, typer.Option(min=7, help="Days of the mock to compare.")] = DAYS,
    seed: Annotated[int, typer.Option(min=0, help="Of the mock, or of what is hidden.")] = SEED,
    out: Annotated[
        Path | None, typer.Option(help="Where the table is written; benchmarks/RESULTS.md by default.")
    ] = None,
) -> None:
    """Compare the anomaly flag and the estimates with what really happened."""
    from benchmarks.__main__ import RESULTS, write

    def log(line: str) -> None:
        typer.echo(f"   {line}", err=True)

    try:
        if counts:
            report = counts_report(counts, hide, seed, opens, closes, timezone, log)
        else:
            report = mock_report(days, seed, log)
            forecasts = forecasts_report(YEARS, seed, log)
    except RuntimeError as error:
        typer.echo(f"evaluate: {error}", err=True)
        raise typer.Exit(1) from None
    section = report.markdown(machine())
    typer.echo(section)
    # Real counts are somebody's own: they go where they are asked to go.
    if out or not counts:
        write(out or RESULTS, "evaluate", section)
    if not counts:
        section = forecasts.markdown(machine())
        typer.echo(section)
        write(out or RESULTS, "visits_forecasts", section)


if __name__ == "__main__":
    app(prog_name="python -m benchmarks.evaluate")
