"""Copies of the marts through the command line, in real databases, a folder and an S3 server."""

from __future__ import annotations

import csv
import secrets
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import duckdb
import fsspec
import psycopg
import pyarrow.parquet as pq
import pymysql
import pytest
from pymongo import MongoClient
from typer.testing import CliRunner, Result

from publishing.__main__ import app
from tests.servers import mariadb, mongodb_stand_in, postgresql, s3

Rows = list[tuple[Any, ...]]

MARTS = ("dim_shops", "fct_days", "agg_total", "fct_nothing")
MAKE = (
    "create schema marts; create schema intermediate; create schema raw_operations",
    """create table raw_operations.runs (
        run_id varchar, what varchar, source varchar, started_at timestamptz, ended_at timestamptz,
        outcome varchar, rows_new bigint, rows_changed bigint, rows_rejected bigint, message varchar
    )""",
    """create table intermediate.int_operations__mart_keys as
    select * from (values
        ('dim_shops', 1, 'shop_id'), ('fct_days', 1, 'shop_id'), ('fct_days', 2, 'day'), ('fct_nothing', 1, 'id')
    ) as keys (mart, position, column_name)""",
    # Ids in two cases, quotes, any script; numbers at their types' ends.
    """create table marts.dim_shops as
    select * from (values
        ('a', 'L''Étoile "d''or"; drop table', true, 9223372036854775807, 0.1::double, null::date),
        ('A', '東京 🏬', false, -9223372036854775808, -1e300::double, date '1753-01-01'),
        ('b', '', null, 0, null, date '9999-12-31')
    ) as shops (shop_id, name, is_open, doors, share, opened_on)""",
    """create table marts.fct_days as
    select
        shop_id, (date '2026-01-01' + day::integer)::date as day, (day * 1.005)::decimal(18, 3) as visits,
        timestamp '2026-10-25 00:59:59.123000' + to_hours(day) as read_at
    from (values ('a'), ('A'), ('b')) as shops (shop_id), range(400) as days (day)""",
    "create table marts.agg_total as select 1::bigint as sales, 12345678901.2345::decimal(18, 4) as revenue",
    "create table marts.fct_nothing as select 1::bigint as id, 'x' as text where false",
)


class Place:
    """Where copies go, read by other means than those that wrote them.

    Attributes:
        url: as the command line takes it.
    """

    url: str

    def rows(self, mart: str) -> Rows:
        """All rows of a copy, in no order."""
        raise NotImplementedError

    def spoil(self) -> None:
        """Take a row of `dim_shops` away, as a careless person would."""
        raise NotImplementedError

    def kept(self, value: Any) -> Any:
        """A value of a mart as this place has it."""
        return value


class Sqlite(Place):
    def __init__(self, folder: Path) -> None:
        self._file = folder / "copies.sqlite"
        self.url = f"sqlite:///{self._file}"

    def _run(self, sql: str) -> Rows:
        with closing(sqlite3.connect(self._file)) as connection, connection:
            return connection.execute(sql).fetchall()

    def rows(self, mart: str) -> Rows:
        return self._run(f"select * from {mart}")

    def spoil(self) -> None:
        self._run("delete from dim_shops where shop_id = 'a'")

    def kept(self, value: Any) -> Any:
        if isinstance(value, Decimal):
            return float(value)
        if isinstance(value, datetime):
            return f"{value:%Y-%m-%d %H:%M:%S.%f}"
        return value.isoformat() if isinstance(value, date) else value


class Mariadb(Place):
    def __init__(self, url: str) -> None:
        self.url = url
        for (table,) in self._run("show tables"):
            self._run(f"drop table {table}")

    def _run(self, sql: str) -> Rows:
        parts = urlsplit(self.url)
        with closing(
            pymysql.connect(
                host=parts.hostname or "",
                port=parts.port or 0,
                user=parts.username,
                password=unquote(parts.password or ""),
                database="tally",
                autocommit=True,
            )
        ) as connection:
            cursor = connection.cursor()
            cursor.execute(sql)
            return list(cursor.fetchall())

    def rows(self, mart: str) -> Rows:
        return self._run(f"select * from {mart}")

    def spoil(self) -> None:
        self._run("delete from dim_shops where shop_id = 'a'")


