"""Fixtures that every test may use, and how the workers share the tests."""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests import flow
from tests.once import made_once
from tests.provider import Provider
from tests.servers import lacks
from tests.small_disk import SmallDisk
from tests.smtp import Inbox
from warehouse import language
from warehouse.garbage import collect_rarely, keep_for_good

# The gate tries the same examples each time, so that what it says is about the change; others are tried by hand and by `make soak`.
settings.register_profile("gate", derandomize=True)
if os.environ.get("CI") == "true":
    settings.load_profile("gate")

pytest_plugins = ["tests.complete_runs", "tests.processor"]

# A shell that starts the tests in the background has them ignore Ctrl-C, and every process that they start with them.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

collect_rarely()

# The providers of the tests live in 2026: on a machine whose clock is behind, their rows would be rejected as future ones.
NEWEST_ROWS = datetime(2026, 11, 23, tzinfo=UTC)
if datetime.now(UTC) < NEWEST_ROWS:
    os.environ.setdefault("TALLY_NOW", NEWEST_ROWS.isoformat())

# What takes longest begins first, so that no worker is left with it at the end. The first builds the site of a whole flow; the rest of
# the browser's tests come when it is there, so that nobody waits for it.
FIRST = [
    "tests/browser/test_pages.py",
    "tests/integration/test_airflow.py",
    "tests/integration/test_footfall_marts.py",
    "tests/integration/test_hostile_provider.py",
    "tests/integration/test_commands.py",
    "tests/integration/test_faults.py",
    "tests/integration/test_air_marts.py",
    "tests/integration/test_killed_restore.py",
    "tests/integration/test_retail_cases.py",
    "tests/integration/test_names.py",
    "tests/integration/test_runbook.py",
    "tests/browser/",
]
# These build a site in the project's own folder, where one build waits for the other.
BUILD_HERE = {"tests/integration/test_reports_build.py", "tests/integration/test_orders_loop.py"}


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """`-n auto`: one worker more than there are processors, for now and again each waits for a browser, a server or a disk."""
    return (os.cpu_count() or 1) + 1


def pytest_report_header() -> list[str]:
    """What is not on this machine: tests that need it are skipped, and fail with CI=true."""
    return [f"lacking, and not tested: {what}" for what in lacks()]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort by that; within it the order stays."""

    def place(item: pytest.Item) -> int:
        return next((at for at, start in enumerate(FIRST) if item.nodeid.startswith(start)), len(FIRST))

    items.sort(key=place)


def pytest_collection_finish() -> None:
    """What is imported by now stays for good: the collector need not go over it again."""
    keep_for_good()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """A worker gets whole files (`--dist loadfile`), and one gets all that build a site in the same folder."""
    if config.getoption("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped]

    class Scheduling(LoadFileScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.split("::", 1)[0]
            return "build here" if file in BUILD_HERE else file

    return Scheduling(config, log)


@pytest.fixture(scope="session", autouse=True)
def dbt_folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One target folder a worker for every dbt that a test starts: the project is parsed once (`flow.parse_once`), then parts of it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DBT_TARGET_PATH", str(tmp_path_factory.getbasetemp() / "dbt-target"))
        patch.setenv("DBT_LOG_PATH", str(tmp_path_factory.getbasetemp() / "dbt-logs"))
        yield


@pytest.fixture(scope="session")
def empty_build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse into which nothing was loaded, after `dbt build` of everything, data tests among it; who changes it takes a copy."""

    def make(folder: Path) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("TALLY_WAREHOUSE", str(folder / "warehouse.duckdb"))
            flow.build()

    return made_once(tmp_path_factory, "empty-build", make) / "warehouse.duckdb"


@pytest.fixture
def provider() -> Iterator[Provider]:
    """A footfall provider of the tests' own, empty and running."""
    with Provider() as running:
        yield running


class FixedFolder:
    """A worker's folder for one warehouse after the other, each at the same path."""

    def __init__(self, base: Path) -> None:
        self._base = base
        self._number = 1

    @property
    def path(self) -> Path:
        """The folder."""
        return self._base / f"warehouse-{self._number}"

    def clear(self, kept: Path) -> None:
        """Move what is in it to `kept`. A test that failed may still hold its file open: DuckDB would give that one to
        whoever opens the same path in this process, so the next folder is another one."""
        self.path.rename(kept)
        if _is_open(kept):
            gc.collect()
            self._number += _is_open(kept)


def _is_open(folder: Path) -> bool:
    """Whether this process has a file of a folder open."""
    links = [file.readlink() for file in Path("/proc/self/fd").iterdir() if file.is_symlink()]
    return any(folder in link.parents for link in links)


@pytest.fixture(scope="session")
def fixed_folder(tmp_path_factory: pytest.TempPathFactory) -> FixedFolder:
    """The worker's folder for warehouses."""
    return FixedFolder(tmp_path_factory.getbasetemp())


@pytest.fixture
def warehouse(fixed_folder: FixedFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The path of a warehouse, none yet, in an empty folder; set for every command that the test starts.

    It is the same path for every test of a worker. What the test leaves in the folder is moved into its `tmp_path`.
    """
    fixed_folder.path.mkdir()
    path = fixed_folder.path / "warehouse.duckdb"
    monkeypatch.setenv("TALLY_WAREHOUSE", str(path))
    yield path
    fixed_folder.clear(tmp_path / "left-beside-the-warehouse")


@pytest.fixture
def small_disk(warehouse: Path) -> Iterator[SmallDisk]:
    """A disk of three megabytes, under the warehouse's folder, that can grow, and be filled."""
    disk = SmallDisk(warehouse.parent, 3)
    yield disk
    disk.unmount()


@pytest.fixture
def icelandic(tmp_path: Path) -> Iterator[Path]:
    """The file of a third language, to be written by the test; English lies beside it. Languages of this process are read anew."""
    folder = tmp_path / "locales"
    folder.mkdir()
    english = language.file_of("en")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(language, "PROJECT", tmp_path)
        language.file_of("en").write_bytes(english.read_bytes())
        language.forget_phrases()
        yield folder / "is.ftl"
    language.forget_phrases()


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    """A mail server that takes what is sent to its `url`."""
    inbox = Inbox()
    inbox.up()
    yield inbox
    inbox.down()
