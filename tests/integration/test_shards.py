"""Two shards and one committer, killed where it hurts: the raw tables are equal to those of one machine, and a build misses nothing."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3  # type: ignore[import-untyped]
import duckdb
import pytest

from ingestion.shards import Shard
from tests import flow
from tests.air_provider import AirProvider
from tests.kill import Killer
from tests.orders_provider import Shop
from tests.provider import Provider
from tests.retail_provider import RetailProvider
from tests.servers import s3

START = datetime(2024, 3, 4, tzinfo=UTC)
STORES = ("paris", "madrid", "berlin", "lyon")
RAW = ("raw_footfall.stores", "raw_footfall.sensors", "raw_footfall.readings", "raw_footfall.rejected_records")
WHEN = "_dlt_load_id, first_seen_at"
"""When a row came, which two machines cannot do at one moment."""


@pytest.fixture
def killer(tmp_path: Path) -> Iterator[Killer]:
    killer = Killer(tmp_path)
    yield killer
    killer.close()


def report(provider: Provider, days: range, seed: int) -> None:
    """Counts of these days, all written when the last of them has ended."""
    chance = random.Random(seed)
    provider.put_readings(
        {
            "sensor_id": f"{store}-{door}",
            "hour_start": START + timedelta(days=day, hours=hour),
            "visits": chance.randrange(60),
            "updated_at": START + timedelta(days=days.stop),
        }
        for store in STORES
        for door in (1, 2)
        for day in days
        for hour in range(24)
    )


def rows(warehouse: Path, query: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        found: list[tuple[object, ...]] = connection.execute(query).fetchall()
        return found


def build() -> None:
    flow.build("--select", "+fct_sensor_visits_hourly", *flow.UNTESTED)


def test_shards_equal_one_machine(
    provider: Provider, warehouse: Path, tmp_path: Path, killer: Killer, monkeypatch: pytest.MonkeyPatch
) -> None:
    landing, late, single = tmp_path / "landing", tmp_path / "late", tmp_path / "single" / "warehouse.duckdb"
    landing.mkdir()
    late.mkdir()
    monkeypatch.setenv("TALLY_LANDING", str(landing))
    monkeypatch.setenv("TALLY_WRITER", "till-room")
    monkeypatch.setenv("SOURCES__FOOTFALL__BASE_URL", provider.base_url)
    settings = {
        "TALLY_LANDING": str(landing),
        "TALLY_WRITER": "till-room",
        "SOURCES__FOOTFALL__BASE_URL": provider.base_url,
    }

    def run(*command: str, before: str | None = None) -> None:
        done = killer.run(warehouse, "ingestion", *command, at=None, before=before, **settings)
        assert done.killed == (before is not None), done.output
        assert done.killed or done.code == 0, done.output

    for store in STORES:
        provider.put_store(store)
        for door in (1, 2):
            provider.put_sensor(f"{store}-{door}", store, door=door)
    report(provider, range(10), seed=1)
    unreadable = {"sensor_id": "paris-1", "hour_start": "2024-03-02T10:00:00Z", "visits": "many", "status": "ok"}
    provider.arrow = False
    provider.put_unreadable(unreadable | {"updated_at": "2024-03-02T11:00:00Z"}, updated_at="2024-03-02T11:00:00Z")

    def take_alone() -> None:
        flow.ingest("footfall", TALLY_WAREHOUSE=str(single))

    single.parent.mkdir()
    take_alone()
    # Killed once the rows are loaded; once they are written, before the manifest that says so; and before the shard notes that it has shipped.
    run("footfall", "--shard", "1/2", before="ingestion.runner:_Batch._move_cursors")
    run("footfall", "--shard", "1/2", before="ingestion.landing:Landing.finish")
    assert list(landing.iterdir()) and not list(landing.glob("*.json"))
    run("footfall", "--shard", "1/2", before="ingestion.ship:_note")
    assert len(list(landing.glob("*.json"))) == 1
    run("footfall", "--shard", "1/2")
    # The other one's shipment is under way for long: its loads come before those that are committed first.
    run("footfall", "--shard", "2/2")
    (of_second,) = [file for file in landing.glob("*.json") if json.loads(file.read_text())["shard"] == "2/2"]
    for file in landing.glob(f"{of_second.stem}*"):
        shutil.move(file, late / file.name)

    # The committer is killed with the rows merged and its note not yet made: nothing is in the warehouse.
    run("commit", before="ingestion.commit:_save_ledger")
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        assert connection.execute(
            "select count(*) from duckdb_tables() where schema_name = 'raw_footfall'"
        ).fetchone() == (0,)
    # … and with all committed and the shipment still there: it is not taken again.
    run("commit", before="ingestion.landing:Landing.remove")
    taken = rows(warehouse, "select count(*), max(_dlt_load_id) from raw_footfall.readings")
    run("commit")
    assert rows(warehouse, "select count(*), max(_dlt_load_id) from raw_footfall.readings") == taken
    own = [f"{store}-{door}" for store in STORES for door in (1, 2) if Shard(1, 2).has(f"{store}-{door}")]
    assert 0 < len(own) < 8 and taken[0][0] == len(own) * 240
    build()

    # Days later: counts that were corrected, a store that moved its opening hours, more hours; the first shard is quick.
    report(provider, range(8, 14), seed=2)
    provider.put_store("paris", closes_at="20:00", updated_at=START + timedelta(days=12))
    take_alone()
    run("footfall", "--shard", "1/2")
    run("commit")
    for file in late.iterdir():
        shutil.move(file, landing / file.name)
    run("commit")
    run("footfall", "--shard", "2/2")
    run("commit")
    assert not list(landing.iterdir()), "what was committed is purged, and what was never finished"
    loads = rows(warehouse, "select load_id from raw_operations.shipments order by committed_at")
    assert loads == sorted(set(loads)) and len(loads) == 5
    build()
    # Built before the late shipment came and after it, the mart has each of the provider's counts.
    counted = (
        "select sensor_id, strftime(hour_start_at, '%Y-%m-%dT%H:%M:%S.%fZ'), visits from marts.fct_sensor_visits_hourly "
        "where visits is not null"
    )
    provided = [tuple(row[name] for name in ("sensor_id", "hour_start", "visits")) for row in provider.readings()]
    assert sorted(rows(warehouse, counted)) == sorted(row for row in provided if row[2] != "many")

    with duckdb.connect(str(warehouse), read_only=True) as connection:
        connection.execute(f"attach '{single}' as single (read_only)")
        for table in RAW:
            timeless = f"* exclude ({WHEN})" if "rejected" in table else "* exclude (_dlt_load_id)"
            here, there = f"select {timeless} from {table}", f"select {timeless} from single.{table}"
            differing = f"({here} except all {there}) union all ({there} except all {here})"
            assert connection.execute(differing).fetchall() == [], table
            assert connection.execute(f"select count(*) > 0 from {table}").fetchone() == (True,), table
        runs = connection.execute(
            "select writer, outcome, count(*) from raw_operations.runs where what = 'ingestion' group by all order by all"
        ).fetchall()
    # What was killed while it shipped had loaded well.
    assert runs == [("till-room 1/2", "failed", 1), ("till-room 1/2", "ok", 4), ("till-room 2/2", "ok", 2)]

    # Back to one machine: it finds all that shards have brought, and goes on with dlt from there.
    report(provider, range(14, 15), seed=3)
    monkeypatch.setenv("TALLY_WAREHOUSE", str(warehouse))
    flow.ingest("footfall")
    newest = "select count(*), count(*) filter (where _dlt_load_id = (select max(_dlt_load_id) from raw_footfall.readings)) from raw_footfall.readings"
    assert rows(warehouse, newest) == [(8 * 24 * 15, 8 * 24)]


DOORS = """\
fills = "footfall.readings"
from = "inbox/*.csv"
timezone = "Europe/Dublin"
interval = 60

