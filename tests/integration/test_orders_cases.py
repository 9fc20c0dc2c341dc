"""Orders as shops really have them: several lines, discounts, refunds, currencies, ids, times and numbers in many spellings."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests import flow
from tests.http_server import Answer, Request
from tests.orders_provider import Shop

CASES = flow.PROJECT / "tests" / "cases"
NOW = "2026-11-20T12:00:00Z"
REJECTED = "select json_extract_string(payload, '$.order_id'), reason from raw_orders.rejected_records order by 1, 2"


@pytest.fixture
def shop(warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    with Shop() as shop:
        monkeypatch.setenv("SOURCES__ORDERS__BASE_URL", shop.base_url)
        monkeypatch.setenv("RUNTIME__REQUEST_BACKOFF_FACTOR", "0.01")
        monkeypatch.setenv("TALLY_NOW", NOW)
        yield shop


def serve(shop: Shop, case: str, prefix: str = "") -> None:
    """Serve a case's orders as they are written, their ids after a prefix."""
    for row in json.loads((CASES / case / "orders.json").read_text(encoding="utf-8")):
        shop.put_unreadable("orders", row | ({"order_id": f"{prefix}{row['order_id']}"} if prefix else {}))


def counted(warehouse: Path, where: str) -> list[tuple[Any, ...]]:
    """Orders and revenue that count, by currency."""
    return flow.query(
        warehouse,
        "select currency, count(*), sum(revenue) from marts.fct_orders "
        f"where is_counted and {where} group by 1 order by 1",
    )


def test_refunds_discounts_currencies_and_spellings_have_their_right_values(shop: Shop, warehouse: Path) -> None:
    serve(shop, "20-refund-discount", "discounts-")
    serve(shop, "22-currencies", "currencies-")
    serve(shop, "23-shop-spellings")
    # A shop's export with the money said: two lines with a discount, a partial refund, a voided order.
    ordinary = {
        "customer_id": None,
        "ordered_at": "2026-11-03T09:00:00+01:00",
        "updated_at": "2026-11-03T09:00:00+01:00",
    }
    mug, scarf = {"product_id": "MUG-B", "unit_price": 20.00}, {"product_id": "SC-1", "unit_price": 30.00}
    two = [mug | {"quantity": 2}, scarf | {"quantity": 1, "discount": 7.00}]
    shop.put_unreadable(
        "orders", ordinary | {"order_id": "#2001", "status": "paid", "bill": 63.00, "tax": 10.50, "lines": two}
    )
    three = {"quantity": 3, "bill": "60.00", "refunded": 20, "status": "partially_refunded"}
    shop.put_unreadable("orders", ordinary | mug | three | {"order_id": "#2002"})
    shop.put_unreadable("orders", ordinary | mug | {"order_id": "#2003", "quantity": 1, "bill": 20, "status": "voided"})
    shop.put_unreadable("orders", ordinary | mug | {"order_id": "unheard", "quantity": 1, "bill": 20, "status": "Lost"})

    flow.ingest("orders")
    flow.build("--select", "tag:orders", "+fct_rejected_records")

    assert counted(warehouse, "starts_with(order_id, 'discounts-')") == [("EUR", 5, Decimal("189.96"))]
    adjusted = "select adjustment from marts.fct_orders where order_id = 'discounts-2'"
    assert flow.query(warehouse, adjusted) == [(Decimal("-4"),)]
    assert counted(warehouse, "starts_with(order_id, 'currencies-')") == [
        ("EUR", 1, 20),
        ("JPY", 1, 2000),
        ("SEK", 1, 210),
    ]
    assert counted(warehouse, "starts_with(order_id, '#2')") == [("EUR", 2, 103)]
    assert flow.query(
        warehouse,
        "select lines.order_id, lines.product_id, lines.quantity, lines.revenue from marts.fct_order_lines as lines "
        "inner join marts.fct_orders as orders on lines.order_id = orders.order_id and is_counted "
        "where starts_with(lines.order_id, '#2') order by 1, 2",
    ) == [("#2001", "MUG-B", 2, Decimal(40)), ("#2001", "SC-1", 1, Decimal(23)), ("#2002", "MUG-B", 3, Decimal(40))]
    # No sum crosses currencies: of each there is one line a country.
    by_country = flow.query(
        warehouse, "select currency, sum(revenue) from marts.agg_orders_by_country group by 1 order by 1"
    )
    assert by_country == [("EUR", Decimal("189.96") + 20 + 103 + 8 * 20), ("JPY", 2000), ("SEK", 210)]

    spelt = "select order_id, ordered_at, bill from marts.fct_orders where len(order_id) < 3 or order_id = '#1008' order by 1"
    ten = datetime(2026, 11, 2, 10)
    assert flow.query(warehouse, spelt) == [
        ("#1008", ten, 20),
        ("1", ten, 20),
        ("10", ten, 20),
        ("2", ten.replace(hour=15), 20),
        ("3", ten.replace(hour=15), 20),
        ("5", ten, 20),
        ("7", ten, 20),
        ("9", ten, 20),
    ]
    assert flow.query(warehouse, REJECTED) == [
        ("11", "unit_price is not a decimal with up to four places"),
        (
            "4",
            "ordered_at has no time zone: write it like 2026-11-05T10:00:00Z, or set SOURCES__ORDERS__TIMEZONE to the shop's",
        ),
        ("6", "ordered_at is not a timestamp: write it like 2026-11-05T10:00:00Z"),
    ]

    # A status that the seed does not know is loaded, does not count, and is said.
    unheard = "select status, is_counted from marts.fct_orders where order_id = 'unheard'"
    assert flow.query(warehouse, unheard) == [("Lost", False)]
    said = "select record_id, reason from marts.fct_rejected_records where source = 'orders' order by 1"
    assert flow.query(warehouse, said) == [
        *((record_id, reason) for record_id, reason in flow.query(warehouse, REJECTED)),
        ("unheard", "status Lost is not in seeds/order_statuses.csv: the order is loaded and not counted"),
    ]
    tested = flow.dbt("test", "--select", "assert_every_order_status_is_known")
    (found,) = (node for node in tested.result if node.node.name == "assert_every_order_status_is_known")
    assert (str(found.status), found.failures) == ("warn", 1)

    # The shop's zone, once it is set, is what a time without one is in. What was rejected is asked for again.
    done = flow.ingest(
        "orders", "--full-refresh", SOURCES__ORDERS__TIMEZONE="America/New_York", SOURCES__ORDERS__CURRENCY="USD"
    )
    assert "orders" in done.output
    zoned = "select ordered_at, currency from raw_orders.orders where order_id = '4'"
    assert flow.query(warehouse, zoned) == [(datetime(2026, 11, 2, 15, tzinfo=UTC), "USD")]


