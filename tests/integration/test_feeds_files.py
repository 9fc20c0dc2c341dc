"""Files of feeds through `python -m ingestion NAME`: what is wrong with them is one clear line and loses nothing, and what happens to them on disk.

A file that changes, moves or is cut is compared with what the raw table should hold, written out in each test.
"""

from __future__ import annotations

import os
import re
import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ingestion.__main__ import accepting
from ingestion.runner import run
from ingestion.schemas import RunResult
from tests import flow
from tests.http_server import Answer, HttpServer
from tests.kill import Killer
from tests.workbooks import encrypted, workbook

SALES = """\
fills = "retail.sales"
from = "{place}"
{more}
[columns]
sold_at = "date"
product_id = "product"
quantity = "n"
store_id = "shop"
amount = "paid"
"""
COUNTS = """\
fills = "footfall.readings"
from = "{place}"
timezone = "Europe/Dublin"
interval = 60
{more}
[columns]
sensor_id = "door"
store_id = "shop"
hour_start = "at"
visits = "n"
"""


@dataclass
class Owner:
    """A folder with feeds and files, and its warehouse."""

    root: Path
    warehouse: Path

    def feed(self, name: str, toml: str, place: str, more: str = "") -> None:
        (self.root / "feeds" / f"{name}.toml").write_text(toml.format(place=place, more=more), encoding="utf-8")

    def file(self, place: str, content: bytes | str) -> Path:
        path = self.root / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        # As a file that was finished some time ago.
        os.utime(path, (time.time() - 60,) * 2)
        return path

    def run(self, name: str) -> RunResult:
        (result,) = run([name], self.warehouse)
        return result

    def error(self, name: str) -> str:
        """The one line that the run ends with."""
        found = self.run(name).error
        assert found is not None
        assert "\n" not in found
        assert str(self.root) not in found
        return found

    def sales(self) -> list[tuple[Any, ...]]:
        """The sales that count, in order."""
        return flow.query(
            self.warehouse,
            "select product_id, quantity, amount from raw_retail.sales where withdrawn_at is null order by sale_date, product_id, occurrence",
        )

    def counts(self) -> list[tuple[Any, ...]]:
        return flow.query(
            self.warehouse,
            "select strftime(hour_start, '%d %H'), visits from raw_footfall.readings where visits is not null "
            "qualify row_number() over (partition by sensor_id, hour_start order by updated_at desc) = 1 order by hour_start",
        )


