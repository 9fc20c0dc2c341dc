"""Forecasts, people needed, goals, events and growth like for like on the pages, against the published marts."""

from __future__ import annotations

import re
from datetime import date

import icalendar
import pytest

from tests.browser.conftest import Built, NewReader
from tests.browser.shown import (
    PHONE,
    count,
    day,
    downloaded,
    number,
    numbers,
    rounded,
    short_day,
    table,
    tenths,
    whole,
)

pytestmark = pytest.mark.timeout(1800)


def test_a_stores_next_two_weeks_stand_beside_what_came(site: Built, reader_of: NewReader) -> None:
    reader = reader_of(site)
    page = reader.open("/store/?store=paris")
    ahead = site.query("select * from fct_visits_ahead_daily where store_id = 'paris' order by visit_date")
    came = site.query("""
        select visit_date, visits from fct_store_visits_daily
        where store_id = 'paris' and is_complete and visit_date > (select max(visit_date) from fct_store_visits_daily where store_id = 'paris' and is_complete) - 28
        order by visit_date
    """)
    (drawn,) = [chart for chart in reader.charts() if "lower" in chart]
    assert drawn["x"] == [str(row["visit_date"]) for row in [*came, *ahead]]
    assert drawn["counted"] == numbers([row["visits"] for row in came]) + [None] * 14
    open_ahead = [
        (row["visits"], row["lower_80"], row["upper_80"]) if row["is_open"] else (None, None, None) for row in ahead
    ]
    assert drawn["forecast"][28:] == pytest.approx([visits for visits, _, _ in open_ahead])
    assert drawn["lower"][28:] == pytest.approx([lower for _, lower, _ in open_ahead])
    ends = [None if low is None else low + width for low, width in zip(drawn["lower"], drawn["width"], strict=True)]
    assert ends[28:] == pytest.approx([upper for _, _, upper in open_ahead])
    assert drawn["event"] == [
        int(x in ("2026-11-05", "2026-11-06", "2026-11-07", "2026-11-08", "2026-11-20", "2026-11-21")) or None
        for x in drawn["x"]
    ]
    words = page.locator("article").inner_text()
    total = sum(row["visits"] for row in ahead)
    assert (
        f"{count(total)} visits are forecast from {day(ahead[0]['visit_date'])} to {day(ahead[-1]['visit_date'])}."
        in words
    )
    saved = downloaded(page, "forecast")
    assert [number(row["Forecast"]) for row in saved[28:]] == whole([visits for visits, _, _ in open_ahead])
    # Every chart of days has the events.
    assert [chart["event"][chart["x"].index("2026-11-06")] for chart in reader.charts() if "event" in chart] == [
        1,
        1,
        1,
    ]


def test_the_people_needed_are_a_table_a_file_and_a_calendar(site: Built, reader_of: NewReader) -> None:
    reader = reader_of(site)
    page = reader.open("/store/?store=paris")
    plan = site.query("select * from fct_staffing_plan_hourly where store_id = 'paris' order by visit_date, local_hour")
    shown = page.get_by_role("table", name="People needed by day and hour")
    hours = [int(head) for head in shown.locator("thead th").all_inner_texts()[:-1]]
    needed: dict[tuple[str, int], int] = {}
    sums = {}
    for row in shown.locator("tbody tr").all():
        name, *cells, total = row.locator("th, td").all_inner_texts()
        needed |= {(name, hour): int(cell) for hour, cell in zip(hours, cells, strict=True) if cell}
        sums[name] = total
    assert needed == {(short_day(row["visit_date"]), row["local_hour"]): row["staff_needed"] for row in plan}
    first = [row["staff_needed"] for row in plan if row["visit_date"] == plan[0]["visit_date"]]
    assert sums[short_day(plan[0]["visit_date"])] == count(sum(first))
    saved = downloaded(page, "people-needed")
    assert [(row["Day"], row["Hour"], int(row["People"])) for row in saved] == [
        (str(row["visit_date"]), f"{row['local_hour']:02}:00", row["staff_needed"]) for row in plan
    ]

    address = page.get_by_role("link", name="Calendar (iCalendar)").get_attribute("href")
    answer = page.request.get(f"{site.url}{address}")
    assert answer.headers["content-type"].startswith("text/calendar")
    events = icalendar.Calendar.from_ical(answer.body()).walk("VEVENT")
    hours_of_people = sum(
        (event.decoded("dtend") - event.decoded("dtstart")).seconds
        // 3600
        * int(re.findall(r"[\d,]+|one", str(event["summary"]))[0].replace("one", "1").replace(",", ""))
        for event in events
    )
    assert hours_of_people == sum(row["staff_needed"] for row in plan)


