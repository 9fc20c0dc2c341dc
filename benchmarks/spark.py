"""The footfall models on Spark, with one executor and with two, beside DuckDB on the same machine and the same hours.

Spark is a standalone master and two workers on loopback, each with a core; the server that dbt asks is the driver. Builds run without tests.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.common import BIN, PROJECT, Log, Options, Report, megabytes, run
from benchmarks.one_more_day import END, FOOTFALL, make_warehouse

DAYS = 365
LARGEST = 10
UNTESTED = ("--exclude-resource-type", "test", "unit_test")


@dataclass(frozen=True)
class Built:
    """A full build: seconds by the clock, seconds of processor and peak memory in bytes of all processes, seconds by model."""

    seconds: float
    processor: float
    peak: int
    models: dict[str, float]


def measure(options: Options, log: Log) -> Report:
    """A full build of about `spark_hours` sensor-hours of one year."""
    from tests.spark_servers import PYTHON

    if not PYTHON.exists():
        raise RuntimeError("Spark is not installed: `make spark` installs it")
    sensors = max(1, round(options.spark_hours / (24 * DAYS)))
    with TemporaryDirectory(prefix="tally-bench-", dir=os.environ.get("TMPDIR")) as name:
        folder = Path(name)
        path = folder / "warehouse.duckdb"
        rows = make_warehouse(path, sensors, END - timedelta(days=DAYS), END)
        log(f"{rows:,} readings of {sensors:,} sensors made")
        report = Report(
            f"{rows:,} sensor-hours on DuckDB and on Spark",
            f"python -m benchmarks spark --spark-hours {options.spark_hours}",
        )
        on_spark = {count: _on_spark(path, folder / f"spark-{count}", count, log) for count in (1, 2)}
        duckdb = _on_duckdb(path, folder / "duckdb")
        log(f"DuckDB: {duckdb.seconds:.0f} s")
    _add(report, "DuckDB, full build", duckdb)
    for count, built in on_spark.items():
        _add(report, f"Spark, {count} executor{'s' * (count > 1)}, full build", built)
    one, two = on_spark[1].models, on_spark[2].models
    largest = sorted(one, key=lambda model: -one[model])[:LARGEST]
    for model in largest:
        report.add(
            model,
            f"{one[model]:.1f} s with one, {two[model]:.1f} s with two, {one[model] / two[model]:.2f} times as fast; {duckdb.models[model]:.1f} s on DuckDB",
        )
    report.notes.append(
        "A build is `dbt build` without tests of footfall, of a warehouse that has none of it yet. Each executor has one core; memory and processor are those of dbt, the driver and the executors "
        "together, memory as the sum of their peaks. Models run two at a time on Spark, so that seconds of models overlap."
    )  # fmt: skip
    return report


def _add(report: Report, what: str, built: Built) -> None:
    report.add(what, f"{built.seconds:.0f} s, {built.processor:.0f} s of processor, peak {megabytes(built.peak)}")


def _on_duckdb(path: Path, folder: Path) -> Built:
    settings = _settings(path, folder)
    ran = run([str(BIN / "dbt"), "build", "--select", *FOOTFALL, *UNTESTED, "--quiet"], settings)
    return Built(ran.seconds, ran.processor, ran.peak, _models(folder))


def _on_spark(path: Path, folder: Path, executors: int, log: Log) -> Built:
    from tests.place import Place
    from tests.servers import free_port
    from tests.spark_servers import PYTHON, cluster, serving

    folder.mkdir()
    with cluster(folder, "3g") as (master, _):
        conf = folder / "spark.conf"
        more = (
            f"spark.master {master}",
            "spark.executor.memory 2g",
            "spark.executor.cores 1",
            f"spark.cores.max {executors}",
        )
        conf.write_text("\n".join(((PROJECT / "deploy/spark/spark.conf").read_text("utf-8"), *more)), "utf-8")
        spark = {"TALLY_SPARK": f"127.0.0.1:{free_port()}", "TALLY_SPARK_CONF": str(conf)}
        # Each number of executors has Spark's copies of the raw rows made anew.
        copy = folder / "warehouse.duckdb"
        copy.write_bytes(path.read_bytes())
        place = Place(PYTHON, copy, _settings(copy, folder) | spark)
        with serving(place):
            begun = time.monotonic()
            place.run("ingestion", "to-spark")
            log(f"{executors}: raw rows taken to Spark in {time.monotonic() - begun:.0f} s")
            with _java() as used:
                begun = time.monotonic()
                ran = run(
                    [
                        str(PYTHON.with_name("dbt")),
                        "build",
                        "--select",
                        *FOOTFALL,
                        "--exclude",
                        "source:forecasting+",
                        *UNTESTED,
                        "--quiet",
                    ],
                    place.environment,
                )
                seconds = time.monotonic() - begun
            log(f"{executors}: built in {seconds:.0f} s")
            return Built(seconds, ran.processor + used["processor"], ran.peak + int(used["peak"]), _models(folder))


@contextmanager
def _java() -> Iterator[dict[str, float]]:
    """Seconds of processor within the block of the Java processes that this one has started, and the sum of their peaks in bytes."""
    used = {"processor": -sum(_processor(pid) for pid in _descendants())}
    yield used
    used["processor"] += sum(_processor(pid) for pid in _descendants())
    used["peak"] = sum(_peak(pid) for pid in _descendants())


def _descendants() -> list[int]:
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _, rest = stat.read_text().rpartition(")")
        except OSError:  # it has ended
            continue
        parents[int(stat.parent.name)] = (int(rest.split()[1]), name.partition("(")[2])
    found = {os.getpid()}
    while more := {pid for pid, (parent, _) in parents.items() if parent in found} - found:
        found |= more
    return [pid for pid in found if parents[pid][1] == "java"]


def _processor(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _peak(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return 1024 * int(status.partition("VmHWM:")[2].split()[0])


def _settings(path: Path, folder: Path) -> dict[str, str]:
    return {
        "TALLY_WAREHOUSE": str(path),
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
    }


def _models(folder: Path) -> dict[str, float]:
    results = json.loads((folder / "target/run_results.json").read_text("utf-8"))["results"]
    return {
        each["unique_id"].split(".")[2]: each["execution_time"]
        for each in results
        if each["unique_id"].startswith("model.")
    }