def record(order_id: Any, **fields: Any) -> dict[str, Any]:
    """One record of an order, as the contract has it."""
    return {
        "order_id": order_id,
        "ordered_at": "2026-11-02T10:00:00Z",
        "customer_id": 1,
        "status": "paid",
        "updated_at": "2026-11-02T10:00:00Z",
    } | fields


def line(product_id: Any, quantity: Any = 1, unit_price: Any = "10", **fields: Any) -> dict[str, Any]:
    return {"product_id": product_id, "quantity": quantity, "unit_price": unit_price} | fields


FAULTS = {
    "a bad line": (record(1, bill="20", lines=[line("a"), line("b", "two")]), "line 2 of the order cannot be used: quantity is not an integer"),
    "no line": (record(2, bill="20", lines=[]), "lines is not a list of at least one line"),
    "two ways": (record(3, bill="20", lines=[line("a")], **line("b")), "the order has both a product_id and lines"),
    "neither": (record(4, bill="20"), "product_id is missing"),
    "a number twice": (
        record(5, bill="20", lines=[line("a", line_number=1), line("b", line_number=1)]),
        "two lines of the order have the same line_number",
    ),
    "a sign": (record(6, bill="20", currency="€", **line("a")), "currency is not a code of three letters, such as EUR"),
    "a long amount": (record(7, bill=1.00001, **line("a")), "bill is not a decimal with up to four places"),
    "too much": (record(8, bill="1", refunded=1e12, **line("a")), "refunded is larger than 999,999,999,999.9999"),
    "a fraction": (record(9.5, bill="1", **line("a")), "order_id is neither text nor a whole number"),
}  # fmt: skip


