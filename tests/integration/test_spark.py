"""A small company on Spark with Iceberg tables: every mart equal to DuckDB's from the same raw rows, full and after an increment.

`SPARK_DOMAINS=all` builds every domain in place of footfall and orders: nightly, since Spark takes seconds a statement.
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from mock_api.app import create_app
from mock_api.server import running
from mock_api.settings import Settings
from tests.flow import PROJECT
from tests.iceberg_rest import http_client, rest_catalog
from tests.orders_provider import Shop
from tests.place import Place
from tests.provider import Provider
from tests.servers import free_port, mounted_bucket
from tests.spark_marts import assert_equal, place_in
from tests.spark_servers import PYTHON, cluster, serving
from tests.whole_flow import addresses

START = datetime(2026, 3, 2, tzinfo=UTC)  # the clocks of Paris change on the 29th
IS_NIGHTLY = os.environ.get("SPARK_DOMAINS") == "all"
# For few rows: code is not compiled, and one core sorts.
SMALL = """
spark.master local[2]
spark.driver.memory 2g
spark.driver.extraJavaOptions -XX:+DisableExplicitGC -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:ReservedCodeCacheSize=256m
spark.sql.shuffle.partitions 1
spark.sql.codegen.wholeStage false
spark.sql.codegen.factoryMode NO_CODEGEN
spark.sql.adaptive.enabled false
spark.sql.maxPlanStringLength 100
"""

pytestmark = [pytest.mark.full, pytest.mark.timeout(3600)]


def readings(
    days: range, written: datetime, factor: int = 1, stores: tuple[str, ...] = ("paris", "kolkata")
) -> Iterator[dict[str, object]]:
    """An hour of each door of each of the days; every eleventh has failed."""
    for store in stores:
        for door in (1, 2):
            for day in days:
                for hour in range(24):
                    visits = None if (day * 24 + hour) % 11 == 10 else factor * (day % 7 * 3 + hour * door)
                    yield {
                        "sensor_id": f"{store}-{door}", "hour_start": START + timedelta(days=day, hours=hour, minutes=30 * (store == "kolkata")),
                        "visits": visits, "updated_at": written,
                    }  # fmt: skip


def open_company(provider: Provider, shop: Shop) -> None:
    """Two stores of two doors and five weeks, one in a time zone of half an hour; a shop with three customers and forty orders."""
    provider.put_store("paris")
    provider.put_store("kolkata", country_code="IN", timezone="Asia/Kolkata", opens_at="09:00", closes_at="21:00")
    for store in ("paris", "kolkata"):
        for door in (1, 2):
            provider.put_sensor(f"{store}-{door}", store, door=door)
    # The newest two days of one store come late.
    provider.put_readings(readings(range(35), START + timedelta(days=35)))
    for customer in (1, 2, 3):
        shop.put_customer(customer, country=("France", "Spain", "India")[customer - 1])
    for product in (1, 2):
        shop.put_product(product, price=f"{product}9.90")
    for order in range(1, 41):
        shop.put_order(
            order, customer_id=order % 3 + 1, product_id=order % 2 + 1, quantity=order % 4 + 1, unit_price="19.90",
            ordered_at=START + timedelta(days=order % 30, hours=order % 24), status="placed" if order % 5 else "cancelled",
        )  # fmt: skip


def move_on(provider: Provider, shop: Shop) -> None:
    """Two more days, corrections of a fortnight ago, late rows, other opening hours; orders corrected, placed and withdrawn."""
    later = START + timedelta(days=37)
    provider.put_readings(readings(range(35, 37), later, stores=("paris",)))
    provider.put_readings(readings(range(20, 22), later, factor=3, stores=("kolkata",)))
    provider.put_store("paris", opens_at="10:00", closes_at="20:00", updated_at=later)
    provider.put_sensor("kolkata-2", "kolkata", door=2, removed_at=START + timedelta(days=33), updated_at=later)
    shop.put_customer(2, country="Portugal", updated_at=later)
    shop.put_product(1, name="Renamed", updated_at=later)
    shop.put_order(3, quantity=9, status="placed", updated_at=later)
    shop.put_order(41, customer_id=2, product_id=1, quantity=2, ordered_at=later, updated_at=later)
    shop.withdraw("orders", 7)


def spark_place(folder: Path, *settings: str) -> Place:
    """A warehouse whose models Spark builds, with these lines of settings beside the shipped ones."""
    spark = {"TALLY_SPARK": f"127.0.0.1:{free_port()}", "TALLY_SPARK_CONF": str(settings_file(folder, *settings))}
    return place_in(folder, "spark", spark)


def states(place: Place) -> dict[str, int]:
    """How many states each Iceberg table has kept, by its folder, as its newest metadata file says."""
    found = {}
    for folder in place.path.with_suffix(".spark").glob("warehouse/*/*/metadata"):
        newest = max(folder.glob("*.metadata.json"), key=lambda file: int(file.name.partition("-")[0]))
        # Of a view, which has no states, it is compressed.
        content = gzip.decompress(newest.read_bytes()) if ".gz." in newest.name else newest.read_bytes()
        found[folder.parent.name] = len(json.loads(content).get("snapshots", []))
    return found


def settings_file(folder: Path, *more: str) -> Path:
    """The shipped settings with others for few rows after them: of two lines with one name Spark takes the last."""
    file = folder / "spark.conf"
    file.write_text((PROJECT / "deploy/spark/spark.conf").read_text() + SMALL + "\n".join(more))
    return file


def build(place: Place, other: Place, *domains: str) -> None:
    """Build these domains, or all, from the same raw rows on Spark and, from a copy of the file, on DuckDB. Marts are compared, not tested."""
    # What the Python models read is built with any domain.
    read = ("+int_air_quality__plausible_hours", "+int_air_quality__completions")
    chosen = ["--select", *(f"+tag:{domain}" for domain in domains), *read] if domains else []
    after = [f"source:forecasting+,tag:{domain}" for domain in domains]
    untested = ["--exclude-resource-type", "test", "unit_test"]
    copy_raw(place, other)
    other.run("dbt", "build", "--target", "dev", *chosen, *untested)
    place.run("ingestion", "to-spark")
    place.run("dbt", "build", *chosen, "--exclude", "source:forecasting+", *untested)
    place.run("orchestration", "spark-tables")
    place.run("orchestration", "spark-forecasts")
    place.run("dbt", "build", "--select", *(after or ["source:forecasting+"]), *untested)
    place.run("orchestration", "spark-tables")


def copy_raw(place: Place, other: Place) -> None:
    """Put the raw rows, with their load ids, into a file that keeps what was built in it before."""
    if not other.path.exists():
        shutil.copy(place.path, other.path)
        return
    script = (
        "import sys; from warehouse.connection import connect; from pathlib import Path\n"
        "connection = connect(Path(sys.argv[1]), 30)\n"
        "connection.execute(f\"attach '{sys.argv[2]}' as source (read_only)\")\n"
        "for schema, table in connection.execute(\"select schema_name, table_name from duckdb_tables() where database_name = 'source' "
        "and starts_with(schema_name, 'raw_') and schema_name <> 'raw_operations'\").fetchall():\n"
        '    connection.execute(f\'create or replace table "{schema}"."{table}" as from source."{schema}"."{table}"\')\n'
    )
    subprocess.run(
        [str(PYTHON), "-c", script, str(other.path), str(place.path)], cwd=PROJECT, env=other.environment, check=True
    )


def small_company(*places: Place) -> Iterator[tuple[str, ...]]:
    """Footfall and orders, loaded into the first place: all of them, then what changed."""
    with Provider() as provider, Shop() as shop:
        for place in places:
            place.environment |= {
                "SOURCES__FOOTFALL__BASE_URL": provider.base_url,
                "SOURCES__ORDERS__BASE_URL": shop.base_url,
            }
        for step in (open_company, move_on):
            step(provider, shop)
            places[0].run("ingestion", "footfall", "orders", "--reconcile", "4000")
            yield ("footfall", "orders")


def every_domain(*places: Place) -> Iterator[tuple[str, ...]]:
    """The mock's company from October on, loaded into the first place: all of it, then two more days."""
    port = free_port()
    for place in places:
        place.environment |= addresses(f"http://127.0.0.1:{port}")
    for now in ("2026-11-19T05:00:00+00:00", "2026-11-21T05:00:00+00:00"):
        for place in places:
            place.environment["TALLY_NOW"] = now
        with running(
            create_app(Settings(now=datetime.fromisoformat(now), history=date(2026, 10, 1))), "127.0.0.1", port
        ):
            places[0].run("ingestion")
        yield ()


