"""The facts of footfall built whole, and with one more day, on DuckDB and on Spark; and whole on Spark with one executor and with two.

Readings are made straight in the raw tables, as ingestion would have left them: no provider and no dlt takes part.
"""

from __future__ import annotations

import json
import os
import shutil
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from benchmarks.common import PROJECT, Log, Options, Report, megabytes
from benchmarks.full_refresh import FACTS
from benchmarks.one_more_day import END, correct, insert_readings, load_id, make_warehouse
from tests.place import Place
from tests.servers import free_port
from tests.spark_marts import assert_equal, place_in
from tests.spark_servers import PYTHON, cluster, serving

DAYS = 365
LARGEST = 10
MEMORY = "4g"
# With every fact that has a watermark: where one is not there, a day builds everything again.
SELECTED = ("--select", *FACTS, "+fct_store_visits_hourly")
UNTESTED = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")


@dataclass
class Cost:
    """Seconds by the clock, seconds of processor and peak memory, in bytes, of all processes that take part."""

    seconds: float = 0.0
    processor: float = 0.0
    peak: int = 0

    def __str__(self) -> str:
        return f"{self.seconds:.0f} s by the clock, {self.processor:.0f} s of processor, peak memory {megabytes(self.peak)}"


@dataclass(frozen=True)
class Build:
    """A build of everything: the raw rows' way to Spark, dbt's build, and in this the seconds of each model and seed."""

    taken: Cost
    built: Cost
    models: dict[str, float]


def measure(options: Options, log: Log) -> Report:
    """All of it and a day more on both engines, compared; then on a cluster of one worker and of two.

    Raises:
        RuntimeError: Spark is not installed, a build failed, or the marts differ.
    """
    if not PYTHON.exists():
        raise RuntimeError("Spark is not installed: `make spark`")
    sensors = max(1, round(options.hours / DAYS / 24))
    with TemporaryDirectory(prefix="tally-bench-", dir=os.environ.get("TMPDIR")) as name:
        folder = Path(name)
        hours = make_warehouse(folder / "raw.duckdb", sensors, END - timedelta(days=DAYS), END)
        log(f"{hours:,} readings made")
        try:
            return _report(options, folder, hours, sensors, log)
        except AssertionError as error:
            raise RuntimeError(str(error)) from None


def _report(options: Options, folder: Path, hours: int, sensors: int, log: Log) -> Report:
    report = Report(
        f"The facts of footfall out of {hours:,} hours, on DuckDB and on Spark",
        f"python -m benchmarks spark --hours {options.hours}",
    )
    other = _place(folder, "duckdb", {})
    whole = _build(other, "--target", "dev")
    report.add("DuckDB: all of it", str(whole.built))
    log(f"DuckDB: {whole.built}")
    _one_more_day(other)
    day = _build(other, "--target", "dev")
    report.add("DuckDB: one more day", str(day.built))
    with _on_spark(folder, "local") as place:
        local = _build(place)
        report.add("Spark: the raw rows on their way to Iceberg", str(local.taken))
        report.add("Spark: all of it", str(local.built))
        log(f"Spark: {local.built}")
        _one_more_day(place)
        day = _build(place)
        report.add("Spark: one more day's raw rows on their way", str(day.taken))
        report.add("Spark: one more day", str(day.built))
        log(f"one more day: {day.built}")
        place.run("orchestration", "spark-tables")
        marts = assert_equal(place, other)
        log(f"{len(marts)} marts are equal")
    found = []
    for workers in (1, 2):
        with _on_spark(folder, f"workers-{workers}", workers) as place:
            found.append(_build(place, "--threads", "1"))
            name = f"Spark, {workers} executor{'s' * (workers > 1)}"
            report.add(f"{name}: all of it", str(found[-1].built))
            log(f"{name}: {found[-1].built}")
    one, two = found
    largest = sorted(one.models, key=lambda model: -one.models[model])[:LARGEST]
    for model in largest:
        report.add(f"`{model}`, one executor and two", _fall(one.models[model], two.models[model]))
    report.add(f"these {LARGEST} together", _fall(*(sum(each.models[model] for model in largest) for each in found)))
    rest = [sum(each.models.values()) - sum(each.models[model] for model in largest) for each in found]
    report.add(f"the other {len(one.models) - LARGEST} models and seeds together", _fall(*rest))
    rows = sum(each[0] for each in marts.values())
    report.notes += [
        f"{sensors:,} sensors and a year, `dbt build {' '.join(SELECTED)}` without tests; one more day has 1 % of the readings of the day before corrected. Processor and memory are "
        "those of all processes that take part: dbt, Spark's server, master, workers and executors. Memory is what they hold together, pages that they share counted once, looked at "
        "each half second; Java takes what it may have (3 GB for the server, and for each executor 4 GB) before it clears up.",
        f"After the day, the {len(marts)} marts of Spark, {rows:,} rows, were equal to DuckDB's in every column (`EXCEPT ALL` both ways).",
        "*Spark* alone is `deploy/spark/spark.conf` as it is: server and work in one process on all cores, two models side by side. *Executors* are workers of one core each of a "
        "standalone master on this machine, beside the server, and models are built one after another, so that each one's seconds are its own. Two executors and the server share the "
        f"machine's {os.cpu_count()} cores.",
    ]
    return report


