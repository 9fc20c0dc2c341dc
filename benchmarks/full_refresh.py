"""The facts of footfall built from nothing out of many years of hours: seconds of processor and peak memory of `dbt build`."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.common import BIN, PROJECT, Log, Options, Report, megabytes, run
from benchmarks.one_more_day import END, make_warehouse

# The facts, all that they are made from, and the one model beside them that grows with the readings. Nothing that an earlier version lacks.
FACTS = ("+fct_sensor_health_daily", "+fct_store_visits_daily", "+int_footfall__unusable_readings")


def measure(options: Options, log: Log) -> Report:
    """One build, without tests, as a process; and dbt's own start, which is in it."""
    days = round(options.years * 365.25)
    report = Report(
        f"A full refresh of {options.years:g} years of {options.sensors:,} sensors",
        f"python -m benchmarks full_refresh --sensors {options.sensors} --years {options.years:g}",
    )
    with TemporaryDirectory(prefix="tally-bench-", dir=os.environ.get("TMPDIR")) as name:
        folder = Path(name)
        environment = {
            "TALLY_WAREHOUSE": str(folder / "warehouse.duckdb"),
            "DBT_TARGET_PATH": str(folder / "target"),
            "DBT_LOG_PATH": str(folder / "logs"),
            "PYTHONPATH": str(PROJECT),
        }
        hours = make_warehouse(folder / "warehouse.duckdb", options.sensors, END - timedelta(days=days), END)
        log(f"{hours:,} readings made")
        dbt = [str(BIN / "dbt"), "--quiet"]
        run([*dbt, "parse"], environment, cwd=PROJECT)
        start = run([*dbt, "parse"], environment, cwd=PROJECT)
        built = ["build", "--select", *FACTS]
        untested = ["--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"]
        ran = run([*dbt, *built, *untested], environment, cwd=PROJECT)
    report.add("hourly readings", f"{hours:,}")
    report.add("on a processor, dbt's start left out", f"{ran.processor - start.processor:.1f} s")
    report.add("by the clock", f"{ran.seconds:.1f} s")
    report.add("peak memory of the process", megabytes(ran.peak))
    report.notes.append(
        f"`dbt {' '.join(built)}` on a warehouse that holds raw readings and nothing else, once. What waits for a processor counts by the clock and not on a processor."
    )
    return report
