"""Personal data stays in raw and staging, and a customer who is to be forgotten is gone: the values are searched for."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from ingestion.runner import run
from mock_api.app import create_app
from mock_api.clock import Clock
from mock_api.server import running
from mock_api.settings import Settings, World
from publishing.parquet import publish
from tests import flow
from tests.orders_provider import Shop

NOW = datetime(2026, 11, 22, 5, tzinfo=UTC)
PERSONAL = ("name", "address", "email", "phone_number")


@pytest.fixture
def shop(warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    with Shop() as shop:
        monkeypatch.setenv("SOURCES__ORDERS__BASE_URL", shop.base_url)
        yield shop


def texts(warehouse: Path, schema: str) -> set[str]:
    """Every text in every table and view of a schema."""
    found: set[str] = set()
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        columns = connection.execute(
            "select table_name, column_name from information_schema.columns where table_schema = ? and data_type = 'VARCHAR'",
            [schema],
        ).fetchall()
        for table, column in columns:
            rows = connection.execute(f'select distinct "{column}" from "{schema}"."{table}"').fetchall()
            found |= {value for (value,) in rows if value}
    return found


def bytes_beside(warehouse: Path) -> dict[str, bytes]:
    """Every file that belongs to the warehouse, logs and dbt's target among them, but the warehouse itself."""
    files = [path for path in warehouse.parent.rglob("*") if path.is_file() and path != warehouse]
    return {str(path.relative_to(warehouse.parent)): path.read_bytes() for path in files}


