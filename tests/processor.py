"""A pytest plugin: which tests used the most of the processor, with every process that they started.

How long a test took says little where several run side by side: what it used is the same on a busy machine.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Generator
from contextlib import suppress
from operator import itemgetter
from pathlib import Path
from typing import Any

import pytest

_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
_PRINTED = 30


def pytest_configure(config: pytest.Config) -> None:
    """Measure where tests run, add up where their outcomes arrive; with pytest-xdist these are different processes."""
    config.pluginmanager.register(Processor(), "processor")


class Processor:
    """Seconds of processor a test, its set-up and what it takes down among them."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self._used = 0.0

    def pytest_runtest_logstart(self) -> None:
        """A test begins."""
        self._used = _used(os.getpid())

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self) -> Generator[None, Any, Any]:
        """Put what a step of a test used into its report."""
        report = yield
        before, self._used = self._used, _used(os.getpid())
        report.processor_seconds = max(0.0, self._used - before)  # less where a process ended that nobody waited for
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add up what the reports say."""
        self.seconds[report.nodeid] += getattr(report, "processor_seconds", 0.0)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the tests that used most."""
        if not self.seconds:
            return
        total = sum(self.seconds.values())
        terminalreporter.section(f"{_PRINTED} tests that used most of {total:.0f} seconds of processor")
        for name, seconds in sorted(self.seconds.items(), key=itemgetter(1), reverse=True)[:_PRINTED]:
            terminalreporter.line(f"{seconds:7.1f} s  {name}")


def _used(process: int) -> float:
    """What a process has used by now, with all that it started: those that run and those that have ended."""
    seconds = 0.0
    with suppress(FileNotFoundError, ProcessLookupError):  # it ends just now: its parent's figures have it
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        seconds = sum(int(ticks) for ticks in fields[11:15]) / _TICKS_A_SECOND
        for thread in Path(f"/proc/{process}/task").iterdir():
            seconds += sum(_used(int(child)) for child in (thread / "children").read_text().split())
    return seconds
