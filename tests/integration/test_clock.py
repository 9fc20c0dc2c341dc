"""A machine whose clock once ran ahead: ingestion says what to do, and after it new rows reach the marts again."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests import flow
from tests.orders_provider import Shop

AHEAD = timedelta(days=400)

# The same command on a machine whose clock is wrong: only what asks for the time of day is changed.
ON_A_WRONG_CLOCK = f"""
import datetime, runpy, sys, time
right = time.time
time.time = lambda: right() + {AHEAD.total_seconds()}
class Wrong(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls.fromtimestamp(time.time(), tz)
import ingestion.runner, warehouse.ledger
for module in (ingestion.runner, warehouse.ledger):
    module.datetime = Wrong
sys.argv = ["ingestion", "orders"]
runpy.run_module("ingestion", run_name="__main__")
"""


def test_what_was_loaded_ahead_of_the_clock_is_dated_back(warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ordered = "select order_id from marts.fct_orders order by 1"
    with Shop() as provider:
        monkeypatch.setenv("SOURCES__ORDERS__BASE_URL", provider.base_url)
        provider.put_customer(1)
        provider.put_product(1)
        provider.put_order(1, ordered_at="2026-01-05T00:00:00Z")
        flow.ingest("orders")
        provider.put_order(2, ordered_at="2026-01-06T00:00:00Z")
        done = flow.run(sys.executable, "-c", ON_A_WRONG_CLOCK)
        assert done.returncode == 0, done.stderr
        flow.build("--select", "tag:orders")
        provider.put_order(3, ordered_at="2026-01-07T00:00:00Z")

        refused = flow.run(sys.executable, "-m", "ingestion", "orders")
        assert refused.returncode == 1
        assert "the machine's clock is behind the warehouse's newest load" in refused.stderr
        assert "`python -m ingestion restamp` dates that load back" in refused.stderr

        before = flow.query(warehouse, "select order_id, _dlt_load_id from raw_orders.orders order by _dlt_load_id, 1")
        done = flow.run(sys.executable, "-m", "ingestion", "restamp")
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("1 loads were dated back, the newest from ")
        after = flow.query(warehouse, "select order_id, _dlt_load_id from raw_orders.orders order by _dlt_load_id, 1")
        assert [order for order, _ in after] == [order for order, _ in before] == ["1", "2"]
        assert after[0] == before[0]
        assert float(after[1][1]) < datetime.now(UTC).timestamp()

        flow.ingest("orders")
        flow.build("--select", "tag:orders")
        assert flow.query(warehouse, ordered) == [("1",), ("2",), ("3",)]
    times = flow.query(
        warehouse,
        "select count(*) from raw_operations.runs where started_at > now() or ended_at > now() union all "
        "select count(*) from raw_operations.cursors where updated_at > now() union all "
        "select count(*) from raw_orders._dlt_loads where inserted_at > now() or load_id::double > epoch(now())",
    )
    assert times == [(0,), (0,), (0,)]
    assert (
        flow.run(sys.executable, "-m", "ingestion", "restamp").stdout == "No load is later than the machine's clock.\n"
    )
