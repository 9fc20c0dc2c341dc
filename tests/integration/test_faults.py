"""What goes wrong around Tally: kills, failing and lying providers, a full disk, folders that cannot be written.

Each ends with one clear line or with a correct load; never with a hang, and never in silence. What a footfall provider
alone can do is in test_ingestion_footfall, what a CSV file can do in test_retail_ingestion.
"""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from dbt_common.events.base_types import EventLevel

from ingestion.runner import run
from ingestion.schemas import RunResult
from mock_api.app import create_app
from mock_api.clock import Clock
from mock_api.server import running
from mock_api.settings import Settings, World
from orchestration.loop import Loop, Site, Stop
from orchestration.steps import CYCLE, Outcome
from publishing.parquet import publish
from publishing.publication import PublishingError
from tests import flow, soak
from tests.air_provider import AirProvider
from tests.http_server import Answer, Request, as_json
from tests.orders_provider import Shop
from tests.provider import LIES
from tests.small_disk import SmallDisk

NOW = datetime(2026, 11, 22, 5, tzinfo=UTC)
RAW = {
    "raw_footfall": ("stores", "sensors", "readings"),
    "raw_retail": ("products", "stores", "sales"),
    "raw_air_quality": ("stations", "hourly"),
    "raw_orders": ("customers", "products", "orders"),
}
NOBODY = 65534


