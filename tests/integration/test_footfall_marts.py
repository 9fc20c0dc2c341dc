"""Footfall end to end, from a provider's HTTP answers to the marts, against figures worked out in plain Python.

One story in steps, as a year brings them: late and corrected readings, a replaced device, a device that nobody knew yet,
one that moves, opening hours that change, history that comes later, both clock changes, quarter hours, a clock whose hours
begin at half past. After each step the marts equal the reference,
and at the end one full refresh of the same raw data.
"""

from __future__ import annotations

import csv
import random
import shutil
import signal
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from operator import itemgetter
from pathlib import Path
from typing import Any

import duckdb
import pytest

from mock_api.app import create_app
from mock_api.server import running
from mock_api.settings import Settings, World
from tests import flow
from tests.integration.footfall_reference import Day, Footfall
from tests.provider import Provider, instant

HOUR = timedelta(hours=1)
MARTS = [
    "dim_stores", "dim_sensors", "dim_dates", "fct_rejected_records", "dim_store_versions", "dim_sensor_versions",
    "fct_sensor_visits_hourly", "fct_store_visits_hourly", "fct_sensor_visits_daily", "fct_store_visits_daily",
    "fct_sensor_health_daily", "agg_sensor_health",
]  # fmt: skip
FACTS = MARTS[6:]
FOOTFALL = [mart for mart in MARTS if mart != "fct_rejected_records"]


def build(*arguments: str) -> None:
    """`dbt build` of what footfall's marts and its rejected records depend on, where all else was built before."""
    flow.build(*arguments, "--select", "+marts.footfall", *flow.rejected_of("footfall"))


def build_footfall(*arguments: str) -> None:
    """The models of footfall alone, without the data tests, which the long story runs."""
    flow.build(*arguments, "--select", "+marts.footfall", *flow.UNTESTED)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


class Story:
    """A provider with a past: every reading that it will ever serve, drawn once from a seed, and when it serves it."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self.random = random.Random(7)
        launch = {"installed_at": "2024-01-01T00:00:00Z"}
        provider.put_store("paris")
        provider.put_store("madrid", country_code="ES", timezone="Europe/Madrid")
        provider.put_store("berlin", country_code="DE", timezone="Europe/Berlin", opens_at="20:30", closes_at="02:00")
        provider.put_sensor("paris-1", "paris", door=1, **launch)
        provider.put_sensor(
            "paris-2", "paris", door=2, installed_at="2024-01-01T00:00:00Z", removed_at="2024-03-12T11:00:00Z"
        )
        provider.put_sensor("paris-2b", "paris", door=2, installed_at="2024-03-12T11:00:00Z")
        provider.put_sensor("paris-3", "paris", door=3, **launch)
        provider.put_sensor("madrid-1", "madrid", **launch)  # no door: the device is its own
        provider.put_sensor("berlin-1", "berlin", door=1, **launch)
        provider.put_sensor("berlin-2", "berlin", door=2, installed_at="2024-03-20T09:30:00Z")
        provider.put_store("mumbai", country_code="IN", timezone="Asia/Kolkata", opens_at="10:00", closes_at="21:00")
        provider.put_sensor("mumbai-1", "mumbai", door=1, interval_minutes=15, **launch)
        provider.put_sensor("mumbai-2", "mumbai", door=2, **launch)
        provider.put_sensor("tour-1", "paris", door=5, **launch)

    def report(
        self,
        sensor_id: str,
        first: str,
        end: str,
        *,
        share: float = 1.0,
        written: str | None = None,
        interval: timedelta = HOUR,
    ) -> None:
        """Readings of a sensor's intervals from `first` up to `end`: some failed, some (1 − share) left out."""
        rows = []
        hour = utc(first)
        while hour < utc(end):
            failed = self.random.random() < 0.06 * (interval / HOUR)
            visits = None if failed else self.random.randrange(0, 40 if 6 <= hour.hour < 20 else 5)
            if self.random.random() < share:
                row: dict[str, Any] = {"sensor_id": sensor_id, "hour_start": hour, "visits": visits}
                rows.append(row | ({"updated_at": utc(written)} if written else {}))
            hour += interval
        self.provider.put_readings(rows)

    def correct(self, count: int, before: str, written: str) -> None:
        """New values for some hours before `before`, all written at one instant."""
        old = [row for row in self.provider.readings() if row["hour_start"] < before]
        for row in self.random.sample(old, count):
            changed = {"visits": self.random.randrange(50, 90), "status": "ok", "updated_at": utc(written)}
            self.provider.put_readings([row | changed])


