"""Rows of feeds in the raw tables, to the marts: no provider has ever been asked, and little is described.

A feed is a source of its own name that fills another's raw tables. What it would have read is written out here.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests import feed_rows, flow
from tests.feed_rows import Row

NOW = datetime(2026, 11, 9, 12, tzinfo=UTC)
FEEDS = {
    "doors": ("footfall", ("stores", "sensors", "readings")),
    "till": ("retail", ("sales",)),
    "names": ("retail", ("products",)),
    "shop_export": ("orders", ("orders",)),
    "street": ("air_quality", ("hourly",)),
    "broken": ("retail", ("stores",)),
}
HOUR = timedelta(hours=1)


def sale(day: str, product_id: str, quantity: int, **more: Any) -> Row:
    """A line of a till; what tells equal lines apart is its number."""
    sale.number += 1  # type: ignore[attr-defined]
    said = {"sale_date": day, "product_id": product_id, "quantity": quantity, "store_id": "rue 1", "occurrence": 1}
    return said | {"details": f"till {sale.number}"} | more  # type: ignore[attr-defined]


sale.number = 0  # type: ignore[attr-defined]

SALES: list[Row] = [
    # One ticket of two products, one of one; the number begins anew the next day.
    sale("2026-11-02", "bag", 1, ticket_id="1", unit_price="20.00", tax="3.3333", currency="CHF"),
    sale("2026-11-02", "hat", 2, ticket_id="1", amount="27.00", unit_price="15.00", discount="3.00", currency="CHF"),
    sale("2026-11-02", "hat", 1, ticket_id="2", amount="15.00", currency="CHF", sold_at="2026-11-02T08:30:00Z"),
    sale("2026-11-03", "bag", 1, ticket_id="1", amount="20.00", currency="CHF"),
    sale("2026-11-03", "bag", -1, ticket_id="1", amount="-20.00", currency="CHF"),
    sale("2026-11-03", "scarf", 1, amount="9.50", store_id="rue 2"),
    # Worth nobody knows what.
    sale("2026-11-03", "scarf", 1),
]  # fmt: skip

ORDERS: list[Row] = [
    {"order_id": "#1", "customer_id": "c1", "bill": "25.00", "shipping": "5.00", "lines":
     '[{"line_number": 1, "product_id": "bag", "quantity": 1, "unit_price": "12.0000", "discount": null, "tax": null}, '
     '{"line_number": 2, "product_id": "hat", "quantity": 1, "unit_price": "8.0000", "discount": null, "tax": null}]'},
    {"order_id": "#2", "customer_id": None, "bill": "12.00", "product_id": "bag", "quantity": 1, "unit_price": "12.00"},
    {"order_id": "#3", "customer_id": "c2", "bill": "0", "product_id": "hat", "quantity": 0, "unit_price": "8.00"},
    {"order_id": "#4", "customer_id": "c1", "bill": "8.00", "product_id": "hat", "quantity": 1, "unit_price": "8.00", "status": "lost"},
]  # fmt: skip


def order(number: int, said: Row) -> Row:
    placed = f"2026-11-0{number}T10:00:00Z"
    return {"status": "paid", "currency": "EUR", "ordered_at": placed, "updated_at": placed} | said


def readings() -> list[Row]:
    """A door's hours from 1 to 8 November, as many visits as the hour's number; one is less than nothing."""
    begin = datetime(2026, 11, 1, tzinfo=UTC)
    hours = [begin + n * HOUR for n in range(8 * 24)]
    return [
        {"sensor_id": "north", "store_id": "kiosk", "hour_start": hour, "visits": hour.hour, "status": "ok", "updated_at": NOW}
        for hour in hours
    ] + [{"sensor_id": "north", "hour_start": NOW - HOUR, "visits": -1, "status": "ok", "updated_at": NOW}]  # fmt: skip


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("feeds")
    path = folder / "warehouse.duckdb"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TALLY_WAREHOUSE", str(path))
        kiosk = {
            "store_id": "kiosk", "name": "Kiosk", "city": None, "country_code": None, "timezone": "UTC", "opened_on": None,
            "opens_at": "00:00", "closes_at": "24:00", "updated_at": NOW,
        }  # fmt: skip
        north = {"sensor_id": "north", "store_id": "kiosk", "installed_at": "2026-11-01T00:00:00Z", "updated_at": NOW}
        feed_rows.load(path, FEEDS, "doors", {"stores": [kiosk], "sensors": [north], "readings": readings()})
        feed_rows.load(path, FEEDS, "till", {"sales": SALES})
        feed_rows.load(
            path, FEEDS, "names", {"products": [{"product_id": "hat", "name": "Chapeau", "received_at": NOW}]}
        )
        feed_rows.load(
            path, FEEDS, "shop_export", {"orders": [order(n, said) for n, said in enumerate(ORDERS, start=1)]}
        )
        begin = datetime(2026, 11, 8, tzinfo=UTC)
        air = [{"station_id": "s1", "measured_at": begin + n * HOUR, "pm2_5": 10.0 + n, "co": 0.5} for n in range(30)]
        feed_rows.load(path, FEEDS, "street", {"hourly": [*air[:-1], air[-1] | {"pm2_5": 5000.0}]})
        feed_rows.load(path, FEEDS, "broken", {}, error="inbox/shops.csv is not there")
        flow.build()
        yield path


def rows(path: Path, sql: str) -> list[tuple[Any, ...]]:
    return flow.query(path, sql)


def test_a_line_says_what_it_is_worth(built: Path) -> None:
    assert rows(
        built,
        "select product_id, ticket_id, quantity, unit_price, discount, tax, revenue, currency, sold_at from marts.fct_sales "
        "order by sale_date, ticket_id, product_id, quantity desc",
    ) == [
        ("bag", "1", 1, Decimal(20), None, Decimal("3.3333"), Decimal(20), "CHF", None),
        ("hat", "1", 2, Decimal(15), Decimal(3), None, Decimal(27), "CHF", None),
        ("hat", "2", 1, None, None, None, Decimal(15), "CHF", datetime(2026, 11, 2, 8, 30)),
        ("bag", "1", 1, None, None, None, Decimal(20), "CHF", None),
        ("bag", "1", -1, None, None, None, Decimal(-20), "CHF", None),
        ("scarf", None, 1, None, None, None, Decimal("9.5"), "EUR", None),
    ]  # fmt: skip


def test_sales_are_tickets_where_the_source_knows_them(built: Path) -> None:
    assert rows(built, "select currency, sales, units, revenue, returns from marts.agg_sales_total order by 1") == [
        ("CHF", 3, 4, Decimal(62), Decimal(20)),
        ("EUR", 1, 1, Decimal("9.5"), Decimal(0)),
    ]
    by_product = "select product_id, sales from marts.agg_sales_by_product where currency = 'CHF' order by 1"
    assert rows(built, by_product) == [("bag", 2), ("hat", 2)]
    # The newest run of a feed of sales was on a later day.
    daily = "select cast(sale_date as varchar), sales, is_complete from marts.agg_sales_daily where currency = 'CHF' order by 1"
    assert rows(built, daily) == [("2026-11-02", 2, True), ("2026-11-03", 1, True)]


def test_what_nobody_describes_is_known_by_its_id(built: Path) -> None:
    assert rows(built, "select product_id, product_name, price from marts.dim_products order by 1") == [
        ("bag", None, None),
        ("hat", "Chapeau", None),
        ("scarf", None, None),
    ]
    assert rows(built, "select retail_store_id, city, region from marts.dim_retail_stores order by 1") == [
        ("rue 1", None, "unknown"),
        ("rue 2", None, "unknown"),
    ]
    assert rows(built, "select customer_id, country from marts.dim_customers") == [("c1", None)]
    assert rows(built, "select product_id, product_name from marts.dim_order_products order by 1") == [
        ("bag", None),
        ("hat", None),
    ]
    assert rows(built, "select station_id, station_name, hours_reported, pm2_5_hours from marts.dim_stations") == [
        ("s1", None, 30, 29)
    ]


def test_orders_count_whoever_placed_them(built: Path) -> None:
    assert rows(built, "select country, orders, units, revenue from marts.agg_orders_by_country") == [
        ("unknown", 2, 3, Decimal(37))
    ]
    # The bill of the first, spread over its lines by 12 to 8.
    assert rows(built, "select product_id, revenue from marts.agg_orders_by_product order by 1") == [
        ("bag", Decimal(27)),
        ("hat", Decimal(10)),
    ]


def test_a_store_without_country_has_no_holidays(built: Path) -> None:
    assert rows(built, "select store_name, city, country_code, opened_on, doors from marts.dim_stores") == [
        ("Kiosk", None, None, None, 1)
    ]
    # All Saints' on the first: a holiday in many countries.
    assert rows(
        built,
        "select visit_date, visits, coverage_pct, is_closed_day from marts.fct_store_visits_daily where visit_date < date '2026-11-09' order by 1",
    ) == [(date(2026, 11, day), sum(range(24)), 100.0, False) for day in range(1, 9)]


def test_rejected_rows_name_the_feed_the_file_and_the_line(built: Path) -> None:
    found = rows(
        built, "select source, domain, record_id, reason from marts.fct_rejected_records order by source, reason"
    )
    assert found == [
        ("doors", "footfall", "north, 2026-11-09 11:00:00Z", "inbox/doors.csv, line 194: negative count"),
        ("shop_export", "orders", "#3", "inbox/shop_export.csv, line 4: quantity is not positive"),
        (
            "shop_export", "orders", "#4",
            "inbox/shop_export.csv, line 5: status lost is not in seeds/order_statuses.csv: the order is loaded and not counted",
        ),
        (
            "street", "air_quality", "s1, 2026-11-09 05:00:00",
            "inbox/street.csv, line 31: PM2.5 5000.0 is outside its plausible range, 0.0 to 900.0",
        ),
        (
            "till", "retail", "inbox/till.csv, line 8",
            "inbox/till.csv, line 8: no price of product 'scarf' is known and the line says no amount",
        ),
    ]  # fmt: skip


def test_a_source_is_as_fresh_as_the_feeds_that_fill_it(built: Path) -> None:
    assert rows(
        built, "select source, failures_in_a_row, loaded_at is null from marts.agg_source_freshness order by 1"
    ) == [
        ("air_quality", 0, False),
        ("footfall", 0, False),
        ("orders", 0, False),
        ("retail", 1, False),
    ]
    failed = "select entity, message from marts.fct_alerts where kind = 'ingestion_failed' and closed_at is null"
    assert rows(built, failed) == [("broken", "the ingestion of broken failed: inbox/shops.csv is not there")]
    stale = "select count(*) from marts.fct_alerts where kind = 'source_stale'"
    assert rows(built, stale) == [(0,)]
    names = "select distinct source from marts.fct_runs where what = 'ingestion' order by 1"
    assert [name for (name,) in rows(built, names)] == sorted(FEEDS)
