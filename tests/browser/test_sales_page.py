"""The page of sales in a browser, against the published marts."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import date, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Built, NewReader
from tests.browser.shown import PHONE, change, compared, count, day, downloaded, money, number, whole

pytestmark = pytest.mark.timeout(1800)


def figures(page: Page, nth: int = 0) -> dict[str, tuple[str, str]]:
    """A row of boxes: value and note by label."""
    return {
        box.locator("dt").inner_text(): (
            box.locator("dd.value").inner_text(),
            " ".join(" ".join(each.split()) for each in box.locator("dd.note").all_inner_texts()),
        )
        for box in page.locator("dl").nth(nth).locator("> div").all()
    }


def sums(site: Built) -> tuple[list[dict[str, Any]], Any]:
    """The days of sales, and the last one that is over."""
    days = site.query("select * from agg_sales_daily order by sale_date")
    return days, max(each["sale_date"] for each in days if each["is_complete"])


def revenue(days: list[dict[str, Any]], last: Any, back: int, length: int) -> float:
    """Revenue of `length` days that end `back` days before the last."""
    end = last - timedelta(days=back)
    return float(sum(each["revenue"] for each in days if end - timedelta(days=length) < each["sale_date"] <= end))


def test_the_figures_are_the_marts(site: Built, reader_of: NewReader) -> None:
    page = reader_of(site).open("/sales/")
    days, last = sums(site)
    (total,) = site.query("select * from agg_sales_total")
    latest = next(each for each in days if each["sale_date"] == last)
    shown = figures(page)
    week, week_before = revenue(days, last, 0, 7), revenue(days, last, 7, 7)
    assert shown[day(last)] == (
        money(latest["revenue"]),
        f"{change(latest['revenue_vs_usual_pct'])} vs usual",
    )
    assert shown["Last 7 days"] == (
        money(week),
        f"{change(100 * (week - week_before) / week_before)} vs the 7 days before",
    )
    assert shown["Last 4 weeks"][0] == money(revenue(days, last, 0, 28))
    assert shown["All sales"] == (
        money(total["revenue"]),
        f"{count(total['sales'])} sales, {count(total['units'])} units",
    )
    assert shown["Returns"] == (
        money(total["returns"]),
        f"{count(total['returned_units'])} units brought back; taken off all figures of revenue and units",
    )


def test_the_days_are_drawn_and_downloaded(site: Built, reader_of: NewReader) -> None:
    reader = reader_of(site, color_scheme="dark")
    page = reader.open("/sales/")
    days, _ = sums(site)
    recent = [each for each in days if each["sale_date"] > days[-1]["sale_date"] - timedelta(days=28)]
    (drawn,) = reader.charts()
    by_day = dict(zip(drawn["x"], drawn["revenue"], strict=True))
    assert {name: value for name, value in by_day.items() if value is not None} == {
        str(each["sale_date"]): float(each["revenue"]) for each in recent
    }
    saved = downloaded(page, "revenue-by-day")
    assert {row["Currency"] for row in saved} == {"EUR"}
    assert [(row["Day"], number(row["Revenue"]), number(row["Revenue, usual"])) for row in saved] == [
        (str(each["sale_date"]), *whole([each["revenue"], each["revenue_usual"]])) for each in recent
    ]


def lines_of(site: Built, **where: str) -> list[dict[str, Any]]:
    """The lines sold on days that are over."""
    _, last = sums(site)
    lines = site.query("""
        select sales.*, products.product_name as product, stores.region, stores.city as store
        from fct_sales as sales
        left join dim_products as products using (product_id)
        left join dim_retail_stores as stores using (retail_store_id)
    """)
    return [
        row for row in lines if row["sale_date"] <= last and all(row[name] == value for name, value in where.items())
    ]


def by_day(lines: list[dict[str, Any]]) -> dict[date, float]:
    found: dict[date, float] = defaultdict(float)
    for line in lines:
        found[line["sale_date"]] += float(line["revenue"])
    return found


@pytest.mark.parametrize("what", ["product", "region", "store"])
def test_the_days_chosen_change_the_shares(site: Built, reader_of: NewReader, what: str) -> None:
    """First as they are published, then from the browser's database: other days, another comparison."""
    page = reader_of(site, **PHONE).open("/sales/")
    lines = lines_of(site)
    days, _ = sums(site)
    known = {row["sale_date"] for row in days if row["is_complete"]}
    newest = days[-1]["sale_date"]
    month = [each for each in known if each > newest - timedelta(days=28)]
    for button, chosen, weeks in (("4 weeks", month, (1, 2, 3, 4)), ("All days", list(known), (4,))):
        page.get_by_role("button", name=button, exact=True).click()
        page.wait_for_selector(f"button[aria-pressed=true]:has-text('{button}')")
        if weeks == (4,):
            page.get_by_label("compared with").select_option("4 weeks before")
            page.get_by_role("button", name=f"Download CSV of revenue-by-{what}").wait_for(timeout=60_000)
            expect(page.get_by_role("table", name=f"Revenue by {what}").locator(".revenue").first).to_have_text(
                re.compile(rf"^{re.escape(money(max(revenues(lines, chosen, what).values())))}"), timeout=60_000
            )
        expected = revenues(lines, chosen, what)
        saved = downloaded(page, f"revenue-by-{what}")
        assert {row["Name"]: number(row["Revenue"]) for row in saved} == pytest.approx(expected, abs=0.51)
        everything = sum(expected.values())
        assert {row["Name"]: number(row["Share, %"]) for row in saved} == pytest.approx(
            {name: 100 * value / everything for name, value in expected.items()}, abs=0.051
        )
        changes = {
            name: compared(by_day([row for row in lines if row[what] == name]), chosen, known, *weeks)
            for name in expected
        }
        assert {row["Name"]: number(row["vs before, %"]) for row in saved} == {
            name: None if value is None else pytest.approx(value, abs=0.051) for name, value in changes.items()
        }
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def revenues(lines: list[dict[str, Any]], days: list[date], what: str) -> dict[str, float]:
    found: dict[str, float] = defaultdict(float)
    for line in lines:
        if line["sale_date"] in set(days):
            found[line[what]] += float(line["revenue"])
    return found