@pytest.mark.parametrize("page_limit", [1, 2, 1000])
def test_records_of_one_version_are_lines_of_one_order_wherever_pages_break(
    shop: Shop, warehouse: Path, page_limit: int
) -> None:
    shop.page_limit = page_limit
    for product, bill in (("c", "30.00"), ("a", 9.9), ("b", "0.1001")):
        shop.put_unreadable("orders", record("several", bill=bill, **line(product, 3), refunded="1"))
    for product in ("a", "b"):
        shop.put_unreadable(
            "orders", record("mixed", bill="1", **line(product), currency={"a": "EUR", "b": "SEK"}[product])
        )
        shop.put_unreadable("orders", record("faulty", bill="1", **line(product, 1 if product == "a" else None)))
    for price in (1, 2):
        shop.put_unreadable("orders", record("unclear", bill="1", **line("a", 1, price)))
    listed = [line("b", 2, 1.25, line_number=7), line(12345678901234567890, line_number=3, discount="0.5", tax=0.1)]
    shop.put_unreadable("orders", record(99, bill=999999999999.9999, lines=listed))
    for row, _ in FAULTS.values():
        shop.put_unreadable("orders", row)

    flow.ingest("orders")

    held = "select order_id, bill, refunded, product_id, lines from raw_orders.orders order by 1"
    (several, numbered) = sorted(flow.query(warehouse, held), reverse=True)
    assert several[:4] == ("several", Decimal("40.0001"), 3, None)
    assert [(each["line_number"], each["product_id"], each["quantity"]) for each in json.loads(several[4])] == [
        (1, "a", 3),
        (2, "b", 3),
        (3, "c", 3),
    ]
    assert numbered[:4] == ("99", Decimal("999999999999.9999"), None, None)
    assert json.loads(numbered[4]) == [
        line("12345678901234567890", 1, "10.0000", line_number=3, discount="0.5000", tax="0.1000"),
        line("b", 2, "1.2500", line_number=7, discount=None, tax=None),
    ]
    rejected = flow.query(warehouse, REJECTED)
    assert rejected == sorted(
        [(str(row["order_id"]), reason) for row, reason in FAULTS.values()]
        + [("mixed", "the lines of the order differ in currency")] * 2
        + [("faulty", "line 2 of the order cannot be used: quantity is null")] * 2
        + [("unclear", "two records of the order have the same updated_at and product_id, and differ")] * 2
    )

    # A later version is the whole order: its old lines go. An equal one is no news.
    shop.put_unreadable(
        "orders",
        record("several", bill="8", lines=[line("z")], updated_at="2026-11-03T10:00:00Z"),
        updated_at="2026-11-03T10:00:00Z",
    )
    shop.page_limit = 1000
    flow.ingest("orders")
    assert json.loads(next(row for row in flow.query(warehouse, held) if row[0] == "several")[4]) == [
        line("z", 1, "10.0000", line_number=1, discount=None, tax=None)
    ]
    loads = flow.query(warehouse, "select order_id, _dlt_load_id from raw_orders.orders order by 1")
    flow.ingest("orders", "--full-refresh")
    assert flow.query(warehouse, "select order_id, _dlt_load_id from raw_orders.orders order by 1") == loads


def withdrawn(warehouse: Path) -> dict[str, bool]:
    """Whether each order is marked as withdrawn."""
    return dict(flow.query(warehouse, "select order_id, withdrawn_at is not null from raw_orders.orders order by 1"))


