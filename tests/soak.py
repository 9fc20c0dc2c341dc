"""Kill ingestion and `dbt build` at random moments, again and again, and see that nothing is lost, doubled or stuck.

`make soak` kills each fifty times. Moments follow from the seed, as shares of the time that the work takes when it is let be.
The tests kill each once, at a moment that is always the same. Each piece of work runs in a forked process, so that imports
and dbt's parsing are paid once.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import typer

from tests import flow
from tests.orders_provider import KEYS, Shop
from tests.provider import Provider

START = datetime(2026, 1, 5, 8, tzinfo=UTC)
BUILD = ("--select", "tag:orders", "+tag:footfall", "--exclude-resource-type", "unit_test")
MARTS = [
    "dim_customers", "dim_customer_versions", "dim_order_products", "fct_orders", "agg_orders_hourly",
    "agg_orders_by_product", "agg_orders_by_country", "dim_stores", "dim_sensors", "fct_sensor_visits_hourly",
    "fct_store_visits_hourly", "fct_sensor_visits_daily", "fct_store_visits_daily",
]  # fmt: skip


class World:
    """A shop and a chain of stores that go on: each step brings new rows and changes old ones."""

    def __init__(self, shop: Shop, stores: Provider, draw: random.Random) -> None:
        self.shop = shop
        self.stores = stores
        self.draw = draw
        self.now = START
        self.orders = 0
        for number in range(1, 4):
            shop.put_product(number, price=f"{number}.5")
        for number in range(1, 30):
            shop.put_customer(number)
        stores.put_store("paris")
        for door in (1, 2):
            stores.put_sensor(f"paris-{door}", "paris", door=door, installed_at="2026-01-01T00:00:00Z")
        self.go_on()

    def go_on(self) -> None:
        """Six more hours: readings, orders, a few of both changed, somebody moved."""
        readings = []
        for hour in range(6):
            at = self.now + timedelta(hours=hour)
            readings += [
                {
                    "sensor_id": f"paris-{door}",
                    "hour_start": f"{at:%Y-%m-%dT%H:%M:%SZ}",
                    "visits": self.draw.randrange(90),
                }
                for door in (1, 2)
            ]
        self.stores.put_readings(readings)
        for _ in range(40):
            self.orders += 1
            self.shop.put_order(
                self.orders,
                ordered_at=self.now + timedelta(minutes=self.draw.randrange(360)),
                customer_id=self.draw.randrange(1, 32),
                product_id=self.draw.randrange(1, 4),
                quantity=self.draw.randrange(1, 5),
            )
        self.now += timedelta(hours=6)
        for changed in self.draw.sample(range(1, self.orders + 1), 5):
            self.shop.put_order(changed, status=self.draw.choice(["paid", "cancelled"]), updated_at=self.now)
        self.shop.put_customer(
            self.draw.randrange(1, 30), country=self.draw.choice(["Peru", "Chile"]), updated_at=self.now
        )


@contextmanager
def world(seed: int) -> Iterator[World]:
    """A world whose providers answer, and that ingestion is pointed to."""
    with Shop() as shop, Provider() as stores:
        os.environ["SOURCES__ORDERS__BASE_URL"] = shop.base_url
        os.environ["SOURCES__FOOTFALL__BASE_URL"] = stores.base_url
        try:
            yield World(shop, stores, random.Random(seed))
        finally:
            del os.environ["SOURCES__ORDERS__BASE_URL"], os.environ["SOURCES__FOOTFALL__BASE_URL"]


def ingest(warehouse: Path) -> int:
    """Load both sources; the rows that were new or changed."""
    from ingestion.runner import run

    results = run(["footfall", "orders"], warehouse, lock_timeout=10)
    assert [result.error for result in results] == [None, None]
    return sum(result.new + result.changed for result in results)


def build(*arguments: str, on_event: Callable[[Any], None] | None = None) -> None:
    """The marts of both sources, on TALLY_WAREHOUSE; `on_event` is called with every event of dbt's."""
    flow.build(*BUILD, *arguments, on_event=on_event)


def killed(work: Callable[[], object], after: float | None) -> bool:
    """Do the work in a process of its own; SIGKILL it after so many seconds. True if that found it at work.

    Raises:
        RuntimeError: it failed by itself.
    """
    child = os.fork()
    if child == 0:
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    begun = time.monotonic()
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            break
        if after is not None and time.monotonic() - begun >= after:
            os.kill(child, signal.SIGKILL)
            _, status = os.waitpid(child, 0)
            break
        time.sleep(0.002)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status):
        raise RuntimeError("the work failed by itself, before it was killed")
    return os.WIFSIGNALED(status)


