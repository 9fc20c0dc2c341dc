"""Back-ups through the command line: what is restored is what was there, and nothing is lost on the way."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner, Result

from orchestration.__main__ import app
from tests import flow
from tests.integration.test_publishing import make_marts, record_build
from tests.orders_provider import Shop


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def well(*arguments: str) -> str:
    done = run(*arguments)
    assert done.exit_code == 0, done.output
    return str(done.stdout)


def refused(*arguments: str) -> str:
    """The one line about what went wrong."""
    done = run(*arguments)
    assert done.exit_code == 1, done.output
    return str(done.stderr).splitlines()[-1]


@pytest.fixture
def shop(warehouse: Path) -> Path:
    """A warehouse of generation 1, published."""
    make_marts(warehouse, 1)
    record_build(warehouse, 1)
    flow.run(sys.executable, "-m", "publishing")
    return warehouse


def generation(warehouse: Path) -> tuple[object, ...]:
    """The generation of the marts in the warehouse and of those that are published."""
    published = warehouse.with_suffix(".marts") / "dim_doors.parquet"
    rows = flow.query(
        warehouse,
        f"select (select max(generation) from marts.dim_doors), (select max(generation) from '{published}')",
    )
    return rows[0]


def renew(warehouse: Path, number: int) -> None:
    """The marts of another generation, published."""
    make_marts(warehouse, number)
    record_build(warehouse, number)
    done = flow.run(sys.executable, "-m", "publishing")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("place", [None, "elsewhere/deep"])
def test_what_was_backed_up_comes_back_and_what_was_there_stays_aside(
    shop: Path, place: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if place:
        monkeypatch.setenv("TALLY_BACKUPS", str(shop.parent / place))
    shop.with_name("warehouse.alerts.json").write_text('{"told": {}}')
    assert "Backed up: warehouse." in well("backup")
    renew(shop, 2)
    shop.with_name("warehouse.alerts.json").write_text('{"told": {"an address": {}}}')
    said = well("restore")
    assert generation(shop) == (1, 1)
    assert shop.with_name("warehouse.alerts.json").read_text() == '{"told": {}}'
    found = re.search(r"What was there before is in (\S+) beside it", said)
    assert found
    aside = shop.parent / found[1]
    assert flow.query(aside / "warehouse.duckdb", "select max(generation) from marts.dim_doors") == [(2,)]
    renew(shop, 3)
    assert generation(shop) == (3, 3)


def test_yesterdays_warehouse_can_be_chosen_and_only_so_many_are_kept(shop: Path) -> None:
    folder = shop.with_name("warehouse.backups")
    for number, stamp in ((2, "20261118T030000Z"), (3, "20261119T030000Z"), (4, "20261120T030000Z")):
        renew(shop, number)
        well("backup")
        newest = max(folder.iterdir(), key=lambda file: file.stat().st_mtime_ns)
        newest.rename(folder / f"warehouse.{stamp}.tar.zst")
    assert [line.split()[0] for line in well("restore", "--list").splitlines()] == [
        "2026-11-18",
        "2026-11-19",
        "2026-11-20",
    ]
    well("restore", "--until", "2026-11-19")
    assert generation(shop) == (3, 3)
    assert "There is no back-up of 2026-11-17 or before" in refused("restore", "--until", "2026-11-17")
    well("backup", "--keep", "2")
    assert len(list(folder.iterdir())) == 2
    assert (folder / "warehouse.20261120T030000Z.tar.zst").exists()


def test_a_copy_to_try_a_change_on_leaves_the_warehouse_alone(shop: Path) -> None:
    well("backup")
    renew(shop, 2)
    copy = shop.with_name("preproduction.duckdb")
    assert "What was there before" not in well("restore", "--into", str(copy))
    assert generation(copy) == (1, 1)
    assert generation(shop) == (2, 2)


def test_a_damaged_back_up_changes_nothing(shop: Path) -> None:
    well("backup")
    (file,) = shop.with_name("warehouse.backups").iterdir()
    whole = file.read_bytes()
    for damaged in (whole[: len(whole) // 2], b"", b"no archive at all", whole[:5000] + b"\0" * 500 + whole[5500:]):
        file.write_bytes(damaged)
        assert re.search(r"is damaged \(.+\): restore an older one", refused("restore"))
        assert generation(shop) == (1, 1)
    assert [path.name for path in shop.parent.iterdir() if path.name.startswith(".restore")] == []


def test_a_damaged_or_deleted_warehouse_is_what_a_back_up_is_for(shop: Path) -> None:
    well("backup")
    shop.write_bytes(b"this is no database" * 1000)
    well("restore")
    assert generation(shop) == (1, 1)
    shop.unlink()
    well("restore")
    assert generation(shop) == (1, 1)


def test_nothing_is_copied_or_moved_while_somebody_writes(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    well("backup")
    monkeypatch.setenv("TALLY_LOCK_TIMEOUT", "0.5")
    code = "import duckdb, sys; held = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", code, str(shop)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout and holder.stdout.readline() == "held\n"
        for command in ("backup", "restore"):
            assert f"is in use by process {holder.pid}" in refused(command)
        holder.communicate()
    assert generation(shop) == (1, 1)


def test_what_was_being_written_when_a_process_died_stays_with_its_file(shop: Path) -> None:
    """DuckDB replays a write-ahead log into whatever file has its name, without a word."""
    well("backup")
    renew(shop, 2)
    code = (
        "import duckdb, os, sys; held = duckdb.connect(sys.argv[1], config={'checkpoint_threshold': '1TB'}); "
        "held.execute('update marts.dim_doors set generation = 99'); os._exit(9)"
    )
    log = shop.with_name("warehouse.duckdb.wal")

    def die_in_the_middle() -> None:
        flow.run(sys.executable, "-c", code, str(shop))
        assert log.stat().st_size > 0

    die_in_the_middle()
    well("restore")
    assert generation(shop) == (1, 1)
    (aside,) = shop.parent.glob("warehouse.before-restore.*")
    assert flow.query(aside / shop.name, "select max(generation) from marts.dim_doors") == [(99,)]

    # The file is damaged, so that its log cannot go into it: it moves aside as it is.
    die_in_the_middle()
    shop.write_bytes(b"this is no database" * 1000)
    well("restore")
    assert generation(shop) == (1, 1)
    # The file was deleted, and its log left.
    die_in_the_middle()
    shop.unlink()
    well("restore")
    assert generation(shop) == (1, 1)
    assert not log.exists()


def test_there_is_nothing_to_back_up_or_restore(warehouse: Path) -> None:
    assert "There is no warehouse at" in refused("backup")
    assert "`make backup` makes one" in refused("restore")
    assert not warehouse.exists()
    full = Path("/dev/full/backups")
    with duckdb.connect(str(warehouse)):
        pass
    assert "The back-up failed" in refused("backup", "--place", str(full))


def test_a_customer_who_was_forgotten_since_is_forgotten_again(
    warehouse: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Shop() as provider:
        provider.put_customer(7, name="Óscar Ñíguez")
        monkeypatch.setenv("SOURCES__ORDERS__BASE_URL", provider.base_url)
        flow.ingest("orders")
        well("backup")
        done = flow.run(sys.executable, "-m", "ingestion", "forget-customer", "7")
        assert done.returncode == 0, done.stderr
        well("restore")
    assert flow.query(warehouse, "select count(*) from raw_orders.customers where name is not null") == [(0,)]
    assert "Óscar".encode() not in warehouse.read_bytes()


@pytest.fixture
def people(warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A warehouse with customers 7 and 8, backed up; then 7 was forgotten."""
    with Shop() as provider:
        provider.put_customer(7, name="Óscar Ñíguez")
        provider.put_customer(8, name="Ada")
        monkeypatch.setenv("SOURCES__ORDERS__BASE_URL", provider.base_url)
        flow.ingest("orders")
        assert warehouse.with_suffix(".forgotten").read_text() == "", "nobody was forgotten, and that is known"
        well("backup")
        forget("7")
        yield warehouse