@pytest.fixture(scope="module")
def closed() -> set[tuple[str, date]]:
    """What the seed closes for this story's stores."""
    country = {"FR": "paris", "ES": "madrid", "DE": "berlin"}
    with (flow.PROJECT / "seeds" / "holidays.csv").open(newline="") as file:
        rows = [
            (country.get(row["country_code"]), date.fromisoformat(row["holiday_date"])) for row in csv.DictReader(file)
        ]
    return {(store, day) for store, day in rows if store}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, provider: Provider) -> Iterator[Path]:
    path = tmp_path / "warehouse.duckdb"
    monkeypatch.setenv("TALLY_WAREHOUSE", str(path))
    monkeypatch.setenv("SOURCES__FOOTFALL__BASE_URL", provider.base_url)
    yield path


def check(
    warehouse: Path,
    provider: Provider,
    closed: set[tuple[str, date]],
    usable: Any = lambda row: True,
    assigned: Sequence[tuple[str, str, datetime]] = (),
) -> None:
    """The marts hold the reference's figures, every row and no other."""
    readings = [row for row in provider.readings() if usable(row)]
    expected = Footfall(provider.store_versions(), provider.sensor_versions(), readings, closed, assigned)

    hours = {
        (row["sensor_id"], row["hour_start_at"].replace(tzinfo=UTC)): row
        for row in flow.records(warehouse, "from marts.fct_sensor_visits_hourly")
    }
    assert hours.keys() == {(row.sensor_id, row.hour) for row in expected.hours}
    for hour in expected.hours:
        row = hours[hour.sensor_id, hour.hour]
        got = (row["store_id"], row["visit_date"], row["local_hour"], row["is_open"], row["visits"])
        assert got == (hour.store_id, hour.day, hour.local_hour, hour.is_open, hour.visits), hour
        assert row["is_observed"] == (hour.visits is not None), hour
        # Both sides round to thousandths; an exact tie may fall either way.
        for name, value in (("visits_expected", hour.expected), ("visits_estimated", hour.estimated)):
            assert (row[name] is None) == (value is None), hour
            assert value is None or abs(row[name] - value) <= Decimal("0.001"), hour
        assert row["is_imputed"] == (hour.is_open and hour.visits is None and hour.expected is not None), hour

    for mart, key, days in (
        ("fct_sensor_visits_daily", itemgetter("sensor_id", "store_id"), expected.sensor_days),
        ("fct_store_visits_daily", itemgetter("store_id"), expected.store_days),
    ):
        rows = {(key(row), row["visit_date"]): row for row in flow.records(warehouse, f"from marts.{mart}")}
        assert rows.keys() == days.keys()
        for at, day in days.items():
            check_day(rows[at], day, f"{mart} {at}")
    for store_id, day_of in expected.store_days:
        before = expected.store_days.get((store_id, day_of - timedelta(days=364)))
        assert rows[store_id, day_of]["visits_same_day_last_year"] == (before.visits if before else None)
        assert rows[store_id, day_of]["closed_days_in_avg_4w"] == 0


def check_day(row: dict[str, Any], day: Day, where: str) -> None:
    got = (
        row["open_hours"],
        row["observed_hours"],
        row["is_complete"],
        row["visits"],
        row["weeks_in_avg_4w"],
        row["weeks_in_usual"],
        row["imputed_hours"],
    )
    assert got == (
        day.open_hours,
        day.observed_hours,
        day.is_complete,
        day.visits,
        day.weeks,
        day.weeks_in_usual,
        day.imputed_hours,
    ), where
    coverage = 100 * day.observed_hours / day.open_hours if day.open_hours else None
    assert row["coverage_pct"] == (None if coverage is None else pytest.approx(coverage)), where
    for name, value in (
        ("visits_estimated", day.estimated),
        ("visits_avg_4w", day.average),
        ("visits_vs_avg_4w_pct", day.versus),
        ("visits_avg_4w_change_pct", day.change),
        ("visits_usual", day.usual),
        ("visits_vs_usual_pct", day.versus_usual),
    ):
        # Ties of a thousandth, which the percentage of a small average magnifies.
        assert (row[name] is None) == (value is None), f"{where} {name}"
        assert value is None or float(row[name]) == pytest.approx(float(value), rel=1e-3, abs=0.01), f"{where} {name}"


