"""Readings from the mock provider into a warehouse, in several ways side by side."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.common import Log, Options, Report, median, megabytes, mock_provider, run_json

LAST = date(2026, 11, 20)
# How many doors count since when: mock_api/footfall/stores.py.
DOORS = (
    (8, date(2014, 1, 1)),
    (20, date(2018, 1, 1)),
    (4, date(2019, 1, 1)),
    (6, date(2022, 1, 1)),
    (1, date(2024, 1, 1)),
)
WAYS = {
    "ours_arrow": "ours, over Arrow",
    "ours_json": "ours, over JSON",
    "rest_api": "dlt's rest_api source, Parquet loader",
    "floor_arrow": "floor over Arrow: download, parse, insert",
    "floor_json": "floor over JSON: download, parse, insert",
}


def measure(options: Options, log: Log) -> Report:
    """Rows a second of each way in turn, `rounds` times, medians; then the memory at `peak_readings`."""
    report = Report(
        f"Ingestion of {options.readings:,} readings",
        f"python -m benchmarks ingestion --readings {options.readings} --peak-readings {options.peak_readings} "
        f"--rounds {options.rounds}",
    )
    speeds: dict[str, list[float]] = defaultdict(list)
    processor: dict[str, list[float]] = defaultdict(list)
    peaks: dict[str, int] = {}
    with mock_provider(history_for(options.readings)) as address:
        url = f"{address}/footfall/v1"
        rows = take("floor_arrow", url).rows  # the provider makes its readings once, and keeps them
        log(f"{rows:,} readings served")
        for round_ in range(options.rounds):
            for way in WAYS:
                taken = take(way, url)
                if taken.rows != rows:
                    raise RuntimeError(f"{way} took {taken.rows:,} of {rows:,} readings")
                speeds[way].append(rows / taken.seconds)
                processor[way].append(taken.processor)
                peaks[way] = max(peaks.get(way, 0), taken.peak)
                log(f"round {round_ + 1}: {way} {speeds[way][-1]:,.0f} rows/s")
        singles = take("single_values", url)
    speed = {way: median(values) for way, values in speeds.items()}
    for way, name in WAYS.items():
        report.add(
            name, f"{speed[way]:,.0f} rows/s, {median(processor[way]):.1f} s of processor, peak {megabytes(peaks[way])}"
        )
    single = singles.rows / singles.seconds
    hours = rows / single / 3600
    report.add(
        "one value a request",
        f"{single:,.0f} rows/s: {hours:.1f} hours for {rows:,} (extrapolated from {singles.rows:,})",
    )
    _compare(report, speeds, "JSON against rest_api", "ours_json", "rest_api", at_least=10)
    _compare(report, speeds, "JSON against its floor", "floor_json", "ours_json", at_most=1.3)
    _compare(report, speeds, "Arrow against rest_api", "ours_arrow", "rest_api", at_least=20)
    _compare(report, speeds, "Arrow against its floor", "floor_arrow", "ours_arrow", at_most=1.5)
    _peak(options, report, log)
    report.notes += [
        f"{rows:,} readings, {options.rounds} rounds of all ways in turn; speeds are medians, and each comparison is the median of the rounds' own ratios (lowest to highest beside it). Every way starts with an empty warehouse and ends with every reading in it. Pages of 25,000. "
        "Importing libraries is left out, the provider's own time to answer is in every figure. Seconds of processor are the client's own, its imports among them, and hang less on what else the machine does.",
        "Ours compares with the warehouse, merges by key and keeps a cursor; rest_api is spared all three (append, no incremental), which makes the ratio a cautious one.",
    ]
    return report


def _compare(
    report: Report,
    speeds: Mapping[str, Sequence[float]],
    what: str,
    one: str,
    other: str,
    *,
    at_least: float | None = None,
    at_most: float | None = None,
) -> None:
    """How many times as fast `one` was as `other`: the median of the rounds, each with its own ratio."""
    ratios = [first / second for first, second in zip(speeds[one], speeds[other], strict=True)]
    ratio = median(ratios)
    measured = f"{ratio:.1f} times ({min(ratios):.1f} to {max(ratios):.1f})"
    if at_least is not None:
        report.add(f"{what}: times as fast", measured, f"≥ {at_least:g} times", ratio >= at_least)
    elif at_most is not None:
        report.add(f"{what}: times the floor's time", measured, f"≤ {at_most:g} times", ratio <= at_most)


def _peak(options: Options, report: Report, log: Log) -> None:
    with mock_provider(history_for(options.peak_readings)) as address:
        url = f"{address}/footfall/v1"
        for way in ("ours_arrow", "ours_json"):
            taken = take(way, url)
            log(f"{way}: {taken.rows:,} readings, peak {megabytes(taken.peak)}")
            report.add(
                f"peak memory, {WAYS[way]}, {taken.rows:,} readings",
                megabytes(taken.peak),
                "< 500 MB",
                taken.peak < 500e6,
            )


@dataclass(frozen=True)
class Taken:
    """What a way did in a process of its own: rows, seconds by the clock and of processor, peak memory in bytes."""

    rows: int
    seconds: float
    processor: float
    peak: int


def take(way: str, url: str) -> Taken:
    """Take every reading in one way, in a process of its own."""
    with TemporaryDirectory(prefix="tally-bench-") as folder:
        command = [sys.executable, "-m", "benchmarks.ingestion_clients", way, url, str(Path(folder))]
        ran, found = run_json(command)
    return Taken(found["rows"], found["seconds"], found["processor"], ran.peak)


def history_for(readings: int) -> str:
    """The day from which on the mock provider has about so many readings."""
    day = LAST
    found = 0
    while found < readings and day > DOORS[0][1]:
        day -= timedelta(days=1)
        found += 24 * sum(doors for doors, since in DOORS if since <= day)
    return day.isoformat()