def forget(customer: str) -> None:
    done = flow.run(sys.executable, "-m", "ingestion", "forget-customer", customer)
    assert done.returncode == 0, done.stderr


NAMES = "select name from raw_orders.customers order by customer_id"


def test_the_list_outside_says_who_was_forgotten_where_the_warehouse_cannot(people: Path) -> None:
    assert people.with_suffix(".forgotten").read_text() == "7\n"
    people.write_bytes(b"this is no database" * 1000)
    well("restore")
    assert flow.query(people, NAMES) == [(None,), ("Ada",)]
    people.unlink()
    well("restore")
    assert flow.query(people, NAMES) == [(None,), ("Ada",)]
    assert "Óscar".encode() not in people.read_bytes()


def test_where_nobody_can_say_who_was_forgotten_a_restore_asks(people: Path) -> None:
    people.write_bytes(b"this is no database" * 1000)
    people.with_suffix(".forgotten").unlink()
    before = sorted(path.name for path in people.parent.iterdir())
    said = refused("restore")
    assert "The customers forgotten since the back-up are unknown" in said
    assert "--forgotten none" in said
    assert people.read_bytes().startswith(b"this is no database")
    assert {path.name for path in people.parent.iterdir()} == {*before}
    # Asked again it knows no more than before.
    assert "The customers forgotten since" in refused("restore")
    well("restore", "--forgotten", "7, 8")
    assert flow.query(people, NAMES) == [(None,), (None,)]
    assert people.with_suffix(".forgotten").read_text() == "7\n8\n"

    people.unlink()
    people.with_suffix(".forgotten").unlink()
    well("restore", "--forgotten", "none")
    assert flow.query(people, NAMES) == [("Óscar Ñíguez",), ("Ada",)]


def test_a_back_up_knows_who_was_forgotten_when_an_older_one_is_restored(people: Path) -> None:
    folder = people.with_suffix(".backups")
    (first,) = folder.iterdir()
    first.rename(folder / "warehouse.20260101T000000Z.tar.zst")
    well("backup")
    people.unlink()
    people.with_suffix(".forgotten").unlink()
    well("restore", "--until", "2026-01-01", "--forgotten", "none")
    assert flow.query(people, NAMES) == [(None,), ("Ada",)]


def test_a_new_warehouse_does_not_take_a_forgotten_customer_in_again(people: Path) -> None:
    people.unlink()
    flow.ingest("orders")
    assert flow.query(people, NAMES) == [(None,), ("Ada",)]
    assert flow.query(people, "select customer_id::varchar from raw_orders.forgotten_customers") == [("7",)]
