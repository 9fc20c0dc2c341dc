"""Commands on a DuckLake, in processes of the environment that has its extensions: equal to a DuckDB file of the same raw rows.

With the catalog in PostgreSQL and two writers at once, and in SQLite.
"""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3  # type: ignore[import-untyped]
import duckdb
import pytest
from sqlalchemy import create_engine, inspect, text

from tests.flow import PROJECT
from tests.http_server import Answer, Request
from tests.orders_provider import Shop
from tests.place import Place
from tests.provider import Provider
from tests.servers import missing, postgresql, s3

PYTHON = PROJECT / "deploy/ducklake/.venv/bin/python"
START = datetime(2024, 3, 4, tzinfo=UTC)
MARTS = ("fct_sensor_visits_hourly", "dim_stores", "fct_store_visits_hourly")

pytestmark = [pytest.mark.full, pytest.mark.timeout(3600)]


class Lake(Place):
    """A warehouse in a folder of its own: a file, or a DuckLake with this catalog; commands on it by a writer of this name."""

    def __init__(self, folder: Path, settings: dict[str, str], catalog: str | None = None, writer: str = "one") -> None:
        lake = {"TALLY_DUCKLAKE": catalog, "TALLY_DUCKLAKE_DATA": str(folder / "data")} if catalog else {}
        beside = {
            "DBT_TARGET_PATH": str(folder / f"target-{bool(catalog)}"),
            "DBT_LOG_PATH": str(folder / f"logs-{writer}"),
        }
        super().__init__(PYTHON, folder / f"{writer}.duckdb", lake | settings | {"TALLY_WRITER": writer} | beside)

    def build(self) -> subprocess.Popen[str]:
        """Start a build of some marts, without their tests."""
        return self.begin(
            "dbt", "build", "--select", *(f"+{mart}" for mart in MARTS), "--exclude-resource-type", "test", "unit_test"
        )