class Postgresql(Place):
    def __init__(self, url: str) -> None:
        self.url = url
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("drop schema public cascade; create schema public")

    def rows(self, mart: str) -> Rows:
        with psycopg.connect(self.url) as connection:
            return connection.execute(f"select * from {mart}".encode()).fetchall()

    def spoil(self) -> None:
        with psycopg.connect(self.url) as connection:
            connection.execute("delete from dim_shops where shop_id = 'a'")


class Mongodb(Place):
    def __init__(self, url: str) -> None:
        self.url = url
        with MongoClient[dict[str, Any]](url) as client:
            client.drop_database("tally")

    def rows(self, mart: str) -> Rows:
        with MongoClient[dict[str, Any]](self.url) as client:
            documents = list(client["tally"][mart].find())
        return [tuple(value for name, value in document.items() if name != "_id") for document in documents]

    def spoil(self) -> None:
        with MongoClient[dict[str, Any]](self.url) as client:
            client["tally"]["dim_shops"].delete_one({"_id": "a"})

    def kept(self, value: Any) -> Any:
        if isinstance(value, Decimal):
            return float(value)
        is_day = isinstance(value, date) and not isinstance(value, datetime)
        return datetime(value.year, value.month, value.day) if is_day else value


class Files(Place):
    def __init__(self, url: str) -> None:
        self.url = url
        self.files, self.path = fsspec.core.url_to_fs(url)

    def rows(self, mart: str) -> Rows:
        self.files.invalidate_cache()
        with self.files.open(f"{self.path}/{mart}.parquet") as file:
            table = pq.read_table(file)
        with duckdb.connect() as connection:
            texts = connection.from_arrow(table).select("columns(*)::varchar").fetchall()
        with self.files.open(f"{self.path}/{mart}.csv", "r", newline="", encoding="utf-8") as file:
            head, *rows = csv.reader(file)
        assert head == table.column_names
        assert rows == [["" if text is None else text for text in row] for row in texts]
        return [tuple(row.values()) for row in table.to_pylist()]

    def spoil(self) -> None:
        self.files.rm(f"{self.path}/dim_shops.csv")


@dataclass
class Shop:
    """A warehouse whose marts a test writes, and a place for their copies."""

    warehouse: Path
    place: Place
    builds: int = 0

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(app, arguments, env={"TALLY_WAREHOUSE": str(self.warehouse)})

    def build(self, *statements: str) -> None:
        """Change the marts, record a build that ended well, publish."""
        self.builds += 1
        with duckdb.connect(str(self.warehouse)) as connection:
            for statement in statements:
                connection.execute(statement)
            connection.execute(
                "insert into raw_operations.runs (run_id, what, started_at, ended_at, outcome) values (?, 'dbt build', "
                "make_timestamptz(2026, 11, 1, 0, ?, 0, 'UTC'), make_timestamptz(2026, 11, 1, 0, ?, 30, 'UTC'), 'ok')",
                [str(self.builds), self.builds, self.builds],
            )
        done = self.run()
        assert done.exit_code == 0, done.output

    def copy(self, *arguments: str) -> list[str]:
        """`python -m publishing to …`, which must end well; the lines that it prints."""
        done = self.run("to", self.place.url, *arguments)
        assert done.exit_code == 0, done.output
        return str(done.stdout).splitlines()

    def assert_copied(self) -> None:
        """Every row of every mart is in its copy, each once, and no other."""
        with duckdb.connect(str(self.warehouse), read_only=True) as connection:
            for mart in MARTS:
                rows = connection.execute(f"from marts.{mart}").fetchall()
                expected = [tuple(self.place.kept(value) for value in row) for row in rows]
                assert in_order(self.place.rows(mart)) == in_order(expected), mart


