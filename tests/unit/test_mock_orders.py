"""The simulated shop: pages of any size are one answer, whenever they are asked for, and what they say holds together."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from mock_api.app import create_app
from mock_api.clock import Clock
from mock_api.server import running
from mock_api.settings import Settings, World

NOW = datetime(2026, 11, 22, 18, 30, tzinfo=UTC)
KEYS = {"customers": "customer_id", "products": "product_id", "orders": "order_id"}
NEXT = {
    "placed": {"paid", "cancelled"},
    "paid": {"shipped", "cancelled"},
    "shipped": {"delivered"},
    "delivered": {"returned"},
    "cancelled": set(),
    "returned": set(),
}


class Shop:
    """A client of a mock server whose clock can be moved."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client
        self.now = NOW

    def rows(self, entity: str, limit: int = 10_000, **params: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        cursor = None
        while True:
            asked = {"limit": limit, **params} | ({"cursor": cursor} if cursor else {})
            answer = self.client.get(f"/orders/v1/{entity}", params=asked).raise_for_status().json()
            found += answer["data"]
            cursor = answer["next_cursor"]
            if cursor is None:
                return found


@pytest.fixture(scope="module", params=[0.1, 20.0], ids=["ordinary", "many"])
def shop(request: pytest.FixtureRequest) -> Iterator[Shop]:
    holder: list[Shop] = []
    days = 20 if request.param < 1 else 0
    settings = Settings(world=World.SEEDS, history=(NOW - timedelta(days=days)).date(), orders_rate=request.param)
    app = create_app(settings, Clock(lambda: holder[0].now if holder else NOW))
    with running(app) as address, httpx.Client(base_url=address, timeout=60) as client:
        holder.append(Shop(client))
        yield holder[0]


@pytest.fixture
def since(shop: Shop) -> str:
    shop.now = NOW
    return f"{NOW - timedelta(minutes=10):%Y-%m-%dT%H:%M:%SZ}"


@pytest.mark.parametrize("entity", KEYS)
def test_pages_of_any_size_are_one_ordered_answer(shop: Shop, since: str, entity: str) -> None:
    params: dict[str, Any] = {} if entity != "orders" else {"updated_since": since}
    whole = shop.rows(entity, **params)
    assert whole
    assert whole == shop.rows(entity, limit=max(1, len(whole) // 7), **params)
    places = [(row["updated_at"], row[KEYS[entity]]) for row in whole]
    assert places == sorted(set(places))
    assert len({key for _, key in places}) == len(places)
    assert all(params.get("updated_since", "") <= moment <= f"{NOW:%Y-%m-%dT%H:%M:%SZ}" for moment, _ in places)
    assert whole[len(whole) // 2 :] == [
        row for row in shop.rows(entity, updated_since=places[len(places) // 2][0]) if row in whole[len(whole) // 2 :]
    ]


def test_what_is_written_between_two_polls_comes_with_the_second(shop: Shop, since: str) -> None:
    held = {row["order_id"]: row for row in shop.rows("orders", updated_since=since)}
    asked_until = f"{NOW:%Y-%m-%dT%H:%M:%SZ}"
    for minutes in range(2, 11, 2):
        shop.now = NOW + timedelta(minutes=minutes)
        for row in shop.rows("orders", updated_since=asked_until):
            before = held.get(row["order_id"])
            if before and before != row:
                fixed = ("ordered_at", "customer_id", "product_id", "quantity", "unit_price", "bill")
                assert [before[name] for name in fixed] == [row[name] for name in fixed]
                assert before["updated_at"] < row["updated_at"]
                assert row["status"] in NEXT[before["status"]]
            held[row["order_id"]] = row
        asked_until = f"{shop.now:%Y-%m-%dT%H:%M:%SZ}"
    assert list(held.values()) != []
    assert sorted(held) == sorted(row["order_id"] for row in shop.rows("orders", updated_since=since))


def test_an_order_says_what_it_costs(shop: Shop, since: str) -> None:
    products = {row["product_id"]: row for row in shop.rows("products")}
    assert len(products) == 18
    for row in shop.rows("orders", updated_since=since):
        price = Decimal(row["unit_price"])
        assert Decimal(row["bill"]) == price * row["quantity"]
        assert 5 <= price <= 50
        assert 1 <= row["quantity"] <= 5
        product = products[row["product_id"]]
        if row["ordered_at"] >= product["updated_at"]:
            assert price == Decimal(product["price"])


def test_orders_come_at_the_rate_that_is_asked_for() -> None:
    settings = Settings(world=World.SEEDS, now=NOW, history=(NOW - timedelta(days=10)).date())
    with running(create_app(settings)) as address, httpx.Client(base_url=address, timeout=60) as client:
        shop = Shop(client)
        orders = shop.rows("orders")
        customers = {row["customer_id"]: row for row in shop.rows("customers")}
    seconds = (NOW - datetime(2026, 11, 12, tzinfo=UTC)).total_seconds()
    # A Poisson count of this size stays within two in a hundred.
    assert len(orders) == pytest.approx(seconds / 10, rel=0.02)
    assert {row["status"] for row in orders} == set(NEXT)
    assert min(row["ordered_at"] for row in orders) >= "2026-11-12"
    # Some come before their customer does; everybody else's customer is there.
    early = [row for row in orders if row["customer_id"] not in customers]
    later = [
        r
        for r in orders
        if r["customer_id"] in customers and customers[r["customer_id"]]["created_at"] > r["ordered_at"]
    ]
    assert 0 < len(later) < len(orders) * 0.01
    assert all(row["ordered_at"] > f"{NOW - timedelta(hours=4):%Y-%m-%dT%H:%M:%SZ}" for row in early)
    moved = [row for row in customers.values() if row["updated_at"] > row["created_at"]]
    assert len(moved) > 0.03 * len(customers)
    names = [row["name"] for row in customers.values()]
    assert len(set(names)) < len(names)
    assert any("'" in name for name in names)
    assert any(not name.isascii() and not any(c in name for c in "éèêëïôçäöüßáíóúñ") for name in names)


def test_a_cursor_of_another_question_is_refused(shop: Shop) -> None:
    cursor = shop.client.get("/orders/v1/products", params={"limit": 5}).json()["next_cursor"]
    for entity, params in (("orders", {"limit": 5}), ("products", {"limit": 6})):
        answer = shop.client.get(f"/orders/v1/{entity}", params={**params, "cursor": cursor})
        assert answer.status_code == 422
        assert answer.json()["detail"].startswith("cursor: ")
    assert shop.client.get("/orders/v1/orders", params={"limit": 10_001}).status_code == 422
