"""The pages in a browser: they load, ask nobody else, and show the mart's own figures."""

from __future__ import annotations

import csv
import re
from datetime import date, timedelta
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Built, NewReader
from tests.browser.shown import (
    PHONE,
    bar_rows,
    between,
    change,
    count,
    day,
    downloaded,
    money,
    number,
    numbers,
    rounded,
    short_day,
    table,
    tenths,
    text,
    whole,
)
from tests.flow import PROJECT
from tests.whole_flow import NOW

# The first test waits for the whole flow and Evidence's build.
pytestmark = pytest.mark.timeout(1800)

PAGES = PROJECT / "reports" / "pages"
STORES = ("berlin", "london", "madrid", "paris", "roma")


def latest(site: Built) -> dict[str, dict[str, Any]]:
    """Each store's latest complete day."""
    rows = site.query("""
        select * from dim_stores
        inner join fct_store_visits_daily as days using (store_id)
        where days.visit_date = dim_stores.latest_complete_date
    """)
    return {row["store_id"]: row for row in rows}


def shown_sensors(site: Built) -> list[dict[str, Any]]:
    """The sensors that have a page: all but those that had left before the data begins."""
    return site.query("""
        select sensors.*, stores.store_name, stores.latest_complete_date
        from dim_sensors as sensors inner join dim_stores as stores using (store_id)
        where removed_at is null or removed_at > first_hour_at
        order by sensor_id
    """)


def hours_of(site: Built, what: str, key: str, begin: date, end: date) -> list[dict[str, Any]]:
    """The hours that a chart shows: those open or with visits, and one empty row for a closed day without any."""
    hours = site.query(
        f"select *, visit_date as day from fct_{what}_visits_hourly where {what}_id = ? and visit_date between ? and ?",
        key,
        begin,
        end,
    )
    rows = [each for each in hours if each["is_open"] or each["visits"]]
    closed = site.query(
        f"""
        select days.visit_date as day, null as hour_start_at, null as visits, null as visits_estimated, null as visits_expected
        from fct_{what}_visits_daily as days
        inner join fct_store_visits_daily as stores using (store_id, visit_date)
        where stores.is_closed_day and coalesce(days.visits, 0) = 0 and days.{what}_id = ? and visit_date between ? and ?
        """,
        key,
        begin,
        end,
    )
    return sorted(rows + closed, key=lambda each: (each["day"], str(each["hour_start_at"] or "")))


def test_the_flow_gave_a_site_worth_testing(site: Built) -> None:
    """Guards the others: what they look at is there."""
    assert tuple(sorted(latest(site))) == STORES
    assert [row["closed_reason"] for row in latest(site).values() if row["is_closed_day"]] == ["Armistice Day"]
    assert site.query("select 1 from fct_sensor_visits_daily where visits_estimated > visits")
    assert site.query("select 1 from fct_store_visits_daily where not is_complete")
    assert [sensor for sensor in shown_sensors(site) if not sensor["is_in_service"]]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("screen", ["desktop", "phone"])
def test_every_kind_of_page_loads_and_fits(site: Built, reader_of: NewReader, screen: str, theme: str) -> None:
    replaced = next(sensor["sensor_id"] for sensor in shown_sensors(site) if not sensor["is_in_service"])
    reader = reader_of(site, color_scheme=theme, **(PHONE if screen == "phone" else {}))
    for path in (
        "/",
        "/stores/",
        "/store/?store=london",
        "/sensors/",
        f"/sensor/?sensor={replaced}",
        "/visits/",
        "/sales/",
        "/orders/",
    ):
        page = reader.open(path)
        assert page.locator("h1").count() == 1
        assert len(page.locator("article").inner_text()) > 200
        width, content = page.evaluate("[window.innerWidth, document.documentElement.scrollWidth]")
        assert content <= width, path
        # A figure that is cut reads as another one.
        cut = "values => values.filter(each => each.scrollWidth > each.clientWidth).map(each => each.innerText)"
        assert page.locator("dl dd.value").evaluate_all(cut) == [], path


def links(page: Page) -> set[str]:
    """The addresses of pages that a page links to, within the site."""
    found: list[str] = page.locator("a[href^='/']:not([download])").evaluate_all(
        "links => links.map(link => link.getAttribute('href'))"
    )
    return set(found)


