"""Forecasts, staffing, goals, events and growth of stores whose past is odd: nothing is wrong, nothing fails, and what cannot be said is not."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import icalendar
import pytest
from typer.testing import CliRunner

from publishing.__main__ import app as publishing
from tests import flow
from tests.once import made_once
from tests.provider import Provider

PARIS = ZoneInfo("Europe/Paris")
LAST = date(2026, 11, 8)  # a Sunday
DAY = timedelta(days=1)
# All Saints and Armistice Day are closed days in France; of the days ahead, the 11th is.
CLOSED_AHEAD = date(2026, 11, 11)


def visits_of(day: date, hour: int) -> int:
    """More on Saturdays and at noon, and a little more each year; the rest is chance, the same each time."""
    busy = {5: 60, 6: 20}.get(day.weekday(), 30)
    return (
        (busy + 10 * (hour in (12, 13)) + (day.toordinal() * 7919 + hour * 104729) % 11)
        * (100 + 5 * (day.year - 2024))
        // 100
    )


DAYS = {
    "steady": [(date(2025, 1, 1), LAST)],
    "opened": [(LAST, LAST)],
    "gone": [(date(2025, 6, 1), date(2026, 8, 31))],
    "empty": [(date(2026, 5, 1), LAST)],
    "gap": [(date(2024, 9, 1), date(2025, 3, 31)), (date(2026, 4, 1), LAST)],
}


def days_of(store: str) -> Iterator[date]:
    for first, last in DAYS[store]:
        for at in range((last - first).days + 1):
            yield first + at * DAY


def readings(store: str) -> Iterator[dict[str, Any]]:
    for day in days_of(store):
        for hour in range(8, 18):
            moment = datetime(day.year, day.month, day.day, hour, tzinfo=PARIS)
            yield {
                "sensor_id": store,
                "hour_start": moment.astimezone(ZoneInfo("UTC")),
                "visits": 0 if store == "empty" else visits_of(day, hour),
            }
    # The feed has come to the end of the last day.
    end = datetime(day.year, day.month, day.day, 23, tzinfo=PARIS)
    yield {"sensor_id": store, "hour_start": end.astimezone(ZoneInfo("UTC")), "visits": 0}


@pytest.fixture(scope="module")
def odd_stores(tmp_path_factory: pytest.TempPathFactory) -> Path:
    def make(folder: Path) -> None:
        with pytest.MonkeyPatch.context() as patch, Provider() as provider:
            patch.setenv("TALLY_WAREHOUSE", str(folder / "warehouse.duckdb"))
            patch.setenv("SOURCES__FOOTFALL__BASE_URL", provider.base_url)
            for store in DAYS:
                provider.put_store(store)
                provider.put_sensor(store, store, door=1)
                provider.put_readings(readings(store))
            flow.ingest("footfall")
            flow.dbt("seed")
            with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
                connection.execute("""
                    insert into reference.goals by name select * from (values
                        (null, 'visits', '2026-11', 50000), ('steady', 'visits', '2026-11', 12000), ('gone', 'visits', '2026-11', 100),
                        ('nowhere', 'visits', '2026-11', 100), ('empty', 'visits', '2026-11', 100)
                    ) as t (store_id, metric, month, target);
                    insert into reference.events by name select * from (values
                        ('steady', date '2026-10-10', date '2026-10-11', 'Fair', true),
                        ('steady', date '2026-10-11', date '2026-10-12', 'Strike', false),
                        ('nowhere', date '2026-10-10', date '2026-10-11', 'Flood', true),
                        (null, date '2026-11-14', date '2026-11-14', 'Sale', false)
                    ) as t (store_id, first_day, last_day, label, is_unusual)
                """)
            flow.build("--select", "tag:footfall", "--exclude-resource-type", "seed")
            done = CliRunner().invoke(publishing, [])
            assert done.exit_code == 0, done.output

    return made_once(tmp_path_factory, "odd-stores", make) / "warehouse.duckdb"


def of_store(warehouse: Path, mart: str) -> dict[str, list[dict[str, Any]]]:
    found = defaultdict(list)
    for row in flow.records(warehouse, f"select * from marts.{mart}"):
        found[row["store_id"]].append(row)
    return found


def test_each_store_is_forecast_as_far_as_it_can_be(odd_stores: Path) -> None:
    ahead = of_store(odd_stores, "fct_visits_ahead_daily")
    assert sorted(ahead) == ["empty", "gap", "opened", "steady"]
    for store, rows in ahead.items():
        assert sorted(row["visit_date"] for row in rows) == [LAST + n * DAY for n in range(1, 15)], store
        for row in rows:
            is_closed = row["visit_date"] == CLOSED_AHEAD
            assert (row["is_open"], row["closed_reason"]) == (not is_closed, "Armistice Day" if is_closed else None)
            assert row["event_label"] == ("Sale" if row["visit_date"] == date(2026, 11, 14) else None)
            if row["visits"] is not None:
                assert 0 <= row["lower_80"] <= row["visits"] <= row["upper_80"]

    # Of a store that opened yesterday, a Sunday, nothing but the Sundays can be said, and why.
    known = [row for row in ahead["opened"] if row["visits"] is not None and row["is_open"]]
    came = sum(visits_of(LAST, hour) for hour in range(8, 18))
    assert [(row["visit_date"], row["visits"], row["model"]) for row in known] == [
        (LAST + weeks * 7 * DAY, came, "baseline") for weeks in (1, 2)
    ]
    assert {row["reason"] for row in ahead["opened"] if row["is_open"]} == {
        "the store has been counted for less than six weeks",
        "no comparable day is known yet",
    }
    assert {row["visits"] for row in ahead["empty"]} == {0}
    # A year without counts leaves the level that the store has now.
    for store in ("steady", "gap"):
        for row in ahead[store]:
            if row["is_open"]:
                lately = [
                    sum(visits_of(row["visit_date"] - weeks * 7 * DAY, hour) for hour in range(8, 18))
                    for weeks in (3, 4)
                ]
                assert row["visits"] == pytest.approx(sum(lately) / 2, rel=0.2), (store, row)


def test_people_goals_events_and_growth(odd_stores: Path) -> None:
    plan = of_store(odd_stores, "fct_staffing_plan_hourly")
    assert sorted(plan) == ["empty", "gap", "opened", "steady"]
    assert {row["staff_needed"] for row in plan["empty"]} == {1}
    assert {row["visit_date"] for row in plan["opened"]} == {LAST + 7 * DAY, LAST + 14 * DAY}
    assert CLOSED_AHEAD not in {row["visit_date"] for row in plan["steady"]}

    goals = {row["store_id"]: row for row in flow.records(odd_stores, "select * from marts.fct_goal_progress")}
    came = sum(
        visits_of(day, hour) for n in range(1, 9) for day in [date(2026, 11, n)] for hour in range(8, 18) if n != 1
    )
    steady, gone, nowhere, empty, everyone = (goals[store] for store in ("steady", "gone", "nowhere", "empty", None))
    assert steady["achieved"] - came == visits_on_all_saints(odd_stores)
    assert 9000 < steady["on_track_for"] < 16000 and steady["store_days_without_forecast"] == 0
    assert (gone["achieved"], gone["on_track_for"], gone["store_days_without_forecast"]) == (0, None, 28)
    assert (nowhere["achieved"], nowhere["on_track_for"], nowhere["known_until"]) == (0, None, None)
    assert (empty["achieved"], empty["on_track_for"]) == (0, 0)
    # Of all together: without the open days of the store that is gone, and those of the new one that are no Sundays.
    assert everyone["on_track_for"] >= steady["on_track_for"]
    assert everyone["store_days_without_forecast"] == 28 + 22 - 3 - 1

    events = {
        (row["store_id"], row["visit_date"]): row
        for rows in of_store(odd_stores, "fct_event_days").values()
        for row in rows
    }
    assert events["steady", date(2026, 10, 11)]["event_label"] == "Fair / Strike"
    assert events["steady", date(2026, 10, 11)]["is_unusual"] and not events["steady", date(2026, 10, 12)]["is_unusual"]
    assert "nowhere" not in {store for store, _ in events}

    growth = of_store(odd_stores, "fct_like_for_like_daily")
    assert sorted(growth) == ["gone", "steady"]  # of the gap, no day has a day 52 weeks before it
    october = {
        row["visit_date"]
        for row in growth["steady"]
        if row["visit_date"].month == 10 and row["visit_date"].year == 2026
    }
    assert october == {date(2026, 10, n) for n in range(1, 32)} - {date(2026, 10, 10), date(2026, 10, 11)} - {
        date(2026, 10, 31)
    }


def visits_on_all_saints(warehouse: Path) -> int:
    """What was counted in the steady store on a closed day: it counts as what came."""
    ((visits,),) = flow.query(
        warehouse,
        "select visits_estimated from marts.fct_store_visits_daily where store_id = 'steady' and visit_date = date '2026-11-01'",
    )
    assert visits == sum(visits_of(date(2026, 11, 1), hour) for hour in range(8, 18))
    return int(visits)


def test_the_pages_and_calendars_have_the_same(odd_stores: Path) -> None:
    site = odd_stores.with_suffix(".site")
    rows = {store: json.loads((site / f"rows/store/key={store}/rows0.json").read_text("utf-8")) for store in DAYS}
    assert rows["gone"]["forecast_about"] == {} and rows["gone"]["staffing"] == {}
    assert rows["opened"]["forecast_about"]["days_without"] == [11]
    assert rows["steady"]["goals"]["month"] == ["2026-11"]
    assert len(rows["steady"]["events"]["day"]) == 4
    listed = json.loads((site / "rows/forecast.json").read_text("utf-8"))["stores"]
    reasons = dict(zip(listed["store_name"], listed["reason"], strict=True))
    assert reasons["Gone"] == "no complete day for two weeks"
    ahead = of_store(odd_stores, "fct_visits_ahead_daily")["steady"]
    assert {row["reason"] for row in ahead if row["is_open"]} == {reasons["Steady"]}

    assert sorted(file.stem for file in (site / "calendars").glob("*.ics")) == ["empty", "gap", "opened", "steady"]
    plan = of_store(odd_stores, "fct_staffing_plan_hourly")["steady"]
    text = (site / "calendars/steady.ics").read_bytes()
    calendar = icalendar.Calendar.from_ical(text)
    needed = {}
    for event in calendar.walk("VEVENT"):
        begin, end = (event.decoded(name).astimezone(PARIS) for name in ("dtstart", "dtend"))
        people = int(str(event["summary"]).removeprefix("Steady: ").split()[0].replace("one", "1"))
        for hour in range(begin.hour, end.hour):
            needed[begin.date(), hour] = people
    assert needed == {(row["visit_date"], row["local_hour"]): row["staff_needed"] for row in plan}
    ids = [str(event["uid"]) for event in calendar.walk("VEVENT")]
    assert len(set(ids)) == len(ids) and all(each.startswith("steady-202611") for each in ids)

    # Published again, the same plan is the same file.
    assert CliRunner().invoke(publishing, [], env={"TALLY_WAREHOUSE": str(odd_stores)}).exit_code == 0
    assert (site / "calendars/steady.ics").read_bytes() == text
