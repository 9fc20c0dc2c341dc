"""The explorer in a browser: hours or days, of any stores or sensors, between two dates, drawn and downloaded."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Built, NewReader, Reader
from tests.browser.shown import PHONE, between, count, downloaded, number, numbers, whole

pytestmark = pytest.mark.timeout(1800)

# All Saints' Day, on which Paris and Rome are closed, and the day of the clock change before it are among them.
BEGIN, END = date(2026, 10, 24), date(2026, 11, 2)


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def choose(page: Page, *ids: str) -> None:
    """Tick these and no others, whatever was ticked before."""
    if not page.locator("details[open]").count():
        page.locator("summary").click()
    boxes = page.locator(".which label:not(.all)")
    for box in boxes.all():
        wanted = box.inner_text().split(" ")[0].strip().lower() in ids
        if box.locator("input").is_checked() != wanted:
            box.locator("input").click()


def says(page: Page, words: str) -> None:
    expect(page.get_by_role("status")).to_contain_text(words, timeout=60_000)


def rows_of(site: Built, what: str, grain: str, ids: list[str], begin: date, end: date) -> list[dict[str, Any]]:
    """What the marts have: of hours those open or with visits, and one empty row for a closed day without any."""
    fact = site.query(
        f"select * from fct_{what}_visits_{'daily' if grain == 'day' else 'hourly'} where visit_date between ? and ?",
        begin,
        end,
    )
    closings = {
        (each["store_id"], each["visit_date"]): each["closed_reason"]
        for each in site.query("select * from fct_store_visits_daily where is_closed_day")
    }
    rows = [each | {"name": each[f"{what}_id"]} for each in fact if each[f"{what}_id"] in ids]
    if grain == "hour":
        rows = [each for each in rows if each["is_open"] or each["visits"]]
        with_hours = {(each["name"], each["visit_date"]) for each in rows}
        store_of = {each["sensor_id"]: each["store_id"] for each in site.query("select * from dim_sensors")}
        rows += [
            {
                "name": name,
                "store_id": store,
                "visit_date": day,
                "visits": None,
                "visits_estimated": None,
                "hour_start_at": None,
            }
            for name in ids
            for store, day in closings
            if begin <= day <= end
            and store == (name if what == "store" else store_of[name])
            and (name, day) not in with_hours
        ]
    for each in rows:
        each["closed"] = closings.get((each["store_id"], each["visit_date"]))
    return sorted(rows, key=lambda each: (each["name"], each["visit_date"], str(each.get("hour_start_at") or "")))


def holds(reader: Reader, site: Built, what: str, grain: str, ids: list[str], begin: date, end: date) -> None:
    """The charts and the CSV are the marts' rows."""
    expected = rows_of(site, what, grain, ids, begin, end)
    assert expected
    words = f"{count(len(expected))} {grain}s of {f'{len(ids)} {what}s' if len(ids) > 1 else ''}"
    says(reader.page, words)
    words = "-".join([ids[0] if len(ids) == 1 else f"{what}s", *(["hours"] if grain == "hour" else [])])
    days = [str(each["visit_date"]) for each in expected]
    saved = downloaded(reader.page, words, f"tally-visits-{words}-{min(days)}-to-{max(days)}.csv")
    assert [
        (row[what.title()].lower(), row["Day"], number(row["Counted"]), number(row["Estimated"])) for row in saved
    ] == [
        (each["name"], str(each["visit_date"]), *whole([each["visits"], each["visits_estimated"]])) for each in expected
    ]
    assert [row["State"].partition(": ")[2] for row in saved] == [each["closed"] or "" for each in expected]
    if grain == "hour":
        assert [row["Hour"] for row in saved] == [
            f"{each['local_hour']:02}:00" if each["hour_start_at"] else "" for each in expected
        ]
    drawn = reader.charts()
    assert len(drawn) == min(12, len(ids))
    for chart, name in zip(drawn, sorted(ids), strict=False):
        own = [each for each in expected if each["name"] == name]
        assert chart["counted"] == numbers([each["visits"] for each in own]), name
        if grain == "day":
            assert chart["dashed"] == [not each["is_complete"] for each in own]
        shut = [1 if each["closed"] and (grain == "day" or not each["hour_start_at"]) else None for each in own]
        assert chart["closed"] == shut


