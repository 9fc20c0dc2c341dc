"""Fixtures that every test may use."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.provider import Provider
from tests.small_disk import SmallDisk
from tests.smtp import Inbox

# A shell that starts the tests in the background has them ignore Ctrl-C, and every process that they start with them.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# The providers of the tests live in 2026: on a machine whose clock is behind, their rows would be rejected as future ones.
NEWEST_ROWS = datetime(2026, 11, 23, tzinfo=UTC)
if datetime.now(UTC) < NEWEST_ROWS:
    os.environ.setdefault("TALLY_NOW", NEWEST_ROWS.isoformat())

BUILD_THE_SITE = {"tests/integration/test_reports_build.py", "tests/integration/test_orders_loop.py"}


# The files that take longest begin first, so that no worker is left with one of them at the end.
LONGEST = [
    "tests/browser/",
    *sorted(BUILD_THE_SITE),
    "tests/integration/test_airflow.py",
    "tests/integration/test_faults.py",
    "tests/integration/test_footfall_marts.py",
    "tests/integration/test_runbook.py",
    "tests/integration/test_retention.py",
    "tests/integration/test_alerts.py",
    "tests/integration/test_orders_marts.py",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort by that; within it the order stays."""

    def place(item: pytest.Item) -> int:
        return next((at for at, start in enumerate(LONGEST) if item.nodeid.startswith(start)), len(LONGEST))

    items.sort(key=place)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """A worker gets whole files (`--dist loadfile`), and one gets all that build the site: its folder takes one build."""
    if config.getoption("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped]

    class Scheduling(LoadFileScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.split("::", 1)[0]
            return "the site's" if file.startswith("tests/browser/") or file in BUILD_THE_SITE else file

    return Scheduling(config, log)


@pytest.fixture
def provider() -> Iterator[Provider]:
    """A footfall provider of the tests' own, empty and running."""
    with Provider() as running:
        yield running


@pytest.fixture
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The path of a warehouse of the test's own, set for every command the test starts."""
    path = tmp_path / "warehouse.duckdb"
    monkeypatch.setenv("TALLY_WAREHOUSE", str(path))
    return path


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[SmallDisk]:
    """A disk of three megabytes that can grow, and be filled."""
    disk = SmallDisk(tmp_path / "small", 3)
    yield disk
    disk.unmount()


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    """A mail server that takes what is sent to its `url`."""
    inbox = Inbox()
    inbox.up()
    yield inbox
    inbox.down()
