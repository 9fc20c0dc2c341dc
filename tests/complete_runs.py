"""A pytest plugin: a run is good only if every test that was collected also ran.

Two tests with one node id are an error at collection: pytest-xdist would run one of them and call the run green. A test
that was collected and of which no outcome came back fails the run. So does, with CI=true, a test that was skipped:
whoever runs the gate installs what the tests need.
"""

from __future__ import annotations

import os
from collections import Counter

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Watch where the outcomes of all tests arrive: not in a worker of pytest-xdist, which runs only some of them."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Watch(), "complete-runs")


class Watch:
    """Compares the tests that were collected with those that have an outcome."""

    def __init__(self) -> None:
        self.collected: set[str] = set()
        self.ended: set[str] = set()
        self.skipped: set[str] = set()
        self.full: set[str] = set()

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """What is to run, without pytest-xdist."""
        self._collect([item.nodeid for item in session.items])

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: object, ids: list[str]) -> None:
        """What is to run, with pytest-xdist: each worker names all tests."""
        self._collect(ids)

    def _collect(self, ids: list[str]) -> None:
        twice = sorted(name for name, count in Counter(ids).items() if count > 1)
        if twice:
            raise pytest.UsageError(f"{len(twice)} node ids belong to more than one test: {', '.join(twice)}")
        self.collected |= set(ids)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A test has an outcome when it was called, or could not be."""
        if report.when == "call" or report.outcome != "passed":
            self.ended.add(report.nodeid)
        if "full" in report.keywords:
            self.full.add(report.nodeid)
        if report.skipped and not hasattr(report, "wasxfail"):
            self.skipped.add(report.nodeid)

    @property
    def lost(self) -> set[str]:
        """Tests without an outcome."""
        return self.collected - self.ended

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Turn a good run into a failed one where a test is missing. (Who asks for the collection alone runs none.)"""
        incomplete = bool(self.lost) or (_is_gate() and bool(self.skipped))
        if incomplete and not session.config.option.collectonly and exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
        """Name what is missing."""
        if config.option.collectonly:
            return
        stopped_early = bool(terminalreporter.stats.get("error") or terminalreporter.stats.get("failed"))
        if self.lost and not (stopped_early and (config.option.maxfail or 0)):
            terminalreporter.section("tests that were collected and did not run", red=True)
            for name in sorted(self.lost):
                terminalreporter.line(name)
        if self.skipped and _is_gate():
            terminalreporter.section("skipped, which CI=true makes a failure", red=True)
            for name in sorted(self.skipped):
                terminalreporter.line(name)
        ended = len(self.collected & self.ended)
        terminalreporter.line(
            f"{len(self.collected)} tests collected, {ended} with an outcome; {len(self.full)} of them are marked full."
        )


def _is_gate() -> bool:
    return os.environ.get("CI") == "true"