def test_increments_of_a_changing_past_equal_the_reference_and_a_full_refresh(
    provider: Provider, here: Path, closed: set[tuple[str, date]], tmp_path: Path
) -> None:
    story = Story(provider)

    # The first day: five weeks, with gaps. Madrid's feed begins late.
    for sensor_id in ("paris-1", "paris-3", "berlin-1"):
        story.report(sensor_id, "2024-02-05T00:00", "2024-03-11T09:00", share=0.93)
    story.report("paris-2", "2024-02-05T00:00", "2024-03-11T09:00", share=0.8)
    story.report("madrid-1", "2024-03-01T00:00", "2024-03-11T09:00", share=0.9)
    story.report("mumbai-1", "2024-02-29T18:30", "2024-03-11T09:15", share=0.98, interval=HOUR / 4)
    story.report("mumbai-2", "2024-02-29T18:30", "2024-03-11T08:30", share=0.95)
    story.report("tour-1", "2024-03-01T00:00", "2024-03-11T09:00", share=0.95)
    flow.ingest("footfall")
    flow.build("--select", "+marts.footfall", "+fct_rejected_records")
    check(here, provider, closed)

    # Three weeks in one go, over the replaced device and the clocks going forward; late rows and corrections among
    # them, and readings of a device that no list names yet. One device moves to a store whose hours begin at half past;
    # the hour in which it does is the last in the old one. Another counts half hours from some hour on.
    provider.put_sensor(
        "tour-1", "mumbai", door=5, installed_at="2024-01-01T00:00:00Z", updated_at="2024-03-20T10:20:00Z"
    )
    provider.put_sensor(
        "mumbai-2",
        "mumbai",
        door=2,
        interval_minutes=30,
        installed_at="2024-01-01T00:00:00Z",
        updated_at="2024-03-21T09:05:00Z",
    )
    story.report("tour-1", "2024-03-11T09:00", "2024-03-20T11:00", share=0.95)
    story.report("tour-1", "2024-03-20T11:30", "2024-04-02T14:00", share=0.95)
    story.report("mumbai-1", "2024-03-11T09:15", "2024-04-02T14:45", share=0.98, interval=HOUR / 4)
    story.report("mumbai-2", "2024-03-11T08:30", "2024-03-21T09:30", share=0.95)
    story.report("mumbai-2", "2024-03-21T09:30", "2024-04-02T14:30", share=0.98, interval=HOUR / 2)
    for sensor_id in ("paris-1", "paris-3", "madrid-1", "berlin-1"):
        story.report(sensor_id, "2024-03-11T09:00", "2024-04-02T15:00", share=0.93)
    story.report("paris-2", "2024-03-11T09:00", "2024-03-12T11:00")
    story.report("paris-2b", "2024-03-12T11:00", "2024-04-02T15:00", share=0.9)
    story.report("berlin-2", "2024-03-20T09:00", "2024-04-02T15:00")
    story.report("paris-4", "2024-03-25T00:00", "2024-04-02T15:00")
    story.report("paris-1", "2024-02-20T00:00", "2024-02-21T12:00", written="2024-04-02T15:10")
    story.correct(40, before="2024-03-11", written="2024-04-02T15:10")
    flow.ingest("footfall")
    build()
    check(here, provider, closed, usable=lambda row: row["sensor_id"] != "paris-4")
    unknown = flow.query(here, "select reason, count(*) from marts.fct_rejected_records group by reason")
    assert unknown == [("unknown sensor", 8 * 24 + 15)]
    hours = "from marts.fct_sensor_visits_hourly where sensor_id = 'tour-1' and store_id"
    assert flow.query(here, f"select max(hour_start_at) {hours} = 'paris'") == [(datetime(2024, 3, 20, 10),)]
    assert flow.query(here, f"select min(hour_start_at) {hours} = 'mumbai'") == [(datetime(2024, 3, 20, 11, 30),)]

    # Nothing new but the name of a store: nothing is rebuilt, and not one row of a fact changes.
    before = tmp_path / "before.duckdb"
    shutil.copy(here, before)
    provider.put_store(
        "madrid", name="Centro", country_code="ES", timezone="Europe/Madrid", updated_at="2024-04-02T16:00:00Z"
    )
    flow.ingest("footfall")
    build()
    assert flow.query(here, "select count(*) from intermediate.int_footfall__rebuild_days") == [(0,)]
    assert flow.differences(before, here, FACTS) == {}
    names = "select store_name, valid_from, valid_to, is_current from marts.dim_store_versions where store_id = 'madrid' order by updated_at"
    renamed = datetime(2024, 4, 2, 16)
    assert flow.query(here, names) == [("Madrid", None, renamed, False), ("Centro", renamed, None, True)]

    # Paris opens longer from now on, the unknown device is named, a removal turns out to have been earlier, Madrid sends
    # February. Two devices send what no interval of theirs begins with: the hours around it are no longer known.
    story.report("paris-1", "2024-03-05T10:15", "2024-03-05T11:00", written="2024-04-03T08:00")
    story.report("mumbai-1", "2024-03-25T09:37", "2024-03-25T10:00", written="2024-04-03T08:00")
    # Berlin goes by the clock of London from that day on: its 3 April has an hour more.
    provider.put_store("paris", closes_at="20:00", updated_at="2024-04-03T08:00:00Z")
    provider.put_store(
        "berlin",
        country_code="DE",
        timezone="Europe/London",
        opens_at="20:30",
        closes_at="02:00",
        updated_at="2024-04-03T08:00:00Z",
    )
    provider.put_sensor(
        "paris-4", "paris", door=4, installed_at="2024-03-25T00:00:00Z", updated_at="2024-04-03T08:00:00Z"
    )
    provider.put_sensor(
        "berlin-2",
        "berlin",
        door=2,
        installed_at="2024-03-20T09:30:00Z",
        removed_at="2024-03-30T00:00:00Z",
        updated_at="2024-04-03T08:00:00Z",
    )
    story.report("madrid-1", "2024-02-01T00:00", "2024-03-01T00:00", share=0.9, written="2024-04-03T08:00")
    for sensor_id in ("paris-1", "paris-2b", "paris-3", "paris-4", "madrid-1", "berlin-1"):
        story.report(sensor_id, "2024-04-02T15:00", "2024-04-03T22:00", share=0.95)
    flow.ingest("footfall")
    build()

    def in_service(row: dict[str, Any]) -> bool:
        return not (row["sensor_id"] == "berlin-2" and row["hour_start"] >= "2024-03-30")

    check(here, provider, closed, usable=in_service)
    rejected = flow.query(here, "select reason, count(*) from marts.fct_rejected_records group by reason")
    assert set(rejected) == {
        ("after the sensor was removed", 3 * 24 + 15),
        ("hour_start is not the start of an hour", 1),
        ("hour_start is not the start of an interval of its sensor", 1),
    }

    # The owner knows better where one device hung: it moved two days later. Paris falls silent while the others go on: its day is not over, and none of theirs waits for it.
    for sensor_id in ("madrid-1", "berlin-1"):
        story.report(sensor_id, "2024-04-03T22:00", "2024-04-08T10:00", share=0.95)
    flow.ingest("footfall")
    with duckdb.connect(str(here)) as connection:
        connection.execute("insert into reference.sensor_assignments values ('tour-1', 'paris', '2024-01-01')")
        connection.execute("insert into reference.sensor_assignments values ('tour-1', 'mumbai', '2024-03-22')")
    owners_seed = ("--exclude", "sensor_assignments")
    build(*owners_seed)
    # Midnight in Mumbai is half past an hour of Paris, where that hour is the last; until then nothing begins on the hour there.
    assigned = [
        ("tour-1", "paris", instant("2023-12-31T23:00:00Z")),
        ("tour-1", "mumbai", instant("2024-03-21T18:30:00Z")),
    ]
    check(here, provider, closed, usable=in_service, assigned=assigned)
    ends = dict(flow.query(here, "select store_id, latest_complete_date from marts.dim_stores"))
    silent = {"paris": date(2024, 4, 3), "mumbai": date(2024, 4, 1)}
    assert ends == silent | {"madrid": date(2024, 4, 7), "berlin": date(2024, 4, 7)}

    # All of it at once, from the same raw data.
    increments = tmp_path / "increments.duckdb"
    shutil.copy(here, increments)
    build("--full-refresh", *owners_seed)
    assert flow.differences(increments, here, MARTS) == {}