def _place(folder: Path, name: str, settings: dict[str, str]) -> Place:
    """A warehouse with the raw rows; the project is parsed for it."""
    place = place_in(folder, name, settings)
    shutil.copy(folder / "raw.duckdb", place.path)
    place.run("dbt", "parse", *(() if settings else ("--target", "dev")))
    return place


@contextmanager
def _on_spark(folder: Path, name: str, workers: int = 0) -> Iterator[Place]:
    """A warehouse with the raw rows, and its server: by the shipped settings, or on a cluster with these workers."""
    conf = folder / f"{name}.conf"
    settings = (PROJECT / "deploy/spark/spark.conf").read_text("utf-8")
    place = _place(folder, name, {"TALLY_SPARK": f"127.0.0.1:{free_port()}", "TALLY_SPARK_CONF": str(conf)})
    with ExitStack() as running:
        if workers:
            master, _ = running.enter_context(cluster(folder, workers, MEMORY))
            # Of two lines with one name Spark takes the last.
            settings += f"\nspark.master {master}\nspark.executor.memory {MEMORY}\nspark.executor.cores 1\n"
        conf.write_text(settings, "utf-8")
        running.enter_context(serving(place))
        yield place


def _build(place: Place, *arguments: str) -> Build:
    """Take the raw rows to Spark, where it builds, and build."""
    with _measured() as taken:
        if "TALLY_SPARK" in place.environment:
            place.run("ingestion", "to-spark")
    with _measured() as built:
        place.run("dbt", "build", *SELECTED, *UNTESTED, *arguments)
    results = json.loads(Path(place.environment["DBT_TARGET_PATH"], "run_results.json").read_text("utf-8"))["results"]
    models = {
        result["unique_id"].split(".")[2]: result["execution_time"]
        for result in results
        if result["unique_id"].startswith(("model.", "seed."))
    }
    return Build(taken, built, models)


def _one_more_day(place: Place) -> None:
    with duckdb.connect(str(place.path)) as connection:
        insert_readings(connection, END, END + timedelta(days=1), load_id(1))
        correct(connection, END - timedelta(days=1), load_id(1))


@contextmanager
def _measured() -> Iterator[Cost]:
    """What all processes that this one has started use within the block."""
    cost, is_over = Cost(), threading.Event()

    def watch() -> None:
        while not is_over.wait(0.5):
            cost.peak = max(cost.peak, _held(_family().keys() - {os.getpid()}))

    watching = threading.Thread(target=watch)
    before, begun = sum(_family().values()), time.monotonic()
    watching.start()
    try:
        yield cost
    finally:
        is_over.set()
        watching.join()
    cost.seconds, cost.processor = time.monotonic() - begun, sum(_family().values()) - before


def _family() -> dict[int, float]:
    """This process and all that it has started and that run, with the seconds of processor of each and of its children that have ended."""
    parents, ticks = {}, {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it ends just now: its parent's figures have it
            fields = stat.read_text().rpartition(")")[2].split()
            parents[int(stat.parent.name)], ticks[int(stat.parent.name)] = int(fields[1]), sum(map(int, fields[11:15]))
    found: set[int] = set()
    new = {os.getpid()}
    while new:
        found |= new
        new = {process for process, parent in parents.items() if parent in new}
    return {process: ticks.get(process, 0) / os.sysconf("SC_CLK_TCK") for process in found}


def _held(processes: Iterable[int]) -> int:
    """Bytes of memory that processes hold: of a page that several share each has a part."""
    total = 0
    for process in processes:
        with suppress(OSError):  # it ends just now
            lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
            total += sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
    return total


def _fall(one: float, two: float) -> str:
    return f"{one:.1f} s and {two:.1f} s: {two / one:.2f} times"