def test_a_reconciliation_finds_what_came_late_was_edited_or_is_gone(shop: Shop, warehouse: Path) -> None:
    shop.put_customer(1)
    shop.put_product(1)
    for number, day in enumerate(("2026-09-01", "2026-11-01", "2026-11-02", "2026-11-03", "2026-11-19"), start=1):
        shop.put_order(number, ordered_at=f"{day}T10:00:00Z", quantity=number)
    flow.ingest("orders")
    late = {"ordered_at": "2026-11-05T10:00:00Z", "updated_at": "2026-11-05T10:00:00Z"}
    shop.put_order(6, **late)
    shop.put_order(3, status="cancelled")
    shop.withdraw("orders", 1)  # longer ago than is asked for
    shop.withdraw("orders", 2)
    # Still served, but in a way that cannot be read: that is not gone.
    shop.put_unreadable(
        "orders", record(4, bill="?", updated_at="2026-11-03T10:00:00Z", **line(1)), updated_at="2026-11-03T10:00:00Z"
    )
    shop.withdraw("orders", 4)

    flow.ingest("orders")
    assert withdrawn(warehouse) == dict.fromkeys("12345", False)
    assert flow.query(warehouse, "select status from raw_orders.orders where order_id = '3'") == [("placed",)]

    # An answer that breaks off, and one without a single order, mark nothing.
    def broken(request: Request) -> Answer | None:
        if request.path != "/orders" or "cursor" not in request.params:
            return None
        return Answer(status=400)

    shop.intercept, shop.page_limit = broken, 2
    assert reconcile(1) != ""
    nothing = Answer(headers={"Content-Type": "application/json"}, body=b'{"data": [], "next_cursor": null}')
    shop.intercept, shop.page_limit = lambda request: nothing if request.path == "/orders" else None, 1000
    assert "served none of the 4 orders" in reconcile(1)
    assert not any(withdrawn(warehouse).values())

    shop.intercept = None
    reconcile(0)
    assert withdrawn(warehouse) == {"1": False, "2": True, "3": False, "4": False, "5": False, "6": False}
    assert flow.query(warehouse, "select status from raw_orders.orders where order_id = '3'") == [("cancelled",)]
    flow.build("--select", "tag:orders")
    assert flow.query(
        warehouse, "select order_id, withdrawn_at from marts.fct_orders where withdrawn_at is not null"
    ) == [("2", datetime(2026, 11, 20, 12))]
    sums = "select sum(orders), sum(units) from marts.agg_orders_hourly"
    assert flow.query(warehouse, sums) == [(4, 1 + 4 + 5 + 1)]

    loads = flow.query(warehouse, "select order_id, _dlt_load_id from raw_orders.orders order by 1")
    reconcile(0)
    assert flow.query(warehouse, "select order_id, _dlt_load_id from raw_orders.orders order by 1") == loads

    # Served again, as it was: it counts again.
    shop.put_order(2, ordered_at="2026-11-01T10:00:00Z", quantity=2)
    reconcile(0)
    assert not any(withdrawn(warehouse).values())
    flow.build("--select", "tag:orders")
    assert flow.query(warehouse, sums) == [(5, 1 + 2 + 4 + 5 + 1)]

    # With --full-refresh everything that the shop ever wrote is compared.
    from typer.testing import CliRunner

    from ingestion.__main__ import app

    assert CliRunner().invoke(app, ["orders", "--full-refresh", "--reconcile", "30"]).exit_code == 0
    assert withdrawn(warehouse) == {"1": True} | dict.fromkeys("23456", False)


def reconcile(exit_code: int) -> str:
    """`python -m ingestion orders --reconcile 30`, which ends so; what it prints."""
    from typer.testing import CliRunner

    from ingestion.__main__ import app

    done = CliRunner().invoke(app, ["orders", "--reconcile", "30"])
    assert done.exit_code == exit_code, done.output
    return done.output


def test_a_loop_reconciles_once_a_night(shop: Shop, warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from orchestration.steps import Flow, ingest
    from warehouse.dbt_runner import Dbt

    monkeypatch.setattr("ingestion.sources.NAMES", ("orders",))
    for day in ("2026-11-01", "2026-11-19"):
        shop.put_order(int(day[-2:]), ordered_at=f"{day}T10:00:00Z")
    loop = Flow(warehouse, Dbt(), is_nightly=True)

    def asked() -> set[str | None]:
        shop.requests.clear()
        assert ingest(loop)[1] is None
        return {request.params.get("updated_since") for request in shop.requests if request.path == "/orders"}

    assert asked() == {None}
    assert asked() == {"2026-11-19T09:00:00.000000Z"}  # the newest order less the overlap
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("update raw_operations.reconciled set reconciled_at = reconciled_at - interval 1 day")
    assert asked() == {"2026-10-21T11:00:00.000000Z"}  # thirty days, and the overlap
    monkeypatch.setenv("SOURCES__ORDERS__OVERLAP", "48h")
    assert asked() == {"2026-11-17T10:00:00.000000Z"}
