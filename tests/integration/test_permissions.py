"""What may hold personal data is its owner's alone, whatever the umask; what is published follows the umask."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import flow
from tests.orders_provider import Shop
from tests.smtp import Inbox
from warehouse.database import Warehouse

PUBLISHED = ("warehouse.marts", "warehouse.site", "warehouse.heartbeat", "target", "copies")


@pytest.fixture
def umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def others(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode) & 0o077


def open_to_others(folder: Path) -> dict[str, str]:
    """What of a folder other users may read or write, and is not published; nobody gets past a folder that is closed."""
    found = {}
    for path in folder.iterdir():
        if path.name.startswith(PUBLISHED) or not others(path):
            continue
        found[path.name] = oct(stat.S_IMODE(path.stat().st_mode))
    return found


def well(*command: str) -> None:
    done = flow.run(*command)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.usefixtures("umask")
def test_only_what_is_published_is_open_to_others(
    tmp_path: Path, warehouse: Path, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = (sys.executable, "-m")
    beside = warehouse.parent
    monkeypatch.setenv("PUBLISHING__ALERT_URLS", inbox.url)
    with Shop() as provider:
        monkeypatch.setenv("SOURCES__ORDERS__BASE_URL", provider.base_url)
        provider.put_customer(1, name="Zacharias Quillfeather")
        provider.put_product(1)
        provider.put_order(1, ordered_at="2026-01-05T00:00:00Z")
        well(*python, "ingestion", "orders")
        assert open_to_others(beside) == {}
        # As somebody builds by hand, who has made the file first.
        dbt = str(Path(sys.executable).with_name("dbt"))
        well(
            dbt,
            "build",
            "--select",
            "tag:orders",
            "tag:alerts",
            "--exclude-resource-type",
            "test",
            "--exclude-resource-type",
            "unit_test",
        )
    well(*python, "publishing")
    well(*python, "notifications", "alerts", "--no-digest")
    well(*python, "publishing", "to", str(tmp_path / "copies"))
    well(*python, "orchestration", "backup")
    well(*python, "ingestion", "forget-customer", "1")
    well(*python, "orchestration", "restore")
    assert open_to_others(beside) == {}
    names = {path.name for path in beside.iterdir() if not others(path)}
    assert names >= {
        "warehouse.duckdb", "warehouse.dlt", "warehouse.alerts.json", "warehouse.copies", "warehouse.backups", "warehouse.forgotten",
    } - {"warehouse.dlt"}  # fmt: skip
    (aside,) = beside.glob("warehouse.before-restore.*")
    for folder in (aside, beside / "warehouse.backups"):
        assert {path.name: oct(others(path)) for path in folder.iterdir() if others(path)}.keys() <= {
            "warehouse.marts", "warehouse.marts.versions",
        }  # fmt: skip
    # What is published, also after a restore, is anybody's where the umask says so.
    for path in (warehouse.with_suffix(".marts").resolve(), tmp_path / "copies"):
        assert others(path) == 0o077
        assert {oct(others(file)) for file in path.iterdir()} == {"0o66"}


@pytest.mark.usefixtures("umask")
def test_dbt_makes_a_file_for_its_owner_alone_and_a_log_of_writes_is_no_other(warehouse: Path) -> None:
    dbt = str(Path(sys.executable).with_name("dbt"))
    well(dbt, "run", "--select", "stg_orders__orders")
    assert not others(warehouse)
    warehouse.chmod(0o644)  # as an older version made it
    with Warehouse(warehouse) as opened:
        opened.connection.execute("create table main.written as select 1 as one")
        assert not others(warehouse)
        assert not others(warehouse.with_name("warehouse.duckdb.wal"))
    assert os.umask(0) == 0, "the umask is as it was"