def test_every_link_leads_somewhere_and_every_page_is_linked(site: Built, reader_of: NewReader) -> None:
    reader = reader_of(site)
    seen: dict[str, set[str]] = {}
    ahead = {"/", "/store/?store=paris", "/sensor/?sensor=roma-1c"}
    while new := ahead - set(seen):
        for path in new:
            seen[path] = links(reader.open(path))
        # Of the pages about one entity these two stand for the others, whose rows must be there.
        ahead |= {link for path in new for link in seen[path] if "?" not in link}
    linked = set().union(*seen.values())
    about_one = {link for link in linked if re.match(r"/(store|sensor|station)/", link)}
    for link in about_one:
        kind, key = re.fullmatch(r"/(\w+)/\?\1=(.+)", link).groups()  # type: ignore[union-attr]
        with urlopen(f"{site.url}/data/rows/{kind}/key={key}/rows0.json") as response:
            assert response.status == 200

    assert {f"/{file.parent.relative_to(PAGES)}/" for file in PAGES.rglob("*/index.md")} == {
        path.partition("?")[0] for path in linked - {"/"}
    }
    assert {link for link in about_one if "/store/" in link} == {f"/store/?store={store}" for store in STORES}
    assert {link for link in about_one if "/sensor/" in link} == {
        f"/sensor/?sensor={sensor['sensor_id']}" for sensor in shown_sensors(site)
    }


def test_an_unknown_address_is_answered_kindly(site: Built) -> None:
    with pytest.raises(HTTPError) as raised:
        urlopen(f"{site.url}/atlantis/")

    assert raised.value.code == 404
    assert "There is nothing at this address" in raised.value.read().decode()


def test_an_unknown_store_is_said_to_be_one(site: Built, reader_of: NewReader) -> None:
    """And the address that its page once had leads to the one that it has now."""
    reader = reader_of(site)
    page = reader.open("/stores/atlantis/")
    expect(page).to_have_url(f"{site.url}/store/?store=atlantis")
    assert "There is no store “atlantis” in the data" in page.locator("article").inner_text()
    assert reader.errors.pop().startswith("console: Failed to load resource")
    assert reader.errors.pop() == f"404: {site.url}/data/rows/store/key=atlantis/rows0.json"


def test_the_overview_shows_each_stores_latest_day(site: Built, reader_of: NewReader) -> None:
    page = reader_of(site).open("/")

    assert bar_rows(page.locator(".bars")) == {
        row["store_name"]: (
            count(row["visits_estimated"]),
            change(row["visits_vs_usual_pct"], row["is_closed_day"]),
        )
        for row in latest(site).values()
    }


def test_the_overview_begins_with_four_figures(site: Built, reader_of: NewReader) -> None:
    """Visits, conversion, revenue and basket of the latest day, vs the same weekday of the four weeks before; Paris is closed on it."""
    page = reader_of(site).open("/")
    boxes = page.locator("dl").first.locator("> div").all()
    figures = {box.locator("dt").inner_text(): box.locator("dd").first.inner_text() for box in boxes}
    notes = {box.locator("dt").inner_text(): box.locator("dd.note").inner_text() for box in boxes}
    days = site.query("select * from fct_store_visits_daily order by visit_date")
    last = max(row["latest_complete_date"] for row in latest(site).values())
    now = [row for row in days if row["visit_date"] == last]
    open_now = [row for row in now if not row["is_closed_day"]]

    def usual(store: str, closed: set[date]) -> float:
        values = [
            float(row["visits_estimated"])
            for row in days
            if row["store_id"] == store
            and row["visit_date"] in {last - timedelta(weeks=weeks) for weeks in (1, 2, 3, 4)} - closed
        ]
        return sum(values) / len(values)

    expected = sum(
        usual(
            row["store_id"],
            {each["visit_date"] for each in days if each["store_id"] == row["store_id"] and each["is_closed_day"]},
        )
        for row in open_now
    )
    visits = float(sum(row["visits_estimated"] for row in open_now))
    assert figures["Visits"] == count(sum(row["visits_estimated"] for row in now))
    assert notes["Visits"] == f"{short_day(last)}, {change(100 * (visits - expected) / expected)} vs usual"

    # The morning's sales are there already: they are neither shown nor compared with whole days.
    under_way = date.fromisoformat(NOW[:10])
    sales = {row["sale_date"]: row for row in site.query("from agg_sales_daily")}
    assert max(sales) == under_way
    del sales[under_way]
    sold = sales[max(sales)]
    before = [sales[max(sales) - timedelta(weeks=weeks)] for weeks in (1, 2, 3, 4)]
    mean = float(sum(row["revenue"] for row in before)) / 4
    assert figures["Revenue"] == money(sold["revenue"])
    assert (
        notes["Revenue"] == f"{short_day(max(sales))}, {change(100 * (float(sold['revenue']) - mean) / mean)} vs usual"
    )
    basket = float(sold["revenue"]) / sold["sales"]
    usual_basket = float(sum(row["revenue"] for row in before)) / sum(row["sales"] for row in before)
    assert figures["Basket"] == f"€{rounded(basket, 2)}"
    assert (
        notes["Basket"] == f"{short_day(max(sales))}, {change(100 * (basket - usual_basket) / usual_basket)} vs usual"
    )

    (ratio,) = [name for name in figures if name.startswith("Sales per ")]
    scale = int(ratio.removeprefix("Sales per ").removesuffix(" visits").replace(",", ""))
    shared = site.query("""
        select sum(sales) as sales, sum(visits_estimated) as visits from fct_store_performance_daily
        where is_complete group by visit_date having sum(visits_estimated) > 0 order by visit_date desc limit 1
    """)[0]
    assert float(figures[ratio]) == pytest.approx(scale * shared["sales"] / float(shared["visits"]), rel=0.01)


