"""What a reader chooses on a page stands in its address: it survives a reload, goes back, and shows the same to someone else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Built, NewReader
from tests.browser.shown import between, change, count, day, table, text

pytestmark = pytest.mark.timeout(1800)

BEGIN, END = date(2026, 10, 24), date(2026, 11, 2)  # All Saints' Day, on which Paris is closed, is among them


def visits_of_paris(page: Page) -> None:
    between(page, BEGIN, END)
    page.get_by_label("compared with").select_option("the week before")
    page.get_by_role("group", name="Days of the hours").get_by_role("button", name="7 days").click()


def roman_sensors(page: Page) -> None:
    page.get_by_role("searchbox", name="Search sensors").press_sequentially("roma-")
    page.get_by_role("button", name="Visits").click()


def sales_of_a_store(page: Page) -> None:
    page.get_by_label("Store", exact=True).select_option(index=2)
    page.get_by_role("button", name="8 weeks").click()


def hours_of_two_stores(page: Page) -> None:
    page.get_by_role("button", name="Hours", exact=True).click()
    page.locator("summary").click()
    for name in ("Berlin", "London", "Madrid"):
        page.locator(".which label", has_text=name).locator("input").click()


def stores_a_week_before(page: Page) -> None:
    page.get_by_label("compared with").select_option("the week before")


CHOICES: list[tuple[str, Callable[[Page], None], str]] = [
    ("/store/?store=paris", visits_of_paris, "from=2026-10-24 to=2026-11-02 compare=week hours=7"),
    ("/sensors/", roman_sensors, "search=roma- sort=-visits"),
    ("/sales/", sales_of_a_store, "store= from="),
    ("/visits/", hours_of_two_stores, "by=hour store=paris store=roma"),
    ("/stores/", stores_a_week_before, "compare=week"),
    ("/", lambda page: between(page, BEGIN, END), "from=2026-10-24 to=2026-11-02"),
]


def shown(page: Page) -> Any:
    """All that the page says, and what its charts draw, once it has come to rest."""
    page.wait_for_load_state("networkidle")
    expect(page.get_by_text("Loading …")).to_have_count(0, timeout=60_000)
    expect(page.locator("[aria-busy=true]")).to_have_count(0, timeout=60_000)
    charts = page.evaluate("""() => [...document.querySelectorAll('[data-chart]')].map((element) =>
        JSON.stringify(element.chart?.getOption().series.map((series) => series.data)))""")
    controls = page.locator("article :is(select, input)").evaluate_all(
        "all => all.filter(each => each.checkVisibility()).map(each => each.type === 'checkbox' ? each.checked : each.value)"
    )
    return page.locator("article").inner_text(), charts, controls


@pytest.mark.parametrize(("path", "make", "address"), CHOICES, ids=[path for path, *_ in CHOICES])
def test_what_is_chosen_stands_in_the_address(
    site: Built, reader_of: NewReader, path: str, make: Callable[[Page], None], address: str
) -> None:
    reader = reader_of(site)
    page = reader.open(path)
    at_first = shown(page)
    make(page)
    chosen = shown(page)
    for each in address.split():
        assert each in page.url
    assert chosen != at_first

    # Someone else opens the copied address, in a browser of their own; then the first reader reloads.
    other = reader_of(site, locale="en-GB", extra_http_headers={"X-Reader": "another"})
    copied = other.open(page.url.removeprefix(site.url))
    if page.locator("details[open]").count():
        copied.locator("summary").click()
    assert shown(copied) == chosen
    reader.open(page.url.removeprefix(site.url))
    if copied.locator("details[open]").count():
        page.locator("summary").click()
    assert shown(page) == chosen


def test_back_takes_the_last_choice_away_and_forward_brings_it_again(site: Built, reader_of: NewReader) -> None:
    page = reader_of(site).open("/store/?store=paris")
    seen = [(page.url, shown(page))]
    choices: tuple[Callable[[], object], ...] = (
        lambda: page.get_by_label("compared with").select_option("4 weeks before"),
        lambda: page.get_by_role("group", name="Days", exact=True).get_by_role("button", name="4 weeks").click(),
        lambda: page.get_by_label("compared with").select_option("usual"),
    )
    for choice in choices:
        choice()
        seen.append((page.url, shown(page)))
    assert seen[0][0] == f"{site.url}/store/?store=paris"
    assert "compare" not in seen[3][0]  # what nobody has to choose is not in the address
    for before in reversed(seen[:3]):
        page.go_back()
        assert (page.url, shown(page)) == before
    for after in seen[1:]:
        page.go_forward()
        assert (page.url, shown(page)) == after
    page.get_by_role("link", name="Sensors", exact=True).click()
    expect(page).to_have_url(f"{site.url}/sensors/")
    page.go_back()
    page.get_by_role("heading", name="Paris", exact=True).wait_for()
    assert (page.url, shown(page)) == seen[3]


def test_days_are_compared_with_those_of_an_earlier_week(site: Built, reader_of: NewReader) -> None:
    """Only days that are open and over on both sides count, and the page says of how many it is."""
    reader = reader_of(site)
    page = reader.open(f"/store/?store=paris&from={BEGIN}&to={END}&compare=week")
    days = {
        row["visit_date"]: row
        for row in site.query("select * from fct_store_visits_daily where store_id = 'paris' and is_complete")
    }
    usable = {at: float(row["visits_estimated"]) for at, row in days.items() if not row["is_closed_day"]}
    chosen = [BEGIN + timedelta(days=each) for each in range(10)]
    both = [at for at in chosen if at in usable and at - timedelta(days=7) in usable]
    assert 0 < len(both) < len(chosen)
    now, was = sum(usable[at] for at in both), sum(usable[at - timedelta(days=7)] for at in both)

    boxes = dict(zip(text(page, "dl dt"), page.locator("dl > div").all(), strict=True))
    shown = boxes["Visits of these days"]
    assert shown.locator(".value").inner_text() == count(sum(days[at]["visits_estimated"] for at in chosen))
    assert (
        shown.locator(".note").inner_text()
        == f"{change(100 * (now - was) / was)} vs the week before, of {len(both)} of {len(chosen)} days"
    )
    drawn = reader.charts()[0]
    closed = {at for at, row in days.items() if row["is_closed_day"]}
    assert drawn["the week before"] == pytest.approx(
        [None if at in closed else usable.get(at - timedelta(days=7)) for at in chosen]
    )

    # What a chart shows is said in words too.
    chart = page.get_by_role("img", name="Visits by day", exact=True)
    words = page.locator(f"#{chart.get_attribute('aria-describedby')}").text_content()
    values = {at: days[at]["visits_estimated"] for at in chosen}
    highest = max(values, key=lambda at: values[at])
    lowest = min(values, key=lambda at: values[at])
    assert words == (
        f"10 figures, from {day(BEGIN)} to {day(END)}. The highest: {count(values[highest])}, {day(highest)}. "
        f"The lowest: {count(values[lowest])}, {day(lowest)}. The newest: {count(values[END])}, {day(END)}."
    )


def test_an_address_that_makes_no_sense_shows_what_nobody_chose(site: Built, reader_of: NewReader) -> None:
    reader = reader_of(site)
    plain = shown(reader.open("/store/?store=roma"))
    odd = "&from=yesterday&to=2026-13-45&compare=the+moon&hours=-1&sort=%3Cscript%3E"
    assert shown(reader.open(f"/store/?store=roma{odd}")) == plain
    stores = shown(reader.open("/stores/"))
    assert shown(reader.open("/stores/?sort=-nothing&search=")) == stores
    assert [row["Store"] for row in table(reader.open("/stores/?sort=-visits"))] == [
        row["store_name"]
        for row in site.query("""
            select store_name from dim_stores inner join fct_store_visits_daily as days using (store_id)
            where days.visit_date = latest_complete_date order by visits_estimated desc
        """)
    ]
