"""The orders marts after any sequence of cycles: a reference in plain Python, and one full refresh, say the same."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from math import floor
from pathlib import Path
from typing import Any

import pytest

from ingestion.runner import run
from tests import flow
from tests.orders_provider import Row, Shop

MARTS = [
    "dim_customers", "dim_customer_versions", "dim_order_products", "dim_order_product_versions",
    "fct_orders", "fct_order_lines", "agg_orders_hourly", "agg_orders_by_product", "agg_orders_by_country",
]  # fmt: skip
ORDERS = ["--select", "tag:orders"]
DAY = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def shop(warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    with Shop() as shop:
        monkeypatch.setenv("SOURCES__ORDERS__BASE_URL", shop.base_url)
        yield shop


class Polled:
    """What a warehouse that polled the shop must know: every version it was shown, and the newest orders."""

    def __init__(self, shop: Shop, warehouse: Path) -> None:
        self.shop = shop
        self.warehouse = warehouse
        self.customers: dict[int, dict[str, Row]] = defaultdict(dict)
        self.products: dict[int, dict[str, Row]] = defaultdict(dict)

    def cycle(self, *, full_refresh: bool = False, build: bool = True) -> None:
        (result,) = run(["orders"], self.warehouse, full_refresh=full_refresh)
        assert result.error is None
        for row in (row for row in self.shop.newest("customers") if "updated_at" in row):
            self.customers[row["customer_id"]][row["updated_at"]] = row
        for row in self.shop.newest("products"):
            self.products[row["product_id"]][row["updated_at"]] = row
        if build:
            flow.build(*ORDERS)

    def check(self) -> None:
        """The marts against the newest version of each order that the shop serves, worked out in fractions."""
        expected: dict[str, dict[str, Any]] = {}
        expected_lines: dict[tuple[str, int], dict[str, Any]] = {}
        for order in self.shop.newest("orders"):
            lines = order.get("lines") or [order | {"line_number": 1, "discount": "0"}]
            if any(line["quantity"] < 1 or Decimal(line["unit_price"]) < 0 for line in lines):
                continue
            amounts = [Decimal(line["unit_price"]) * line["quantity"] - Decimal(line["discount"]) for line in lines]
            bill, refunded = Decimal(order["bill"]), Decimal(order.get("refunded", "0"))
            customer = as_placed(self.customers.get(order["customer_id"]), order["ordered_at"])
            products = [as_placed(self.products.get(line["product_id"]), order["ordered_at"]) for line in lines]
            one = len(lines) == 1
            expected[str(order["order_id"])] = {
                "customer_id": str(order["customer_id"]),
                "product_id": str(lines[0]["product_id"]) if one else None,
                "status": order["status"],
                "currency": order.get("currency", "EUR"),
                "lines": len(lines),
                "units": sum(line["quantity"] for line in lines),
                "quantity": lines[0]["quantity"] if one else None,
                "unit_price": Decimal(lines[0]["unit_price"]) if one else None,
                "bill": bill,
                "adjustment": bill - sum(amounts),
                "revenue": bill - refunded,
                "is_counted": order["status"] not in ("cancelled", "returned", "as yet unheard of"),
                "is_customer_known": customer is not None,
                "is_product_known": all(products),
                "customer_country": customer and customer["country"],
                "product_name": products[0] and products[0]["name"] if one else None,
                "product_price": products[0] and Decimal(products[0]["price"]) if one else None,
                "ordered_at": datetime.fromisoformat(order["ordered_at"]).replace(tzinfo=None),
            }
            left = bill - refunded
            for line, amount, product in zip(lines, amounts, products, strict=True):
                share = Fraction(bill - refunded) * Fraction(amount) / Fraction(sum(amounts))
                tenths = Decimal(floor(abs(share) * 10_000 + Fraction(1, 2))).scaleb(-4) * (1 if share >= 0 else -1)
                revenue = left if line is lines[-1] else tenths
                left -= revenue
                expected_lines[str(order["order_id"]), line["line_number"]] = {
                    "product_id": str(line["product_id"]),
                    "quantity": line["quantity"],
                    "unit_price": Decimal(line["unit_price"]),
                    "discount": Decimal(line["discount"]),
                    "revenue": revenue,
                    "product_name": product and product["name"],
                }
        rows = flow.records(self.warehouse, "from marts.fct_orders")
        found = {row["order_id"]: row for row in rows}
        assert found.keys() == expected.keys()
        for order_id, values in expected.items():
            assert {name: found[order_id][name] for name in values} == values
        lines_found = {
            (row["order_id"], row["line_number"]): row
            for row in flow.records(self.warehouse, "from marts.fct_order_lines")
        }
        assert lines_found.keys() == expected_lines.keys()
        for place, values in expected_lines.items():
            assert {name: lines_found[place][name] for name in values} == values

        keys: list[tuple[str, Callable[[dict[str, Any]], Any]]] = [
            ("agg_orders_hourly", lambda row: row["ordered_at"].replace(minute=0, second=0, microsecond=0)),
            ("agg_orders_by_country", lambda row: row["customer_country"] or "unknown"),
        ]
        for mart, key_of in keys:
            sums: dict[Any, list[Any]] = defaultdict(lambda: [0, 0, Decimal(0)])
            for values in expected.values():
                if values["is_counted"]:
                    entry = sums[key_of(values), values["currency"]]
                    entry[:] = [entry[0] + 1, entry[1] + values["units"], entry[2] + values["revenue"]]
            answer = flow.query(self.warehouse, f"from marts.{mart}")
            assert {row[:2]: list(row[2:]) for row in answer} == sums, mart
        of_products: dict[Any, list[Any]] = defaultdict(lambda: [set(), 0, Decimal(0)])
        for (order_id, _), line in expected_lines.items():
            if expected[order_id]["is_counted"]:
                entry = of_products[line["product_id"], expected[order_id]["currency"]]
                entry[:] = [entry[0] | {order_id}, entry[1] + line["quantity"], entry[2] + line["revenue"]]
        assert {row[:2]: list(row[2:]) for row in flow.query(self.warehouse, "from marts.agg_orders_by_product")} == {
            key: [len(orders), units, revenue] for key, (orders, units, revenue) in of_products.items()
        }
        assert {
            row[0]: row[1] for row in flow.query(self.warehouse, "select customer_id, country from marts.dim_customers")
        } == {str(customer_id): versions[max(versions)]["country"] for customer_id, versions in self.customers.items()}


def as_placed(versions: dict[str, Row] | None, ordered_at: str) -> Row | None:
    """The version that held at a moment; the first known one for any moment before it."""
    if not versions:
        return None
    before = [moment for moment in versions if moment <= ordered_at]
    return versions[max(before) if before else min(versions)]


def bill_of(shop: Shop, order_id: int) -> str:
    """The bill that an order has."""
    return str(next(row["bill"] for row in shop.newest("orders") if row["order_id"] == order_id))


def put_lines(shop: Shop, draw: random.Random, order_id: int, updated_at: datetime) -> None:
    """Make an order one of several lines, or of others than before; its bill is another than they come to."""
    lines = [
        {
            "line_number": 2 * number,
            "product_id": draw.randrange(1, 5),
            "quantity": draw.randrange(1, 4),
            "unit_price": draw.choice(["3.3333", "12", "0.9"]),
            "discount": draw.choice(["0", "0.3333"]),
        }
        for number in range(1, draw.randrange(2, 5))
    ]
    shop.put_order(
        order_id,
        **dict.fromkeys(("product_id", "quantity", "unit_price")),
        lines=lines,
        bill=draw.choice(["10", "33.3334", "0.0002", "7.77"]),
        refunded=draw.choice(["0", "1.5", "7.77"]),
        updated_at=updated_at,
    )


def test_any_sequence_of_cycles_equals_the_reference_and_a_full_refresh(
    shop: Shop, warehouse: Path, tmp_path: Path
) -> None:
    draw = random.Random(11)
    polled = Polled(shop, warehouse)
    countries = ["France", "Spain", "Japan", None]

    for number in (1, 2, 3):
        shop.put_product(number, price=f"{number}.2500", updated_at=DAY)
    for number in range(1, 9):
        shop.put_customer(number, country=draw.choice(countries), updated_at=DAY + timedelta(hours=number))
    moment = DAY
    order_id = 0
    for step in range(5):
        for _ in range(40):
            moment += timedelta(seconds=draw.randrange(60, 1200))
            order_id += 1
            # Customers 9 and 10, and product 4, are not known at first.
            shop.put_order(
                order_id,
                ordered_at=moment,
                customer_id=draw.randrange(1, 11),
                product_id=draw.randrange(1, 5),
                quantity=draw.randrange(1, 5),
                unit_price=draw.choice(["19.9", "0.0001", "12.3456", "7"]),
                currency=draw.choice(["EUR", "EUR", "SEK"]),
            )
            if draw.random() < 0.3:
                put_lines(shop, draw, order_id, moment)
        for changed in draw.sample(range(1, order_id + 1), min(order_id, 12)):
            status = draw.choice(["paid", "Shipped", "delivered", "cancelled", "returned", "as yet unheard of"])
            later = moment + timedelta(seconds=changed)
            if draw.random() < 0.3:
                put_lines(shop, draw, changed, later)
            shop.put_order(changed, status=status, updated_at=later, bill=bill_of(shop, changed))
        mover = draw.randrange(1, 9)
        shop.put_customer(
            mover, country=draw.choice(countries), updated_at=moment - timedelta(hours=draw.randrange(1, 4))
        )
        if step == 1:
            shop.put_product(2, name="Dearer", price="9.9999", updated_at=moment - timedelta(hours=2))
            # Cannot be used any more.
            shop.put_order(
                3, quantity=0, lines=None, product_id=1, unit_price="1", updated_at=moment + timedelta(minutes=5)
            )
            shop.put_customer(9, country="Peru", updated_at=moment)
        if step == 2:
            shop.put_order(3, quantity=2, updated_at=moment + timedelta(minutes=6))  # corrected
            shop.put_product(4, updated_at=moment)
        if step == 3:
            shop.put_customer(10, country="Chile", updated_at=moment)
            # A version from before all that is known: delivered late, and the past is to be read again.
            shop.put_customer(1, country="Iceland", updated_at=DAY - timedelta(days=9))
            polled.cycle(full_refresh=True)
        # Every other build sees the new rows of two cycles at once.
        polled.cycle(build=step != 2)
        if step in (1, 4):
            polled.check()

    copy = flow.copied(warehouse, tmp_path / "refreshed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TALLY_WAREHOUSE", str(copy))
        flow.build(*ORDERS, "--full-refresh")
    assert flow.differences(warehouse, copy, MARTS) == {}


def test_a_build_broken_off_in_the_middle_is_made_good_by_the_next(shop: Shop, warehouse: Path) -> None:
    polled = Polled(shop, warehouse)
    shop.put_order(1, ordered_at=DAY, quantity=2)
    shop.put_product(1)
    polled.cycle()
    shop.put_customer(1, country="France")
    shop.put_order(1, status="returned", updated_at=DAY + timedelta(hours=1))
    shop.put_order(2, ordered_at=DAY + timedelta(hours=2))
    polled.cycle(build=False)

    # As if it had been killed after some of the models: the versions are built, the orders are not.
    flow.build("--select", "int_orders__customer_versions", "int_orders__product_versions", "dim_customers")
    polled.cycle()

    polled.check()
    assert flow.query(warehouse, "select revenue from marts.agg_orders_by_country") == [(Decimal(10),)]


def test_an_order_that_cannot_be_used_is_rejected_without_its_payload_and_comes_back_when_corrected(
    shop: Shop, warehouse: Path
) -> None:
    polled = Polled(shop, warehouse)
    shop.put_order(1, ordered_at=DAY, quantity=0)
    shop.put_unreadable("customers", {"customer_id": 5, "name": 7, "email": "who@example.org"})
    polled.cycle(build=False)
    flow.build("--select", "+tag:orders", "+fct_rejected_records", *flow.UNTESTED)

    rejected = "select entity, reason, payload from marts.fct_rejected_records order by 1"
    assert flow.query(warehouse, rejected) == [
        ("customers", "name is not text", None),
        ("orders", "quantity is not positive", None),
    ]
    assert flow.query(warehouse, "select count(*) from marts.fct_orders") == [(0,)]

    shop.put_order(1, quantity=1, updated_at=DAY + timedelta(hours=1))
    polled.cycle(build=False)
    flow.build("--select", "+tag:orders", "fct_rejected_records")
    polled.check()
    assert [row[0] for row in flow.query(warehouse, rejected)] == ["customers"]