def kill(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


def assert_well(*processes: subprocess.Popen[str]) -> list[str]:
    said = [process.communicate()[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * len(processes), "\n".join(
        each[-5000:] for each in said
    )
    return said


COPY = """
connection.execute(f"attach '{sys.argv[2]}' as copy")
for schema, table in connection.execute("select schema_name, table_name from duckdb_tables() where database_name = 'warehouse' "
        "and starts_with(schema_name, 'raw_') and not ends_with(schema_name, '_staging')").fetchall():
    connection.execute(f'create schema if not exists copy."{schema}"; create table copy."{schema}"."{table}" as from "{schema}"."{table}"')
connection.commit()
"""
"""Writes the raw rows into a file, with their load ids."""


DROP_COLUMN = "connection.close(); from warehouse.connection import connect; connect(Path(sys.argv[1]), 10).execute('alter table raw_orders.orders drop column refunded')"


def everything(catalog: str, data: Path) -> list[str]:
    """Every value that the files of a lake and its catalog hold, as text."""
    url = catalog.replace("sqlite:", "sqlite:///").replace("postgresql:", "postgresql+psycopg:")
    engine = create_engine(url)
    with engine.connect() as connection, duckdb.connect() as files:
        tables = inspect(engine).get_table_names()
        rows = [row for table in tables for row in connection.execute(text(f'select * from "{table}"'))]
        for file in data.rglob("*.parquet"):
            rows += files.execute(f"from '{file}'").fetchall()
    engine.dispose()
    return [str(value) for row in rows for value in row]


def report(provider: Provider, days: range) -> None:
    provider.put_readings(
        {
            "sensor_id": f"{store}-1",
            "hour_start": START + timedelta(days=day, hours=hour),
            "visits": 7 * day + hour,
            "updated_at": START + timedelta(days=days.stop),
        }
        for store in ("paris", "madrid")
        for day in days
        for hour in range(24)
    )


@pytest.fixture
def shop() -> Iterator[Shop]:
    """A customer, a product and an order."""
    with Shop() as running:
        running.put_customer(1)
        running.put_product(1)
        running.put_order(1, customer_id=1, product_id=1)
        yield running


@pytest.fixture(params=["postgresql", "sqlite"])
def catalog(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty catalog, without a password."""
    if not PYTHON.exists():
        missing("DuckDB's DuckLake extensions are not installed: `make ducklake`")
    if request.param == "sqlite":
        yield f"sqlite:{tmp_path}/catalog.sqlite"
        return
    with postgresql() as url:
        yield url.replace(":unused@", "@")


@pytest.fixture
def settings(provider: Provider, shop: Shop) -> dict[str, str]:
    """Where the providers are: two stores with eight days of counts, and the shop."""
    for store in ("paris", "madrid"):
        provider.put_store(store)
        provider.put_sensor(f"{store}-1", store)
    report(provider, range(8))
    return {"SOURCES__FOOTFALL__BASE_URL": provider.base_url, "SOURCES__ORDERS__BASE_URL": shop.base_url}


def test_a_lake_equals_a_file(
    catalog: str, tmp_path: Path, provider: Provider, shop: Shop, settings: dict[str, str]
) -> None:
    one, two = (Lake(tmp_path, settings, catalog, writer) for writer in ("one", "two"))
    file = Lake(tmp_path, settings, writer="file")

    def at_once(*processes: Callable[[], subprocess.Popen[str]]) -> None:
        """Together where the catalog takes several writers, else one after the other."""
        if catalog.startswith("postgresql"):
            assert_well(*[process() for process in processes])
        else:
            for process in processes:
                assert_well(process())

    one.run("ingestion", "footfall")  # makes the lake
    # One loads while the other builds.
    at_once(one.build, lambda: two.begin("ingestion", "orders"))
    # An increment with corrections, both load.
    report(provider, range(6, 12))
    shop.put_order(2, customer_id=1, product_id=1)
    at_once(lambda: one.begin("ingestion", "footfall"), lambda: two.begin("ingestion", "orders"))
    assert_well(one.build())
    runs = "select what, source, writer, outcome, count(*) from raw_operations.runs group by all order by all"
    assert one.rows(runs) == [
        ["dbt build", None, "one", "ok", 2],
        ["ingestion", "footfall", "one", "ok", 2],
        ["ingestion", "orders", "two", "ok", 2],
    ]
    assert one.rows("select count(*) from raw_orders.orders") == [[2]]

    one.ask(COPY, file.path)
    assert_well(file.build())
    for mart in MARTS:
        statement = f"select * from marts.{mart} order by all"
        assert one.rows(statement) == file.rows(statement) != [], mart
    counted = one.rows("select sum(visits), count(visits) from marts.fct_sensor_visits_hourly")
    assert counted == [[sum(row["visits"] for row in provider.readings()), len(provider.readings())]]


@pytest.mark.parametrize("catalog", ["sqlite"], indirect=True)
def test_the_data_may_be_in_a_bucket(
    catalog: str, tmp_path: Path, provider: Provider, settings: dict[str, str]
) -> None:
    keys = {"AWS_ACCESS_KEY_ID": "unused", "AWS_SECRET_ACCESS_KEY": "unused", "AWS_DEFAULT_REGION": "eu-west-3"}
    with s3() as endpoint:
        bucket = boto3.client(
            "s3", endpoint_url=endpoint, region_name="eu-west-3", aws_access_key_id="unused", aws_secret_access_key="unused"
        )  # fmt: skip
        bucket.create_bucket(Bucket="lake", CreateBucketConfiguration={"LocationConstraint": "eu-west-3"})
        bucketed = settings | keys | {"AWS_ENDPOINT_URL": endpoint, "TALLY_DUCKLAKE_DATA": "s3://lake/tally"}
        one = Lake(tmp_path, bucketed, catalog)
        one.run("ingestion", "footfall")
        assert_well(one.build())
        counted = one.rows("select sum(visits), count(visits) from marts.fct_sensor_visits_hourly")
        assert counted == [[sum(row["visits"] for row in provider.readings()), len(provider.readings())]]
        names = [each["Key"] for each in bucket.list_objects_v2(Bucket="lake")["Contents"]]
        assert any("fct_sensor_visits_hourly" in name and name.endswith(".parquet") for name in names)
        assert not [*tmp_path.rglob("*.parquet")]


@pytest.mark.parametrize("catalog", ["postgresql"], indirect=True)
def test_a_run_is_its_writers(catalog: str, tmp_path: Path, shop: Shop, settings: dict[str, str]) -> None:
    """One writer is killed while it loads: nobody else calls its run killed, or loads what it was loading."""
    one, two = (Lake(tmp_path, settings, catalog, writer) for writer in ("one", "two"))
    one.run("ingestion", "footfall")
    asked, go_on = threading.Event(), threading.Event()

    def hold(request: Request) -> Answer | None:
        asked.set()
        go_on.wait(300)
        return None

    shop.intercept = hold
    loading = two.begin("ingestion", "orders")
    assert asked.wait(300)
    kill(loading)
    shop.intercept = None
    go_on.set()
    said = one.refused("ingestion", "orders")
    assert "two has been running `python -m ingestion orders`" in said and "TALLY_WRITER=two" in said
    runs = "select what, source, writer, outcome from raw_operations.runs order by all"
    assert one.rows(runs) == [
        ["ingestion", "footfall", "one", "ok"],
        ["ingestion", "orders", "one", "failed"],
        ["ingestion", "orders", "two", "running"],
    ]
    two.run("ingestion", "orders")
    killed = "select what, writer from raw_operations.runs where message = 'killed before it ended'"
    assert one.rows(killed) == [["ingestion", "two"]]


def test_a_lake_is_brought_over_and_what_only_a_file_has_is_refused(
    catalog: str, tmp_path: Path, settings: dict[str, str]
) -> None:
    one = Lake(tmp_path, settings, catalog)
    one.run("ingestion", "orders")
    # A column that a later Tally has added: the first command brings the lake over.
    one.ask(DROP_COLUMN)
    assert "was migrated" in one.run("ingestion", "orders")
    assert one.rows("select order_id, refunded from raw_orders.orders") == [["1", None]]
    for command, reason in (
        (("orchestration", "backup"), "pg_dump"),
        (("orchestration", "restore"), "restore its catalog"),
        (("dbt", "build", "--target", "dev", "--select", "dim_dates"), "the target is ducklake"),
    ):
        assert reason in one.refused(*command)
    one.run("dbt", "build", "--target", "ducklake", "--select", "alert_rules")


def test_what_is_forgotten_is_gone(catalog: str, tmp_path: Path, shop: Shop, settings: dict[str, str]) -> None:
    """Of a person nothing stays, in files or in the catalog: not their row, and not the least value of a column."""
    one = Lake(tmp_path, settings, catalog)
    one.run("ingestion", "footfall", "orders")
    email = shop.newest("customers")[0]["email"]
    assert any(email in value for value in everything(catalog, tmp_path / "data"))
    one.run("ingestion", "forget-customer", "1")
    assert not [value for value in everything(catalog, tmp_path / "data") if email in value]
    if catalog.startswith("sqlite"):
        assert email.encode() not in (tmp_path / "catalog.sqlite").read_bytes()
    assert one.rows("select count(*), count(name) from raw_orders.customers") == [[1, 0]]
