"""One more day of readings into the footfall marts, after four months and after many years; and all of it anew.

Readings are made straight in the raw tables, as ingestion would have left them: no provider and no dlt takes part.
"""

from __future__ import annotations

import json
import os
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from benchmarks.common import BIN, Log, Options, Report, median, megabytes, run

END = datetime(2026, 11, 1, tzinfo=UTC)
MONTHS_4 = 120
DAYS = 5  # fewer than a week: forecasts are fitted anew on one day of seven
# Its facts, what they are made from, and the one model beside them that grows with the readings.
FOOTFALL = ("+tag:footfall", "+int_footfall__unusable_readings")
DOORS_A_STORE = 10
ZONES = ("Europe/Paris", "Europe/London", "Europe/Berlin", "Europe/Rome", "Europe/Madrid")
COUNTRIES = ("FR", "GB", "DE", "IT", "ES")


@dataclass(frozen=True)
class Build:
    """A `dbt build`, or a part of it: seconds by dbt's own run_results, and of the process.

    Attributes:
        models: seconds that models and seeds took.
        tests: seconds that tests took.
        start: what is left of the process: imports, parsing, hooks.
        peak: peak memory in bytes.
        slowest: the three slowest models with their seconds.
    """

    models: float
    tests: float
    start: float
    peak: int
    slowest: tuple[tuple[str, float], ...]


def measure(options: Options, log: Log) -> Report:
    """A day after four months, a day after all years, and the full refresh of all years."""
    years = f"{options.years:g} years"
    report = Report(
        f"One more day for {options.sensors:,} sensors",
        f"python -m benchmarks one_more_day --sensors {options.sensors} --years {options.years:g}",
    )
    with TemporaryDirectory(prefix="tally-bench-", dir=os.environ.get("TMPDIR")) as name:
        short_folder, long_folder = Path(name) / "short", Path(name) / "long"
        short_rows, _ = _history(short_folder, options.sensors, MONTHS_4, log)
        long_rows, full = _history(long_folder, options.sensors, round(options.years * 365.25), log)
        short, long = [], []
        for number in range(DAYS):  # in turn: a machine is not always as fast
            short.append(_one_more(short_folder, number, log))
            long.append(_one_more(long_folder, number, log))
    day_long = median([day.models for day in long])
    report.add(
        f"full refresh of {years}, {long_rows:,} hourly readings",
        f"{full.models:.1f} s of models, {full.start:.1f} s of start-up, peak {megabytes(full.peak)}",
    )
    for name, rows, days in (("four months", short_rows, short), (years, long_rows, long)):
        models = median([day.models for day in days])
        report.add(
            f"one more day after {name} ({rows:,} readings)",
            f"{models:.2f} s of models, {median([day.tests for day in days]):.1f} s of tests, "
            f"{median([day.start for day in days]):.1f} s of start-up",
            "≤ 4.5 s of models",
            models <= 4.5,
        )
    selection = " ".join(FOOTFALL)
    share = 100 * day_long / full.models
    report.add(f"the day after {years} against the full refresh", f"{share:.1f} %", "≤ 6 %", share <= 6)
    ratios = [after_years.models / after_months.models for after_months, after_years in zip(short, long, strict=True)]
    ratio = median(ratios)
    measured = f"{ratio:.2f} times ({min(ratios):.2f} to {max(ratios):.2f})"
    report.add(f"the day after {years} against the day after four months", measured, "≤ 1.1 times", ratio <= 1.1)
    report.notes += [
        f"Models, seeds and tests by dbt's run_results; start-up is what is left of the process (imports, parsing, hooks). Each day is the median of {DAYS}, one after another and of both histories in turn, "
        f"with 1 % of the sensors' readings of the day before corrected. `dbt build --threads 1 --select {selection}`; the full refresh is the first build, without tests. The last ratio is the median of the days' own. On one day of seven, none of these, forecasts of visits are fitted anew: seconds more.",
        f"The slowest models of the full refresh: {_names(full)}; of the day after {years}: {_names(long[-1])}; of the day after four months: {_names(short[-1])}.",
    ]
    return report


def _history(folder: Path, sensors: int, days: int, log: Log) -> tuple[int, Build]:
    """Make a history in a new folder: its readings, and its first build."""
    folder.mkdir()
    rows = make_warehouse(folder / "warehouse.duckdb", sensors, END - timedelta(days=days), END)
    log(f"{rows:,} readings of {days} days made")
    everything = dbt(folder, "--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")
    log(f"all of it: {everything.models:.1f} s of models, {_names(everything)}")
    return rows, everything


def _one_more(folder: Path, number: int, log: Log) -> Build:
    """The build of the day of that number after a history's end."""
    start = END + timedelta(days=number)
    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        insert_readings(connection, start, start + timedelta(days=1), load_id(number + 1))
        correct(connection, start - timedelta(days=1), load_id(number + 1))
    built = dbt(folder, "--exclude-resource-type", "unit_test")
    log(f"one more day after {folder.name}: {built.models:.2f} s of models, {_names(built)}")
    return built