def test_a_closed_day_stands_in_no_comparison(site: Built, reader_of: NewReader) -> None:
    """On the Sunday after All Saints', a Sunday on which Paris was closed, it is compared with the three that were open."""
    page = reader_of(site).open("/store/?store=paris")
    sundays = {
        row["visit_date"]: row
        for row in site.query("select * from fct_store_visits_daily where store_id = 'paris' and iso_weekday = 7")
    }
    sunday = date(2026, 11, 8)
    before = [sundays[sunday - timedelta(weeks=weeks)] for weeks in (1, 2, 3, 4)]
    assert [row["is_closed_day"] for row in before] == [True, False, False, False]
    mean = float(sum(row["visits_estimated"] for row in before[1:])) / 3
    expected = change(100 * (float(sundays[sunday]["visits_estimated"]) - mean) / mean)

    shown = bar_rows(page.locator(".bars").first)
    assert shown[short_day(sunday)][1] == expected


def test_a_store_has_its_sales_and_conversion_beside_its_visits(site: Built, reader_of: NewReader) -> None:
    page = reader_of(site).open("/store/?store=paris")
    shown = dict(zip(text(page, "dl dt"), text(page, "dl dd.value"), strict=True))
    days = site.query("""
        select * from fct_store_performance_daily where store_id = 'paris' and is_complete
            and visit_date > (select newest_date from dim_stores where store_id = 'paris') - 56
    """)
    revenue, sales = sum(row["revenue"] for row in days), sum(row["sales"] for row in days)
    assert shown["Revenue"] == money(revenue)
    assert shown["Sales"] == count(sales)
    assert shown["Basket"] == f"€{rounded(revenue / sales, 2)}"


def test_the_week_by_hour_is_the_mean_of_eight_weeks(site: Built, reader_of: NewReader) -> None:
    page = reader_of(site).open("/store/?store=roma")
    shown = page.get_by_role("table", name="Visits by weekday and hour")
    heads = shown.locator("thead th").all_inner_texts()
    cells = {
        (row.locator("th").inner_text(), hour): cell.get_attribute("title")
        for row in shown.locator("tbody tr").all()
        for hour, cell in zip(heads, row.locator("td").all(), strict=True)
    }
    end = latest(site)["roma"]["latest_complete_date"]
    hours = site.query(
        """
        select hours.* from fct_store_visits_hourly as hours
        inner join fct_store_visits_daily as days using (store_id, visit_date)
        where store_id = 'roma' and is_open and is_complete and not is_closed_day and visit_date > ? and visit_date <= ?
        """,
        end - timedelta(weeks=8),
        end,
    )
    expected: dict[tuple[str, str], list[float]] = {}
    for row in hours:
        if row["visits_estimated"] is not None:
            key = f"{row['visit_date']:%a}", f"{row['local_hour']:02}"
            expected.setdefault(key, []).append(float(row["visits_estimated"]))
    assert cells == {key: count(sum(values) / len(values)) for key, values in expected.items()}


