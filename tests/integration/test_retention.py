"""`python -m ingestion compact` with RETENTION__RAW_DAYS: what is too old leaves raw, then the marts, and does not come back."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests import flow
from tests.integration.test_footfall_marts import MARTS as FOOTFALL_MARTS
from tests.orders_provider import Shop
from tests.provider import Provider

FIRST = datetime(2024, 1, 1, tzinfo=UTC)
NEWEST = datetime(2025, 3, 4, 17, tzinfo=UTC)
# 400 days before the newest event, from midnight on.
KEPT_FROM = datetime(2024, 1, 29, tzinfo=UTC)
REFUSED = "compact: RETENTION__RAW_DAYS cannot be used: it "

SELECTION = ("--select", "+marts.footfall", "+marts.orders")
REJECTED = (*flow.rejected_of("footfall"), *flow.rejected_of("orders"))
MARTS = [
    *FOOTFALL_MARTS, "dim_customers", "dim_customer_versions", "dim_order_products", "fct_orders", "agg_orders_hourly",
    "agg_orders_by_product", "agg_orders_by_country",
]  # fmt: skip


def compact(days: str) -> subprocess.CompletedProcess[str]:
    return flow.run(sys.executable, "-m", "ingestion", "compact", RETENTION__RAW_DAYS=days)


@pytest.fixture
def chain(provider: Provider, warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> Provider:
    """A store with three devices and 14 months of open hours; one device was removed before the day that is kept first."""
    monkeypatch.setenv("SOURCES__FOOTFALL__BASE_URL", provider.base_url)
    provider.put_store("paris")
    provider.put_sensor("paris-1", "paris", door=1, installed_at=FIRST)
    provider.put_sensor("paris-2", "paris", door=2, installed_at=FIRST, removed_at=FIRST + timedelta(days=20))
    provider.put_sensor("paris-2b", "paris", door=2, installed_at=FIRST + timedelta(days=20))
    readings = []
    hour = FIRST
    while hour <= NEWEST:
        if 7 <= hour.hour <= 17:
            device = "paris-2" if hour < FIRST + timedelta(days=20) else "paris-2b"
            for number, sensor in enumerate(("paris-1", device)):
                visits = None if (hour.day + number) % 11 == 0 and hour.hour < 10 else 40 + 7 * number + hour.day
                readings.append({"sensor_id": sensor, "hour_start": hour, "visits": visits})
        hour += timedelta(hours=1)
    for day in (FIRST + timedelta(days=3), NEWEST - timedelta(days=3)):
        readings.append({"sensor_id": "nobody-knows", "hour_start": day, "visits": 1})
        readings.append({"sensor_id": "paris-1", "hour_start": day, "visits": -5})
    # An event that is still to come must not make everything else look old: it is rejected.
    readings.append(
        {"sensor_id": "paris-1", "hour_start": datetime(2099, 1, 1, tzinfo=UTC), "visits": 3, "updated_at": NEWEST}
    )
    provider.put_readings(readings)
    return provider


def counted(provider: Provider, since: datetime) -> int:
    """What the provider's readings from a moment on add up to, where they can be used."""
    return sum(
        row["visits"]
        for row in provider.readings()
        if row["status"] == "ok"
        and row["visits"] > 0
        and row["sensor_id"] != "nobody-knows"
        and since.isoformat() <= row["hour_start"].replace("Z", "+00:00") < "2099"
    )


@pytest.fixture
def shop(warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    with Shop() as shop:
        monkeypatch.setenv("SOURCES__ORDERS__BASE_URL", shop.base_url)
        shop.put_product(1)
        shop.put_customer(1)
        yield shop


def test_what_is_too_old_leaves_raw_and_marts_and_does_not_come_back(
    chain: Provider, shop: Shop, warehouse: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(430):
        shop.put_order(number, ordered_at=NEWEST - timedelta(days=number), quantity=1 + number % 3)
    flow.ingest("footfall", "orders")
    flow.build(*SELECTION, "+fct_rejected_records", *flow.UNTESTED)
    visits = "select sum(visits), min(visit_date) from marts.fct_store_visits_daily"
    assert flow.query(warehouse, visits) == [(counted(chain, FIRST), FIRST.date())]

    assert compact("soon").stderr.startswith(f"{REFUSED}should be a valid integer")
    assert compact("30").stderr.startswith(f"{REFUSED}must be 0, which keeps everything, or 400 days or more")
    done = compact("400")

    assert done.returncode == 0, done.stderr
    gone = 2 * 11 * 28 + 2
    assert f"raw_footfall.readings: {gone:,} rows from before 2024-01-29 purged." in done.stdout
    # Days 0 to 400 before the newest one are kept: 401 orders, the last of them at 17:00 of the first day.
    assert "raw_orders.orders: 29 rows from before 2024-01-29 purged." in done.stdout
    flow.build(*SELECTION, *REJECTED)
    assert flow.query(warehouse, visits) == [(counted(chain, KEPT_FROM), KEPT_FROM.date())]
    devices = "select distinct sensor_id from marts.fct_sensor_visits_hourly order by 1"
    assert flow.query(warehouse, devices) == [("paris-1",), ("paris-2b",)]
    kept = sum(1 + number % 3 for number in range(401))
    assert flow.query(warehouse, "select count(*), sum(quantity) from marts.fct_orders") == [(401, kept)]
    assert flow.query(warehouse, "select sum(units) from marts.agg_orders_by_product") == [(kept,)]
    assert flow.query(warehouse, "select count(*) from marts.dim_customers") == [(1,)]
    copy = flow.copied(warehouse, tmp_path / "refreshed")
    with monkeypatch.context() as there:
        there.setenv("TALLY_WAREHOUSE", str(copy))
        flow.build(*SELECTION, *REJECTED, *flow.UNTESTED, "--full-refresh")
    assert flow.differences(warehouse, copy, MARTS) == {}

    # A correction of what was purged stays out, one of what is kept comes in; asking for everything again brings nothing back.
    chain.put_readings(
        {"sensor_id": "paris-1", "hour_start": day + timedelta(hours=9), "visits": 999, "updated_at": NEWEST}
        for day in (FIRST + timedelta(days=5), KEPT_FROM)
    )
    held = "select count(*), min(hour_start), count(*) filter (where visits = 999) from raw_footfall.readings"
    (before,) = flow.query(warehouse, held)
    output = flow.ingest("footfall")
    assert "1 readings from before 2024-01-29 were left out" in " ".join(output.stderr.split())
    flow.ingest("footfall", "orders", "--full-refresh")
    assert flow.query(warehouse, held) == [(before[0], before[1], 1)]
    assert flow.query(warehouse, "select count(*) from raw_orders.orders") == [(401,)]

    # Kept for ever again, what the providers still have can be had again.
    assert compact("0").returncode == 0
    flow.ingest("footfall", "orders", "--full-refresh")
    # All but that of 2099, which was rejected.
    assert flow.query(warehouse, held) == [(len(chain.readings()) - 1, FIRST + timedelta(hours=7), 2)]
    assert flow.query(warehouse, "select count(*) from raw_orders.orders") == [(430,)]
