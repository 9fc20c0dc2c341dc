"""Online orders through the HTTP contract into raw: exact, whole, every version, whatever their names are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ingestion.runner import run
from ingestion.schemas import RunResult
from tests import flow
from tests.http_server import Answer, Request
from tests.orders_provider import Shop

NAMES = [
    "Siân O'Neill",
    "山田 太郎",
    "Ἀλέξανδρος",
    "محمد",
    "Ana 🙂",
    "nul\x00inside",
    '"); drop table x; --',
    "a\nb\tc",
]


@pytest.fixture
def shop(warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    with Shop() as shop:
        monkeypatch.setenv("SOURCES__ORDERS__BASE_URL", shop.base_url)
        monkeypatch.setenv("RUNTIME__REQUEST_BACKOFF_FACTOR", "0.01")
        yield shop


def ingest(warehouse: Path, **options: Any) -> RunResult:
    (result,) = run(["orders"], warehouse, **options)
    assert result.error is None, result.error
    return result


def test_what_is_served_is_held_page_by_page_with_every_name_as_written(shop: Shop, warehouse: Path) -> None:
    for number, name in enumerate(NAMES):
        shop.put_customer(number, name=name)
    shop.put_product(1, price="123456789.5678")
    for number in range(25):
        shop.put_order(number, unit_price=f"{number}.000{number % 10}", quantity=3)
    shop.page_limit = 4

    result = ingest(warehouse)

    assert (result.new, result.changed, result.rejected) == (len(NAMES) + 26, 0, 0)
    assert flow.query(warehouse, "select name from raw_orders.customers order by cast(customer_id as int)") == [
        (name,) for name in NAMES
    ]
    assert flow.query(warehouse, "select price from raw_orders.products") == [(Decimal("123456789.5678"),)]
    assert flow.query(
        warehouse, "select order_id, unit_price, bill from raw_orders.orders order by cast(order_id as int)"
    ) == [
        (str(number), Decimal(f"{number}.000{number % 10}"), 3 * Decimal(f"{number}.000{number % 10}"))
        for number in range(25)
    ]


def test_an_amount_that_is_not_exact_is_rejected(shop: Shop, warehouse: Path) -> None:
    for number, amount in enumerate(["1.00001", "1e2", " 1", "1,5", "", "NaN", 1.00001, None, "123456789012345"]):
        shop.put_order(number, unit_price=amount, bill="1")
    shop.put_order(100, unit_price=7, bill="7.0000")

    result = ingest(warehouse)

    assert (result.new, result.rejected) == (1, 9)
    assert flow.query(warehouse, "select order_id, unit_price, bill from raw_orders.orders") == [("100", 7, 7)]
    reasons = dict(flow.query(warehouse, "select reason, count(*) from raw_orders.rejected_records group by 1"))
    assert reasons == {"unit_price is not a decimal with up to four places": 8, "unit_price is null": 1}


def test_every_version_of_people_and_products_is_kept_and_the_newest_of_an_order(shop: Shop, warehouse: Path) -> None:
    shop.put_customer(1, country="France")
    shop.put_product(1, price="10")
    shop.put_order(1)
    ingest(warehouse)
    shop.put_customer(1, country="Spain", updated_at="2026-02-01T00:00:00Z")
    shop.put_product(1, price="11", updated_at="2026-02-01T00:00:00Z")
    shop.put_order(1, status="paid", updated_at="2026-02-01T00:00:00Z")

    result = ingest(warehouse)

    assert (result.new, result.changed) == (2, 1)
    assert flow.query(warehouse, "select country from raw_orders.customers order by updated_at") == [
        ("France",),
        ("Spain",),
    ]
    assert flow.query(warehouse, "select price from raw_orders.products order by updated_at") == [(10,), (11,)]
    assert flow.query(warehouse, "select status from raw_orders.orders") == [("paid",)]

    shop.put_order(1, status="placed", updated_at="2026-01-31T23:59:00Z")  # a machine that lags behind
    assert ingest(warehouse).changed == 0
    assert flow.query(warehouse, "select status from raw_orders.orders") == [("paid",)]


def test_a_run_asks_from_the_cursor_and_loads_nothing_twice(shop: Shop, warehouse: Path) -> None:
    shop.put_customer(1)
    shop.put_product(1)
    start = datetime(2026, 5, 1, tzinfo=UTC)
    for minute in range(30):
        shop.put_order(minute, ordered_at=start + timedelta(minutes=minute))
    ingest(warehouse)
    before = flow.query(
        warehouse, "select order_id, _dlt_load_id from raw_orders.orders order by cast(order_id as int)"
    )

    shop.requests.clear()
    # Equal updated_at, other content: caught because the overlap is compared, row by row.
    shop.put_order(29, status="cancelled")
    result = ingest(warehouse)

    assert (result.new, result.changed) == (0, 1)
    asked = {request.path: request.params.get("updated_since") for request in shop.requests}
    assert asked["/orders"] == "2026-04-30T23:29:00.000000Z"
    after = flow.query(warehouse, "select order_id, _dlt_load_id from raw_orders.orders order by cast(order_id as int)")
    assert after[:-1] == before[:-1]
    assert after[-1] != before[-1]


def test_since_takes_the_orders_placed_then_and_leaves_the_cursor(shop: Shop, warehouse: Path) -> None:
    shop.put_customer(1)
    shop.put_order(1, ordered_at="2026-04-30T23:59:59Z", updated_at="2026-05-02T00:00:00Z")
    shop.put_order(2, ordered_at="2026-05-01T00:00:00Z")

    ingest(warehouse, since=datetime(2026, 5, 1).date())

    assert flow.query(warehouse, "select order_id from raw_orders.orders") == [("2",)]
    ingest(warehouse)
    assert flow.query(warehouse, "select order_id from raw_orders.orders order by 1") == [("1",), ("2",)]


def test_a_provider_that_goes_in_circles_is_one_clear_line_and_no_value_is_told(shop: Shop, warehouse: Path) -> None:
    shop.put_customer(1, name="Confidential Person")

    def again(request: Request) -> Answer | None:
        if request.path != "/customers":
            return None
        honest = Answer(headers={"Content-Type": "application/json"})
        honest.body = b'{"data": [{"customer_id": "Confidential Person"}], "next_cursor": "again"}'
        return honest

    shop.intercept = again
    (result,) = run(["orders"], warehouse)
    assert result.error == "customers: the provider serves the same page again and again; its cursor is broken"


def test_the_raw_tables_are_those_that_dbt_makes(shop: Shop, warehouse: Path, tmp_path: Path) -> None:
    shop.put_customer(1)
    shop.put_product(1)
    shop.put_order(1)
    shop.put_unreadable("orders", 7)
    ingest(warehouse)
    columns = (
        "select table_name, column_name, data_type from duckdb_columns() where schema_name = 'raw_orders' "
        "and not starts_with(table_name, '_dlt') order by all"
    )
    ingested = flow.query(warehouse, columns)
    made = tmp_path / "made.duckdb"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TALLY_WAREHOUSE", str(made))
        flow.build("--select", "stg_orders__orders")
    assert flow.query(made, columns) == ingested