def test_the_overview_says_when_its_data_ends(site: Built, reader_of: NewReader) -> None:
    page = reader_of(site).open("/")
    words = page.locator("article").inner_text()

    (ends,) = site.query("select max(newest_hour_at) as at from dim_stores")
    newest = site.on_the_clock(ends["at"])
    days = {row["latest_complete_date"] for row in latest(site).values()}
    assert f"up to {newest.day} Nov 2026, {newest:%H:%M}" in words
    assert day(max(days)) in words
    assert re.search(r"Published \d+ \w+ \d{4}, \d\d:\d\d\. Times are those of \w+/\w+\.", words)


def test_the_overviews_trend_is_the_sum_of_the_stores(site: Built, reader_of: NewReader) -> None:
    reader = reader_of(site)
    reader.open("/")
    (drawn,) = reader.charts()
    rows = site.query("""
        select
            visit_date, sum(visits) as counted, sum(visits_estimated) as estimated,
            bool_and(is_complete) as is_complete
        from fct_store_visits_daily group by visit_date order by visit_date desc limit 56
    """)[::-1]

    assert drawn["x"] == [str(row["visit_date"]) for row in rows]
    assert drawn["counted"] == numbers([row["counted"] for row in rows])
    assert drawn["dashed"] == [not row["is_complete"] for row in rows]
    assert drawn["estimated"] == pytest.approx(
        [float(row["estimated"] - row["counted"]) if row["is_complete"] else None for row in rows], abs=0.01
    )


def test_what_needs_attention_is_listed(site: Built, reader_of: NewReader) -> None:
    """By the limits of seeds/alert_rules.csv and of the source; what stores are about is worked out from the other marts in Python."""
    with (PROJECT / "seeds/alert_rules.csv").open(encoding="utf-8") as file:
        limit = {rule["rule_id"]: float(rule["threshold"]) for rule in csv.DictReader(file) if rule["threshold"]}
    sources = (PROJECT / "models/staging/footfall/_footfall__sources.yml").read_text("utf-8")
    (hours_old,) = re.findall(r"error_after: \{count: (\d+), period: hour\}", sources)
    (published,) = site.query("select max(ended_at) as at from fct_runs where what = 'ingestion'")
    expected = set()
    for store in latest(site).values():
        name = store["store_name"]
        silent = site.query(
            "select 1 from dim_sensors where is_in_service and open_hours_silent >= ? and store_id = ?",
            limit["sensor_silent"],
            store["store_id"],
        )
        is_old = store["newest_hour_at"] < published["at"] - timedelta(hours=int(hours_old))
        if is_old:
            expected.add(f"{name}: no new data")
        elif silent:
            expected.add(f"{name}: a door is silent" if len(silent) == 1 else f"{name}: {len(silent)} doors are silent")
        if store["coverage_pct"] is not None and store["coverage_pct"] < limit["store_coverage_low"]:
            expected.add(f"{name}: low coverage")
    page = reader_of(site).open("/")
    shown = set(text(page, "article li a, article li strong"))

    about_averages = {title for title in shown if title.endswith(("far from usual", "count low", "counts low"))}
    assert {
        title for title in shown if title.split(": ")[0] in {row["store_name"] for row in latest(site).values()}
    } == (expected | about_averages)
    assert any("silent" in title for title in expected)
    alerts = site.query("select kind, store_id, rule_id, entity from fct_alerts where closed_at is null")
    assert len(shown) == len(
        {
            (
                each["kind"],
                each["store_id"]
                or (
                    each["entity"]
                    if each["kind"] in ("ingestion_failed", "rejected_above", "source_stale")
                    else each["rule_id"]
                ),
            )
            for each in alerts
        }
    )


def test_the_stores_table_is_the_marts(site: Built, reader_of: NewReader) -> None:
    page = reader_of(site).open("/stores/")

    assert [(row["Store"], row["Day"], row["Visits"], row["vs usual"], row["Doors"]) for row in table(page)] == [
        (
            row["store_name"],
            str(row["latest_complete_date"]),
            count(row["visits_estimated"]),
            "–" if row["visits_vs_usual_pct"] is None else change(row["visits_vs_usual_pct"]),
            str(row["sensors_in_service"]),
        )
        for row in sorted(latest(site).values(), key=lambda row: str(row["store_name"]))
    ]


