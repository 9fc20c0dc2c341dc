"""A warehouse that an older Tally left is backed up and migrated by the first command that writes to it."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from ingestion.runner import run
from tests import flow, old_warehouse
from tests.kill import Killer
from tests.old_warehouse import Providers
from warehouse import migrations
from warehouse.upgrade import upgrade

NOW = "2026-11-09T00:00:00+00:00"
# Each with what it is downstream of. The forecasts are left out: they are fitted anew in any case.
MARTS = [
    "fct_orders", "fct_order_lines", "dim_customers", "agg_orders_by_country", "fct_sales", "agg_sales_by_store", "fct_air_quality_hourly",
    "fct_air_quality_restatements", "fct_store_visits_daily", "fct_sensor_visits_hourly", "dim_sensors",
]  # fmt: skip
RAW_COLUMNS = (
    "select schema_name, table_name, column_name, data_type from duckdb_columns() where database_name = current_database() "
    "and starts_with(schema_name, 'raw_') and not ends_with(schema_name, '_staging') and not starts_with(table_name, '_dlt') order by all"
)


@pytest.fixture
def providers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Providers]:
    monkeypatch.setenv("TALLY_NOW", NOW)
    with old_warehouse.serving() as served:
        for name, value in served.environment().items():
            monkeypatch.setenv(name, value)
        yield served


def write(warehouse: Path, *statements: str) -> None:
    with duckdb.connect(str(warehouse)) as connection:
        for statement in statements:
            connection.execute(statement)


def backups(warehouse: Path) -> list[Path]:
    return sorted(warehouse.with_suffix(".backups").glob("*"))


def test_an_older_warehouse_becomes_what_the_same_loads_make_today(
    providers: Providers, warehouse: Path, tmp_path: Path
) -> None:
    untested = ["--exclude-resource-type", "test"]
    selected = ["--select", *(f"+{mart}" for mart in MARTS)]
    run([], warehouse)
    providers.change()
    run([], warehouse)
    flow.build(*selected, *untested)
    today = flow.copied(warehouse, tmp_path / "today")
    shutil.rmtree(warehouse.with_suffix(".dlt"))
    old_warehouse.unpack(warehouse)
    loads = flow.query(warehouse, "select _dlt_load_id from raw_retail.sales order by all")

    results = run([], warehouse)

    # What the older Tally rejected, and this one reads, comes in where all is asked for: order W-7.
    changes = [(each.source, each.new, each.changed) for each in results if each.error or each.new or each.changed]
    assert changes == [("orders", 1, 0)]
    assert flow.query(warehouse, "select _dlt_load_id from raw_retail.sales order by all") == loads
    assert len(backups(warehouse)) == 1
    flow.build(*selected, *untested)
    held = {(schema, table, column): kind for schema, table, column, kind in flow.query(warehouse, RAW_COLUMNS)}
    wanted = {(schema, table, column): kind for schema, table, column, kind in flow.query(today, RAW_COLUMNS)}
    assert {key: held.get(key) for key in wanted} == wanted
    assert flow.query(
        warehouse, "select count(*) from raw_operations.full_refreshes where relation like 'marts.fct_orders'"
    ) == [(0,)]
    assert differences(warehouse, today) == {}
    # The second load of both brings nothing: the price that a product had at its first load stays.
    assert (
        flow.query(warehouse, "select distinct unit_price from marts.fct_sales where product_id = 'REF001' order by 1")[
            0
        ]
        == (
            flow.query(today, "select distinct unit_price from marts.fct_sales where product_id = 'REF001' order by 1")[
                0
            ]
        )
    )

    # A change at the provider comes in as ever, and as no column of another type.
    providers.shop.put_order(1004, status="paid", updated_at="2026-11-08T12:00:00Z")
    (changed,) = run(["orders"], warehouse)
    assert (changed.new, changed.changed, changed.error) == (0, 1, None)
    assert [name for _, _, name, _ in flow.query(warehouse, RAW_COLUMNS) if "__v_" in name] == []


@pytest.fixture(scope="module")
def killer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Killer]:
    killer = Killer(tmp_path_factory.getbasetemp())
    yield killer
    killer.close()


def test_killed_at_any_step_it_is_run_again(killer: Killer, tmp_path: Path) -> None:
    template = tmp_path / "template.duckdb"
    old_warehouse.unpack(tmp_path / "whole.duckdb")
    write(
        tmp_path / "whole.duckdb",
        "drop schema marts cascade",
        "drop schema intermediate cascade",
        f"attach '{template}' as template",
        "copy from database whole to template",
    )
    before = raw_rows(template)
    folder = tmp_path / "killed"
    for step in range(1, 1000):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        warehouse = Path(shutil.copy(template, folder / "warehouse.duckdb"))
        (folder / "warehouse.dlt" / "tally_orders").mkdir(parents=True)
        ended = killer.run(warehouse, "ingestion", "restamp", at=step)
        if not ended.killed:
            assert ended.code == 0, ended.output
            break
        again = killer.run(warehouse, "ingestion", "restamp")
        assert (again.killed, again.code) == (False, 0), (step, again.output)
        assert migrated_to(warehouse) == [migrations.VERSION], step
        assert raw_rows(warehouse) == before, step
        assert not (folder / "warehouse.dlt").exists(), step
        assert [each.suffix for each in backups(warehouse)][-1] == ".zst", step
    assert step > 10


def test_a_kill_within_the_transaction_leaves_the_warehouse_as_it_was(warehouse: Path) -> None:
    old_warehouse.unpack(warehouse)
    killed = flow.run(
        sys.executable,
        "-c",
        "import os, signal; from warehouse import migrations; from ingestion.__main__ import main; import sys; "
        "migrations.STEPS = (*migrations.STEPS, lambda _: os.kill(os.getpid(), signal.SIGKILL)); sys.argv = ['ingestion', 'restamp']; main()",
    )
    assert killed.returncode == -9
    columns = flow.query(warehouse, RAW_COLUMNS)
    assert [each for each in columns if each[1] == "migrations"] == []
    done = flow.run(sys.executable, "-m", "ingestion", "restamp")
    assert done.returncode == 0
    assert f"was migrated from version 0 to {migrations.VERSION} in " in done.stderr
    assert migrated_to(warehouse) == [migrations.VERSION]
    again = flow.run(sys.executable, "-m", "ingestion", "restamp")
    assert (again.returncode, again.stderr) == (0, "")


def test_dbt_migrates_where_it_comes_first(warehouse: Path) -> None:
    old_warehouse.unpack(warehouse)
    result = flow.dbt("run", "--select", "stg_orders__orders")
    assert result.success, result.exception
    assert migrated_to(warehouse) == [migrations.VERSION]
    assert len(backups(warehouse)) == 1
    # Forecasts are kept for good: they are not made anew, and have their ids as text where they are.
    assert flow.query(warehouse, "select distinct station_id from marts.fct_air_quality_forecasts order by 1") == [
        ("283164601",), ("283181971",)
    ]  # fmt: skip


def test_a_warehouse_of_a_newer_tally_is_refused(warehouse: Path) -> None:
    assert flow.dbt("run", "--select", "stg_orders__orders").success
    assert migrated_to(warehouse) == [migrations.VERSION]
    write(warehouse, "insert into raw_operations.migrations values (99, now(), null)")
    before = warehouse.read_bytes()
    said = (
        f"has version 99, and this Tally knows versions up to {migrations.VERSION}: update Tally, or restore a back-up"
    )
    for command in (["ingestion", "orders"], ["publishing"]):
        refused = flow.run(sys.executable, "-m", *command)
        assert refused.returncode == 1, command
        assert said in refused.stderr, command
    result = flow.dbt("run", "--select", "stg_orders__orders")
    assert said in str(result.exception)
    assert warehouse.read_bytes() == before


def test_a_value_that_does_not_fit_its_new_type_leaves_everything_as_it_was(warehouse: Path) -> None:
    old_warehouse.unpack(warehouse)
    write(
        warehouse,
        "alter table raw_retail.products alter column stock type varchar",
        "update raw_retail.products set stock = 'many' where product_id = 'REF003'",
    )
    for _ in range(2):
        failed = flow.run(sys.executable, "-m", "ingestion", "retail")
        assert failed.returncode == 1
        assert "could not be migrated from version 0" in failed.stderr
        assert "Could not convert string 'many' to INT64" in failed.stderr
        assert backups(warehouse) == []
    assert flow.query(warehouse, "select stock from raw_retail.products where product_id = 'REF003'") == [("many",)]


def test_ids_of_retail_stores_become_what_the_files_wrote(warehouse: Path) -> None:
    """`01` was read as 1: two lines that were equal then are of two stores now, and each is the first of its kind."""
    old_warehouse.unpack(warehouse)
    write(
        warehouse,
        "delete from raw_retail.sales where rowid > 0",
        "update raw_retail.sales set sale_date = '2026-11-02', product_id = 'A', quantity = 1, store_id = 1, occurrence = 1, "
        """cells = '["2026-11-02","A","1","1"]'""",
        """insert into raw_retail.sales select sales.* replace (2 as occurrence, '["2026-11-02","A","1"," 01 "]' as cells) """
        "from raw_retail.sales as sales",
        """insert into raw_retail.sales select sales.* replace (3 as occurrence) from raw_retail.sales as sales where occurrence = 1""",
    )
    upgrade(warehouse, 0)
    assert flow.query(warehouse, "select store_id, occurrence, details from raw_retail.sales order by all") == [
        ("01", 1, ""), ("1", 1, ""), ("1", 2, ""),
    ]  # fmt: skip


def migrated_to(warehouse: Path) -> list[int]:
    return [version for (version,) in flow.query(warehouse, "select version from raw_operations.migrations")]


def raw_rows(warehouse: Path) -> list[tuple[object, ...]]:
    """What the raw tables hold, as text: ids have another type after the migration, and are the same ids."""
    return [
        *flow.query(
            warehouse, "select order_id::varchar, bill, status, _dlt_load_id from raw_orders.orders order by all"
        ),
        *flow.query(
            warehouse, "select store_id::varchar, product_id, quantity, _dlt_load_id from raw_retail.sales order by all"
        ),
        *flow.query(
            warehouse,
            "select station_id::varchar, measured_at, co, _dlt_load_id from raw_air_quality.hourly order by all",
        ),
    ]


def differences(one: Path, other: Path) -> dict[str, list[tuple[object, ...]]]:
    """As `flow.differences`, but for when and in which load a row came, which no two warehouses share."""
    found = {}
    with duckdb.connect() as connection:
        connection.execute(f"attach '{one}' as one (read_only); attach '{other}' as other (read_only)")
        for mart in MARTS:
            names = [
                name
                for (name,) in connection.execute(
                    "select column_name from duckdb_columns() where database_name = 'other' and schema_name = 'marts' and table_name = ?",
                    [mart],
                ).fetchall()
                if not name.endswith("load_id") and name not in ("restated_at", "first_seen_at")
            ]
            assert names, f"{mart} is not there"
            listed = ", ".join(names)
            rows = connection.execute(
                f"(select 'migrated', {listed} from one.marts.{mart} except all select 'migrated', {listed} from other.marts.{mart}) "
                f"union all (select 'today', {listed} from other.marts.{mart} except all select 'today', {listed} from one.marts.{mart})"
            ).fetchall()
            if rows:
                found[mart] = rows[:5]
    return found
