"""Back-up, restore and forgetting killed at every step: the old state or the new one, and nobody forgotten is back."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import flow
from tests.integration.test_publishing import make_marts, record_build
from tests.kill import Ended, Killer
from tests.orders_provider import Shop

NAME = "Óscar Ñíguez"


@pytest.fixture(scope="module")
def killer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Killer]:
    killer = Killer(tmp_path_factory.getbasetemp())
    yield killer
    killer.close()


def publish(warehouse: Path, generation: int) -> None:
    make_marts(warehouse, generation)
    record_build(warehouse, generation)
    done = flow.run(sys.executable, "-m", "publishing")
    assert done.returncode == 0, done.stderr
    warehouse.with_suffix(".alerts.json").write_text(json.dumps({"told": {f"generation {generation}": {}}}))


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a warehouse of generation 2, and its back-up of generation 1, since when customer 7 was forgotten."""
    folder = tmp_path_factory.mktemp("template")
    warehouse = folder / "shop.duckdb"
    with pytest.MonkeyPatch.context() as patch, Shop() as provider:
        patch.setenv("TALLY_WAREHOUSE", str(warehouse))
        patch.setenv("SOURCES__ORDERS__BASE_URL", provider.base_url)
        provider.put_customer(7, name=NAME)
        provider.put_customer(8, name="Ada")
        flow.ingest("orders")
        publish(warehouse, 1)
        assert flow.run(sys.executable, "-m", "orchestration", "backup").returncode == 0
        assert flow.run(sys.executable, "-m", "ingestion", "forget-customer", "7").returncode == 0
        provider.put_customer(9, name="Grace")
        flow.ingest("orders")
        publish(warehouse, 2)
    return folder


OLD = [[[None], ["Ada"], ["Grace"]], 2, 2, {"generation 2": {}}]
NEW = [[[None], ["Ada"]], 1, 1, {"generation 1": {}}]


def fresh(template: Path, folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(template, folder, symlinks=True)
    return folder / "shop.duckdb"


def well(ended: Ended) -> str:
    assert not ended.killed
    assert ended.code == 0, ended.output
    return ended.output


def state(killer: Killer, warehouse: Path) -> Any:
    return json.loads(well(killer.run(warehouse, "look")).splitlines()[-1])


def assert_nowhere(folder: Path) -> None:
    """No file holds the name; the back-up's is packed."""
    for file in folder.rglob("*"):
        if file.is_file() and not file.is_symlink():
            assert NAME.encode() not in file.read_bytes(), file.relative_to(folder)


def test_a_restore_killed_at_any_step_leaves_the_old_state_or_the_new_one(
    template: Path, tmp_path: Path, killer: Killer
) -> None:
    seen = []
    step = 0
    while True:
        step += 1
        warehouse = fresh(template, tmp_path / "shop")
        ended = killer.run(warehouse, "orchestration", "restore", at=step)
        if not ended.killed:
            break
        # Every other time the restore is run again at once; else another command comes first.
        if step % 2:
            seen.append(state(killer, warehouse))
            assert seen[-1] in (OLD, NEW), f"killed at step {step}"
        well(killer.run(warehouse, "orchestration", "restore"))
        assert state(killer, warehouse) == NEW, f"killed at step {step}"
        assert_nowhere(warehouse.parent)
        assert warehouse.with_suffix(".forgotten").read_text() == "7\n"
        left = {path.name.split(".", 1)[1].split(".2")[0] for path in warehouse.parent.iterdir()}
        assert left <= {
            "duckdb", "marts", "marts.versions", "alerts.json", "forgotten", "backups", "backup.lock", "before-restore", "marts.lock",
                "site", "site.versions", "site.lock",
        }  # fmt: skip
    well(ended)
    assert step > 30, "too few steps were seen to be killed at"
    assert OLD in seen
    assert NEW in seen


def test_a_back_up_killed_at_any_step_leaves_whole_back_ups_only(
    template: Path, tmp_path: Path, killer: Killer
) -> None:
    step = 0
    while True:
        step += 1
        warehouse = fresh(template, tmp_path / "shop")
        ended = killer.run(warehouse, "orchestration", "backup", at=step)
        if not ended.killed:
            break
        assert state(killer, warehouse) == OLD
        copy = warehouse.with_name("copy.duckdb")
        well(killer.run(warehouse, "orchestration", "restore", "--into", str(copy)))
        assert state(killer, copy) in (NEW, OLD)
        well(killer.run(warehouse, "orchestration", "backup"))
        files = [file.name for file in warehouse.with_suffix(".backups").iterdir()]
        assert all(name.endswith(".tar.zst") for name in files), files
        assert len(files) in (2, 3)
        assert not warehouse.with_suffix(".backing-up").exists()
    well(ended)
    assert step > 10, "too few steps were seen to be killed at"


def test_forgetting_killed_at_any_step_and_done_again_outlives_a_damaged_warehouse(
    template: Path, tmp_path: Path, killer: Killer
) -> None:
    step = 0
    while True:
        step += 1
        warehouse = fresh(template, tmp_path / "shop")
        ended = killer.run(warehouse, "ingestion", "forget-customer", "8", at=step)
        if not ended.killed:
            break
        well(killer.run(warehouse, "ingestion", "forget-customer", "8"))
        warehouse.write_bytes(b"this is no database" * 1000)
        well(killer.run(warehouse, "orchestration", "restore"))
        assert state(killer, warehouse) == [[[None], [None]], 1, 1, {"generation 1": {}}]
    well(ended)
    assert step > 3, "too few steps were seen to be killed at"