@pytest.mark.parametrize("store", STORES)
def test_a_stores_page_shows_the_marts_figures(site: Built, reader_of: NewReader, store: str) -> None:
    reader = reader_of(site)
    page = reader.open(f"/store/?store={store}")
    row = latest(site)[store]
    figures = dict(zip(text(page, "dl dt"), text(page, "dl dd.value"), strict=True))

    assert page.locator("h1").inner_text() == row["store_name"]
    expect(page).to_have_title(f"{row['store_name']} · Tally")
    assert figures["Visits"] == count(row["visits_estimated"])
    assert figures["vs usual"] == change(row["visits_vs_usual_pct"], row["is_closed_day"])
    assert figures["Coverage"] == ("closed" if row["is_closed_day"] else f"{rounded(row['coverage_pct'], 1)} %")

    daily, *_, hourly = reader.charts()
    days = site.query(
        "select * from fct_store_visits_daily where store_id = ? order by visit_date desc limit 56", store
    )[::-1]
    assert daily["x"] == [str(each["visit_date"]) for each in days]
    assert daily["counted"] == numbers([each["visits"] for each in days])
    assert daily["usual"] == pytest.approx([each["visits_usual"] for each in days], abs=0.01)
    assert daily["dashed"] == [not each["is_complete"] for each in days]
    assert daily["closed"] == [1 if each["is_closed_day"] else None for each in days]
    hours = hours_of(site, "store", store, row["newest_date"] - timedelta(days=1), row["newest_date"])
    assert hourly["counted"] == numbers([each["visits"] for each in hours])
    assert hourly["expected"] == pytest.approx(numbers([each["visits_expected"] for each in hours]), abs=0.01)

    doors = site.query(
        "select * from fct_sensor_visits_daily inner join dim_sensors using (sensor_id) "
        "where dim_sensors.store_id = ? and visit_date = ? and is_in_service",
        store,
        row["latest_complete_date"],
    )
    latest_days, doors_of_it = page.locator(".bars").all()
    assert bar_rows(doors_of_it) == {
        door["sensor_id"]: (
            count(door["visits_estimated"]),
            change(door["visits_vs_usual_pct"], row["is_closed_day"]),
        )
        for door in doors
    }
    assert list(bar_rows(latest_days).items()) == [
        (
            short_day(each["visit_date"]),
            (count(each["visits_estimated"]), change(each["visits_vs_usual_pct"], each["is_closed_day"])),
        )
        for each in [each for each in days if each["is_complete"]][:-8:-1]
    ]


def test_a_closed_day_says_why(site: Built, reader_of: NewReader) -> None:
    page = reader_of(site).open("/store/?store=paris")

    assert "The latest complete day, closed: Armistice Day." in page.locator("article").inner_text()


def test_the_sensors_table_lists_every_device_with_its_state(site: Built, reader_of: NewReader) -> None:
    page = reader_of(site).open("/sensors/")
    expected = {}
    for sensor in shown_sensors(site):
        if not sensor["is_in_service"]:
            state = "replaced"
        elif sensor["newest_observed_hour_at"] is None:
            state = "no readings yet"
        else:
            state = "silent" if sensor["open_hours_silent"] >= 3 else "in service"
        expected[sensor["sensor_id"]] = (sensor["store_name"], str(sensor["door"]), state)

    assert {row["Sensor"]: (row["Store"], row["Door"], row["State"]) for row in table(page)} == expected


def test_the_sensors_table_can_be_searched(site: Built, reader_of: NewReader) -> None:
    page = reader_of(site).open("/sensors/")
    page.get_by_role("searchbox", name="Search sensors").press_sequentially("roma-")
    wanted = [sensor["sensor_id"] for sensor in shown_sensors(site) if sensor["store_id"] == "roma"]
    expect(page.locator("article tbody tr")).to_have_count(len(wanted))

    assert sorted(row["Sensor"] for row in table(page)) == wanted


