"""The loop: cycles on real signals, real files, and a provider over HTTP."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.loop import seconds_of
from reports.site import SOURCES
from tests import flow
from tests.orders_provider import Shop
from tests.provider import Provider
from tests.whole_flow import needs_site_packages

DEAD = "http://127.0.0.1:9"  # nobody listens there: the port of discard


class Loop:
    """`python -m orchestration run --every …`, its lines as they come."""

    def __init__(self, *arguments: str, **environment: str) -> None:
        flow.parse_once()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "orchestration", "run", *arguments],
            cwd=flow.PROJECT,
            env=os.environ | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in self.process.stdout or ():
            self.lines.put(line.strip())

    def next(self, word: str) -> str:
        """The next line with a word in it."""
        seen = []
        while True:
            try:
                seen.append(self.lines.get(timeout=240))
            except queue.Empty:
                raise AssertionError(f"no line with {word!r}: {seen}") from None
            if word in seen[-1]:
                return seen[-1]

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(timeout=240)


@pytest.fixture
def shop(warehouse: Path, provider: Provider, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """Orders and footfall from providers of the test's own; the other sources cannot be reached."""
    with Shop() as shop:
        provider.put_store("paris")
        provider.put_sensor("paris-1", "paris")
        provider.put_readings([{"sensor_id": "paris-1", "hour_start": "2026-05-01T08:00:00Z", "visits": 12}])
        shop.put_product(1)
        shop.put_customer(1, country="France")
        shop.put_order(1, quantity=2)
        settings = {
            "SOURCES__ORDERS__BASE_URL": shop.base_url,
            "SOURCES__FOOTFALL__BASE_URL": provider.base_url,
            "SOURCES__AIR_QUALITY__BASE_URL": DEAD,
            "SOURCES__RETAIL__PRODUCTS_URL": f"{DEAD}/p.csv",
            "SOURCES__RETAIL__STORES_URL": f"{DEAD}/s.csv",
            "SOURCES__RETAIL__SALES_URL": f"{DEAD}/v.csv",
            "RUNTIME__REQUEST_BACKOFF_FACTOR": "0.01",
        }
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        yield shop


def published(warehouse: Path, sql: str) -> list[tuple[Any, ...]]:
    """The answer to a query on the published files."""
    folder = warehouse.with_suffix(".marts")
    with duckdb.connect() as connection:
        rows: list[tuple[Any, ...]] = connection.execute(sql.replace("MARTS", str(folder))).fetchall()
        return rows


STAND_IN = """#!/bin/sh
# Evidence's place is taken by one page; all around it is the real build.
if [ -e "$STAND_IN_FAILS" ]; then echo 'out of ideas'; exit 1; fi
mkdir -p build
echo '<html><head></head><body>stand-in</body></html>' > build/index.html
"""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a site whose builds take no minute: `node` is a shell script, which fails where `fails` exists."""
    needs_site_packages()
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "node").write_text(STAND_IN, encoding="utf-8")
    (programs / "node").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setenv("STAND_IN_FAILS", str(tmp_path / "fails"))
    monkeypatch.setenv("TALLY_SITE", str(tmp_path / "site"))
    return tmp_path / "site"


def test_cycles_publish_what_came_rebuild_the_site_and_stop_cleanly(shop: Shop, warehouse: Path, site: Path) -> None:
    old_heartbeat = warehouse.with_name("warehouse.beat")  # an earlier version's, which somebody's supervisor looks at
    old_heartbeat.touch()
    os.utime(old_heartbeat, (0, 0))
    loop = Loop("--every", "1s", "--site-every", "1s")
    try:
        first = loop.next("cycle:")
        # Two sources that cannot be reached do not stop the other sources.
        assert "6 rows new" in first
        assert "retail: " in first
        loop.next("skipped")
        revenue = "select revenue from 'MARTS/agg_orders_by_country.parquet'"
        assert [float(row[0]) for row in published(warehouse, revenue)] == [20.0]

        shop.put_order(2, ordered_at="2026-01-02T00:00:00Z")
        while "1 rows new" not in loop.next("cycle:"):
            pass
        assert [float(row[0]) for row in published(warehouse, revenue)] == [30.0]

        # The pages' rows came with the publication; a child has built the pages meanwhile, while cycles went on.
        rows = json.loads((warehouse.with_suffix(".site") / "rows" / "orders.json").read_text(encoding="utf-8"))
        assert (rows["sums"]["currency"], rows["total"]["orders"]) == (["EUR"], [2])
        loop.next("site: rebuilt")
        page = site / "index.html"
        assert "stand-in" in page.read_text(encoding="utf-8")
        # Pages that must be built again, and cannot be, stay as they are.
        (site.parent / "fails").touch()
        (site / SOURCES).unlink()
        loop.next("the build failed (1); the one before stays")
        assert "stand-in" in page.read_text(encoding="utf-8")
        loop.next("cycle:")
    finally:
        code = loop.stop()
    assert code == 0
    assert "the next run goes on from here" in loop.next("stopped")
    assert warehouse.with_name("warehouse.heartbeat").exists()  # what the container's health check looks at
    assert old_heartbeat.stat().st_mtime > 0

    cycles = flow.query(
        warehouse,
        "select rows_new, outcome, ended_at >= started_at from raw_operations.runs where what = 'cycle' order by started_at",
    )
    assert cycles[0] == (6, "failed", True)
    assert (1, "failed", True) in cycles
    assert all(outcome != "running" for _, outcome, _ in cycles)
    # The alerts are computed each time: within a build that touches little, else in a run of dbt's own.
    runs = flow.query(
        warehouse,
        "select distinct cycles.rows_new, array_agg(runs.what order by runs.started_at) from raw_operations.runs as cycles "
        "inner join raw_operations.runs as runs on runs.started_at between cycles.started_at and cycles.ended_at "
        "where cycles.what = 'cycle' and (runs.what = 'alerts' or runs.what like 'dbt %') group by cycles.run_id, cycles.rows_new",
    )
    assert {(6, ("dbt build", "alerts")), (1, ("dbt build",)), (0, ("alerts",))} == {
        (rows, tuple(what)) for rows, what in runs
    }
    # Later builds took only what the new rows touched: the models of footfall were built once.
    loads = flow.query(warehouse, "select count(*) from marts.fct_store_visits_daily")
    assert loads == [(1,)]


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("2m", 120), ("1h", 3600), ("0.5s", 0.5)])
def test_times_are_read(text: str, seconds: float) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "2", "m", "-1m", "0s", "2 minutes", "1d"])
def test_other_times_are_refused_in_one_line(text: str) -> None:
    with pytest.raises(ValueError, match="is not a time such as 90s, 2m or 1h"):
        seconds_of(text)
