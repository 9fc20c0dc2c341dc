"""A small shop of the tests' own: the orders contract over real HTTP, held in memory.

It shares no code with the mock. What it has delivered stays in `seen`, every version, so that a test can work out what
a warehouse that has polled it should hold.

    with Shop() as shop:
        shop.put_customer(1, name="Zoë O'Neill", updated_at="2026-01-01T00:00:00Z")
        shop.put_product(1, price="19.90")
        shop.put_order(7, customer_id=1, product_id=1, ordered_at="2026-01-02T10:00:00Z")
        shop.base_url  # http://127.0.0.1:<port>/orders/v1
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from types import TracebackType
from typing import Any, Self

from tests.http_server import Answer, HttpServer, Request, as_json

PREFIX = "/orders/v1"
LAUNCH = "2026-01-01T00:00:00.000000Z"
KEYS = {"customers": "customer_id", "products": "product_id", "orders": "order_id"}

Row = dict[str, Any]


def text(moment: datetime | str) -> str:
    """RFC 3339 in UTC with microseconds, so that the order of texts is the order of time."""
    parsed = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return parsed.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Shop:
    """The contract from three mutable lists.

    Attributes to change at will: `page_limit` (the most rows a page gets, whatever is asked), `intercept` (called with
    each request; what it returns, unless None, is the answer), `requests`, and `seen`: of each entity every row that was
    ever put, in that order.
    """

    def __init__(self) -> None:
        self.page_limit = 10_000
        self.intercept: Callable[[Request], Answer | None] | None = None
        self.requests: list[Request] = []
        self.seen: dict[str, list[Row]] = {entity: [] for entity in KEYS}
        self._rows: dict[str, dict[Any, tuple[tuple[str, int], Any]]] = {entity: {} for entity in KEYS}
        self._lock = threading.RLock()

    # What the shop has.

    def put_customer(self, customer_id: int, **fields: Any) -> Row:
        """Add a customer, or a newer version of one: what is not given stays, or is an ordinary person's."""
        return self._put(
            "customers",
            customer_id,
            {
                "name": f"Customer {customer_id}",
                "address": f"{customer_id} High Street",
                "email": f"customer{customer_id}@example.org",
                "phone_number": f"+44 20 7946 {customer_id:04}",
                "country": "United Kingdom",
                "created_at": LAUNCH,
                "updated_at": LAUNCH,
            },
            fields,
        )

    def put_product(self, product_id: int, **fields: Any) -> Row:
        """Add a product, or a newer version of one."""
        ordinary = {"name": f"Product {product_id}", "description": "", "price": "10", "updated_at": LAUNCH}
        return self._put("products", product_id, ordinary, fields)

    def put_order(self, order_id: int, **fields: Any) -> Row:
        """Add an order, or a newer version of one. Its bill is worked out unless given."""
        ordinary: Row = {
            "ordered_at": LAUNCH,
            "customer_id": 1,
            "product_id": 1,
            "quantity": 1,
            "unit_price": "10",
            "status": "placed",
        }
        before = self._rows["orders"].get(order_id)
        row = ordinary | (dict(before[1]) if before else {}) | fields
        if "bill" not in fields:
            fields["bill"] = str(Decimal(row["unit_price"]) * row["quantity"])
        return self._put("orders", order_id, ordinary | {"updated_at": row["ordered_at"]}, fields)

    def put_unreadable(self, entity: str, row: Any, *, updated_at: str = LAUNCH) -> None:
        """Serve a row exactly as given (any JSON value), in the place that `updated_at` has in the order."""
        with self._lock:
            number = len(self._rows[entity])
            self._rows[entity][f"unreadable {number}"] = ((text(updated_at), number), row)

    def withdraw(self, entity: str, key: int) -> None:
        """Serve a row no longer."""
        with self._lock:
            del self._rows[entity][key]

    def newest(self, entity: str) -> list[Row]:
        """What is served now, by key."""
        return [row for _, (_, row) in sorted(self._rows[entity].items(), key=lambda item: str(item[0]))]

    def _put(self, entity: str, key: int, ordinary: Row, fields: Row) -> Row:
        with self._lock:
            before = self._rows[entity].get(key)
            row: Row = {KEYS[entity]: key} | ordinary | (dict(before[1]) if before else {}) | fields
            for name in ("ordered_at", "created_at", "updated_at"):
                if name in row:
                    row[name] = text(row[name])
            self._rows[entity][key] = ((row["updated_at"], key), row)
            self.seen[entity].append(row)
        return row

    # HTTP.

    @property
    def base_url(self) -> str:
        return self._server.address

    def __enter__(self) -> Self:
        self._server = HttpServer(self.answer, PREFIX)
        self._server.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.__exit__(kind, error, trace)

    def answer(self, request: Request) -> Answer:
        """What the contract says to this request (or what `intercept` says instead)."""
        self.requests.append(request)
        if self.intercept is not None and (answer := self.intercept(request)) is not None:
            return answer
        entity = request.path.removeprefix("/")
        if entity not in KEYS:
            return as_json({"detail": "no such path"}, 404)
        limit = int(request.params.get("limit", "1000"))
        if not 1 <= limit <= 10_000:
            return as_json({"detail": "limit must be between 1 and 10000"}, 422)
        after = ("", -1)
        if "cursor" in request.params:
            moment, key = json.loads(base64.urlsafe_b64decode(request.params["cursor"]))
            after = (moment, key)
        since = text(request.params["updated_since"]) if "updated_since" in request.params else ""
        with self._lock:
            served = sorted(self._rows[entity].values(), key=lambda pair: pair[0])
        wanted = [(place, row) for place, row in served if place > after and place[0] >= since]
        page = wanted[: min(limit, self.page_limit)]
        cursor = (
            base64.urlsafe_b64encode(json.dumps(page[-1][0]).encode()).decode() if len(page) < len(wanted) else None
        )
        return as_json({"data": [row for _, row in page], "next_cursor": cursor})
