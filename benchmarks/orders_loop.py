"""Near real time: two minutes of orders as a process and inside a running one, and a whole cycle of the loop."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from multiprocessing import get_context
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.common import Log, Options, Report, median, run

START = datetime(2026, 11, 20, 9, 20, tzinfo=UTC)
MINUTES_2 = 120.0
HOUR = 3600.0


def measure(options: Options, log: Log) -> Report:
    """The mock's default rate (an order every ten seconds, a fortnight of them) and 120 days of 39 doors."""
    report = Report("Orders every two minutes", f"python -m benchmarks orders_loop --rounds {options.rounds}")
    rounds = max(options.rounds, 3)
    with TemporaryDirectory(prefix="tally-bench-") as folder, _provider() as (address, clock):
        environment = {
            "TALLY_WAREHOUSE": str(Path(folder) / "warehouse.duckdb"),
            "DBT_TARGET_PATH": str(Path(folder) / "target"),
            "DBT_LOG_PATH": str(Path(folder) / "logs"),
            "SOURCES__ORDERS__BASE_URL": f"{address}/orders/v1",
            "SOURCES__FOOTFALL__BASE_URL": f"{address}/footfall/v1",
        }
        command = [sys.executable, "-m", "ingestion"]
        run([*command, "footfall", "orders"], environment)
        log("the history is loaded")
        processes = []
        for _ in range(rounds):
            clock.value += MINUTES_2
            processes.append(run([*command, "orders"], environment))
        seconds = median([each.seconds for each in processes])
        report.add("two minutes of orders, as a process", f"{seconds:.2f} s", "< 3 s", seconds < 3)
        report.add("of it on a processor", f"{median([each.processor for each in processes]):.2f} s")
        before = {name: os.environ.get(name) for name in environment}
        os.environ.update(environment)
        try:
            _inside(Path(environment["TALLY_WAREHOUSE"]), clock, rounds, report, log)
        finally:
            for name, value in before.items():
                os.environ.pop(name) if value is None else os.environ.update({name: value})
    report.notes.append(
        f"Medians of {rounds}, after a first one, which imports, parses and, of the cycles, builds everything. A cycle ingests, builds and tests what the new rows touch, computes the alerts and publishes; the site's "
        "build is a process of its own. What waits for a processor counts in the first figure of a pair and not in the second."
    )
    return report


def _inside(warehouse: Path, clock: Synchronized[float], rounds: int, report: Report, log: Log) -> None:
    from ingestion import sources
    from ingestion.runner import run as ingest
    from orchestration.loop import Loop, Site, Stop

    ingested = []
    for number in range(rounds + 1):
        clock.value += MINUTES_2
        begun = time.monotonic(), time.process_time()
        (result,) = ingest(["orders"], warehouse)
        if result.error or not result.new:
            raise RuntimeError(result.error or "no order came in two minutes")
        ingested.append((time.monotonic() - begun[0], time.process_time() - begun[1]))
        log(f"ingestion {number}: {ingested[-1][0]:.2f} s")
    seconds, processor = (median([each[index] for each in ingested[1:]]) for index in (0, 1))
    report.add("two minutes of orders, inside a running process", f"{seconds:.2f} s", "< 0.5 s", seconds < 0.5)
    report.add("of it on a processor", f"{processor:.2f} s")

    names = sources.NAMES
    sources.NAMES = ("footfall", "orders")  # type: ignore[assignment]
    try:
        loop = Loop(warehouse, MINUTES_2, Site(None), Stop())
        cycles = []
        for _ in range(rounds + 1):
            clock.value += HOUR
            ingest(["orders"], warehouse)
            clock.value += MINUTES_2
            begun = time.monotonic(), time.process_time()
            loop._cycle()
            cycles.append((time.monotonic() - begun[0], time.process_time() - begun[1]))
    finally:
        sources.NAMES = names
    seconds, processor = (median([each[index] for each in cycles[1:]]) for index in (0, 1))
    report.add("a cycle: two minutes of orders and an hour of footfall", f"{seconds:.1f} s", "< 10 s", seconds < 10)
    report.add("of it on a processor", f"{processor:.1f} s")


@contextmanager
def _provider() -> Iterator[tuple[str, Synchronized[float]]]:
    """The mock providers in a process of their own, and the clock that moves them (seconds since 1970)."""
    context = get_context("spawn")
    clock = context.Value("d", START.timestamp())
    address = context.Queue()
    process = context.Process(target=_serve, args=(clock, address), daemon=True)
    process.start()
    try:
        yield address.get(timeout=60), clock
    finally:
        process.terminate()
        process.join()


def _serve(clock: Synchronized[float], address: object) -> None:
    from mock_api.app import create_app
    from mock_api.clock import Clock
    from mock_api.server import serve
    from mock_api.settings import Settings, World

    app = create_app(Settings(world=World.SEEDS), Clock(lambda: datetime.fromtimestamp(clock.value, UTC)))
    serve(app, "127.0.0.1", 0, address.put)  # type: ignore[attr-defined]
