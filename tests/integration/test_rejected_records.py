"""A rejected record is found by its id, and asked for again once it can be read."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingestion.runner import run
from tests import flow, old_warehouse
from tests.orders_provider import Shop

NOW = datetime(2026, 11, 9, tzinfo=UTC)
AT = "2026-11-05T10:00:00Z"
ORDER = {
    "order_id": 1001, "ordered_at": AT, "customer_id": 1, "product_id": 1, "quantity": "two", "unit_price": "10", "bill": "20",
    "status": "paid", "updated_at": AT,
}  # fmt: skip
PERSON = "Óscar Ñíguez"


def listed(warehouse: Path, *selection: str) -> list[tuple[object, ...]]:
    flow.build("--select", *(selection or ("+fct_rejected_records",)), *flow.UNTESTED)
    return flow.query(warehouse, "select source, entity, record_id from marts.fct_rejected_records order by all")


def test_a_rejected_order_is_found_by_its_id_and_goes_once_it_can_be_read(
    warehouse: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Shop() as shop:
        monkeypatch.setenv("SOURCES__ORDERS__BASE_URL", shop.base_url)
        shop.put_customer(1)
        shop.put_product(1)
        shop.put_unreadable("orders", ORDER, updated_at=AT)
        # What stands in the place of an id may be a person's name, address or number.
        for name in (PERSON, "oscar@example.org", "+34600111222"):
            shop.put_unreadable("customers", {"customer_id": name, "name": 7})
        (result,) = run(["orders"], warehouse, now=NOW)
        assert result.rejected == 4
        assert listed(warehouse) == [("orders", "customers", None)] * 3 + [("orders", "orders", "1001")]

        # The provider corrects it where it stands, which a cursor does not see.
        shop.withdraw("orders", "unreadable 0")  # type: ignore[arg-type]
        shop.put_order(1001, ordered_at=AT, quantity=2)
        (result,) = run(["orders"], warehouse, full_refresh=True, now=NOW)

        assert (result.new, result.rejected, result.error) == (1, 0, None)
        again = listed(warehouse, *flow.rejected_of("orders"))
        assert again == [("orders", "customers", None)] * 3


def test_what_an_older_tally_rejected_has_its_id_after_the_migration(warehouse: Path) -> None:
    old_warehouse.unpack(warehouse)
    assert listed(warehouse) == [("orders", "orders", "W-7")]