def test_it_begins_with_every_stores_last_four_weeks(site: Built, reader_of: NewReader) -> None:
    reader = reader_of(site)
    reader.open("/visits/")
    stores = [row["store_id"] for row in site.query("select store_id from dim_stores")]
    (ends,) = site.query("select max(visit_date) as last, max(visit_date) - 27 as first from fct_store_visits_daily")
    holds(reader, site, "store", "day", stores, ends["first"], ends["last"])


def test_days_of_stores_between_two_dates(site: Built, reader_of: NewReader) -> None:
    reader = reader_of(site)
    page = reader.open("/visits/")
    choose(page, "paris", "roma")
    between(page, BEGIN, END)
    holds(reader, site, "store", "day", ["paris", "roma"], BEGIN, END)


def test_hours_of_stores_on_a_phone(site: Built, reader_of: NewReader) -> None:
    reader = reader_of(site, **PHONE)
    page = reader.open("/visits/")
    press(page, "Hours")
    choose(page, "paris", "berlin")
    between(page, BEGIN, END)
    holds(reader, site, "store", "hour", ["berlin", "paris"], BEGIN, END)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_days_of_all_the_sensors_of_a_store(site: Built, reader_of: NewReader) -> None:
    reader = reader_of(site)
    page = reader.open("/visits/")
    press(page, "Sensors")
    choose(page)
    says(page, "Choose at least one sensor.")
    page.locator("label.all", has_text="Roma").locator("input").click()
    between(page, BEGIN, END)
    of_rome = site.query("""
        select sensor_id from dim_sensors inner join dim_stores using (store_id)
        where store_id = 'roma' and (is_in_service or removed_at > first_hour_at)
    """)
    there = {row["sensor_id"] for row in site.query(
        "select distinct sensor_id from fct_sensor_visits_daily where visit_date between ? and ?", BEGIN, END
    )}  # fmt: skip
    holds(reader, site, "sensor", "day", [row["sensor_id"] for row in of_rome if row["sensor_id"] in there], BEGIN, END)


def test_hours_of_a_sensor_by_a_link_that_names_it(site: Built, reader_of: NewReader) -> None:
    reader = reader_of(site)
    (patchy,) = site.query("""
        select sensor_id from fct_sensor_visits_daily where store_id = 'paris' and visit_date between ? and ?
        group by sensor_id order by sum(imputed_hours) desc, sensor_id limit 1
    """, BEGIN, END)  # fmt: skip
    page = reader.open(f"/visits/?sensor={patchy['sensor_id']}&by=hour")
    says(page, f"hours of {patchy['sensor_id']}")
    between(page, BEGIN, END)
    holds(reader, site, "sensor", "hour", [patchy["sensor_id"]], BEGIN, END)
    assert [row for row in rows_of(site, "sensor", "hour", [patchy["sensor_id"]], BEGIN, END) if row["visits"] is None]


def test_a_phone_fetches_a_sensors_part_of_the_hours_and_not_the_file(site: Built, reader_of: NewReader) -> None:
    """A year of every door's hours is megabytes; the file is sorted so that one door's lie together."""
    reader = reader_of(site, locale="fr-FR", **PHONE)  # a context of its own, with nothing downloaded before
    fetched: list[int] = []
    reader.page.on(
        "requestfinished",
        lambda request: fetched.append(request.sizes()["responseBodySize"]) if "sensor_hours" in request.url else None,
    )
    (sensor,) = site.query(
        "select min(sensor_id) as sensor_id from dim_sensors where store_id = 'london' and is_in_service"
    )
    page = reader.open(f"/visits/?sensor={sensor['sensor_id']}&by=hour")
    says(page, f"hours of {sensor['sensor_id']}")
    whole = (site.rows / "tables/sensor_hours.parquet").stat().st_size
    assert 0 < sum(fetched) < whole / 3


def test_dates_stay_within_the_data_and_in_order(site: Built, reader_of: NewReader) -> None:
    page = reader_of(site).open("/visits/")
    (ends,) = site.query("select min(visit_date) as first, max(visit_date) as last from fct_store_visits_daily")
    between(page, date(2020, 1, 1), date(2030, 1, 1))
    group = page.get_by_role("group", name="Days", exact=True)
    expect(group.get_by_label("from")).to_have_value(str(ends["first"]))
    expect(group.get_by_label("to")).to_have_value(str(ends["last"]))
    group.get_by_label("to").fill("2026-09-01")
    group.get_by_label("from").fill("2026-09-20")
    expect(group.get_by_label("to")).to_have_value("2026-09-20")
    says(page, "5 days of 5 stores")