[columns]
sensor_id = "door"
store_id = "shop"
hour_start = "at"
visits = "n"
"""
OWN_TIME = ("_dlt_load_id", "first_seen_at", "seen_at", "replaced_load_id")
"""When a machine loaded a row, or first saw it. Two machines never agree on it."""


def as_any_machine_has_it(connection: duckdb.DuckDBPyConnection, catalog: str, table: str) -> str:
    """SQL for a raw table's rows without the moments at which they came: versions have numbers, and rows are withdrawn or not."""
    schema, name = table.split(".")
    columns = {
        column
        for (column,) in connection.execute(
            "select column_name from duckdb_columns() where database_name = ? and schema_name = ? and table_name = ?",
            [catalog, schema, name],
        ).fetchall()
    }
    said = {column: f'"{column}"' for column in sorted(columns - set(OWN_TIME))}
    if "withdrawn_at" in columns:
        said["withdrawn_at"] = "withdrawn_at is not null"
    if {"feed", "updated_at"} <= columns:  # of a file: when it was read
        said["updated_at"] = "case when feed is null then updated_at end"
    if "received_at" in columns:
        key = "product_id" if "product_id" in columns else "station_id"
        said["received_at"] = f"row_number() over (partition by {key} order by received_at)"
    return f"select {', '.join(said.values())} from {catalog}.{table}"