def test_no_value_of_a_person_leaves_raw_and_staging(warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(world=World.SEEDS, history=NOW.date())
    with running(create_app(settings, Clock(lambda: NOW))) as address:
        monkeypatch.setenv("SOURCES__ORDERS__BASE_URL", f"{address}/orders/v1")
        (result,) = run(["orders"], warehouse)
        assert result.error is None
    people = flow.query(warehouse, f"select {', '.join(PERSONAL)} from raw_orders.customers")
    assert len(people) > 1000
    values = {value for person in people for value in person}
    with duckdb.connect(str(warehouse)) as connection:
        # Rows that staging's tests trip over: one of them would be stored as a failure.
        connection.execute("alter table raw_orders.customers alter customer_id drop not null")
        connection.execute(
            "insert into raw_orders.customers by name select * replace (null as customer_id) from raw_orders.customers limit 3"
        )

    built = flow.dbt("build", "--select", "tag:orders")
    assert {node.node.name for node in built.result if str(node.status) == "fail"} >= {
        "stg_orders__customers_keeps_its_rules"
    }
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("delete from raw_orders.customers where customer_id is null")
    flow.build()
    publish(warehouse)

    # The search can find: they are in staging.
    assert values <= texts(warehouse, "staging")
    for schema in ("intermediate", "marts", "test_failures", "reference", "raw_operations", "raw_orders_staging"):
        # A short name may be part of another text; equal to none it must be.
        found = texts(warehouse, schema)
        assert not values & found, schema
        assert not {value for value in values if len(value) > 12 and any(value in text for text in found)}, schema
    published = {path.stem for path in warehouse.with_suffix(".marts").glob("*.parquet")}
    assert {"fct_orders", "dim_customers", "dim_customer_versions", "fct_rejected_records"} <= published
    with duckdb.connect() as connection:
        for file in warehouse.with_suffix(".marts").glob("*.parquet"):
            for row in connection.execute(f"select columns(c -> true)::varchar from '{file}'").fetchall():
                assert not values & set(row), file.name
    emails = [person[2].encode() for person in people]
    for name, content in bytes_beside(warehouse).items():
        assert not [email for email in emails if email in content], name


def test_a_forgotten_customer_is_gone_from_every_byte_and_stays_gone(shop: Shop, warehouse: Path) -> None:
    secrets = {
        "name": "Zacharias Quillfeather",
        "address": "17 Unmistakable Row",
        "email": "zq@unmistakable.example",
        "phone_number": "+44 99 8877 6655",
    }
    shop.put_customer(1, country="Peru", **secrets)
    # Few rows: DuckDB packs the texts of many so that no search could find them.
    shop.put_customer(2)
    shop.put_customer(500, name=secrets["name"])  # another person of the same name
    shop.put_product(1)
    shop.put_order(1, ordered_at="2026-01-05T00:00:00Z")
    shop.put_unreadable("customers", {"customer_id": 1, "name": 5, "email": secrets["email"]})
    shop.put_unreadable("customers", {"customer_id": "?", "note": f"call {secrets['phone_number']}"})
    run(["orders"], warehouse)
    shop.put_customer(1, country="Chile", updated_at="2026-02-01T00:00:00Z", address="18 Unmistakable Row")
    run(["orders"], warehouse)
    flow.build("--select", "tag:orders")
    by_country = flow.query(warehouse, "from marts.agg_orders_by_country")
    assert by_country == [("Peru", "EUR", 1, 1, 10)]
    gone = [secrets["address"], "18 Unmistakable Row", secrets["email"], secrets["phone_number"]]
    assert all(value.encode() in warehouse.read_bytes() for value in gone), "the search must be able to find"

    done = flow.run(sys.executable, "-m", "ingestion", "forget-customer", "1")

    assert done.returncode == 0, done.stderr
    assert "2 versions and 2 rejected records" in done.stdout

    def assert_gone() -> None:
        everything = bytes_beside(warehouse) | {"warehouse": warehouse.read_bytes()}
        for name, content in everything.items():
            assert not [value for value in gone if value.encode() in content], name
        person = "select distinct name, address, email, phone_number from raw_orders.customers where customer_id = '1'"
        assert flow.query(warehouse, person) == [(None, None, None, None)]

    assert_gone()
    assert flow.query(warehouse, "select name from raw_orders.customers where customer_id = '500'") == [
        (secrets["name"],)
    ]

    # The provider sends them again, as they were, newer, and unreadable in a new way.
    shop.put_customer(1, country="Cuba", updated_at="2026-03-01T00:00:00Z", **secrets)
    shop.put_unreadable("customers", {"customer_id": 1, "name": [secrets["name"]], "address": secrets["address"]})
    for is_full in (False, True, False):
        (result,) = run(["orders"], warehouse, full_refresh=is_full)
        assert result.error is None
    assert (result.new, result.changed, result.rejected) == (0, 0, 0)
    assert_gone()

    flow.build("--select", "tag:orders", "--full-refresh")
    assert flow.query(warehouse, "from marts.agg_orders_by_country") == by_country
    assert flow.query(warehouse, "select country from marts.dim_customers where customer_id = '1'") == [("Cuba",)]
    assert_gone()


def test_an_unknown_customer_is_an_error_and_a_known_one_can_be_forgotten_again(shop: Shop, warehouse: Path) -> None:
    missing = flow.run(sys.executable, "-m", "ingestion", "forget-customer", "1")
    assert missing.returncode == 1
    assert "no warehouse" in missing.stderr
    shop.put_order(1, customer_id=77)
    run(["orders"], warehouse)

    unknown = flow.run(sys.executable, "-m", "ingestion", "forget-customer", "4")
    assert unknown.returncode == 1
    assert unknown.stderr == "forget-customer: customer 4 is not known here: nothing was changed\n"

    # Somebody of whom only an order has come: forgotten before they come.
    for _ in range(2):
        assert flow.run(sys.executable, "-m", "ingestion", "forget-customer", "77").returncode == 0
    shop.put_customer(77, name="Too Late")
    run(["orders"], warehouse)
    assert flow.query(warehouse, "select name, country from raw_orders.customers") == [(None, "United Kingdom")]


def test_a_customer_whose_id_is_text_is_forgotten_and_stays_so(shop: Shop, warehouse: Path) -> None:
    person = {"name": "Zacharias Quillfeather", "email": "zq@unmistakable.example", "address": "17 Unmistakable Row"}
    dates = {"created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z"}
    for customer_id in ("C-12/b", "12"):
        shop.put_unreadable("customers", {"customer_id": customer_id, **person, **dates, "country": "Peru"})
    # Of somebody whose record has not come, and who may be the same person.
    shop.put_unreadable("customers", {"customer_id": "C-13", "name": 5, "note": f"lives at {person['address']}"})
    run(["orders"], warehouse)

    done = flow.run(sys.executable, "-m", "ingestion", "forget-customer", "C-12/b")

    assert done.returncode == 0, done.stderr
    assert "1 versions and 1 rejected records" in done.stdout
    held = "select customer_id, name, country from raw_orders.customers order by 1"
    forgotten = [("12", person["name"], "Peru"), ("C-12/b", None, "Peru")]
    assert flow.query(warehouse, held) == forgotten
    assert flow.query(warehouse, "select payload from raw_orders.rejected_records") == [(None,)]
    assert warehouse.with_suffix(".forgotten").read_text(encoding="utf-8") == "C-12/b\n"
    run(["orders"], warehouse, full_refresh=True)
    assert flow.query(warehouse, held) == forgotten