@pytest.fixture
def owner(tmp_path: Path, warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> Owner:
    monkeypatch.setenv("RUNTIME__REQUEST_MAX_ATTEMPTS", "1")
    root = tmp_path / "owner"
    (root / "feeds").mkdir(parents=True)
    monkeypatch.setenv("TALLY_FEEDS", str(root / "feeds"))
    return Owner(root, warehouse)


def csv(*lines: str, header: str = "date,product,n,shop,paid") -> str:
    return "\n".join([header, *lines]) + "\n"


BOOK = workbook([["date", "product", "n", "shop", "paid"], [datetime(2026, 11, 2, 9), "P", 1, "S", 2.5]])
BAD: dict[str, tuple[bytes | str, str]] = {
    "empty.csv": (b"", "inbox/empty.csv is empty"),
    "blank.csv": (b"\n\n  \n", "inbox/blank.csv is empty"),
    "empty.xlsx": (workbook([]), r"inbox/empty.xlsx \[Sheet\] is empty"),
    "locked.xlsx": (encrypted(BOOK), "inbox/locked.xlsx has a password: save it without one"),
    "cut.xlsx": (BOOK[:2000], "inbox/cut.xlsx is not a workbook, or is damaged .*: open it and save it again"),
    "zip.xlsx": (b"PK\x03\x04 no zip at all", "inbox/zip.xlsx is not a workbook, or is damaged"),
    "book.csv": (BOOK, "inbox/book.csv is a workbook or a zip file, not CSV"),
    "page.csv": (b"<!DOCTYPE html><html><body>Log in</body></html>", "inbox/page.csv is a page of HTML, not a CSV file"),
    "header.csv": (csv("2026-11-02,P,1,S,2.50", header="date,produkt,n,shop,paid"), "inbox/header.csv has no column 'product': did you mean 'produkt'"),
    "other.csv": (csv("1,2", header="a,b"), "inbox/other.csv has no column 'date', 'product', 'n', 'shop', 'paid'; its columns are: a, b"),
    "twice.csv": (csv("2026-11-02,P,1,S,2,3", header="date,product,n,shop,paid,paid"), "inbox/twice.csv has two columns 'paid': rename one of them"),
    "rows.csv": (csv("soon,P,1,S,2"), "none of the 1 rows of inbox/rows.csv could be read; the first: inbox/rows.csv, line 2: "),
    "data.json": (b'{"a": [', "inbox/data.json is not JSON, or was cut"),
    "data.parquet": (b"PAR1 and no more", "inbox/data.parquet is not a Parquet file, or was cut"),
    "data.gz": (b"\x1f\x8b", "inbox/data.gz is packed: unpack it"),
    "data.bin": (b"x", "inbox/data.bin has no ending that says its format"),
}  # fmt: skip


def test_what_is_wrong_with_a_file_is_one_line_and_its_neighbours_load(owner: Owner) -> None:
    messages = {}
    for name, (body, expected) in BAD.items():
        owner.file(f"inbox/{name}", body)
        owner.feed(name.replace(".", "-"), SALES, f"inbox/{name}")
        messages[name.replace(".", "-")] = expected
    errors = {result.source: result.error for result in run(list(messages), owner.warehouse)}
    assert {name: error for name, error in errors.items() if not re.search(messages[name], str(error))} == {}
    assert all("\n" not in str(error) for error in errors.values())
    owner.file("inbox/good.csv", csv("2026-11-02,P,1,S,2.50"))
    owner.feed("all", SALES, "inbox/*")
    error = owner.error("all")
    assert f"and {len(BAD) - 1} more files" in error
    assert owner.sales() == [("P", 1, Decimal("2.5"))]


def test_a_file_that_is_too_large_a_folder_and_a_file_that_are_not_there(owner: Owner) -> None:
    large = owner.file("inbox/large.csv", "date")
    os.truncate(large, 2 * 1024**3)  # a sparse file: two gigabytes that take no space
    owner.feed("large", SALES, "inbox/large.csv")
    assert "inbox/large.csv has 2,147 MB, more than the 512 that are read at a time: split it" in owner.error("large")
    owner.feed("folder", SALES, "outbox/*.csv")
    assert "the folder outbox is not there: `from` in the feed says 'outbox/*.csv'" in owner.error("folder")
    owner.feed("file", SALES, "inbox/none.csv")
    assert "inbox/none.csv is not there" in owner.error("file")


@pytest.fixture
def web() -> Iterator[tuple[HttpServer, dict[str, Answer]]]:
    answers: dict[str, Answer] = {}
    with HttpServer(lambda request: answers.get(request.path, Answer(404))) as server:
        yield server, answers


def test_a_url_answers_with_a_file_or_with_a_page(owner: Owner, web: tuple[HttpServer, dict[str, Answer]]) -> None:
    server, answers = web
    owner.feed("web", SALES, f"{server.address}/sales.csv?key=s3cret")
    answers["/sales.csv"] = Answer(headers={"Content-Type": "text/html; charset=utf-8"}, body=b"<html>Log in</html>")
    error = owner.error("web")
    assert "answered with a page of HTML, not a file: check the address" in error
    assert "s3cret" not in error
    answers["/sales.csv"] = Answer(headers={"Content-Type": "text/csv"}, body=csv("2026-11-02,P,1,S,2.50").encode())
    assert owner.run("web").new == 1
    assert (owner.run("web").new, owner.run("web").changed) == (0, 0)


def test_a_column_that_vanished_in_the_newest_file_loses_nothing(owner: Owner) -> None:
    owner.feed("till", SALES, "inbox/*.csv")
    owner.file("inbox/1.csv", csv("2026-11-02,P,1,S,2.50"))
    assert owner.run("till").new == 1
    owner.file("inbox/2.csv", csv("2026-11-03,P,1,S", header="date,product,n,shop"))
    owner.file("inbox/3.csv", csv("2026-11-04,Q,2,S,5"))
    assert (
        "inbox/2.csv has no column 'paid'; its columns are: date, product, n, shop. Nothing of the file was loaded"
        in owner.error("till")
    )
    assert owner.sales() == [("P", 1, Decimal("2.5")), ("Q", 2, Decimal(5))]
    owner.file("inbox/2.csv", csv("2026-11-03,P,3,S,7.50"))
    assert owner.run("till").error is None
    assert owner.sales() == [("P", 1, Decimal("2.5")), ("P", 3, Decimal("7.5")), ("Q", 2, Decimal(5))]


# What happens to files.


def test_a_file_that_is_renamed_copied_or_grows_is_the_same_file(owner: Owner) -> None:
    owner.feed("till", SALES, "inbox/**/*.csv")
    first = owner.file("inbox/a.csv", csv("2026-11-02,P,1,S,2.50", "2026-11-02,P,1,S,2.50"))
    assert owner.run("till").new == 2
    first.rename(owner.root / "inbox" / "renamed.csv")
    assert (owner.run("till").new, owner.run("till").changed) == (0, 0)
    (owner.root / "inbox" / "copies").mkdir()
    shutil.copy(owner.root / "inbox" / "renamed.csv", owner.root / "inbox" / "copies" / "b.csv")
    assert (owner.run("till").new, owner.run("till").changed) == (0, 0)
    shutil.rmtree(owner.root / "inbox" / "copies")
    owner.file("inbox/renamed.csv", csv("2026-11-02,P,1,S,2.50", "2026-11-02,P,1,S,2.50", "2026-11-03,Q,1,S,4"))
    assert owner.run("till").new == 1
    assert owner.sales() == [("P", 1, Decimal("2.5")), ("P", 1, Decimal("2.5")), ("Q", 1, Decimal(4))]
    # Another file with an equal sale: in `append` two sales.
    owner.file("inbox/other.csv", csv("2026-11-02,P,1,S,2.50"))
    assert owner.run("till").new == 1
    assert len(owner.sales()) == 4


def test_a_file_that_was_cut_is_refused_until_its_owner_accepts_it(owner: Owner) -> None:
    owner.feed("till", SALES, "inbox/*.csv")
    owner.file("inbox/a.csv", csv("2026-11-02,P,1,S,2.50", "2026-11-03,Q,1,S,4"))
    owner.run("till")
    owner.file("inbox/a.csv", csv("2026-11-02,P,1,S,2.50"))
    error = owner.error("till")
    assert "inbox/a.csv lacks 1 of the rows that it brought before" in error
    assert "`python -m ingestion accept till` shows what it would change and loads it" in error
    assert len(owner.sales()) == 2
    done = CliRunner().invoke(accepting, ["till", "--yes"])
    assert done.exit_code == 0, done.output
    assert owner.sales() == [("P", 1, Decimal("2.5"))]


def test_replace_days_replaces_exactly_the_days_of_the_file(owner: Owner) -> None:
    owner.feed("till", SALES, "inbox/*.csv", 'mode = "replace_days"')
    owner.file("inbox/1.csv", csv("2026-11-02,P,1,S,1", "2026-11-03,P,2,S,2", "2026-11-04,P,3,S,3"))
    owner.run("till")
    owner.file("inbox/2.csv", csv("2026-11-03,Q,5,S,5", "2026-11-05,P,6,S,6"))
    assert owner.run("till").error is None
    assert owner.sales() == [("P", 1, Decimal(1)), ("Q", 5, Decimal(5)), ("P", 3, Decimal(3)), ("P", 6, Decimal(6))]


def test_counts_are_known_by_door_and_hour_and_the_later_file_counts(owner: Owner) -> None:
    owner.feed("doors", COUNTS, "inbox/*.csv")
    header = "door,shop,at,n"
    owner.file("inbox/1.csv", csv("d,s,2026-11-02 09:00,5", "d,s,2026-11-02 10:00,6", header=header))
    assert owner.run("doors").new == 2
    owner.file("inbox/2.csv", csv("d,s,2026-11-02 10:00,7", "d,s,2026-11-02 11:00,8", header=header))
    result = owner.run("doors")
    assert (result.new, result.changed) == (1, 1)
    assert owner.counts() == [("02 09", 5), ("02 10", 7), ("02 11", 8)]


def test_doors_that_a_new_mapping_names_otherwise_leave_nothing_behind(owner: Owner) -> None:
    rows = ["d,s,2026-11-02 09:00,5", "d,s,2026-11-02 10:00,6", "e,s,2026-11-02 09:00,1"]
    owner.file("inbox/1.csv", csv(*rows, header="door,shop,at,n"))
    owner.file("inbox/2.csv", csv("d,s,2026-11-03 09:00,2", header="door,shop,at,n"))
    in_service = (
        "select sensor_id from raw_footfall.sensors qualify row_number() over (partition by sensor_id order by updated_at desc) = 1 "
        "and removed_at is null order by all"
    )
    counted = (
        "select sensor_id, sum(visits) from raw_footfall.readings where visits is not null group by all order by all"
    )
    plain, both = COUNTS, COUNTS.replace('sensor_id = "door"', 'sensor_id = {{ from = ["shop", "door"] }}')
    for mapping, doors in ((plain, ("d", "e")), (both, ("s d", "s e")), (plain, ("d", "e"))):
        owner.feed("doors", mapping, "inbox/*.csv")
        owner.run("doors")
        assert flow.query(owner.warehouse, counted) == [(doors[0], 13), (doors[1], 1)]
        assert flow.query(owner.warehouse, in_service) == [(doors[0],), (doors[1],)]


def test_a_file_that_is_being_written_waits(owner: Owner) -> None:
    owner.feed("till", SALES, "inbox/*.csv")
    path = owner.root / "inbox" / "a.csv"
    path.parent.mkdir()
    is_done = threading.Event()

    def write() -> None:
        with path.open("w") as file:
            file.write(csv("2026-11-02,P,1,S,1"))
            file.flush()
            while not is_done.wait(0.1):
                file.write("2026-11-02,P,1,S,1\n")
                file.flush()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        while not path.exists() or not path.stat().st_size:
            time.sleep(0.01)
        result = owner.run("till")
        assert (result.new, result.error) == (0, None)
    finally:
        is_done.set()
        writer.join()
    rows = len(path.read_text().splitlines()) - 1
    assert owner.run("till").new == rows
    # Names under which programs write what they rename at the end.
    for name in ("~$till.csv", ".till.csv", "b.csv.part", "b.csv.tmp"):
        owner.file(f"inbox/{name}", csv("2026-11-02,P,1,S,1"))
    owner.feed("till", SALES, "inbox/*")
    assert (owner.run("till").new, owner.run("till").error) == (0, None)


def test_a_run_that_is_killed_at_any_step_and_run_again_loads_each_row_once(owner: Owner, tmp_path: Path) -> None:
    owner.feed("till", SALES, "inbox/*.csv")
    for day in (2, 3, 4):
        owner.file(f"inbox/{day}.csv", csv(*[f"2026-11-{day:02},P{n},1,S,{n}" for n in range(1, 4)]))
    expected = [(f"P{n}", 1, Decimal(n)) for _ in range(3) for n in range(1, 4)]
    killer = Killer(owner.warehouse.parent)
    killed = 0
    try:
        # In the middle of each of the three loads.
        for step in (20, 60, 100):
            path = owner.warehouse.with_name(f"killed-{step}.duckdb")
            ended = killer.run(path, "ingestion", "till", at=step)
            killed += ended.killed
            (result,) = run(["till"], path)
            assert result.error is None
            assert Owner(owner.root, path).sales() == expected, step
    finally:
        killer.close()
    assert killed == 3


# The feed's own file.


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ('fills = "retail.sale"\nfrom = "x"\n', r"feeds/till.toml, line 1: `fills` 'retail.sale' is nothing that a feed fills: did you mean 'retail.sales'\?"),
        ('fills = "retail.sales"\nfrom = "x"\n\n[layout]\ndelimeter = ";"\n', r"line 5: `layout.delimeter` is no key: did you mean 'delimiter'\?"),
        ('fills = "retail.sales"\nfrom = "x"\n[columns]\nproduct = "a"\n', r"line 4.*'product' is no column of retail.sales: did you mean 'product_id'\?"),
        ('fills = "retail.sales"\nfrom = "x"\ntimezone = "Europe/Pariss"\n', r"line 3: `timezone` is not an IANA time zone such as Europe/Paris"),
        ('fills = "retail.sales"\nfrom = "x\n', r"feeds/till.toml is not TOML: .*line 2"),
        ('fills = "retail.sales"\nfrom = "x"\n[columns]\nsale_date = "d"\n', r"\[columns\] lacks product_id, quantity, store_id, which retail.sales needs"),
        ('fills = "footfall.readings"\nfrom = "x"\n[columns]\nsensor_id = "d"\nhour_start = "t"\nvisits = "n"\nstore_id = "s"\n', "`interval` is not set: how many minutes does one count cover"),
        ('fills = "retail.sales"\nfrom = "x"\nmode = "upsert"\n', r"line 3: `mode` should be 'append', 'merge'"),
    ],
)  # fmt: skip
def test_an_error_in_the_feed_names_file_line_and_key(owner: Owner, toml: str, message: str) -> None:
    (owner.root / "feeds" / "till.toml").write_text(toml)
    assert re.search(message, owner.error("till")), owner.error("till")


def test_a_feed_cannot_be_called_as_a_source_or_a_command_is(owner: Owner) -> None:
    owner.file("inbox/a.csv", csv("2026-11-02,P,1,S,1"))
    owner.feed("check", SALES, "inbox/*.csv")
    owner.feed("till", SALES, "inbox/*.csv")
    results = {result.source: result for result in run([], owner.warehouse)}
    assert "give the file another name" in str(results["check"].error)
    # A feed that fails never stops another.
    assert results["till"].new == 1