def in_order(rows: Rows) -> Rows:
    return sorted(rows, key=repr)


Servers = Callable[[str], str]


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """URLs of servers by kind, each started when it is first asked for."""
    folder = tmp_path_factory.mktemp("servers")
    kinds = {
        "mariadb": lambda: mariadb(folder),
        "postgresql": lambda: postgresql(),
        "mongodb": lambda: mongodb_stand_in(folder),
        "s3": s3,
    }
    urls: dict[str, str] = {}
    with ExitStack() as running:

        def url(kind: str) -> str:
            if kind not in urls:
                urls[kind] = running.enter_context(kinds[kind]())
            return urls[kind]

        yield url


def make_place(kind: str, folder: Path, servers: Servers, monkeypatch: pytest.MonkeyPatch) -> Place:
    if kind == "sqlite":
        return Sqlite(folder)
    if kind == "mariadb":
        return Mariadb(servers(kind))
    if kind == "postgresql":
        return Postgresql(servers(kind))
    if kind == "mongodb":
        return Mongodb(servers(kind))
    if kind == "folder":
        return Files(str(folder / "not yet there" / "copies"))
    for name, value in {
        "AWS_ENDPOINT_URL": servers("s3"),
        "AWS_ACCESS_KEY_ID": "unused",
        "AWS_SECRET_ACCESS_KEY": "unused",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    bucket = f"bucket-{secrets.token_hex(8)}"
    fsspec.filesystem("s3", skip_instance_cache=True).mkdir(bucket)
    return Files(f"s3://{bucket}/copies")


@pytest.fixture(params=["sqlite", "mariadb", "postgresql", "mongodb", "folder", "s3"])
def shop(request: pytest.FixtureRequest, tmp_path: Path, servers: Servers, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """Published marts, and an empty place."""
    made = Shop(tmp_path / "warehouse.duckdb", make_place(request.param, tmp_path, servers, monkeypatch))
    made.build(*MAKE)
    return made


CHANGE = (
    "update marts.fct_days set visits = visits + 1 where shop_id = 'A' and day = '2026-02-01'",
    "delete from marts.fct_days where shop_id = 'b' and day < '2026-01-11'",
    "insert into marts.fct_days values ('c', '2026-01-01', 7.5, timestamp '2026-01-01 10:00:00')",
    "update marts.dim_shops set name = 'another' where shop_id = 'A'",
)


def test_the_first_copy_is_whole_and_the_second_touches_nothing(shop: Shop) -> None:
    assert shop.copy()[-1] == "4 marts copied, 0 were up to date."
    shop.assert_copied()
    assert shop.copy() == ["0 marts copied, 4 were up to date."]
    shop.build()  # written anew, the same rows
    shop.copy()
    shop.assert_copied()


def test_later_copies_carry_what_changed_alone(shop: Shop) -> None:
    shop.copy()
    shop.build(*CHANGE)
    said = shop.copy()
    shop.assert_copied()
    if not isinstance(shop.place, Files):
        assert "fct_days: 2 rows written, 11 deleted" in said
        assert "dim_shops: 1 rows written, 1 deleted" in said
    assert shop.copy() == ["0 marts copied, 4 were up to date."]


def test_a_copy_that_somebody_changed_is_made_whole_again(shop: Shop) -> None:
    shop.copy()
    shop.place.spoil()
    assert shop.copy() == ["dim_shops: 3 rows, whole", "1 marts copied, 3 were up to date."]
    shop.assert_copied()


def test_another_machine_that_never_copied_here_begins_anew(shop: Shop, tmp_path: Path) -> None:
    shop.copy()
    (folder,) = (tmp_path / "warehouse.copies").iterdir()
    for file in folder.iterdir():
        file.unlink()
    shop.build(*CHANGE)
    assert "fct_days: 1,191 rows, whole" in shop.copy()
    shop.assert_copied()


def test_a_mart_with_a_new_column_is_copied_anew(shop: Shop) -> None:
    shop.copy()
    shop.build("alter table marts.dim_shops add column area double", "update marts.dim_shops set area = 12.5")
    assert "dim_shops: 3 rows, whole" in shop.copy()
    shop.assert_copied()


def test_some_marts_can_be_chosen(shop: Shop) -> None:
    said = shop.copy("--select", "dim_*", "agg_total")
    assert said == ["agg_total: 1 rows, whole", "dim_shops: 3 rows, whole", "2 marts copied, 0 were up to date."]
    refused = shop.run("to", shop.place.url, "--select", "dim_shop")
    assert refused.exit_code == 1
    assert refused.stderr == (
        "publishing: No published mart is called dim_shop. There are agg_total, dim_shops, fct_days, fct_nothing.\n"
    )


@pytest.fixture
def folder(tmp_path: Path) -> Shop:
    """Published marts, and an empty folder."""
    made = Shop(tmp_path / "warehouse.duckdb", Files(str(tmp_path / "copies")))
    made.build(*MAKE)
    return made


def test_a_text_in_a_csv_file_is_no_formula(folder: Shop) -> None:
    texts = ["=1+1", "+44 99", "-cmd", "@sum(a1)", "\tx", "\rx", "a=1", "", "'quoted", "1-2"]
    rows = ", ".join("('" + text.replace("'", "''") + "', -5, -1.25::decimal(9, 2), -0.5::double)" for text in texts)
    folder.build(
        f"create or replace table marts.dim_shops as select * from (values {rows}) as t (shop_id, whole, exact, inexact)"
    )
    folder.copy("--select", "dim_shops", "--format", "csv", "--format", "parquet")
    place = folder.place
    assert isinstance(place, Files)
    with place.files.open(f"{place.path}/dim_shops.csv", "r", newline="", encoding="utf-8") as file:
        head, *found = csv.reader(file)
    assert head == ["shop_id", "whole", "exact", "inexact"]
    assert [row[0] for row in found] == [f"'{text}" if text[:1] in tuple("=+-@\t\r") else text for text in texts]
    assert {tuple(row[1:]) for row in found} == {("-5", "-1.25", "-0.5")}
    with place.files.open(f"{place.path}/dim_shops.parquet") as file:
        assert pq.read_table(file).column("shop_id").to_pylist() == texts


@pytest.mark.parametrize(
    "url", ["ftp://tally:hidden-word@127.0.0.1:1/copies", "postgresql://tally:hidden-word@127.0.0.1:1/x"]
)
def test_a_destination_that_cannot_be_reached_is_one_line(folder: Shop, url: str) -> None:
    done = folder.run("to", url)
    assert done.exit_code == 1
    assert done.exception is None or isinstance(done.exception, SystemExit)
    (line,) = str(done.stderr).splitlines()
    assert "127.0.0.1:1" in line
    assert "Connection refused" in line or "cannot be reached" in line
    assert "hidden-word" not in line


@pytest.mark.parametrize("damage", ["cut", "gone", "changed"])
def test_a_damaged_published_file_is_one_line_that_says_what_to_do(folder: Shop, damage: str) -> None:
    file = folder.warehouse.with_suffix(".marts") / "fct_days.parquet"
    whole = file.read_bytes()
    if damage == "gone":
        file.unlink()
    else:
        file.write_bytes(whole[:200] if damage == "cut" else whole[:8] + b"\xff" * (len(whole) - 700) + whole[-692:])
    done = folder.run("to", folder.place.url)
    assert done.exit_code == 1
    assert done.exception is None or isinstance(done.exception, SystemExit)
    (line,) = str(done.stderr).splitlines()
    assert "fct_days.parquet cannot be read" in line
    assert line.endswith("`python -m publishing` writes it again.")
    folder.build()
    folder.copy()
    folder.assert_copied()