@pytest.fixture
def shop(warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    with Shop() as shop:
        monkeypatch.setenv("SOURCES__ORDERS__BASE_URL", shop.base_url)
        monkeypatch.setenv("RUNTIME__REQUEST_BACKOFF_FACTOR", "0.01")
        shop.put_product(1)
        for number in range(60):
            shop.put_customer(number)
            shop.put_order(number, customer_id=number)
        yield shop


def error_of(warehouse: Path, source: str) -> str:
    """The one line of a run of a source that must fail."""
    (result,) = run([source], warehouse, lock_timeout=0)
    assert result.error is not None
    assert "\n" not in result.error
    return result.error


def orders_held(warehouse: Path) -> list[int]:
    return [row[0] for row in flow.query(warehouse, "select order_id::int from raw_orders.orders order by 1")]


# Kills.


def die(*arguments: Any, **options: Any) -> None:
    os.kill(os.getpid(), 9)


def test_ingestion_killed_loses_and_doubles_nothing(warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rows are in their tables, and dlt has not yet written down that the load is done."""

    def kill(before: soak.Work, work: soak.Work) -> None:
        def dying() -> None:
            monkeypatch.setattr("dlt.destinations.job_client_impl.SqlJobClientBase.complete_load", die)
            work()

        before()
        assert soak.killed(dying, None)

    soak.soak_ingestion(warehouse, seed=11, kills=kill)


def test_a_build_killed_is_made_good_by_the_next(warehouse: Path) -> None:
    """Days of a fact are replaced, and the transaction is not yet committed."""
    is_written = False

    def on_event(event: Any) -> None:
        nonlocal is_written
        if event.info.name == "SQLQuery":
            is_written = bool(re.search(r"merge into\s+\S*fct_sensor_visits_hourly", event.data.sql.lower()))
        elif event.info.name == "SQLQueryStatus" and is_written:
            die()

    def kill(before: soak.Work, work: soak.Work) -> None:
        before()
        assert soak.killed(lambda: soak.build(*flow.UNTESTED, on_event=on_event), None)

    # `make soak` kills data tests too.
    soak.soak_builds(warehouse, 11, kill, *flow.UNTESTED)


class Warm(Loop):
    """A loop as it is after its first cycle, with the project parsed already."""

    def __init__(self, warehouse: Path) -> None:
        super().__init__(warehouse, 3600, Site(None), Stop())
        self._flow.dbt._manifest = flow.manifest()
        self._flow.builds_all = False


def test_cycles_killed_while_loading_building_and_publishing_are_made_good_by_the_next(
    shop: Shop, warehouse: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of three processes dies by SIGKILL in another step of a real cycle, and each finds what the one before left."""
    monkeypatch.setattr("ingestion.sources.NAMES", ("orders",))
    run(["orders"], warehouse)
    flow.build("--select", "tag:orders", "+fct_rejected_records", *flow.UNTESTED)

    def cycle(killed_at: str | None) -> Callable[[], None]:
        def work() -> None:
            if killed_at == "loading":
                # Raw has the rows, the cursor does not know.
                monkeypatch.setattr("ingestion.runner._Batch._move_cursors", die)
            if killed_at == "publishing":
                monkeypatch.setattr("publishing.parquet.swap", die)
            loop = Warm(warehouse)
            if killed_at == "building":
                seen: list[str] = []

                def told(event: Any) -> None:
                    if event.info.name == "LogModelResult":
                        seen.append(event.info.msg)
                    if len(seen) == 3:
                        die()

                monkeypatch.setattr("warehouse.dbt_events.READ", set(EventLevel))
                monkeypatch.setattr("warehouse.dbt_runner._log_errors", told)
            loop._cycle()

        return work

    for number, moment in enumerate(("loading", "building", "publishing")):
        shop.put_order(100 + number, ordered_at=f"2026-02-0{number + 1}T00:00:00Z")
        shop.put_order(number, status="returned", updated_at=f"2026-02-0{number + 1}T00:00:01Z")
        assert soak.killed(cycle(moment), None), moment
        if moment == "building":
            with pytest.raises(PublishingError, match="did not end"):
                publish(warehouse)
            assert flow.query(warehouse, "select count(*) > 3 from raw_operations.unfinished_nodes") == [(True,)]

    shop.put_order(200, ordered_at="2026-03-01T00:00:00Z")
    last = Warm(warehouse)
    last._flow.builds_all = True
    last._cycle()

    assert orders_held(warehouse) == sorted([*range(60), 100, 101, 102, 200])
    published = warehouse.with_suffix(".marts") / "fct_orders.parquet"
    with duckdb.connect() as connection:
        rows = connection.execute(f"select order_id::int, is_counted from '{published}' order by 1").fetchall()
    assert rows == [(number, number > 2) for number in orders_held(warehouse)]
    outcomes = flow.query(warehouse, "select distinct outcome from raw_operations.runs where ended_at is null")
    assert outcomes == [("failed",)]
    assert flow.query(warehouse, "select node_id from raw_operations.unfinished_nodes") == []
    copy = flow.copied(warehouse, warehouse.with_name("refreshed"))
    monkeypatch.setenv("TALLY_WAREHOUSE", str(copy))
    flow.build("--select", "tag:orders", "--full-refresh", *flow.UNTESTED)
    assert flow.differences(warehouse, copy, soak.MARTS[:7]) == {}


def test_failing_rows_are_kept_for_as_long_as_their_test_fails(shop: Shop, warehouse: Path) -> None:
    test = "dim_customers_keeps_its_rules"
    kept = f"select table_name from information_schema.tables where table_schema = 'test_failures' and table_name = '{test}'"
    run(["orders"], warehouse)
    flow.build("--select", "+dim_customers")
    assert flow.query(warehouse, kept) == []

    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("insert into marts.dim_customers from marts.dim_customers where customer_id = '7'")
    assert not flow.dbt("build", "--select", test).success
    assert flow.query(warehouse, f"select rule, row_found, rows_found from test_failures.{test}") == [
        ("not unique, or null: customer_id", "customer_id: 7", 2)
    ]
    with pytest.raises(PublishingError, match=test):
        publish(warehouse)

    # A good build of something else says nothing about it.
    flow.build("--select", "dim_customer_versions")
    with pytest.raises(PublishingError, match=f"{test} has not been built well"):
        publish(warehouse)

    flow.build("--select", "dim_customers")
    assert flow.query(warehouse, kept) == []
    assert publish(warehouse).marts["dim_customers"] == 60


class Bare(Loop):
    """A loop that ingests and does nothing else but what a test has it do at the end of each cycle."""

    def __init__(self, warehouse: Path, at_the_end: list[Callable[[], None]]) -> None:
        super().__init__(warehouse, 0.05, Site(None), Stop())
        self._at_the_end = at_the_end

    def _step(self, name: str) -> Outcome:
        if name == "ingest":
            return super()._step(name)
        if name == CYCLE[-1]:
            work = self._at_the_end.pop(0)
            if not self._at_the_end:
                self._stop._asked.set()
            work()
        return Outcome(name, "", 0.0)


def cycles_recorded(warehouse: Path) -> list[tuple[Any, ...]]:
    return flow.query(
        warehouse, "select outcome, message from raw_operations.runs where what = 'cycle' order by started_at"
    )


def test_a_loop_goes_on_whatever_is_raised_in_a_cycle(
    shop: Shop, warehouse: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("ingestion.sources.NAMES", ("orders",))

    def bug() -> None:
        raise ZeroDivisionError("a bug")

    def disk() -> None:
        raise OSError(28, "No space left on device")

    def new_order() -> None:
        shop.put_order(60)

    assert Bare(warehouse, [bug, disk, new_order, lambda: None]).run() == 0

    assert cycles_recorded(warehouse) == [
        ("failed", "ZeroDivisionError: a bug"),
        ("failed", "[Errno 28] No space left on device"),
        ("ok", None),
        ("ok", None),
    ]
    assert orders_held(warehouse) == list(range(61))
    assert [record.exc_info[0] for record in caplog.records if record.exc_info] == [ZeroDivisionError]


def test_a_loop_goes_on_when_somebody_holds_the_warehouse_as_a_cycle_ends(
    shop: Shop, warehouse: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("ingestion.sources.NAMES", ("orders",))
    monkeypatch.setenv("TALLY_LOCK_TIMEOUT", "0.3")
    program = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print(flush=True); input()"
    holders: list[subprocess.Popen[bytes]] = []

    def hold() -> None:
        holder = subprocess.Popen(
            [sys.executable, "-c", program, str(warehouse)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert holder.stdout is not None
        holder.stdout.readline()
        holders.append(holder)

    def check(self: Loop) -> None:
        # Between two cycles: the first has ended by now.
        if holders and holders[0].poll() is None:
            holders[0].communicate(b"\n", timeout=30)

    monkeypatch.setattr(Loop, "_check_site", check)
    with caplog.at_level("INFO", logger="orchestration"):
        assert Bare(warehouse, [hold, lambda: None]).run() == 0

    assert [message for message in caplog.messages if "the end of the cycle was not recorded" in message]
    assert cycles_recorded(warehouse) == [("failed", "killed before it ended"), ("ok", None)]


# Providers.


def contents(warehouse: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every raw row but for what names its load and when it was received."""
    found = {}
    for schema, tables in RAW.items():
        for table in tables:
            rows = f"select columns(name -> name not in ('_dlt_load_id', 'received_at')) from {schema}.{table} order by all"
            if table == "sales":
                rows = f"select sale_date, product_id, quantity, store_id from {schema}.{table} order by all"
            found[f"{schema}.{table}"] = flow.query(warehouse, rows)
    return found


def test_a_fifth_of_all_requests_failing_every_source_ends_complete_and_exact(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNTIME__REQUEST_BACKOFF_FACTOR", "0.01")
    monkeypatch.setenv("SOURCES__FOOTFALL__PAGE_SIZE", "700")
    monkeypatch.setenv("SOURCES__ORDERS__PAGE_SIZE", "60")
    found = []
    for chaos in (0.0, 0.2):
        settings = Settings(world=World.SEEDS, history=datetime(2026, 11, 18).date(), chaos=chaos, orders_rate=0.003)
        warehouse = tmp_path / f"{chaos}.duckdb"
        with running(create_app(settings, Clock(lambda: NOW))) as address:
            for name, path in (
                ("FOOTFALL__BASE_URL", "footfall/v1"),
                ("ORDERS__BASE_URL", "orders/v1"),
                ("AIR_QUALITY__BASE_URL", "air"),
                ("RETAIL__PRODUCTS_URL", "retail/produits.csv"),
                ("RETAIL__STORES_URL", "retail/magasins.csv"),
                ("RETAIL__SALES_URL", "retail/ventes.csv"),
            ):
                monkeypatch.setenv(f"SOURCES__{name}", f"{address}/{path}")
            for _ in range(3 if chaos else 1):  # what fails for good once, the next run makes good
                results: list[RunResult] = run([], warehouse)
                if not any(result.error for result in results):
                    break
        assert [result.error for result in results] == [None] * 4
        found.append(contents(warehouse))
    calm, rough = found
    assert all(len(rows) > 1 for rows in calm.values())
    # Where there is chaos the file of sales has bad lines after good ones, more than the calm one: no good one is missing.
    good, among_bad = (Counter(contents.pop("raw_retail.sales")) for contents in (calm, rough))
    assert good <= among_bad
    assert among_bad.total() < 1.02 * good.total()
    assert rough == calm


SHAPES = {
    "html": "HTML",
    "empty body": "an empty body",
    "invalid json": "not valid JSON",
    "truncated": "cut the connection",
    "gigabyte": "more than 64 MB",
}


@pytest.mark.parametrize("lie", [*SHAPES, "no data", "data is not a list", "cursor is not text", "endless empty pages"])
def test_a_shop_that_lies_is_one_clear_line_and_the_next_run_takes_all(shop: Shop, warehouse: Path, lie: str) -> None:
    says = SHAPES | {
        "no data": "without a list named data",
        "data is not a list": "without a list named data",
        "cursor is not text": "not text",
        "endless empty pages": "empty pages",
    }
    number = iter(range(10_000))
    shop.intercept = lambda request: (
        LIES[lie](None, request, next(number)) if request.path == "/orders" else None  # type: ignore[arg-type]
    )
    assert says[lie] in error_of(warehouse, "orders")

    shop.intercept = None
    (result,) = run(["orders"], warehouse)
    assert result.error is None
    assert orders_held(warehouse) == list(range(60))


@pytest.mark.parametrize("kind", ["stands still", "loops", "same page"])
def test_a_shops_cursor_that_leads_nowhere_ends(shop: Shop, warehouse: Path, kind: str) -> None:
    number = iter(range(10_000))
    row = shop.newest("orders")[0]

    def circle(request: Request) -> Answer | None:
        if request.path != "/orders":
            return None
        cursor = {"stands still": "again", "loops": f"{next(number) % 3}", "same page": f"{next(number)}"}[kind]
        return as_json({"data": [row], "next_cursor": cursor})

    shop.intercept = circle
    assert "again and again" in error_of(warehouse, "orders")


def test_a_new_field_is_reported_and_a_changed_type_rejected_while_the_others_load(
    shop: Shop, warehouse: Path, caplog: pytest.LogCaptureFixture
) -> None:
    shop.put_order(0, voucher="SPRING")
    shop.put_order(60, quantity=1)
    shop.put_order(61, quantity="many", bill="1")

    with caplog.at_level("INFO", logger="ingestion"):
        (result,) = run(["orders"], warehouse)

    assert result.error is None
    assert orders_held(warehouse) == list(range(61))
    assert flow.query(warehouse, "select reason from raw_orders.rejected_records") == [("quantity is not an integer",)]
    assert any("voucher" in message for message in caplog.messages)


@pytest.mark.parametrize("lie", SHAPES)
def test_a_network_that_lies_about_one_station_is_one_clear_line(
    warehouse: Path, monkeypatch: pytest.MonkeyPatch, lie: str
) -> None:
    one, other = "283164601", "283181971"
    with AirProvider() as network:
        for station in (one, other):
            network.put_station(station)
            network.put(station, "2026-11-21 05:00:00", {"CO": 0.4, "PM2.5": 11.0})
        for name, value in network.environment().items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("RUNTIME__REQUEST_BACKOFF_FACTOR", "0.01")
        network.intercept = lambda request: (
            LIES[lie](None, request, 0) if request.path.endswith(f"/{one}") else None  # type: ignore[arg-type]
        )
        error = error_of(warehouse, "air_quality")
    assert SHAPES[lie] in error
    assert str(one) in error
    assert flow.query(warehouse, "select distinct station_id from raw_air_quality.hourly") == [(other,)]


# The machine.


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    """A command that must end with one clear line on its standard error."""
    done = flow.run(*arguments)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    return done


def test_a_full_disk_is_one_clear_line_and_the_next_run_takes_all(
    shop: Shop, small_disk: SmallDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse = small_disk.path / "warehouse.duckdb"
    monkeypatch.setenv("TALLY_WAREHOUSE", str(warehouse))
    for number in range(60, 20_000):
        shop.put_order(number, status=f"{number}-" + "x" * 200)

    done = command(sys.executable, "-m", "ingestion", "orders")

    assert "No space left on device" in " ".join(done.stderr.split())
    assert small_disk.free() < 1_000_000
    small_disk.grow(200)
    (result,) = run(["orders"], warehouse)
    assert result.error is None
    assert orders_held(warehouse) == list(range(20_000))


def test_a_build_on_a_full_disk_says_so_and_the_next_one_ends_as_a_full_refresh(
    shop: Shop, small_disk: SmallDisk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_disk.grow(100)
    warehouse = small_disk.path / "warehouse.duckdb"
    monkeypatch.setenv("TALLY_WAREHOUSE", str(warehouse))
    selection = ("--select", "+tag:orders", *flow.UNTESTED)
    run(["orders"], warehouse)
    flow.build(*selection)
    publish(warehouse)
    for number in range(60, 30_000):
        shop.put_order(number, customer_id=number % 60, status=f"{number}-" + "x" * 60)
    run(["orders"], warehouse)
    small_disk.fill(but=100_000)

    dbt = str(Path(sys.executable).with_name("dbt"))
    done = flow.run(dbt, "build", *selection, "--exclude-resource-type", "unit_test")

    assert done.returncode != 0
    assert "No space left on device" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    small_disk.empty()
    with pytest.raises(PublishingError):
        publish(warehouse)
    flow.build(*selection)
    assert publish(warehouse).marts["fct_orders"] == 30_000
    copy = flow.copied(warehouse, tmp_path / "refreshed")
    monkeypatch.setenv("TALLY_WAREHOUSE", str(copy))
    flow.build("--select", "tag:orders", "--full-refresh", *flow.UNTESTED)
    assert flow.differences(warehouse, copy, soak.MARTS[:7]) == {}


def test_publishing_on_a_full_disk_keeps_what_was_published(
    small_disk: SmallDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.integration.test_publishing import generations, make_marts, record_build
    from tests.integration.test_publishing import run as publishing

    small_disk.grow(50)
    warehouse = small_disk.path / "warehouse.duckdb"
    monkeypatch.setenv("TALLY_WAREHOUSE", str(warehouse))
    make_marts(warehouse, 1)
    record_build(warehouse, 1)
    assert publishing(warehouse).exit_code == 0
    make_marts(warehouse, 2)
    record_build(warehouse, 2)
    small_disk.fill(but=0)

    done = command(sys.executable, "-m", "publishing")

    (line,) = done.stderr.splitlines()
    assert line.startswith("publishing: The marts could not be written")
    assert "No space left on device" in line
    assert generations(warehouse) == {1}
    small_disk.empty()
    assert publishing(warehouse).exit_code == 0
    assert generations(warehouse) == {2}


@pytest.mark.parametrize(
    "arguments", [("ingestion", "compact"), ("orchestration", "backup")], ids=["compacting", "backing up"]
)
def test_what_copies_the_warehouse_leaves_it_be_on_a_full_disk(
    shop: Shop, small_disk: SmallDisk, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, str]
) -> None:
    small_disk.grow(100)
    warehouse = small_disk.path / "warehouse.duckdb"
    monkeypatch.setenv("TALLY_WAREHOUSE", str(warehouse))
    run(["orders"], warehouse)
    before = {path.relative_to(small_disk.path) for path in small_disk.path.rglob("*") if path.is_file()}
    small_disk.fill(but=300_000)

    done = command(sys.executable, "-m", *arguments)

    assert "No space left on device" in done.stderr.splitlines()[-1]
    assert orders_held(warehouse) == list(range(60))
    small_disk.empty()
    after = {path.relative_to(small_disk.path) for path in small_disk.path.rglob("*") if path.is_file()}
    assert {path for path in after - before if "lock" not in path.name} == set()


def test_a_folder_that_may_not_be_written_is_one_clear_line(shop: Shop, tmp_path: Path) -> None:
    """As nobody where the tests run as root, whom no permission stops."""
    tmp_path.chmod(0o755)
    folder = tmp_path / "closed"
    folder.mkdir()
    warehouse = folder / "warehouse.duckdb"
    folder.chmod(stat.S_IRUSR | stat.S_IXUSR | stat.S_IROTH | stat.S_IXOTH)
    told = tmp_path / "told"
    told.touch()
    told.chmod(0o666)

    def work() -> None:
        from warehouse.errors import WarehouseError

        with told.open("w") as file:
            if os.getuid() == 0:
                os.seteuid(NOBODY)
            try:
                run(["orders"], warehouse)
            except WarehouseError as error:
                file.write(str(error))

    try:
        soak.killed(work, None)
    finally:
        folder.chmod(0o755)
    (line,) = told.read_text().splitlines()
    assert "Permission denied" in line
    assert "warehouse.duckdb" in line
    assert not warehouse.exists()


def test_dbt_says_of_a_file_that_is_no_database_that_it_is_none_and_leaves_it(warehouse: Path) -> None:
    warehouse.write_bytes(b"a text that somebody saved here\n")
    done = flow.run(str(Path(sys.executable).with_name("dbt")), "build")
    assert done.returncode == 2
    assert done.stdout.count("warehouse.duckdb is not a DuckDB database: check TALLY_WAREHOUSE") == 1
    assert warehouse.read_bytes() == b"a text that somebody saved here\n"


def test_a_deleted_warehouse_begins_anew_with_all_that_the_shop_has(shop: Shop, warehouse: Path) -> None:
    run(["orders"], warehouse)
    warehouse.unlink()

    (result,) = run(["orders"], warehouse)

    assert result.error is None
    assert orders_held(warehouse) == list(range(60))


def test_a_clock_that_jumps_ahead_and_back_is_said_and_then_waited_for(
    shop: Shop, warehouse: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Load ids are the clock's, and the models tell new rows by them: an hour back, nothing may be loaded."""
    run(["orders"], warehouse)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("update raw_orders._dlt_loads set load_id = (load_id::double + 3600)::varchar")
    shop.put_order(60)
    assert "clock is behind" in error_of(warehouse, "orders")
    assert orders_held(warehouse) == list(range(60))

    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("update raw_orders._dlt_loads set load_id = (load_id::double - 3600)::varchar")
    run(["orders"], warehouse)
    assert orders_held(warehouse) == list(range(61))


def test_two_runs_at_once_both_end_well(shop: Shop, warehouse: Path) -> None:
    both = [
        subprocess.Popen([sys.executable, "-m", "ingestion", "orders"], cwd=flow.PROJECT, stdout=subprocess.PIPE)
        for _ in range(2)
    ]
    for process in both:
        process.communicate(timeout=120)

    assert [process.returncode for process in both] == [0, 0]
    assert orders_held(warehouse) == list(range(60))


def test_compacting_gives_back_room_and_keeps_every_row(shop: Shop, warehouse: Path) -> None:
    run(["orders"], warehouse)
    shop.put_order(60)
    run(["orders"], warehouse)
    before = flow.query(warehouse, "from raw_orders.orders order by order_id")
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create table raw_orders.heap as select random() as x, uuid() as y from range(400_000)")
        connection.execute("checkpoint")
        connection.execute("drop table raw_orders.heap")
        connection.execute("update raw_operations.runs set started_at = started_at - interval 30 days")
        connection.execute("update raw_orders._dlt_loads set inserted_at = inserted_at - interval 30 days")
    size = warehouse.stat().st_size
    command = (sys.executable, "-m", "ingestion", "compact")

    refused = flow.run(*command, RETENTION__LOADS_DAYS="soon")
    assert refused.returncode == 1
    assert refused.stderr == (
        "compact: RETENTION__LOADS_DAYS cannot be used: it should be a valid integer, unable to parse string as an "
        "integer (days that rows on loads and runs are kept)\n"
    )
    done = flow.run(*command, RETENTION__LOADS_DAYS="29")

    assert done.returncode == 0, done.stderr
    assert "2 old rows" in done.stdout  # of two loads and two runs the newest stay
    assert warehouse.stat().st_size < size / 3
    assert flow.query(warehouse, "from raw_orders.orders order by order_id") == before
    (result,) = run(["orders"], warehouse)
    assert (result.new, result.changed, result.error) == (0, 0, None)
