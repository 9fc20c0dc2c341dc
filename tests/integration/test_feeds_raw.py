"""Raw tables that a provider and a feed share: each knows its own rows, and none takes the other's for lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ingestion.runner import run
from ingestion.schemas import RunResult
from tests import feed_rows, flow
from tests.provider import Provider
from tests.retail_provider import RetailProvider

FEEDS = {"till": ("retail", ("sales",))}
OF_THE_TILL = {"product_id": "REF001", "quantity": 1, "store_id": "1", "details": "till 1", "occurrence": 1}
READ = {"sale_date": "2026-11-02", "amount": "20.00"} | OF_THE_TILL
UNREADABLE = {"sale_date": "2 November", "amount": "20.00"} | OF_THE_TILL


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Iterator[RetailProvider]:
    with RetailProvider() as provider:
        for name, value in provider.environment().items():
            monkeypatch.setenv(name, value)
        for day in ("2026-11-02", "2026-11-03"):
            provider.sell(day, "REF001", 1, 1)
        yield provider


def retail(warehouse: Path, **options: Any) -> RunResult:
    (result,) = run(["retail"], warehouse, **options)
    return result


def sales(warehouse: Path) -> list[tuple[Any, ...]]:
    return flow.query(
        warehouse,
        "select feed, feed_file, feed_line, cast(sale_date as varchar), withdrawn_at is null from raw_retail.sales order by all",
    )


def test_what_a_feed_brought_is_neither_lost_nor_withdrawn_by_the_provider(
    shop: RetailProvider, warehouse: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert retail(warehouse).error is None
    feed_rows.load(warehouse, FEEDS, "till", {"sales": [READ, UNREADABLE]})
    of_the_till = ("till", "inbox/till.csv", 2, "2026-11-02", True)

    # The provider's files are the ones last loaded, though the table has more rows.
    again = retail(warehouse)
    assert (again.new, again.changed, again.error) == (0, 0, None)
    assert all("if-none-match" in request.headers for request in shop.requests[-3:])

    shop.sell("2026-11-04", "REF001", 1, 1)
    appended = retail(warehouse)
    assert (appended.new, appended.error) == (1, None)
    shop.sales = [sale for sale in shop.sales if sale.day == "2026-11-04"]
    monkeypatch.setenv("SOURCES__RETAIL__SALES_MODE", "replace")
    assert retail(warehouse).changed == 2
    assert sales(warehouse) == [
        of_the_till,
        (None, None, None, "2026-11-02", False),
        (None, None, None, "2026-11-03", False),
        (None, None, None, "2026-11-04", True),
    ]

    # Nor is what the feed rejected taken for corrected.
    retail(warehouse, full_refresh=True)
    rejected = "select source, entity, reason from raw_retail.rejected_records"
    assert flow.query(warehouse, rejected) == [("till", "sales", "sale_date is not a date")]


def test_a_provider_cannot_say_what_a_feed_says(
    provider: Provider, warehouse: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCES__FOOTFALL__BASE_URL", provider.base_url)
    provider.arrow = False
    provider.put_store("lyon", feed="doors", feed_line="seven")
    # A feed's store needs no city.
    provider.put_store("lille", feed="doors", city=None)

    (result,) = run(["footfall"], warehouse)

    assert result.error is None
    assert flow.query(warehouse, "select distinct feed, feed_line from raw_footfall.stores") == [(None, None)]
    held = "select count(*) from raw_footfall.stores where store_id = 'lyon'"
    assert flow.query(warehouse, held) == [(1,)]
    rejected = "select entity, record_id, reason from raw_footfall.rejected_records"
    assert flow.query(warehouse, rejected) == [("stores", "lille", "city is null")]