def test_a_correction_reaches_the_same_day_next_year_and_what_lies_between_is_not_touched(
    provider: Provider, here: Path, closed: set[tuple[str, date]], tmp_path: Path
) -> None:
    story = Story(provider)
    story.report("madrid-1", "2023-12-31T00:00", "2025-01-20T10:00", share=0.97)
    flow.ingest("footfall")
    build_footfall()
    story.provider.put_readings(
        [
            {
                "sensor_id": "madrid-1",
                "hour_start": utc("2024-01-10T11:00"),
                "visits": 5000,
                "updated_at": utc("2025-01-20T12:00"),
            }
        ]
    )
    flow.ingest("footfall")
    build_footfall()
    rebuilt = {row[0] for row in flow.query(here, "select visit_date from intermediate.int_footfall__rebuild_days")}
    assert rebuilt == {date(2024, 1, 10) + timedelta(weeks=weeks) for weeks in (*range(9), 52)}
    check(here, provider, closed)
    increments = tmp_path / "increments.duckdb"
    shutil.copy(here, increments)
    build_footfall("--full-refresh")
    assert flow.differences(increments, here, FOOTFALL) == {}


KILLED_BETWEEN_CHUNKS = """
import os, signal, sys
from dbt.adapters.duckdb.environments import local
from dbt.cli.main import dbtRunner

model, *command = sys.argv[1:]
execute = local.DuckDBCursorWrapper.execute

def one_chunk(self, sql, bindings=None):
    before, *chunks = sql.split("set variable chunk_first_date")
    if f"model.tally.{model}" not in sql or len(chunks) < 2:
        return execute(self, sql, bindings)
    execute(self, before + "set variable chunk_first_date" + chunks[0], bindings)
    os.kill(os.getpid(), signal.SIGKILL)

local.DuckDBCursorWrapper.execute = one_chunk
dbtRunner().invoke(command)
"""
"""`dbt …` that dies when the first chunk of a model is written and the second is not."""