def test_shards_of_every_other_source_equal_one_machine(
    warehouse: Path, tmp_path: Path, killer: Killer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Through a bucket; the last shard comes first, one is killed, and both miss a shipment: what was loaded in between is shipped with the next."""
    single = tmp_path / "single" / "warehouse.duckdb"
    single.parent.mkdir()
    for folder in ("feeds", "inbox"):
        (tmp_path / folder).mkdir()
    with Shop() as shop, AirProvider() as air, RetailProvider() as retail, s3() as endpoint:
        bucket = boto3.client(
            "s3",
            endpoint_url=endpoint,
            aws_access_key_id="unused",
            aws_secret_access_key="unused",
            region_name="us-east-1",
        )
        bucket.create_bucket(Bucket="landing")
        settings = {
            "TALLY_LANDING": "s3://landing/tally",
            "TALLY_FEEDS": str(tmp_path / "feeds"),
            "TALLY_WRITER": "till-room",
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_ACCESS_KEY_ID": "unused",
            "AWS_SECRET_ACCESS_KEY": "unused",
            "AWS_DEFAULT_REGION": "us-east-1",
            "SOURCES__ORDERS__BASE_URL": shop.base_url,
            **retail.environment(),
        }

        def landed() -> list[str]:
            return [each["Key"] for each in bucket.list_objects_v2(Bucket="landing").get("Contents", [])]

        def run(*command: str, where: Path = warehouse, before: str | None = None) -> None:
            done = killer.run(where, "ingestion", *command, at=None, before=before, **settings, **air.environment())
            assert done.killed == (before is not None), done.output
            assert done.killed or done.code == 0, done.output

        def load(number: int, *names: str, before: str | None = None) -> None:
            run(*names, "--reconcile", "36500", "--shard", f"{number}/2", before=before)

        def take_alone() -> None:
            run("--reconcile", "36500", where=single)

        def counts(day: int, visits: int) -> None:
            lines = [
                f"d{door},{shop},2024-05-{day:02} {hour:02}:00,{visits + hour}"
                for door, shop in ((1, "north"), (2, "south"))
                for hour in range(24)
            ]
            text = "\n".join(["door,shop,at,n", *lines, f"d3,north,2024-05-{day:02} 10:00,many"])
            (tmp_path / "inbox" / f"{day}.csv").write_text(text, "utf-8")

        (tmp_path / "feeds" / "doors.toml").write_text(DOORS, "utf-8")
        counts(1, visits=3)
        for number in range(1, 7):
            shop.put_customer(number)
            shop.put_product(number)
            for order in (number, 10 + number):
                shop.put_order(order, customer_id=number, product_id=number)
        for number in range(4):
            shop.put_unreadable("orders", {"order_id": f"broken {number}", "bill": "much"})
        for station in range(1, 5):
            air.put_station(station)
            for hour in range(20):
                air.put(station, f"2024-05-01 {hour:02}:00:00", {"CO": hour / 10, "PM2.5": 7 + station})
            air.appended[str(station)].append({"timestamp": "yesterday"})
        for store in range(1, 6):
            retail.sell("2024-05-01", "REF001", store, store)
        take_alone()
        load(2)
        load(1, before="ingestion.ship:_note")
        run("commit", before="ingestion.commit:_save_ledger")
        assert rows(
            warehouse,
            "select count(*) from duckdb_tables() where starts_with(schema_name, 'raw_') and schema_name <> 'raw_operations'",
        ) == [(0,)]
        load(1)
        run("commit")
        assert landed() == []

        # A price goes up and back again before it is shipped, and a station is renamed; then changes of every other kind.
        retail.prices["REF002"] = "55"
        air.put_station(1, "PORT")
        air.put(1, "2024-05-02 00:00:00", {"CO": 1})
        take_alone()
        for number in (1, 2):
            load(number, "retail", "air_quality", before="ingestion.ship:ship")
        retail.prices["REF002"] = "19.99"
        air.put_station(1)
        retail.sell("2024-05-02", "REF002", 1, 1)
        shop.put_customer(3, email="new@example.org", updated_at="2026-02-02T00:00:00Z")
        air.put(2, "2024-05-01 05:00:00", {"CO": 9, "PM2.5": 9})
        shop.put_order(12, status="shipped", quantity=2, updated_at="2026-02-03T00:00:00Z")
        shop.put_order(30, customer_id=2, product_id=1)
        shop.withdraw("orders", 4)
        counts(1, visits=5)
        counts(2, visits=8)
        take_alone()
        load(2)
        load(1)
        run("commit")
        assert landed() == []

    with duckdb.connect(str(warehouse), read_only=True) as connection:
        connection.execute(f"attach '{single}' as single (read_only)")
        tables = [
            table
            for (table,) in connection.execute(
                "select schema_name || '.' || table_name from duckdb_tables() where database_name = 'single' "
                "and schema_name in ('raw_orders', 'raw_air_quality', 'raw_retail', 'raw_footfall') and not starts_with(table_name, '_dlt') order by all"
            ).fetchall()
        ]
        for table in tables:
            here = as_any_machine_has_it(connection, "warehouse", table)
            there = as_any_machine_has_it(connection, "single", table)
            assert (
                connection.execute(f"({here} except all {there}) union all ({there} except all {here})").fetchall()
                == []
            ), table
        assert {
            "raw_orders.customers", "raw_orders.products", "raw_orders.orders", "raw_orders.rejected_records", "raw_air_quality.stations",
            "raw_air_quality.hourly", "raw_air_quality.superseded", "raw_air_quality.rejected_records", "raw_retail.products", "raw_retail.stores",
            "raw_retail.sales", "raw_footfall.readings", "raw_footfall.sensors", "raw_footfall.rejected_records",
        } <= set(tables)  # fmt: skip
        priced = "select price::varchar from raw_retail.products where product_id = 'REF002' order by received_at"
        assert connection.execute(priced).fetchall() == [("19.9900",), ("55.0000",), ("19.9900",)]
