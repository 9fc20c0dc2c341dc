"""The page of sales in a browser, against the published marts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Built, NewReader
from tests.browser.shown import PHONE, change, count, day, downloaded, money, number, numbers

pytestmark = pytest.mark.timeout(1800)


def figures(page: Page) -> dict[str, tuple[str, str]]:
    """The boxes: value and note by label."""
    return {
        box.locator("dt").inner_text(): (
            box.locator("dd.value").inner_text(),
            " ".join(" ".join(each.split()) for each in box.locator("dd.note").all_inner_texts()),
        )
        for box in page.locator("dl > div").all()
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
    recent = [each for each in days if each["sale_date"] > days[-1]["sale_date"] - timedelta(days=56)]
    (drawn,) = reader.charts()
    by_day = dict(zip(drawn["x"], drawn["revenue"], strict=True))
    assert {name: value for name, value in by_day.items() if value is not None} == {
        str(each["sale_date"]): float(each["revenue"]) for each in recent
    }
    saved = downloaded(page, "revenue-by-day")
    assert [(row["day"], number(row["revenue"]), number(row["usual"])) for row in saved] == [
        (str(each["sale_date"]), *numbers([each["revenue"], each["revenue_usual"]])) for each in recent
    ]


@pytest.mark.parametrize("what", ["product", "region", "store"])
def test_the_period_changes_the_shares(site: Built, reader_of: NewReader, what: str) -> None:
    page = reader_of(site, **PHONE).open("/sales/")
    _, last = sums(site)
    lines = site.query("""
        select sales.*, products.product_name as product, stores.region, stores.city as store
        from agg_sales_daily_by_store_and_product as sales
        left join dim_products as products using (product_id)
        left join dim_retail_stores as stores using (retail_store_id)
    """)

    def by_name(rows: list[dict[str, Any]]) -> dict[str, float]:
        found: dict[str, float] = {}
        for row in rows:
            found[row[what]] = found.get(row[what], 0) + float(row["revenue"])
        return found

    recent = by_name([row for row in lines if last - timedelta(days=28) < row["sale_date"] <= last])
    everything = by_name(site.query("""
        select sales.revenue, products.product_name as product, stores.region, stores.city as store
        from fct_sales as sales
        left join dim_products as products using (product_id)
        left join dim_retail_stores as stores using (retail_store_id)
    """))  # fmt: skip
    for button, expected in (("Last 4 weeks", recent), ("All sales", everything)):
        page.get_by_role("button", name=button, exact=True).click()
        page.wait_for_selector(f"button[aria-pressed=true]:has-text('{button}')")
        saved = downloaded(page, f"revenue-by-{what}")
        assert {row["name"]: number(row["revenue"]) for row in saved} == pytest.approx(expected)
        whole = sum(expected.values())
        assert {row["name"]: number(row["share"]) for row in saved} == pytest.approx(
            {name: 100 * value / whole for name, value in expected.items()}
        )
        bars = page.get_by_role("table", name=f"Revenue by {what}").locator(".row")
        assert {
            row.locator(".name").inner_text().split("\n")[0]: row.locator(".revenue").inner_text().split("\n")[0]
            for row in bars.all()
        } == {name: money(value) for name, value in expected.items()}
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