def test_a_build_killed_between_two_chunks_leaves_the_earlier_table_and_the_next_build_is_right(
    provider: Provider, here: Path, closed: set[tuple[str, date]], tmp_path: Path
) -> None:
    story = Story(provider)
    story.report("madrid-1", "2023-12-31T00:00", "2025-01-20T10:00", share=0.97)
    flow.ingest("footfall")
    build_footfall()
    story.correct(300, before="2025-01-20", written="2025-01-20T12:00")
    flow.ingest("footfall")
    for model in ("fct_sensor_visits_hourly", "fct_sensor_health_daily"):
        earlier = flow.query(here, f"from marts.{model} order by all")
        command = ("build", "--full-refresh", "--select", "+marts.footfall", *flow.UNTESTED)
        killed = flow.run(sys.executable, "-c", KILLED_BETWEEN_CHUNKS, model, *command)
        assert killed.returncode == -signal.SIGKILL, killed.stdout + killed.stderr
        assert flow.query(here, f"from marts.{model} order by all") == earlier
    build_footfall()
    check(here, provider, closed)
    increments = tmp_path / "increments.duckdb"
    shutil.copy(here, increments)
    build_footfall("--full-refresh")
    assert flow.differences(increments, here, FOOTFALL) == {}


@pytest.fixture(scope="module")
def built_twice(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse that was built twice: an old day, and the newest one, which alone was rebuilt at last."""
    warehouse = tmp_path_factory.mktemp("two-days") / "warehouse.duckdb"
    with Provider() as provider, pytest.MonkeyPatch.context() as patch:
        patch.setenv("TALLY_WAREHOUSE", str(warehouse))
        patch.setenv("SOURCES__FOOTFALL__BASE_URL", provider.base_url)
        story = Story(provider)
        story.report("madrid-1", "2024-02-01T00:00", "2024-02-02T09:00")
        flow.ingest("footfall")
        build_footfall()
        story.report("madrid-1", "2024-02-02T09:00", "2024-02-15T09:00")
        flow.ingest("footfall")
        build_footfall()
    return warehouse


def test_the_wednesday_after_a_holiday_is_compared_with_open_wednesdays(provider: Provider, here: Path) -> None:
    """From a provider to the digest: 11 November is closed in Paris and brings 0 visits.

    On the 18th, 1,000 visits are 2 % more than the 980⅓ of the three Wednesdays before that were open. The mean of the 18th,
    the 11th, the 4th and 28 October is 730, and 1,000 are 37 % more than that: what was shown before.
    """
    wednesdays = {"10-21": 1021, "10-28": 965, "11-04": 955, "11-11": 0, "11-18": 1000}
    provider.put_store("paris")
    provider.put_sensor("paris-1", "paris", door=1)
    first, end = utc("2026-10-20T23:00"), utc("2026-11-18T23:00")
    hours = [first + n * HOUR for n in range(int((end - first) / HOUR))]
    # All of a Wednesday's visits come between 12:00 and 13:00, in Paris an hour later than in UTC, or two.
    noons = {
        utc(f"2026-{day}T{10 if day.startswith('10-21') else 11}:00"): visits for day, visits in wednesdays.items()
    }
    provider.put_readings({"sensor_id": "paris-1", "hour_start": hour, "visits": noons.get(hour, 0)} for hour in hours)
    flow.ingest("footfall")
    flow.build("--select", "+marts.footfall", "tag:alerts", "--indirect-selection", "buildable")

    columns = "visits, visits_usual, weeks_in_usual, visits_vs_usual_pct, visits_avg_4w, weeks_in_avg_4w"
    for mart in ("fct_store_visits_daily", "fct_sensor_visits_daily"):
        days = flow.query(
            here,
            f"select {columns} from marts.{mart} where visit_date in ('2026-11-11', '2026-11-18') order by visit_date",
        )
        assert days == [
            (0, None, 3, None, None, 3),
            (1000, pytest.approx(980 + 1 / 3), 3, pytest.approx(2.006, abs=0.001), pytest.approx(973 + 1 / 3), 3),
        ], mart
    rule = "store_day_far_from_usual"
    assert flow.query(
        here, f"select count(*) from reference.alert_rules where rule_id = '{rule}' and threshold < 37"
    ) == [(1,)]
    assert flow.query(here, f"select entity from marts.fct_alerts where rule_id = '{rule}'") == []
    assert flow.run(sys.executable, "-m", "publishing").returncode == 0
    digest = flow.run(sys.executable, "-m", "notifications", "digest").stdout
    rows = [[cell.strip().replace("\u00a0", " ") for cell in line.split("|")] for line in digest.splitlines()]
    assert ["Paris", "1,000", "980", "+2.0 %"] in [row[1:5] for row in rows], digest


@pytest.fixture
def two_days(built_twice: Path, here: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copy(built_twice, here))


def test_a_wrong_row_in_an_old_day_is_found_by_dbt_test(two_days: Path) -> None:
    """`dbt build` looks at the days that it rebuilt, `dbt test` at all of them."""

    def failed(command: str) -> set[str]:
        """The generic tests of footfall's marts that fail; singular ones see some of these rows as well."""
        nothing_built = [word for kind in ("model", "seed", "unit_test") for word in ("--exclude-resource-type", kind)]
        results = flow.dbt(command, "--select", "marts.footfall", *nothing_built).result
        assert len(results) > 20
        generic = [node for node in results if getattr(node.node, "test_metadata", None)]
        return {node.node.name for node in generic if node.status == "fail"}

    assert failed("test") == set()
    mart, hour = "marts.fct_sensor_visits_hourly", "hour_start_at = timestamp '2024-02-01 {}:00:00'"
    with duckdb.connect(str(two_days)) as connection:
        connection.execute(f"insert into {mart} from {mart} where {hour.format(11)} and sensor_id = 'madrid-1'")
        connection.execute(
            f"update {mart} set local_hour = 24, visits = -1 where {hour.format(12)} and sensor_id = 'madrid-1'"
        )
        connection.execute(f"update {mart} set sensor_id = 'nobody' where {hour.format(13)}")

    assert failed("build") == set()
    rules, relations = "fct_sensor_visits_hourly_keeps_its_rules", "fct_sensor_visits_hourly_refers_to_known_rows"
    assert failed("test") == {rules, relations}
    kept = "select rule, row_found from test_failures.{} order by rule"
    row = "sensor_id: madrid-1, hour_start_at: 2024-02-01 {}:00:00"
    (of_values, values), (of_key, key) = flow.query(two_days, kept.format(rules))
    assert (of_values, of_key) == (
        "local_hour is above 23; visits is below 0",
        "not unique, or null: sensor_id, hour_start_at",
    )
    assert values.startswith(row.format(12) + ", local_hour: 24, visits: -1, ")
    assert key == row.format(11)
    assert flow.query(two_days, kept.format(relations)) == [
        ("sensor_id is in no row of dim_sensors", "sensor_id: nobody")
    ]


def test_a_warehouse_with_the_state_of_an_earlier_tally_is_rebuilt_once(two_days: Path, tmp_path: Path) -> None:
    before = tmp_path / "before.duckdb"
    shutil.copy(two_days, before)
    with duckdb.connect(str(two_days)) as connection:
        connection.execute(
            "create table intermediate.footfall_build_state as select model_name, store_id, first_hour_at, newest_hour_at, "
            "'as it was' as reference_fingerprint, newest_load_id from intermediate.int_footfall__build_watermarks;"
            "drop table intermediate.int_footfall__build_watermarks"
        )
    days = "select count(*) from intermediate.int_footfall__rebuild_days"

    build_footfall()

    assert flow.query(two_days, days) == [(15,)]
    assert flow.differences(before, two_days, FOOTFALL) == {}
    assert flow.query(two_days, "select 1 from duckdb_tables() where table_name = 'footfall_build_state'") == []
    build_footfall()
    assert flow.query(two_days, days) == [(0,)]


def test_a_fact_built_anew_alone_says_what_to_run_instead_of_losing_its_history(provider: Provider, here: Path) -> None:
    story = Story(provider)
    story.report("madrid-1", "2024-03-01T00:00", "2024-03-11T09:00")
    flow.ingest("footfall")
    build_footfall()
    story.report("madrid-1", "2024-03-11T09:00", "2024-03-12T09:00")
    flow.ingest("footfall")
    flow.dbt("run")
    count = "select count(*) from marts.fct_sensor_visits_daily"
    rows = flow.query(here, count)
    result = flow.dbt("run", "--full-refresh", "--select", "fct_sensor_visits_daily")
    assert not result.success
    assert "--select +fct_sensor_visits_daily" in " ".join(str(node.message) for node in result.result)
    assert flow.query(here, count) == rows


def test_three_days_of_the_mock_built_one_after_another_equal_one_full_refresh(
    warehouse: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for moment in ("2026-03-28T20:20:00Z", "2026-03-29T20:20:00Z", "2026-03-30T20:20:00Z"):
        settings = Settings(world=World.SEEDS, now=instant(moment), history=instant("2026-01-15T00:00:00Z"))
        with running(create_app(settings)) as address:
            monkeypatch.setenv("SOURCES__FOOTFALL__BASE_URL", f"{address}/footfall/v1")
            flow.ingest("footfall")
        build_footfall()
    days = "select count(distinct visit_date) from marts.fct_sensor_visits_daily"
    assert flow.query(warehouse, days) == [(75,)]
    increments = tmp_path / "increments.duckdb"
    shutil.copy(warehouse, increments)
    build_footfall("--full-refresh")
    assert flow.differences(increments, warehouse, FOOTFALL) == {}


def test_an_empty_warehouse_builds_to_empty_marts(empty_build: Path) -> None:
    for mart in MARTS:
        assert flow.query(empty_build, f"select count(*) from marts.{mart}") == [(0,)], mart


def test_raw_tables_made_by_dbt_are_those_that_ingestion_makes(
    empty_build: Path, provider: Provider, here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Names and types: a warehouse that dbt saw first takes ingestion's rows, and one that ingestion saw first is the same."""
    columns = (
        "select table_schema, table_name, column_name, data_type from information_schema.columns "
        "where (table_schema = 'raw_footfall' or (table_schema = 'raw_operations' and table_name = 'runs')) "
        "and table_name not like '\\_dlt%' escape '\\' order by all"
    )
    story = Story(provider)
    story.report("madrid-1", "2024-03-01T00:00", "2024-03-02T09:00")
    provider.arrow = False  # JSON can say what Arrow cannot
    provider.put_unreadable({"sensor_id": "madrid-1", "hour_start": "yesterday"})
    shutil.copy(empty_build, here)
    made_by_dbt = flow.query(here, columns)
    flow.ingest("footfall")
    assert flow.query(here, columns) == made_by_dbt
    assert flow.query(here, "select count(*) from raw_footfall.readings") == [(33,)]

    other = tmp_path / "other.duckdb"
    monkeypatch.setenv("TALLY_WAREHOUSE", str(other))
    flow.ingest("footfall")
    assert flow.query(other, columns) == made_by_dbt