def test_a_sensors_page_shows_the_marts_figures(site: Built, reader_of: NewReader) -> None:
    """Two sensors: one that hours are missing of, and one that was replaced."""
    sensors = {sensor["sensor_id"]: sensor for sensor in shown_sensors(site)}
    (patchy,) = site.query("""
        select sensor_id from fct_sensor_visits_daily as days inner join dim_sensors as sensors using (sensor_id)
        where is_in_service and sensors.store_id = 'london' group by sensor_id order by sum(imputed_hours) desc, sensor_id limit 1
    """)
    replaced = next(name for name, sensor in sensors.items() if not sensor["is_in_service"])
    for name in (patchy["sensor_id"], replaced):
        reader = reader_of(site)
        page = reader.open(f"/sensor/?sensor={name}")
        days = site.query("select * from fct_sensor_visits_daily where sensor_id = ? order by visit_date", name)
        is_in_service = sensors[name]["is_in_service"]
        row = [each for each in days if each["is_complete"] and (is_in_service or each["observed_hours"])][-1]
        figures = dict(zip(text(page, "dl dt"), text(page, "dl dd.value"), strict=True))
        assert page.locator("h1").inner_text() == name
        assert day(row["visit_date"]) in text(page, "h2")
        assert figures["Visits"] == count(row["visits_estimated"])
        assert figures["vs usual"] == change(row["visits_vs_usual_pct"])
        assert figures["Coverage"] == f"{rounded(row['coverage_pct'], 1)} %"

        daily, hourly = reader.charts()
        begin = days[-1]["visit_date"] - timedelta(days=55)
        shown = [each for each in days if each["visit_date"] >= begin]
        assert daily["x"] == [str(each["visit_date"]) for each in shown]
        assert daily["counted"] == numbers([each["visits"] for each in shown])
        last = days[-1]["visit_date"]
        hours = hours_of(site, "sensor", name, last - timedelta(days=6), last)
        assert hourly["counted"] == numbers([each["visits"] for each in hours])
        # A gap stays a gap, and what was put in its place is drawn apart.
        gaps = [index for index, each in enumerate(hours) if each["visits"] is None and each["hour_start_at"]]
        empty = [index for index, each in enumerate(hours) if not each["hour_start_at"]]
        assert [index for index, value in enumerate(hourly["closed"]) if value] == empty
        assert [index for index, value in enumerate(hourly["counted"]) if value is None] == sorted(gaps + empty)
        assert [hourly["estimated"][index] for index in gaps] == pytest.approx(
            [float(hours[index]["visits_estimated"]) for index in gaps], abs=0.01
        )


def test_large_figures_stay_whole_and_none_is_compared_with_nothing(site: Built, reader_of: NewReader) -> None:
    """A store of millions a day, on which usually nobody comes: on a phone and on paper."""
    reader = reader_of(site, **PHONE)

    def enlarge(route: Route) -> None:
        rows = route.fetch().json()
        rows["store"] |= {"estimated": [73_864_647], "counted": [73_864_647], "usual": [0], "vs_usual": [None]}
        route.fulfill(json=rows)

    reader.page.route("**/data/rows/store/**", enlarge)
    page = reader.open("/store/?store=roma")
    for medium in ("screen", "print"):
        page.emulate_media(media=medium)
        figures = page.locator("dl").first.locator("dd.value")
        assert figures.first.inner_text() == "73,864,647"
        assert figures.nth(1).inner_text() == "usually none"
        for box in figures.all():
            assert box.evaluate("each => each.scrollWidth <= each.clientWidth"), (medium, box.inner_text())


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Pacific/Auckland"])
def test_days_are_the_stores_own_wherever_the_reader_is(site: Built, reader_of: NewReader, zone: str) -> None:
    at_home, far_away = (reader_of(site, timezone_id=each) for each in ("Europe/Paris", zone))
    for path in ("/", "/stores/", "/store/?store=paris"):
        assert far_away.open(path).locator("article").inner_text() == at_home.open(path).locator("article").inner_text()
        assert far_away.charts() == at_home.charts()


def test_the_stores_download_as_csv(site: Built, reader_of: NewReader) -> None:
    rows = downloaded(reader_of(site).open("/stores/"), "stores")

    assert {row["Store"]: (row["Day"], number(row["Visits"]), number(row["Coverage, %"])) for row in rows} == {
        row["store_name"]: (
            str(row["latest_complete_date"]),
            *whole([row["visits_estimated"]]),
            None if row["coverage_pct"] is None else pytest.approx(row["coverage_pct"], abs=0.051),
        )
        for row in latest(site).values()
    }


def test_the_sensors_download_as_csv(site: Built, reader_of: NewReader) -> None:
    rows = downloaded(reader_of(site).open("/sensors/"), "sensors")

    assert sorted((row["Sensor"], int(row["Door"])) for row in rows) == [
        (sensor["sensor_id"], sensor["door"]) for sensor in shown_sensors(site)
    ]


