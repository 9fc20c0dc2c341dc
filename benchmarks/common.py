"""What every measurement shares: its options, its table, processes measured from outside."""

from __future__ import annotations

import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

MEASURED_PROJECT = "MEASURED_PROJECT"
"""Environment variable: the folder of the version that is measured, where it is not this one."""
PROJECT = Path(os.environ.get(MEASURED_PROJECT) or Path(__file__).resolve().parent.parent)
BIN = Path(sys.executable).parent

Log = Callable[[str], None]
"""Called with a line at each step."""


@dataclass(frozen=True)
class Options:
    """Sizes. The defaults are those that the marks are meant for.

    Attributes:
        readings: readings of the side-by-side ingestion, about.
        peak_readings: readings of the measurement of memory, about.
        sensors: sensors of the warehouse that gets one more day.
        years: years of its history; compared with a warehouse of four months.
        air_hours: real hours of air quality to try the forecasts on, CSV or Parquet.
        copied_rows: rows of the mart that is copied, a multiple of 1,000.
        hours: hourly readings that are built on DuckDB and on Spark, about.
        rounds: how often what is quick is repeated; the median counts.
    """

    readings: int = 1_000_000
    peak_readings: int = 3_000_000
    sensors: int = 1150
    years: float = 10.0
    copied_rows: int = 100_000
    hours: int = 10_000_000
    rounds: int = 3
    air_hours: Path | None = None


@dataclass(frozen=True)
class Row:
    """A line of the table. `met` is None where there is no mark."""

    what: str
    measured: str
    mark: str = ""
    met: bool | None = None


@dataclass
class Report:
    """What a measurement found.

    Attributes:
        title: the section's heading.
        repeat: the command that repeats it.
        rows: the table.
        notes: what one needs to know to read it, a paragraph each.
    """

    title: str
    repeat: str
    rows: list[Row] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, what: str, measured: str, mark: str = "", met: bool | None = None) -> None:
        """Add a line to the table."""
        self.rows.append(Row(what, measured, mark, met))

    def markdown(self, machine: str, base: Base | None = None) -> str:
        """The section as it stands in RESULTS.md, beside what an earlier version measured in the same run."""
        verdicts = {None: "", True: "pass", False: "**miss**"}
        heads = ["what", "measured", "mark", ""]
        rows = [[row.what, row.measured, row.mark, verdicts[row.met]] for row in self.rows]
        repeat = self.repeat
        if base:
            heads[2:2] = [f"before ({base.name})", "times"]
            for row, name in zip(rows, full_names(row.what for row in self.rows), strict=True):
                before = base.measured.get(name, "")
                row[2:2] = [before, times(row[1], before)]
            repeat += f" --base {base.name}"
        lines = [f"## {self.title}", "", *(f"| {' | '.join(row)} |" for row in [heads, ["---"] * len(heads), *rows])]
        for note in self.notes:
            lines += ["", note]
        return "\n".join([*lines, "", f"{machine} Repeat: `{repeat}`", ""])


@dataclass(frozen=True)
class Base:
    """What an earlier version of the project measured: its commit, and the table's second column by its first."""

    name: str
    measured: dict[str, str]


def measured_in(section: str) -> dict[str, str]:
    """The table of a section of RESULTS.md: what was measured, by what it is."""
    rows = [
        [cell.strip() for cell in line.strip("| ").split(" | ")]
        for line in section.splitlines()
        if line.startswith("| ")
    ]
    return dict(zip(full_names(row[0] for row in rows[1:]), (row[1] for row in rows[1:]), strict=True))


def full_names(whats: Iterable[str]) -> list[str]:
    """What is measured, each name by itself: "of it on a processor" is of the row before."""
    names: list[str] = []
    whole = ""
    for what in whats:
        if what.startswith("of it "):
            names.append(f"{whole}: {what}")
        else:
            whole = what
            names.append(what)
    return names


_NUMBER = re.compile(r"(?P<number>[\d,.]*\d) ?(?P<unit>\S*)")


def times(now: str, before: str) -> str:
    """The first number of one measurement divided by that of another; nothing where one has none or they count different things."""
    units = [_NUMBER.match(text) for text in (now, before)]
    if not (units[0] and units[1]) or units[0]["unit"] != units[1]["unit"]:
        return ""
    second = first_number(before)
    return f"{first_number(now) / second:.2f}" if second else ""


def first_number(measured: str) -> float:
    """The number with which a measurement begins; it must begin with one."""
    found = _NUMBER.match(measured)
    assert found, measured
    return float(found["number"].replace(",", ""))


def machine() -> str:
    """Date, processor, memory, load and versions, in a sentence."""
    processor = platform.processor() or platform.machine()
    with Path("/proc/cpuinfo").open(encoding="utf-8") as file:
        if found := re.search(r"model name\s*: (.*)", file.read()):
            processor = found[1].strip()
    gigabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = os.getloadavg()[0]
    return (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {os.cpu_count()} cores of {processor}, {gigabytes:.0f} GB, "
        f"load {load:.1f} when it ended, Python {platform.python_version()}."
    )


@dataclass(frozen=True)
class Ran:
    """A process that ended well: seconds by the clock, seconds of processor, peak memory in bytes, what it printed."""

    seconds: float
    processor: float
    peak: int
    output: str


# Linux counts what a process held before its exec, its parent's pages, into its peak; so something small starts it.
_LAUNCHER = """
import json, os, subprocess, sys
process = subprocess.Popen(sys.argv[2:])
_, status, usage = os.wait4(process.pid, 0)
with open(sys.argv[1], "w") as file:
    json.dump([status, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024], file)
"""


def run(command: Sequence[str], environment: dict[str, str] | None = None, cwd: Path = PROJECT) -> Ran:
    """Run a process, and its children's children, and measure it.

    Raises:
        RuntimeError: it failed; with the end of what it printed.
    """
    with tempfile.NamedTemporaryFile("r", encoding="utf-8") as result:
        begun = time.monotonic()
        output = subprocess.run(
            [sys.executable, "-S", "-c", _LAUNCHER, result.name, *command],
            cwd=cwd,
            env=os.environ | (environment or {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=True,
        ).stdout
        seconds = time.monotonic() - begun
        status, processor, peak = json.load(result)
    if code := os.waitstatus_to_exitcode(status):
        raise RuntimeError(f"{' '.join(command)} ended with {code}: {output[-2000:]}")
    return Ran(seconds, processor, peak, output)


def run_json(command: Sequence[str], environment: dict[str, str] | None = None) -> tuple[Ran, dict[str, Any]]:
    """Run a process whose last line is a JSON object; that object too."""
    ran = run(command, environment)
    found: dict[str, Any] = json.loads(ran.output.strip().splitlines()[-1])
    return ran, found


@contextmanager
def mock_provider(history: str, now: str = "2026-11-20T06:00:00Z") -> Iterator[str]:
    """The mock providers in a process of their own, with a frozen clock; their address."""
    command = [sys.executable, "-m", "mock_api", "--port", "0", "--world", "seeds", "--now", now, "--history", history]
    with subprocess.Popen(command, cwd=PROJECT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        address = re.search(r"http://[\d.]+:\d+", line)
        try:
            if address is None:
                raise RuntimeError(f"the mock providers said {line!r}")
            yield address.group()
        finally:
            process.terminate()


def median(values: Sequence[float]) -> float:
    """The median."""
    return statistics.median(values)


def megabytes(size: float) -> str:
    """Bytes as megabytes of 10^6."""
    return f"{size / 1e6:,.0f} MB"
