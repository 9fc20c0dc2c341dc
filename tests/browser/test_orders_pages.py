"""The orders' page in a browser: every figure against the published marts, and nobody's personal data on the site."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import duckdb
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Built, NewReader
from tests.browser.shown import between, compared, downloaded, number

pytestmark = pytest.mark.timeout(1800)

PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
DAY = timedelta(days=1)


def main_currency(site: Built) -> str:
    rows = site.query(
        "select currency, count(*) as orders from fct_orders where is_counted group by 1 order by 2 desc, 1"
    )
    return str(rows[0]["currency"])


def orders(site: Built) -> list[dict[str, Any]]:
    """The orders of the last two days before the newest, to the minute as the page knows them, in the currency that most are in."""
    rows = site.query(
        "select *, date_trunc('minute', ordered_at) as minute from fct_orders "
        "where ordered_at > (select max(ordered_at) from fct_orders) - interval 48 hours "
        f"and currency = '{main_currency(site)}'"
    )
    end = max(row["minute"] for row in rows)
    for row in rows:
        row["age"] = end - row["minute"]
    return rows


def whole(value: Any) -> str:
    return f"{Decimal(value).quantize(Decimal(1), ROUND_HALF_UP):,}"


def boxes(page: Page) -> dict[str, str]:
    """The boxes at the top: value and note by label."""
    return {
        box.locator("dt").inner_text(): " | ".join(
            " ".join(part.split()) for part in box.locator("dd").all_inner_texts()
        )
        for box in page.locator("dl > div").all()
    }


def words(page: Page) -> str:
    return " ".join(page.locator("article").inner_text().split())


def test_the_newest_order_is_in_sight(site: Built, reader_of: NewReader) -> None:
    newest: datetime = site.on_the_clock(max(row["ordered_at"] for row in orders(site)))
    page = reader_of(site).open("/orders/")

    assert f"Newest order: {newest.day} {newest:%b %Y, %H:%M}" in words(page)
    place = page.locator("p.end strong").first.bounding_box()
    assert place and place["y"] < 400


def test_the_figures_are_the_marts(site: Built, reader_of: NewReader) -> None:
    rows = orders(site)
    counted = [row for row in rows if row["is_counted"]]
    last_hour = [row for row in counted if row["age"] < timedelta(hours=1)]
    last_day = [row for row in counted if row["age"] < DAY]
    before = sum(row["revenue"] for row in counted if DAY <= row["age"] < 2 * DAY)
    lost = [row for row in rows if not row["is_counted"] and row["age"] < DAY]
    (everything,) = site.query(
        "select count(*) as orders, sum(revenue) as revenue from fct_orders "
        f"where is_counted and currency = '{main_currency(site)}'"
    )
    against = 100 * (sum(row["revenue"] for row in last_day) - before) / before
    found = boxes(reader_of(site).open("/orders/"))

    assert main_currency(site) == "EUR"
    assert found["Last hour"] == f"€{whole(sum(row['revenue'] for row in last_hour))} | {len(last_hour):,} orders"
    value, _, note = found["Last 24 hours"].partition(" | ")
    assert value == f"€{whole(sum(row['revenue'] for row in last_day))}"
    assert Decimal(note.split(" %")[0].replace("\u2212", "-")) == against.quantize(Decimal("0.1"), ROUND_HALF_UP)
    assert found["Orders in 24 hours"] == f"{len(last_day):,} | {len(lost):,} more do not count"
    assert found["All orders"].startswith(f"€{whole(everything['revenue'])} | {everything['orders']:,} orders since ")


def test_the_hours_are_the_marts_and_the_last_looks_unfinished(site: Built, reader_of: NewReader) -> None:
    end = max(row["ordered_at"] for row in orders(site)).replace(minute=0, second=0, microsecond=0)
    hours = {
        row["hour_start_at"]: float(row["revenue"])
        for row in site.query(f"from agg_orders_hourly where currency = '{main_currency(site)}'")
    }
    reader = reader_of(site)
    reader.open("/orders/")
    drawn, _ = reader.charts()

    shown = [end - timedelta(hours=back) for back in range(23, -1, -1)]
    assert drawn["x"] == [f"{hour:%Y-%m-%d %H:%M}" for hour in shown]
    assert drawn["revenue"] == pytest.approx([hours.get(hour, 0.0) for hour in shown])
    assert drawn["dashed"] == [False] * 23 + [True]
    # An amount on the axis has its currency too.
    axis = "document.querySelector('[data-chart]').chart.getOption().yAxis[0].axisLabel.formatter"
    assert reader.page.evaluate(f"[0, 1500, 23000].map({axis})") == ["€0", "€1.5K", "€23K"]


def test_where_the_orders_stand(site: Built, reader_of: NewReader) -> None:
    """Those of the last four weeks, whether they count or not."""
    expected = site.query(
        "select status, count(*) as orders, sum(bill) as billed from fct_orders where currency = ? "
        "and ordered_at >= (select max(ordered_at)::date from fct_orders) - interval 27 day group by status",
        main_currency(site),
    )
    page = reader_of(site).open("/orders/")
    rows = page.locator("article table:not(.bars) tbody tr").all()
    found = {cells[0]: cells[1:] for row in rows if (cells := row.locator("th, td").all_inner_texts())}

    total = sum(row["orders"] for row in expected)
    assert {name: tuple(cell.strip() for cell in cells) for name, cells in found.items()} == {
        row["status"]: (
            f"{row['orders']:,}",
            f"{(Decimal(100 * row['orders']) / total).quantize(Decimal('0.1'), ROUND_HALF_UP)} %",
            f"€{whole(row['billed'])}",
        )
        for row in expected
    }


def sold(site: Built, column: str, missing: str) -> dict[str, dict[date, float]]:
    """Revenue of the orders that count by UTC day, of each product or country."""
    found: dict[str, dict[date, float]] = defaultdict(dict)
    for row in site.query(f"""
        select coalesce({column}, '{missing}') as name, orders.ordered_at::date as day, sum(lines.revenue)::double as revenue
        from fct_order_lines as lines
        inner join fct_orders as orders on orders.order_id = lines.order_id and orders.is_counted
        where orders.currency = '{main_currency(site)}'
        group by all
    """):
        found[row["name"]][row["day"]] = row["revenue"]
    return found


def test_the_top_lists_follow_the_days_chosen_and_download_as_csv(site: Built, reader_of: NewReader) -> None:
    """First as they are published, then from the browser's database: other days, another comparison. A day under way is in none."""
    page = reader_of(site).open("/orders/")
    (ends,) = site.query("select min(order_date) as first, max(order_date) as last from fct_orders")
    over = [ends["first"] + DAY * each for each in range(1, (ends["last"] - ends["first"]).days)]
    chosen = over[-6:-2]  # of a fortnight of orders: the same days a week before are known too
    assert chosen[0] - 7 * DAY in over
    tables = {"product": ("lines.product_name", "not known yet"), "country": ("orders.customer_country", "unknown")}
    for days, weeks in ((over[-27:], (1, 2, 3, 4)), (chosen, (1,))):
        if days is chosen:
            between(page, chosen[0], chosen[-1])
            page.get_by_label("compared with").select_option("the week before")
            expect(page.locator("[aria-busy=true]")).to_have_count(0, timeout=60_000)
        for position, (what, columns) in enumerate(tables.items()):
            by_name = sold(site, *columns)
            sums = {name: sum(each.get(day, 0.0) for day in days) for name, each in by_name.items()}
            top = [name for name in sorted(sums, key=lambda name: (-sums[name], name)) if sums[name] > 0][:10]
            expect(page.locator(".bars").nth(position).locator(".name")).to_have_text(top, timeout=60_000)
            saved = downloaded(page, f"revenue-by-{what}")
            assert [row["Name"] for row in saved] == top
            assert {row["Currency"] for row in saved} == {"EUR"}
            assert [number(row["Revenue"]) for row in saved] == pytest.approx([sums[name] for name in top], abs=0.51)
            everything = sum(sums.values())
            assert [number(row["Share, %"]) for row in saved] == pytest.approx(
                [100 * sums[name] / everything for name in top], abs=0.051
            )
            assert [number(row["vs before, %"]) for row in saved] == [
                pytest.approx(compared(by_name[name], days, set(over), *weeks), abs=0.051) for name in top
            ]