Work = Callable[[], object]
Kills = Callable[[Work, Work], None]
"""Called with what makes new work, and with the work: kills it, once or more often, each time after new work was made."""


def at_random(kills: int, seed: int, log: Callable[[str], None]) -> Kills:
    """Kill the work so many times, each at a moment drawn from the time it takes when it is let be."""
    draw = random.Random(seed)

    def rounds(before: Work, work: Work) -> None:
        before()
        begun = time.monotonic()
        killed(work, None)
        length = time.monotonic() - begun
        done = 0
        while done < kills:
            before()
            moment = draw.random() * length
            if killed(work, moment):
                done += 1
                log(f"kill {done} of {kills}: after {moment:.2f} s of about {length:.2f} s")
            else:
                # It was quicker than before: the moments are drawn from the shorter time.
                length *= 0.8

    return rounds


def soak_ingestion(warehouse: Path, seed: int, kills: Kills) -> None:
    """Ingestion killed, then let be: raw holds what the providers serve, each row once.

    Raises:
        AssertionError: it does not.
    """
    with world(seed) as now:
        ingest(warehouse)
        kills(now.go_on, lambda: ingest(warehouse))
        ingest(warehouse)
        assert ingest(warehouse) == 0, "a run after the last one found something new"
        held = dict(flow.query(warehouse, "select order_id::int, status from raw_orders.orders"))
        served = {row[KEYS["orders"]]: row["status"] for row in now.shop.newest("orders")}
        assert held == served
        for table, key in (("orders.orders", "order_id"), ("orders.customers", "(customer_id, updated_at)")):
            (counts,) = flow.query(warehouse, f"select count(*), count(distinct {key}) from raw_{table}")
            assert counts[0] == counts[1], f"{table} holds a row twice"
        # Every version that was ever served is not promised to a client that was dead when it was; the newest one is.
        newest = flow.query(
            warehouse, "select customer_id::int, arg_max(country, updated_at) from raw_orders.customers group by 1"
        )
        assert dict(newest) == {row["customer_id"]: row["country"] for row in now.shop.newest("customers")}
        (readings,) = flow.query(
            warehouse,
            "select count(*), count(distinct (sensor_id, hour_start)), sum(visits) from raw_footfall.readings",
        )
        visits = [row["visits"] for row in now.stores.readings()]
        assert readings == (len(visits), len(visits), sum(visits))


def soak_builds(warehouse: Path, seed: int, kills: Kills, *arguments: str) -> None:
    """`dbt build` with `arguments` killed, then let be: the marts equal a full refresh of a copy.

    Raises:
        AssertionError: they do not.
    """

    def before() -> None:
        now.go_on()
        ingest(warehouse)

    with world(seed) as now:
        ingest(warehouse)
        build(*arguments)
        kills(before, lambda: build(*arguments))
        build(*arguments)
        other = flow.copied(warehouse, warehouse.with_name("refreshed"))
        os.environ["TALLY_WAREHOUSE"] = str(other)
        try:
            build("--full-refresh", *arguments)
        finally:
            os.environ["TALLY_WAREHOUSE"] = str(warehouse)
        assert flow.differences(warehouse, other, MARTS) == {}
        assert flow.query(warehouse, "select node_id from raw_operations.unfinished_nodes") == []


def main(kills: int = 50, seed: int = 1) -> None:
    """Kill ingestion and `dbt build` at random moments, KILLS times each, and check what they leave."""
    for name, soak in (("ingestion", soak_ingestion), ("dbt build", soak_builds)):
        with TemporaryDirectory(prefix="tally-soak-") as folder:
            warehouse = Path(folder) / "warehouse.duckdb"
            os.environ |= {"TALLY_WAREHOUSE": str(warehouse), "DBT_TARGET_PATH": str(Path(folder) / "parsed-here")}
            typer.echo(f"── {name}")
            try:
                soak(warehouse, seed, at_random(kills, seed, lambda line: typer.echo(f"   {line}")))
            except AssertionError as error:
                typer.echo(f"soak: after {kills} kills of {name} (seed {seed}): {error}", err=True)
                sys.exit(1)
            typer.echo(f"   nothing lost, nothing twice, nothing stuck after {kills} kills")


if __name__ == "__main__":
    typer.run(main)