def orders_on_both(place: Place, other: Place, chosen: tuple[str, ...]) -> Iterator[bool]:
    """Orders, taken to Spark and built by DuckDB: all of them, then what changed; each time whether it is the last."""
    with Shop() as shop, Provider() as provider:
        place.environment["SOURCES__ORDERS__BASE_URL"] = shop.base_url
        for step in (open_company, move_on):
            step(provider, shop)
            place.run("ingestion", "orders", "--reconcile", "4000")
            copy_raw(place, other)
            other.run("dbt", "build", "--target", "dev", *chosen)
            place.run("ingestion", "to-spark")
            yield step is move_on


def test_every_mart_equals_duckdbs(tmp_path: Path) -> None:
    place, other = spark_place(tmp_path), place_in(tmp_path, "file", {})
    with serving(place):
        for domains in (every_domain if IS_NIGHTLY else small_company)(place, other):
            build(place, other, *domains)
            found = assert_equal(place, other)
            assert found["fct_sensor_visits_hourly"][0] > 3000
            assert found["fct_orders"][0] >= 40
            assert found["fct_visits_forecasts_daily"][0] > 0
        # A build of which the views know nothing yet, as of one that was killed: what they show must stay.
        place.run("dbt", "run", "--select", "dim_stores")
        assert sum(count > 1 for count in states(place).values()) > 20
        assert "until a build that did not end is run again: 1." in place.run("ingestion", "compact")
        assert {name for name, count in states(place).items() if count > 1} == {"dim_stores"}
        assert_equal(place, other)
        assert "raw_footfall" not in place.run("ingestion", "to-spark")