def test_one_store_and_what_it_is_compared_with(site: Built, reader_of: NewReader) -> None:
    """By the address alone, as someone else would open it; a week of few sales is compared day by day."""
    reader = reader_of(site)
    days, last = sums(site)
    known = {row["sale_date"] for row in days if row["is_complete"]}
    (shop,) = site.query("select retail_store_id as id, city from dim_retail_stores order by city limit 1")
    begin = last - timedelta(days=9)
    page = reader.open(f"/sales/?store={shop['id']}&compare=week&from={begin}&to={last}")
    expect(page.locator("dl").nth(1)).to_contain_text("vs the week before", timeout=60_000)
    lines = lines_of(site, retail_store_id=shop["id"])
    chosen = [begin + timedelta(days=each) for each in range(10)]
    here = [line for line in lines if line["sale_date"] in chosen]
    against = compared(by_day(lines), chosen, known, 1)
    boxes = figures(page, 1)
    assert boxes["Revenue"] == (
        money(sum(float(line["revenue"]) for line in here)),
        f"{change(against)} vs the week before",
    )
    assert boxes["Returned"][0] == money(-sum(float(line["revenue"]) for line in here if line["quantity"] < 0))
    (drawn,) = reader.charts()
    assert drawn["revenue"] == pytest.approx([by_day(here)[each] for each in chosen])
    assert drawn["the week before"] == pytest.approx([by_day(lines)[each - timedelta(days=7)] for each in chosen])
    assert page.get_by_role("table", name="Revenue by store").count() == 0
    assert page.locator("select").first.evaluate("list => list.selectedOptions[0].text") == shop["city"]