def test_the_page_of_forecasts_says_how_good_they_are(site: Built, reader_of: NewReader) -> None:
    reader = reader_of(site)
    page = reader.open("/forecast/")
    rows = site.query("""
        select
            stores.store_name, sum(ahead.visits) filter (where ahead.horizon_days <= 7) as week, sum(ahead.visits) as fortnight,
            any_value(accuracy.wape_pct) as wape, any_value(four.wape_pct) as wape_four, any_value(accuracy.coverage_80_pct) as coverage
        from dim_stores as stores
        join fct_visits_ahead_daily as ahead using (store_id)
        join agg_visits_forecast_accuracy as accuracy on stores.store_id = accuracy.store_id and accuracy.method = 'issued'
        join agg_visits_forecast_accuracy as four on stores.store_id = four.store_id and four.method = 'mean_of_four'
        group by stores.store_name order by stores.store_name
    """)
    saved = downloaded(page, "forecast-by-store")
    assert [row["Store"] for row in saved] == [row["store_name"] for row in rows]
    assert [number(row["Next 14 days"]) for row in saved] == whole([row["fortnight"] for row in rows])
    assert [number(row["Error, %"]) for row in saved] == tenths([row["wape"] for row in rows])
    assert [number(row["Error of the mean of 4 weeks, %"]) for row in saved] == tenths(
        [row["wape_four"] for row in rows]
    )
    assert table(page)[0]["Next 7 days"] == count(rows[0]["week"])

    (all_stores,) = site.query("""
        select 100 * sum(absolute_error) / sum(visits) as wape, sum(forecasts) as forecasts, sum(coverage_80_pct * forecasts) / sum(forecasts) as coverage
        from agg_visits_forecast_accuracy where method = 'issued'
    """)
    words = page.locator("article").inner_text()
    assert f"{rounded(all_stores['wape'], 1)} %\n" in words and f"{rounded(all_stores['coverage'], 1)} %\n" in words
    assert f"of {count(all_stores['forecasts'])} forecasts" in words
    (drawn,) = reader.charts()
    days = site.query(
        "select visit_date, sum(visits) as visits from fct_visits_ahead_daily group by visit_date having count(*) = 5 order by visit_date"
    )
    forecast = dict(zip(drawn["x"], drawn["forecast"], strict=True))
    assert [forecast[str(row["visit_date"])] for row in days] == pytest.approx([row["visits"] for row in days])


def test_goals_say_what_they_are_on_track_for(site: Built, reader_of: NewReader) -> None:
    goals = {(row["store_id"], row["month_start_date"]): row for row in site.query("select * from fct_goal_progress")}
    for path, stores in (
        ("/", {"All stores": None, "Paris": "paris", "atlantis": "atlantis"}),
        ("/store/?store=paris", {None: "paris"}),
    ):
        page = reader_of(site).open(path)
        rows = {(row.get("Store"), row["Month"]): row for row in downloaded(page, "goals")}
        for name, store in stores.items():
            row, goal = rows[name, "November 2026"], goals[store, date(2026, 11, 1)]
            assert [number(row[head]) for head in ("Goal", "So far", "On track for")] == whole(
                [goal[column] for column in ("target", "achieved", "on_track_for")]
            )
    page = reader_of(site, **PHONE).open("/")
    words = page.get_by_role("table", name="goals").inner_text()
    assert "no such store in the data" in words and "below the goal" in words and "reached" in words
    width, content = page.evaluate("[window.innerWidth, document.documentElement.scrollWidth]")
    assert content <= width


def test_growth_like_for_like_is_the_spans_own(site: Built, reader_of: NewReader) -> None:
    """The flow's past is shorter than a year: nothing can be compared, and the page says so."""
    page = reader_of(site).open("/performance/")
    assert site.query("select count(*) as days from fct_like_for_like_daily") == [{"days": 0}]
    assert "No day of these can be compared with the year before." in page.locator("article").inner_text()