def test_a_pages_charts_and_tables_download_as_csv(site: Built, reader_of: NewReader) -> None:
    page = reader_of(site).open("/store/?store=paris")
    days = site.query("select * from fct_store_visits_daily where store_id = 'paris' order by visit_date desc limit 56")
    doors = site.query("""
        select * from fct_sensor_visits_daily inner join dim_sensors using (sensor_id)
        where dim_sensors.store_id = 'paris' and is_in_service
            and visit_date = (select latest_complete_date from dim_stores where store_id = 'paris')
    """)
    first, last = days[-1]["visit_date"], days[0]["visit_date"]
    saved = downloaded(page, "days", f"tally-store-paris-days-{first}-to-{last}.csv")
    earlier = ["The week before", "4 weeks before", "A year before (364 days)"]
    assert list(saved[0]) == ["Day", "Counted", "Estimated", "Usual", *earlier, "vs usual, %", "Coverage, %", "State"]
    assert [(row["Day"], number(row["Counted"]), number(row["Usual"])) for row in saved] == [
        (str(each["visit_date"]), *whole([each["visits"], each["visits_usual"]])) for each in reversed(days)
    ]
    against = tenths([each["visits_vs_usual_pct"] for each in reversed(days)])
    assert [number(row["vs usual, %"]) for row in saved] == against
    assert all(re.fullmatch(r"(-?\d+(\.\d)?)?", row["vs usual, %"]) for row in saved)
    closed = [each["closed_reason"] for each in reversed(days) if each["is_closed_day"]]
    assert [row["State"] for row in saved if row["State"].startswith("closed")] == [
        f"closed: {each}" for each in closed
    ]
    assert saved[-1]["State"] == "so far"
    assert {row["Name"]: number(row["Estimated"]) for row in downloaded(page, "doors")} == {
        door["sensor_id"]: whole([door["visits_estimated"]])[0] for door in doors
    }
    assert [row["Day"] for row in downloaded(page, "latest-days")] == [str(each["visit_date"]) for each in days[1:8]]
    hours = downloaded(page, "hours", f"tally-store-paris-hours-{days[1]['visit_date']}-to-{last}.csv")
    assert len(hours) == len(hours_of(site, "store", "paris", days[1]["visit_date"], last))
    assert {row["Hour"] for row in hours if row["Hour"]} <= {f"{hour:02}:00" for hour in range(24)}
    page = reader_of(site).open("/")
    assert {row["Name"]: number(row["Counted"]) for row in downloaded(page, "latest-day-of-each-store")} == {
        row["store_name"]: whole([row["visits"]])[0] for row in latest(site).values()
    }
    (trend,) = site.query("select sum(visits) as visits from fct_store_visits_daily")
    everything = [number(row["Counted"]) or 0 for row in downloaded(page, "all-stores-by-day")]
    assert len(everything) == 56
    assert 0 < sum(everything) < float(trend["visits"])


def span_of(site: Built, table: str, key: str, name: str, begin: date, days: int) -> float | None:
    """The estimated visits of a span of days, one day after another; none if a day has none."""
    by_day = {
        each["visit_date"]: each["visits_estimated"]
        for each in site.query(f"select visit_date, visits_estimated from {table} where {key} = ?", name)
    }
    values = [by_day.get(begin + timedelta(days=each)) for each in range(days)]
    return None if None in values else float(sum(value for value in values if value is not None))