def test_a_phone_shows_it_without_scrolling_sideways(site: Built, reader_of: NewReader) -> None:
    page = reader_of(site, **PHONE).open("/orders/")

    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_no_value_of_a_person_is_on_the_site_or_beside_it(site: Built) -> None:
    """Names, addresses, e-mails and phone numbers that the provider sent, in every file of site, marts, target and logs."""
    beside = site.marts.parent
    warehouse = beside / "warehouse.duckdb"
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        people = connection.execute("select name, address, email, phone_number from raw_orders.customers").fetchall()
        tables = connection.execute(
            "select table_schema, table_name, column_name from information_schema.columns where data_type = 'VARCHAR' "
            "and table_schema in ('marts', 'intermediate', 'test_failures', 'reference', 'raw_operations')"
        ).fetchall()
        held: set[str] = set()
        for schema, table, column in tables:
            held |= {
                row[0] for row in connection.execute(f'select distinct "{column}" from "{schema}"."{table}"').fetchall()
            }
    values = {value for person in people for value in person if value}
    assert len(values) > 200
    assert not values & held

    # In files a short name may be part of another word; what cannot be chance are the long ones, and every e-mail.
    telling = {value: max(re.findall(r"\w+", value), key=len) for value in values if len(value) > 12 or "@" in value}
    assert len(telling) > 100
    example = next(iter(telling))
    assert found_in(f"before {example} after", telling) == [example]
    searched = 0
    for root in (site.rows.resolve(), beside / "target", beside / "logs", site.marts.resolve()):
        for file in (file for file in root.rglob("*") if file.is_file()):
            searched += 1
            if file.suffix == ".parquet":
                with duckdb.connect() as connection:
                    rows = connection.execute(f"select columns(*)::varchar from '{file}'").fetchall()
                assert not values & {cell for row in rows for cell in row}, file.name
            else:
                assert found_in(file.read_text("utf-8", errors="replace"), telling) == [], file.name
    assert searched > 100


def found_in(text: str, values: dict[str, str]) -> list[str]:
    """Those of the values that a text holds, also where JSON or HTML writes them in its own way; by their longest word."""
    plain = text.replace("\\n", "\n").replace("&#39;", "'").replace("&amp;", "&")
    words = set(re.findall(r"\w+", plain))
    return [value for value, longest in values.items() if longest in words and value in plain]