def make_warehouse(path: Path, sensors: int, first: datetime, end: datetime) -> int:
    """A warehouse with stores, sensors and their readings from `first` until before `end`; the number of readings."""
    with duckdb.connect(str(path)) as connection:
        connection.execute("set timezone = 'UTC'")
        connection.execute("create schema raw_footfall")
        zones = " ".join(f"when {index} then '{zone}'" for index, zone in enumerate(ZONES))
        countries = " ".join(f"when {index} then '{country}'" for index, country in enumerate(COUNTRIES))
        connection.execute(
            f"""
            create table raw_footfall.stores as
            select
                'store-' || store as store_id, 'Store ' || store as name, 'City ' || store as city,
                case store % {len(ZONES)} {countries} end as country_code,
                case store % {len(ZONES)} {zones} end as timezone,
                $first::date as opened_on, '08:00' as opens_at, '18:00' as closes_at,
                $first::timestamptz as updated_at, $load as _dlt_load_id
            from range($stores) as stores (store)
            """,
            {"first": first, "load": load_id(0), "stores": -(-sensors // DOORS_A_STORE)},
        )
        connection.execute(
            f"""
            create table raw_footfall.sensors as
            select
                'sensor-' || sensor as sensor_id, 'store-' || (sensor // {DOORS_A_STORE}) as store_id,
                sensor % {DOORS_A_STORE} + 1 as door, $first::timestamptz as installed_at, null::timestamptz as removed_at,
                $first::timestamptz as updated_at, $load as _dlt_load_id
            from range($sensors) as sensors (sensor)
            """,
            {"first": first, "load": load_id(0), "sensors": sensors},
        )
        connection.execute(
            "create table raw_footfall.readings (sensor_id varchar, hour_start timestamptz, visits bigint, status varchar, "
            "updated_at timestamptz, _dlt_load_id varchar)"
        )
        # A month at a time, in the order in which readings arrive, and in bounded memory.
        month = first
        while month < end:
            until = min(month + timedelta(days=30), end)
            insert_readings(connection, month, until, load_id(0))
            month = until
        found = connection.execute("select count(*) from raw_footfall.readings").fetchone()
        return int(found[0]) if found else 0


def insert_readings(connection: duckdb.DuckDBPyConnection, first: datetime, end: datetime, load_id: str) -> None:
    """Each sensor's readings of those hours: a daily profile and noise; 1 in 200 failed, 1 in 400 never came."""
    connection.execute(
        """
        insert into raw_footfall.readings (sensor_id, hour_start, visits, status, updated_at, _dlt_load_id)
        with hours as (
            select hour_start, extract('hour' from hour_start) as hour
            from unnest(generate_series($first::timestamptz, $last::timestamptz, interval 1 hour)) as series (hour_start)
        ),

        drawn as (
            select sensor_id, hour_start, hour, hash(sensor_id, hour_start) as dice
            from hours
            cross join raw_footfall.sensors
        )

        select
            sensor_id,
            hour_start,
            case
                when dice % 200 = 7 then null
                when hour between 7 and 17 then 600 + (dice // 1000) % 900
                else 0
            end as visits,
            case when dice % 200 = 7 then 'failed' else 'ok' end as status,
            hour_start + interval 65 minutes as updated_at,
            $load as _dlt_load_id
        from drawn
        where dice % 400 <> 11
        order by hour_start, sensor_id
        """,
        {"first": first, "last": end - timedelta(hours=1), "load": load_id},
    )


def correct(connection: duckdb.DuckDBPyConnection, day: datetime, load_id: str) -> None:
    """One reading in a hundred of that day is written anew, as a merge does it: deleted and inserted."""
    window = {"first": day, "end": day + timedelta(days=1)}
    where = "hour_start >= $first and hour_start < $end and visits > 0 and hash(hour_start, sensor_id) % 100 = 3"
    connection.execute(f"create temp table corrected as from raw_footfall.readings where {where}", window)
    connection.execute(f"delete from raw_footfall.readings where {where}", window)
    connection.execute(
        "insert into raw_footfall.readings (sensor_id, hour_start, visits, status, updated_at, _dlt_load_id) "
        "select sensor_id, hour_start, visits + 5, status, updated_at + interval 1 day, $load from corrected",
        {"load": load_id},
    )
    connection.execute("drop table corrected")


def dbt(folder: Path, *arguments: str) -> Build:
    """`dbt build` of footfall on the folder's warehouse, as a process."""
    # One at a time, so that seconds of models add up: two at a time would each count what it waits for the other.
    command = [str(BIN / "dbt"), "build", "--select", *FOOTFALL, *arguments, "--threads", "1", "--quiet"]
    ran = run(
        command,
        {
            "TALLY_WAREHOUSE": str(folder / "warehouse.duckdb"),
            "DBT_TARGET_PATH": str(folder / "target"),
            "DBT_LOG_PATH": str(folder / "logs"),
        },
    )
    results = json.loads((folder / "target" / "run_results.json").read_text("utf-8"))["results"]
    seconds: dict[str, list[tuple[str, float]]] = defaultdict(list)
    for result in results:
        kind, _, name = result["unique_id"].split(".")[:3]
        # The hooks of a run's start and end are dbt's own; they are left to its start-up.
        seconds["model" if kind == "seed" else kind].append((name, result["execution_time"]))
    models, tests = (sum(time for _, time in seconds[kind]) for kind in ("model", "test"))
    slowest = sorted(seconds["model"], key=lambda each: -each[1])[:3]
    return Build(models, tests, ran.seconds - models - tests, ran.peak, tuple(slowest))


def load_id(number: int) -> str:
    """The load id of a day by its number: they are a day apart, as the loads of a run each day are."""
    return f"{1793500000 + 86_400 * number}.0"


def _names(build: Build) -> str:
    return ", ".join(f"{name} {seconds:.1f} s" for name, seconds in build.slowest)
