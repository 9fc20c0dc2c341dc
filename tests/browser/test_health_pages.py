"""Sensor health, store performance and the pipeline's page in a browser: what they say is what the marts hold."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Built, NewReader
from tests.browser.shown import PHONE, count, day, money, table, text

pytestmark = pytest.mark.timeout(1800)


def figures(page: Page) -> dict[str, str]:
    """The row of figures: label to value."""
    boxes = page.locator("article dl > div")
    return {box.locator("dt").inner_text(): box.locator("dd.value").inner_text() for box in boxes.all()}


def test_the_health_page_names_the_doors_that_need_a_technician(site: Built, reader_of: NewReader) -> None:
    """Worked out day by day from the hours: a silent door and one that is stuck."""
    page = reader_of(site).open("/health/")
    sensors = site.query("select * from agg_sensor_health order by sensor_id")
    states = Counter(row["status"] for row in sensors)
    shown = figures(page)
    in_service = [row for row in sensors if row["is_in_service"]]
    assert shown["Need a technician"] == f"{states['technician']} of {len(in_service)}"
    assert shown["Observed"] == count(sum(row["visits"] for row in sensors))
    assert shown["Estimated"] == count(sum(row["visits"] + (row["visits_imputed"] or 0) for row in sensors))

    titles = text(page, "article li a")
    for store, door, reason, since in (("paris", 7, "silent", "2026-11-09"), ("berlin", 2, "stuck", "2026-11-11")):
        (sick,) = (row for row in sensors if (row["store_id"], row["door"]) == (store, door))
        at = titles.index(f"{store.title()}: {sick['sensor_id']} needs a technician")
        detail = text(page, "article li .detail")[at]
        assert detail.startswith(f"{reason.title()} since {day(sick['since_date'])}"), detail
        assert str(sick["since_date"]) <= since  # faults of the week before may have begun the stretch
    assert len(titles) == states["technician"] + states["watch"]

    # One that was replaced in these weeks is listed with its store's, marked.
    while (more := page.get_by_role("button", name="Show more")).count():
        more.first.click()
    listed = page.get_by_role("table", name="sensors", exact=True).locator("tbody tr").all()
    assert {row.locator("th").inner_text(): row.locator("td").nth(1).inner_text() for row in listed} == {
        row["sensor_id"]: row["status"] if row["is_in_service"] else "replaced" for row in sensors
    }
    assert len(in_service) < len(sensors)


@pytest.mark.parametrize("store", ["paris", "madrid"])
def test_a_stores_map_has_a_cell_for_each_door_and_day_with_what_the_hours_say(
    site: Built, reader_of: NewReader, store: str
) -> None:
    page = reader_of(site).open(f"/store/?store={store}")
    (newest,) = site.query("select max(visit_date) as day from fct_sensor_health_daily")
    hours = site.query(
        """
        select sensor_id, visit_date, count(*) as open_hours, count(*) filter (is_observed) as observed
        from fct_sensor_visits_hourly inner join dim_sensors using (sensor_id)
        where is_open and is_in_service and dim_sensors.store_id = ? and visit_date > ? group by all
        """,
        store,
        newest["day"] - timedelta(days=28),
    )
    expected: dict[str, dict[str, str]] = defaultdict(dict)
    for row in hours:
        share = row["observed"] / row["open_hours"]
        kind = "whole" if share == 1 else "most" if share >= 0.8 else "half" if share >= 0.5 else "dark"
        expected[row["sensor_id"]][str(row["visit_date"])] = kind
    shown: dict[str, dict[str, str]] = page.evaluate("""() => Object.fromEntries(
        [...document.querySelectorAll('.map .row[data-sensor]')].map((row) => [
            row.dataset.sensor,
            [...row.querySelectorAll('.cell')].map((cell) => ['whole', 'most', 'half', 'dark', 'closed', 'absent'].find((kind) => cell.classList.contains(kind)))
        ])
    )""")
    days = [str(newest["day"] - timedelta(days=back)) for back in range(27, -1, -1)]
    assert shown.keys() == expected.keys()
    for sensor_id, kinds in shown.items():
        found = {day: kind for day, kind in zip(days, kinds, strict=True) if kind not in ("closed", "absent")}
        assert found == expected[sensor_id], sensor_id


def test_the_pipeline_page_says_first_whether_the_figures_can_be_used(site: Built, reader_of: NewReader) -> None:
    page = reader_of(site).open("/pipeline/")
    (state,) = site.query("select * from agg_pipeline_state")
    words = {"yes": "can be used.", "with care": "can be used with care.", "no": "cannot be used."}
    verdict = " ".join(page.locator("article .verdict").inner_text().split())
    assert verdict == f"Today's figures {words[state['usable']]} {state['reason']}"
    # Nothing but the title stands above it.
    first = page.evaluate(
        "() => document.querySelector('article').innerText.split('\\n').filter((line) => line.trim())"
    )
    assert first[1].startswith("Today's figures")
    (tests,) = site.query(
        "select count(*) as all, count(*) filter (outcome in ('pass', 'warn')) as well from fct_test_results"
    )
    assert tests["all"] > 100
    assert figures(page)["Tests"] == f"{tests['well']} of {tests['all']}"
    assert {"footfall", "retail", "orders", "air_quality"} <= set(text(page, "article tbody th"))


def test_the_pipeline_page_shows_no_path_of_the_machine(site: Built, reader_of: NewReader) -> None:
    page = reader_of(site).open("/pipeline/")
    said = page.locator("article").inner_text()
    assert "/tmp/" not in said
    assert "/root" not in said
    assert str(site.rows) not in said


def test_store_performance_is_sales_over_estimated_visits(site: Built, reader_of: NewReader) -> None:
    reader = reader_of(site)
    page = reader.open("/performance/")
    rows = site.query(
        """
        select days.visit_date, days.visits_estimated, coalesce(sold.sales, 0) as sales, coalesce(sold.revenue, 0) as revenue
        from fct_store_visits_daily as days
        left join (
            select sale_date, sum(sales) as sales, sum(revenue) as revenue
            from agg_sales_daily_by_store_and_product where retail_store_id = '1' group by sale_date
        ) as sold on days.visit_date = sold.sale_date
        where
            days.store_id = 'paris' and days.is_complete
            and days.visit_date <= (select max(sale_date) from agg_sales_daily where is_complete)
        order by days.visit_date desc
        """
    )
    newest = site.query("select max(visit_date) as day from fct_store_performance_daily")[0]["day"]
    by_day = {str(row["visit_date"]): row for row in rows}
    shown: dict[str, str] = {}
    # Four weeks as they are published, eight from the browser's database.
    for length in (28, 56):
        if length == 56:
            page.get_by_role("button", name="8 weeks").click()
            expect(page.locator("article tbody td").nth(1)).not_to_have_text(shown["Visits"], timeout=60_000)
        days = [row for row in rows if row["visit_date"] > newest - timedelta(days=length)]
        visits, sales, revenue = (
            sum(float(row[name]) for row in days) for name in ("visits_estimated", "sales", "revenue")
        )
        (shown,) = [row for row in table(page) if row["Store"] == "Paris"]
        assert (shown["Visits"], shown["Sales"], shown["Revenue"]) == (count(visits), count(sales), money(revenue))
        label = next(name for name in shown if name.startswith("Sales per "))
        scale = int(label.removeprefix("Sales per ").removesuffix(" visits").replace(",", ""))
        assert float(shown[label].replace(",", "")) == pytest.approx(scale * sales / visits, rel=0.01)

    reader.open("/store/?store=paris")
    drawn = reader.charts()[1]
    name = next(key for key in drawn if key.startswith("Sales per "))
    scale = int(name.removeprefix("Sales per ").removesuffix(" visits").replace(",", ""))
    for date, value in zip(drawn["x"], drawn[name], strict=True):
        row = by_day.get(date)
        if row is None or not row["visits_estimated"]:
            assert value is None
        else:
            assert value == pytest.approx(scale * float(row["sales"]) / float(row["visits_estimated"]))


@pytest.mark.parametrize("path", ["/health/", "/pipeline/", "/performance/"])
def test_the_pages_fit_a_phone_and_a_tablet(site: Built, reader_of: NewReader, path: str) -> None:
    """A table that is wider than a tablet moves in its place."""
    page = reader_of(site, **PHONE).open(path)
    for width in (390, 800):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate("() => document.documentElement.scrollWidth") <= width