@pytest.mark.parametrize("what", ["store", "sensor"])
def test_what_came_to_date_stands_against_the_same_weekdays_before(
    site: Built, reader_of: NewReader, what: str
) -> None:
    (oldest,) = site.query(
        "select sensor_id from dim_sensors where is_in_service and store_id = 'london' order by installed_at limit 1"
    )
    name = "london" if what == "store" else oldest["sensor_id"]
    end = latest(site)["london"]["latest_complete_date"]
    page = reader_of(site).open(f"/{what}/?{what}={name}")
    periods = {"The day": "day", "Week to date": "week", "Month to date": "month", "Year to date": "year"}
    rows = downloaded(page, "to-date", f"tally-{what}-{name}-to-date-{end.replace(month=1, day=1)}-to-{end}.csv")
    saved = {periods[row["Period"]]: row for row in rows}
    begins = {
        "day": end,
        "week": end - timedelta(days=end.weekday()),
        "month": end.replace(day=1),
        "year": end.replace(month=1, day=1),
    }
    assert {period: (row["From"], row["To"]) for period, row in saved.items()} == {
        period: (str(begin), str(end)) for period, begin in begins.items()
    }
    facts = (site, f"fct_{what}_visits_daily", f"{what}_id", name)
    shown = {row["To date"]: row for row in to_date(page)}
    for period, weeks in (("day", 1), ("week", 1), ("month", 4)):
        days = (end - begins[period]).days + 1
        now = span_of(*facts, begins[period], days)
        before = span_of(*facts, begins[period] - timedelta(weeks=weeks), days)
        assert now is not None and before is not None
        assert [number(saved[period][column]) for column in ("Estimated", "Before")] == whole([now, before])
        against = 100 * (now - before) / before
        assert [number(saved[period]["vs before, %"])] == tenths([against])
        assert shown[period]["Visits"].startswith(count(now))
        assert change(against) in shown[period]["Before"]
    # The data begins in July: the page says of how many days the year to date is, and has nothing to compare it with.
    assert number(saved["year"]["Before"]) is None
    assert "of 315 days have data" in shown["year"]["Visits"]
    assert "There is no comparison with last year yet" in page.locator("article").inner_text()


def to_date(page: Page) -> list[dict[str, str]]:
    """The rows of what came to date, by the period's last word but one."""
    rows = page.get_by_role("table", name="To date").locator("tbody tr").all()
    periods = ("day", "week", "month", "year")
    return [
        {
            "To date": period,
            "Visits": " ".join(row.locator("td").nth(0).inner_text().split()),
            "Before": " ".join(row.locator("td").nth(1).inner_text().split()),
        }
        for period, row in zip(periods, rows, strict=True)
    ]


@pytest.mark.parametrize("what", ["store", "sensor"])
def test_a_range_of_days_changes_what_is_drawn(site: Built, reader_of: NewReader, what: str) -> None:
    reader = reader_of(site)
    (always,) = site.query(
        "select min(sensor_id) as sensor_id from dim_sensors where store_id = 'paris' and is_in_service and installed_at < ?",
        date(2026, 9, 1),
    )
    name = "paris" if what == "store" else always["sensor_id"]
    page = reader.open(f"/{what}/?{what}={name}")
    begin, end = date(2026, 10, 30), date(2026, 11, 3)  # All Saints' Day, on which Paris is closed, is among them
    between(page, begin, end)
    page.get_by_role("group", name="Days of the hours").get_by_role("button", name="7 days").click()
    days = site.query(
        f"select * from fct_{what}_visits_daily where {what}_id = ? and visit_date between ? and ? order by visit_date",
        name,
        begin,
        end,
    )
    hours = hours_of(site, what, name, end - timedelta(days=6), end)
    page.wait_for_function(f"""() => {{
        const drawn = (name) => document.querySelector(`[aria-label="${{name}}"]`).chart?.getOption().xAxis[0].data.length;
        return drawn('Visits by day') === {len(days)} && drawn('Visits by hour') === {len(hours)};
    }}""")
    daily, *_, hourly = reader.charts()
    assert daily["x"] == [str(each["visit_date"]) for each in days]
    assert daily["counted"] == numbers([each["visits"] for each in days])
    assert daily["closed"] == [1 if each["visit_date"] == date(2026, 11, 1) else None for each in days]
    assert hourly["counted"] == numbers([each["visits"] for each in hours])
    assert hourly["closed"] == [None if each["hour_start_at"] else 1 for each in hours]


def test_the_browsers_database_comes_only_when_it_is_asked_for(site: Built, reader_of: NewReader) -> None:
    """Its 4 MB are no part of what a phone downloads to see what was built into the pages."""
    reader = reader_of(site, locale="en-US")  # a context of its own, with nothing downloaded before
    asked: list[str] = []
    reader.page.on("request", lambda request: asked.append(urlsplit(request.url).path))
    for path in ("/", "/stores/", "/store/?store=roma", "/sensors/", "/visits/", "/sales/"):
        reader.open(path)
    assert [path for path in asked if path.endswith((".wasm", ".parquet"))] == []
    page = reader.open("/visits/")
    page.get_by_role("group", name="Days", exact=True).get_by_role("button", name="8 weeks").click()
    page.get_by_role("status").get_by_text(f"{56 * len(STORES)} days").wait_for(timeout=60_000)
    assert [path for path in asked if path.endswith(".wasm")]