def test_a_cluster_that_loses_a_worker_in_the_middle_of_a_build(tmp_path: Path) -> None:
    """Orders, on a master, two workers and a bucket: only the settings file says so. The build in which a worker dies ends right."""
    chosen = ("--select", "+tag:orders", "--exclude-resource-type", "test", "unit_test")
    other = place_in(tmp_path, "file", {})
    with cluster(tmp_path) as (master, workers), mounted_bucket(tmp_path / "bucket", "tally") as (bucket, keys):
        # In place of hadoop-aws, which is not to be had from PyPI: Spark sees the bucket as a folder, under its own address.
        bucket_lines = (
            "spark.sql.warehouse.dir s3a://tally/lake",
            "spark.hadoop.fs.s3a.impl org.apache.hadoop.fs.viewfs.ViewFileSystemOverloadScheme",
            f"spark.hadoop.fs.viewfs.mounttable.tally.linkFallback file://{tmp_path / 'bucket'}",
        )
        place = spark_place(
            tmp_path, f"spark.master {master}", "spark.executor.memory 768m", "spark.executor.cores 1", *bucket_lines
        )
        # Such a folder asks for the group of the user who connects, whom this machine need not know.
        (tmp_path / "core-site.xml").write_text(
            "<configuration><property><name>hadoop.user.group.static.mapping.overrides</name><value>tally=tally</value></property></configuration>"
        )
        place.environment |= keys | {"TALLY_LANDING": "s3://tally/landing", "HADOOP_CONF_DIR": str(tmp_path)}
        with serving(place):
            for is_last in orders_on_both(place, other, chosen):
                build = place.begin("dbt", "build", *chosen)
                if is_last:
                    assert build.stdout
                    next(line for line in build.stdout if "OK created sql incremental model" in line)
                    os.killpg(workers[0].pid, signal.SIGKILL)
                said = build.communicate()[0]
                assert build.returncode == 0, said[-5000:]
                place.run("orchestration", "spark-tables")
                assert assert_equal(place, other)["fct_orders"][0] >= 40
            assert "Lost executor" in place.path.with_suffix(".spark").joinpath("server.log").read_text()
            assert " earlier states of its tables deleted" in place.run("ingestion", "compact")
            assert_equal(place, other)
        names = [
            each["Key"] for page in bucket.get_paginator("list_objects_v2").paginate(Bucket="tally") for each in page["Contents"]
        ]  # fmt: skip
        assert any(name.startswith("lake/marts.db/fct_orders/data/") for name in names)
        # What has arrived is not left lying: customers are in it.
        assert not [name for name in names if name.startswith("landing/") and not name.endswith("/")]


def test_a_rest_catalog(tmp_path: Path) -> None:
    """Orders with their tables in a REST catalog: only the settings file says so. Full, an increment, and compacted."""
    chosen = ("--select", "+tag:orders", "--exclude-resource-type", "test", "unit_test")
    other = place_in(tmp_path, "file", {})
    with rest_catalog(tmp_path / "lake") as uri:
        catalog = "spark.sql.catalog.lake"
        # Iceberg's own jar, which PyPI lacks, has all of it.
        jars = ":".join(map(str, [*PYTHON.parent.parent.glob("jars/*.jar"), http_client(tmp_path)]))
        place = spark_place(
            tmp_path, "spark.sql.defaultCatalog lake", f"{catalog} org.apache.iceberg.spark.SparkCatalog",
            f"{catalog}.type rest", f"{catalog}.uri {uri}", f"{catalog}.cache-enabled false",
            f"spark.driver.extraClassPath {jars}", f"spark.executor.extraClassPath {jars}",
        )  # fmt: skip
        with serving(place):
            for _ in orders_on_both(place, other, chosen):
                place.run("dbt", "build", *chosen)
                place.run("orchestration", "spark-tables")
                assert assert_equal(place, other)["fct_orders"][0] >= 40
            assert " earlier states of its tables deleted" in place.run("ingestion", "compact")
            assert_equal(place, other)
    assert "opens no session" in place.refused("orchestration", "spark")  # the catalog is gone
    # Nothing went past the catalog.
    assert not list(place.path.with_suffix(".spark").glob("warehouse/*/*/metadata"))
