"""A warehouse works under any name: one that is a schema's, another after a rename or a copy, and behind a symbolic link."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from tests import flow
from tests.orders_provider import Shop


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    with Shop() as shop:
        shop.put_customer(1, country="Peru", name="Zacharias Quillfeather")
        shop.put_product(1)
        shop.put_order(1, ordered_at="2026-01-05T00:00:00Z")
        monkeypatch.setenv("SOURCES__ORDERS__BASE_URL", shop.base_url)
        yield shop


def well(*command: str) -> str:
    done = flow.run(sys.executable, "-m", *command)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def use(warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TALLY_WAREHOUSE", str(warehouse))
    return warehouse


def published_orders(warehouse: Path) -> list[int]:
    file = warehouse.with_suffix(".marts") / "fct_orders.parquet"
    return sorted(pq.read_table(file).column("order_id").to_pylist())


def take_through_the_commands(warehouse: Path, *selection: str) -> None:
    """Every command that opens the warehouse, on one whose orders were ingested, and `dbt build` of a selection."""
    flow.build("--select", *selection)
    well("publishing")
    assert len(published_orders(warehouse)) == 1
    assert "orders brought nothing newer than 5 January 2026" in well(
        "notifications", "alerts", "--dry-run", "--no-digest"
    )
    well("ingestion", "forget-customer", "1")
    well("ingestion", "compact")
    well("orchestration", "backup")


@pytest.mark.parametrize("stem", ["marts", "raw_orders", "memory", 'a b"c.d'])
def test_a_warehouse_may_have_the_name_of_a_schema(
    stem: str, tmp_path: Path, provider: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse = use(tmp_path / f"{stem}.duckdb", monkeypatch)
    flow.ingest("orders")
    # dbt's data tests look at the warehouse under a name that is always the same: one of the names will do for them.
    untested = () if stem == "marts" else flow.UNTESTED
    take_through_the_commands(warehouse, "tag:orders", "tag:alerts", *untested)
    provider.put_order(2, ordered_at="2026-01-06T00:00:00Z")
    flow.ingest("orders")
    well("orchestration", "restore")
    flow.ingest("orders")
    flow.build("--select", "tag:orders", *untested)
    well("publishing")
    assert len(published_orders(warehouse)) == 2


def test_a_warehouse_can_be_renamed_copied_and_restored_under_another_name(
    tmp_path: Path, provider: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = use(tmp_path / "first.duckdb", monkeypatch)
    flow.ingest("orders")
    flow.build("--select", "tag:orders", "tag:alerts", *flow.UNTESTED)
    well("orchestration", "backup")
    well("orchestration", "restore", "--into", str(tmp_path / "restored.duckdb"))
    shutil.copy(first, tmp_path / "copied.duckdb")
    first.rename(tmp_path / "renamed.duckdb")
    for name in ("restored", "copied", "renamed"):
        warehouse = use(tmp_path / f"{name}.duckdb", monkeypatch)
        # The views in it name no other database, whoever looks.
        assert flow.query(warehouse, "select country from staging.stg_orders__customers") == [("Peru",)]
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            sql = connection.execute(
                "select sql from duckdb_views() where not internal union all select constraint_text from duckdb_constraints()"
            ).fetchall()
            assert sql
            assert not [text for (text,) in sql if "first." in text or "warehouse." in text.replace('"', "")]
        take_through_the_commands(warehouse, "tag:orders")


def test_the_commands_follow_a_symbolic_link(tmp_path: Path, provider: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "disk").mkdir()
    real = tmp_path / "disk" / "real.duckdb"
    warehouse = use(tmp_path / "warehouse.duckdb", monkeypatch)
    warehouse.symlink_to(real)
    flow.ingest("orders")
    assert b"Quillfeather" in real.read_bytes()
    before = real.stat().st_ino
    take_through_the_commands(warehouse, "tag:orders", "tag:alerts", *flow.UNTESTED)
    assert warehouse.is_symlink()
    assert real.stat().st_ino != before, "compact writes the file anew"
    assert b"Quillfeather" not in real.read_bytes()
    provider.put_order(2, ordered_at="2026-01-06T00:00:00Z")
    flow.ingest("orders")
    well("orchestration", "restore")
    assert warehouse.is_symlink()
    assert flow.query(real, "select count(*) from raw_orders.orders") == [(1,)]
    assert not list(tmp_path.glob("disk/*.wal"))
