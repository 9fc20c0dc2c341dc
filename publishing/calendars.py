"""The staffing plan as iCalendar files (RFC 5545), one a store, to which a phone's calendar subscribes."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import duckdb
from icalendar import Calendar, Event, vDuration

from warehouse.language import Language, first_timezone

REFRESH = timedelta(hours=6)
"""How often a calendar is asked to fetch its file again."""

_HOURS = """
    select
        plan.store_id, url_key(plan.store_id) as key, coalesce(stores.store_name, plan.store_id) as store_name, stores.timezone,
        plan.visit_date, plan.local_hour, plan.staff_needed, plan.visits_forecast
    from fct_staffing_plan_hourly as plan
    inner join dim_stores as stores on plan.store_id = stores.store_id
    order by plan.store_id, plan.visit_date, plan.local_hour
"""


class Hour(NamedTuple):
    """An hour of the plan, on the store's own clock."""

    store_id: str
    key: str
    store_name: str
    timezone: str | None
    day: date
    hour: int
    people: int
    visits: float


def read_plan(connection: duckdb.DuckDBPyConnection) -> list[Hour]:
    """The hours of the plan, from a connection that has the marts `fct_staffing_plan_hourly` and `dim_stores`, and the macro `url_key`."""
    return [Hour(*row) for row in connection.execute(_HOURS).fetchall()]


def write_calendars(hours: list[Hour], folder: Path, language: Language, written_at: datetime) -> None:
    """Write `<store>.ics` for each store that has a plan.

    Hours, one after another, that need as many people are one event. An event's id is made of its store, day and first hour, so that a
    calendar which fetches the file again changes its events and doubles none. Times are in UTC, which a phone shows on its own clock.

    Args:
        hours: the plan.
        folder: where to write; it is not there yet.
        language: what the events are written in.
        written_at: when the plan was made, in UTC.
    """
    folder.mkdir()
    for key, some in groupby(hours, lambda hour: hour.key):
        (folder / f"{key}.ics").write_bytes(_calendar(list(some), language, written_at).to_ical())


def _calendar(hours: list[Hour], language: Language, written_at: datetime) -> Calendar:
    first = hours[0]
    zone = ZoneInfo(first_timezone([first.timezone]))
    calendar = Calendar()
    calendar.add("prodid", "-//Tally//staffing plan//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", language.phrase("staffing-calendar_name", store=first.store_name))
    calendar.add("refresh-interval", vDuration(REFRESH), parameters={"VALUE": "DURATION"})
    for run in _runs(hours):
        begin, end = run[0], run[-1]
        event = Event()
        event.add("uid", f"{begin.key}-{begin.day:%Y%m%d}-{begin.hour:02}@staffing.tally")
        event.add("dtstamp", written_at)
        event.add("dtstart", datetime.combine(begin.day, time(begin.hour), zone).astimezone(UTC))
        event.add("dtend", (datetime.combine(end.day, time(end.hour), zone) + timedelta(hours=1)).astimezone(UTC))
        event.add("summary", language.phrase("staffing-event", store=begin.store_name, people=begin.people))
        event.add("description", language.phrase("staffing-event_note", visits=round(sum(hour.visits for hour in run))))
        calendar.add_component(event)
    return calendar


def _runs(hours: list[Hour]) -> list[list[Hour]]:
    """Hours of a day, one after another, that need as many people."""
    runs: list[list[Hour]] = []
    for hour in hours:
        if runs and (hour.day, hour.hour, hour.people) == (
            runs[-1][-1].day,
            runs[-1][-1].hour + 1,
            runs[-1][-1].people,
        ):
            runs[-1].append(hour)
        else:
            runs.append([hour])
    return runs
