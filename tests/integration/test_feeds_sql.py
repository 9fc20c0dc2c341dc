"""Feeds that ask a database: PostgreSQL, MariaDB and SQLite, each a real server or file of the test's own."""

from __future__ import annotations

import contextlib
import secrets
import select
import socket
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner, Result

from ingestion.__main__ import accepting, app, checking, drafting
from tests import flow
from tests.kill import Killer
from tests.servers import mariadb, postgresql

DRIVERS = {"postgresql": "postgresql+psycopg", "mariadb": "mariadb+pymysql", "sqlite": "sqlite"}
SALES = """fills = "retail.sales"
timezone = "Europe/Dublin"
{more}
[columns]
line_id = "id"
sold_at = "sold_at"
store_id = "shop"
product_id = "article"
quantity = "pieces"
amount = "total"
ticket_id = "ticket"
[sql]
url = "env:SHOP_DATABASE"
{asked}
"""
READINGS = """fills = "footfall.readings"
timezone = "Europe/Dublin"
interval = 60
[columns]
sensor_id = "door"
store_id = "shop"
hour_start = "at"
visits = "people"
[sql]
url = "env:SHOP_DATABASE"
table = "counts"
{cursor}
"""


@pytest.fixture(scope="module")
def urls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A database of each kind."""
    with ExitStack() as servers:
        folder = tmp_path_factory.mktemp("databases")
        yield {
            "postgresql": servers.enter_context(postgresql()),
            "mariadb": servers.enter_context(mariadb(folder)),
            "sqlite": f"sqlite:///{folder / 'shop.db'}",
        }


class Database:
    """An owner's database, written by other means than those that read it."""

    def __init__(self, kind: str, url: str) -> None:
        self.kind = kind
        self.url = url
        self.engine = sa.create_engine(DRIVERS[kind] + url[url.index("://") :], poolclass=sa.NullPool)

    def run(self, *statements: str, **values: Any) -> None:
        with self.engine.begin() as connection:
            if self.kind == "mariadb":
                connection.execute(sa.text("set time_zone = '+00:00'"))
            for statement in statements:
                connection.execute(sa.text(statement), values)


@pytest.fixture(params=["postgresql", "mariadb", "sqlite"])
def database(request: pytest.FixtureRequest, urls: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Database:
    return _opened(request.param, urls, monkeypatch)


@pytest.fixture
def postgres(urls: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Database:
    return _opened("postgresql", urls, monkeypatch)


def _opened(kind: str, urls: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Database:
    if kind == "sqlite":
        Path(urls[kind].removeprefix("sqlite:///")).touch()
    found = Database(kind, urls[kind])
    found.run("drop table if exists tickets", "drop table if exists counts", "drop table if exists order_lines")
    monkeypatch.setenv("SHOP_DATABASE", urls[kind])
    return found


@pytest.fixture
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "feeds").mkdir()
    monkeypatch.setenv("TALLY_WAREHOUSE", str(tmp_path / "warehouse.duckdb"))
    monkeypatch.setenv("TALLY_FEEDS", str(tmp_path / "feeds"))
    return tmp_path / "warehouse.duckdb"


def write(warehouse: Path, name: str, text: str) -> None:
    (warehouse.parent / "feeds" / f"{name}.toml").write_text(text, encoding="utf-8")


def failing(*arguments: str, command: Any = app) -> str:
    done: Result = CliRunner().invoke(command, list(arguments))
    assert done.exit_code == 1, (done.output, done.exception)
    return " ".join(done.output.split())


def sales(warehouse: Path) -> list[tuple[Any, ...]]:
    """The sales that count, as ticket, instant, product, pieces, amount."""
    return flow.query(
        warehouse,
        "select ticket_id, sold_at, product_id, quantity, amount from raw_retail.sales where withdrawn_at is null order by all",
    )


def fill_tickets(database: Database) -> None:
    zoned = {"postgresql": "timestamptz", "mariadb": "timestamp(6) null", "sqlite": "text"}[database.kind]
    plain = {"postgresql": "timestamp", "mariadb": "datetime(6)", "sqlite": "text"}[database.kind]
    database.run(
        f"create table tickets (id bigint primary key, ticket varchar(20), sold_at {zoned}, shop varchar(20), article varchar(20), "
        f"pieces int, total numeric(12, 4), updated_at {plain})"
    )
    instant = {
        "postgresql": "2026-11-02 08:15:30+00",
        "mariadb": "2026-11-02 08:15:30",
        "sqlite": "2026-11-02T08:15:30Z",
    }
    add_ticket(database, 1, "T1", instant[database.kind], "bread", 2, "5.1000", "2026-11-02 09:00:00.000001")
    add_ticket(database, 2, "T1", instant[database.kind], "bread", 2, "5.1000", "2026-11-02 09:00:00.000001")
    add_ticket(
        database, 9007199254740993, "T2", instant[database.kind], "milk", -1, "-1.2345", "2026-11-02 09:00:00.000002"
    )


def add_ticket(
    database: Database, line: int, ticket: str, at: str, article: str, pieces: int, total: str, updated: str
) -> None:
    database.run(
        "insert into tickets values (:line, :ticket, :at, 'grafton', :article, :pieces, :total, :updated)",
        line=line, ticket=ticket, at=at.removesuffix("Z") if database.kind == "mariadb" else at, article=article, pieces=pieces,
        total=Decimal(total) if database.kind != "sqlite" else total, updated=updated,
    )  # fmt: skip


AT = datetime(2026, 11, 2, 8, 15, 30, tzinfo=UTC)
FIRST = [
    ("T1", AT, "bread", 2, Decimal("5.1000")),
    ("T1", AT, "bread", 2, Decimal("5.1000")),
    ("T2", AT, "milk", -1, Decimal("-1.2345")),
]


def test_a_table_without_a_cursor_is_compared_as_a_whole(database: Database, warehouse: Path) -> None:
    fill_tickets(database)
    write(warehouse, "till", SALES.format(more='key = ["line_id"]', asked='table = "tickets"'))
    shown = CliRunner().invoke(checking, ["till"]).output
    assert "3 rows in 1 file, 3 to load" in shown and "No row is rejected" in shown
    flow.ingest("till")
    assert sales(warehouse) == FIRST

    loads = "select count(distinct _dlt_load_id), max(_dlt_load_id) from raw_retail.sales"
    before = flow.query(warehouse, loads)
    flow.ingest("till")
    assert flow.query(warehouse, loads) == before

    database.run("update tickets set total = 7 where id = 1")
    add_ticket(database, 3, "T3", "2026-11-02T10:00:00Z", "tea", 1, "3.5", "2026-11-02 08:00:00")
    flow.ingest("till")
    assert sales(warehouse) == [
        ("T1", AT, "bread", 2, Decimal("5.1")),
        ("T1", AT, "bread", 2, Decimal(7)),
        FIRST[2],
        ("T3", datetime(2026, 11, 2, 10, tzinfo=UTC), "tea", 1, Decimal("3.5")),
    ]


def test_a_cursor_asks_for_what_is_newer_and_a_refresh_for_what_came_late(database: Database, warehouse: Path) -> None:
    fill_tickets(database)
    write(
        warehouse,
        "till",
        SALES.format(more='key = ["line_id"]', asked='query = "select * from tickets;"\ncursor = "updated_at"'),
    )
    flow.ingest("till")
    assert sales(warehouse) == FIRST
    # At the cursor's very value, after it, and before it.
    late = ("L", datetime(2026, 11, 2, 7, tzinfo=UTC), "jam", 1, Decimal(2))
    add_ticket(database, 4, "A", "2026-11-02T08:00:00Z", "tea", 1, "1", "2026-11-02 09:00:00.000002")
    add_ticket(database, 5, "L", "2026-11-02T07:00:00Z", "jam", 1, "2", "2026-11-02 08:59:59")
    database.run("update tickets set total = 9, updated_at = '2026-11-02 09:30:00' where id = 2")
    flow.ingest("till")
    newer = [
        ("A", datetime(2026, 11, 2, 8, tzinfo=UTC), "tea", 1, Decimal(1)),
        FIRST[0], ("T1", AT, "bread", 2, Decimal(9)), FIRST[2],
    ]  # fmt: skip
    assert sales(warehouse) == newer
    flow.ingest("till")
    assert sales(warehouse) == newer
    flow.ingest("till", "--reconcile", "30") if database.kind != "sqlite" else flow.ingest("till", "--full-refresh")
    assert sales(warehouse) == sorted([*newer, late])


def test_a_row_that_cannot_be_read_is_rejected_with_its_reason(postgres: Database, warehouse: Path) -> None:
    fill_tickets(postgres)
    add_ticket(postgres, 7, "T7", "2026-11-02 08:15:30+00", "", 1, "1", "2026-11-02 09:00:00.000009")
    write(warehouse, "till", SALES.format(more='key = ["line_id"]', asked='table = "tickets"\ncursor = "updated_at"'))
    for _ in range(2):  # the second run is asked for the rejected row again, which is at the cursor
        flow.ingest("till")
        assert sales(warehouse) == FIRST
        assert flow.query(warehouse, "select reason from raw_retail.rejected_records") == [
            ("table tickets, line 4: product_id is blank",)
        ]


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_rows_that_are_gone_no_longer_count_where_the_table_is_all_there_is(
    database: Database, warehouse: Path
) -> None:
    fill_tickets(database)
    write(warehouse, "till", SALES.format(more='mode = "replace"', asked='table = "tickets"'))
    flow.ingest("till")
    database.run("delete from tickets where id = 1")
    flow.ingest("till")
    assert sales(warehouse) == FIRST[1:]
    # An empty answer may be a mistake: it has to be accepted.
    database.run("delete from tickets")
    assert "lacks 2 of the rows that it brought before" in failing("till")
    assert sales(warehouse) == FIRST[1:]
    accepted = CliRunner().invoke(accepting, ["till", "--yes"])
    assert accepted.exit_code == 0, accepted.output
    assert sales(warehouse) == []


@pytest.mark.parametrize("database", ["mariadb"], indirect=True)
def test_lines_without_a_key_are_counted_and_may_not_become_fewer(database: Database, warehouse: Path) -> None:
    fill_tickets(database)
    database.run("update tickets set ticket = 'T'")
    asked = 'query = "select ticket, sold_at, shop, article, pieces, total from tickets"'
    write(warehouse, "till", SALES.format(more="", asked=asked).replace('line_id = "id"\n', ""))
    flow.ingest("till")
    assert [row[2:] for row in sales(warehouse)] == [row[2:] for row in FIRST]
    database.run("delete from tickets where id = 2")
    assert "lacks 1 of the rows that it brought before" in failing("till")
    assert len(sales(warehouse)) == 3


def test_equal_lines_of_two_feeds_are_two_sales(postgres: Database, warehouse: Path) -> None:
    fill_tickets(postgres)
    for name in ("till", "other"):
        write(warehouse, name, SALES.format(more='key = ["line_id"]', asked='table = "tickets"'))
    flow.ingest("till", "other")
    flow.ingest("till", "other")
    assert sales(warehouse) == sorted(FIRST * 2)


@pytest.mark.parametrize("database", ["postgresql", "mariadb"], indirect=True)
def test_orders_are_loaded_whole_though_only_one_of_their_lines_is_newer(database: Database, warehouse: Path) -> None:
    database.run(
        "create table order_lines (id int, orderno varchar(9), placed varchar(30), sku varchar(9), n int, price numeric(9, 2), changed int)"
    )
    for line in (
        "1, 'A', '2026-11-02 10:00', 'p', 1, 2.50, 1",
        "2, 'A', '2026-11-02 10:00', 'q', 2, 1.00, 1",
        "3, 'B', '2026-11-02 11:00', 'p', 1, 2.50, 2",
    ):
        database.run(f"insert into order_lines values ({line})")
    write(
        warehouse,
        "web",
        """fills = "orders.lines"
timezone = "Europe/Dublin"
[columns]
order_id = "orderno"
ordered_at = "placed"
product_id = "sku"
quantity = "n"
unit_price = "price"
line_number = "id"
[sql]
url = "env:SHOP_DATABASE"
table = "order_lines"
cursor = "changed"
""",
    )
    flow.ingest("web")
    bills = "select order_id, bill, json_array_length(lines) from raw_orders.orders order by all"
    assert flow.query(warehouse, bills) == [("A", Decimal("4.5"), 2), ("B", Decimal("2.5"), 1)]
    database.run("update order_lines set n = 3, changed = 3 where id = 2")
    flow.ingest("web")
    assert flow.query(warehouse, bills) == [("A", Decimal("5.5"), 2), ("B", Decimal("2.5"), 1)]


def test_each_type_is_read_exactly(database: Database, warehouse: Path) -> None:
    plain = {"postgresql": "timestamp", "mariadb": "datetime(6)", "sqlite": "text"}[database.kind]
    utf8 = " character set utf8mb4" if database.kind == "mariadb" else ""
    database.run(
        f"create table counts (door varchar(20), shop varchar(40), at {plain}, people int){utf8}",
        "insert into counts values ('1', 'a, \"b\" %x \\:y', '2026-10-25 00:30:00', 4)",
        # The clocks of Dublin show half past one twice on that night.
        "insert into counts values ('01', 'line\nbreak', '2026-10-25 01:30:00', 4)",
        "insert into counts values ('d', 'é€🏬', '2026-07-01 12:00:00', null)",
    )
    asked = "query = \"select * from counts where shop like '%' or shop = ':y'\""
    write(warehouse, "doors", READINGS.format(cursor="").replace('table = "counts"', asked))
    flow.ingest("doors")
    rows = "select sensor_id, store_id, hour_start, visits, status from raw_footfall.readings order by all"
    assert flow.query(warehouse, rows) == [
        ("1", 'a, "b" %x :y', datetime(2026, 10, 24, 23, 30, tzinfo=UTC), 4, "ok"),
        ("d", "é€🏬", datetime(2026, 7, 1, 11, tzinfo=UTC), None, "failed"),
    ]
    assert "is shown twice by the clock of Europe/Dublin" in str(
        flow.query(warehouse, "select reason from raw_footfall.rejected_records")
    )


@pytest.mark.parametrize("database", ["mariadb"], indirect=True)
def test_a_column_that_vanished_is_one_clear_line(database: Database, warehouse: Path) -> None:
    fill_tickets(database)
    write(warehouse, "till", SALES.format(more='key = ["line_id"]', asked='table = "tickets"'))
    flow.ingest("till")
    database.run("alter table tickets rename column total to total_incl")
    said = failing("till")
    assert "table tickets of" in said and "has no column 'total'" in said and "total_incl" in said
    assert sales(warehouse) == FIRST


def test_no_password_is_shown_and_none_may_stand_in_the_file(
    postgres: Database, urls: dict[str, str], warehouse: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill_tickets(postgres)
    password = secrets.token_urlsafe(12)
    write(warehouse, "till", SALES.format(more='key = ["line_id"]', asked='table = "tickets"'))
    for kind in ("mariadb", "postgresql"):
        monkeypatch.setenv("SHOP_DATABASE", urls[kind].replace("se%3Acret", password).replace("unused", password) + "x")
        said = failing("till")
        assert "cannot be read" in said and password not in said
    # dlt's own place.
    write(
        warehouse, "till", SALES.format(more="", asked='table = "tickets"').replace('url = "env:SHOP_DATABASE"\n', "")
    )
    assert "SOURCES__TILL__CREDENTIALS is not set" in failing("till")
    monkeypatch.setenv("SOURCES__TILL__CREDENTIALS", urls["postgresql"])
    flow.ingest("till")
    assert sales(warehouse) == FIRST
    literal = f'url = "postgresql://me:{password}@127.0.0.1/shop"'
    write(
        warehouse,
        "till",
        SALES.format(more="", asked='table = "tickets"').replace('url = "env:SHOP_DATABASE"', literal),
    )
    said = failing("till")
    assert "`url` holds a password" in said and password not in said
    ledger = flow.query(warehouse, "select message from raw_operations.runs")
    assert password not in str(ledger) and b"se:cret" not in warehouse.read_bytes()


def test_what_needs_all_rows_cannot_have_a_cursor(postgres: Database, warehouse: Path) -> None:
    fill_tickets(postgres)
    for mode, mark in (
        ("", "'append'"),
        ('mode = "replace"', "'replace'"),
        ('mode = "replace_days"', "'replace_days'"),
    ):
        write(warehouse, "till", SALES.format(more=mode, asked='table = "tickets"\ncursor = "updated_at"'))
        said = failing("till")
        assert f"with `cursor` only newer rows are asked for, and mode {mark} needs all" in said


def test_nothing_is_written_into_the_database(database: Database, warehouse: Path) -> None:
    fill_tickets(database)
    asked = 'query = """insert into tickets (id) values (99)"""'
    write(warehouse, "till", SALES.format(more="", asked=asked))
    failing("till")
    asked = 'query = "delete from tickets returning *"'
    write(warehouse, "till", SALES.format(more="", asked=asked))
    failing("till")
    with database.engine.connect() as connection:
        assert connection.execute(sa.text("select count(*) from tickets")).scalar() == 3


@contextlib.contextmanager
def cutting(port: int, most: int) -> Iterator[int]:
    """A port that passes on to another, until so many bytes have come from there: then both connections are cut."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    client, _ = listening.accept()
                    with client, socket.create_connection(("127.0.0.1", port)) as server:
                        passed = 0
                        while passed < most:
                            for ready in select.select([client, server], [], [])[0]:
                                data = ready.recv(65536)
                                if not data:
                                    passed = most
                                (server if ready is client else client).sendall(data)
                                passed += len(data) if ready is server else 0

        threading.Thread(target=serve, daemon=True).start()
        yield listening.getsockname()[1]


def test_what_was_loaded_stays_when_the_database_goes_away(
    postgres: Database, warehouse: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = 260_000
    postgres.run(
        "create table counts as select 'door ' || i % 13 as door, 'shop' as shop, timestamp '2021-01-01' + (i / 13) * interval '1 hour' as at, "
        f"i % 97 as people, i as number from generate_series(0, {rows - 1}) as i"
    )
    write(warehouse, "doors", READINGS.format(cursor='cursor = "number"').replace("Europe/Dublin", "UTC"))
    port = int(postgres.url.rsplit(":", 1)[1].partition("/")[0])
    with cutting(port, 11_900_000) as cut:
        monkeypatch.setenv("SHOP_DATABASE", postgres.url.replace(f":{port}/", f":{cut}/"))
        said = failing("doors")
    assert "the database went away after" in said and "what was loaded stays, and the next run goes on" in said
    count = "select count(*), sum(visits), count(distinct (sensor_id, hour_start)) from raw_footfall.readings"
    held = flow.query(warehouse, count)[0][0]
    assert 100_000 <= held < rows
    monkeypatch.setenv("SHOP_DATABASE", postgres.url)
    done = flow.ingest("doors")
    assert f"{rows - held:,}" in done.output  # the rest, and no row twice
    assert flow.query(warehouse, count) == [(rows, sum(i % 97 for i in range(rows)), rows)]


def test_killed_at_any_step_and_run_again_it_holds_the_same(postgres: Database, warehouse: Path) -> None:
    fill_tickets(postgres)
    write(warehouse, "till", SALES.format(more='key = ["line_id"]', asked='table = "tickets"\ncursor = "updated_at"'))
    killer = Killer(warehouse.parent)
    try:
        for step in (50, 100):
            path = warehouse.parent / f"killed{step}.duckdb"
            assert killer.run(path, "ingestion", "till", at=step).killed
            done = killer.run(path, "ingestion", "till")
            assert done.code == 0, done.output
            assert sales(path) == FIRST, step
    finally:
        killer.close()


def test_a_sqlite_file_lies_beside_the_feeds(warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with contextlib.closing(sqlite3.connect(warehouse.parent / "till.db")) as connection:
        # A column of SQLite may hold anything.
        connection.executescript(
            "create table counts (door, shop, at, people);"
            "insert into counts values (1, 'a', '2026-11-02 10:00', 3), ('x', 'a', '2026-11-02 10:00', '4'), (2.5, 'a', '2026-11-02 10:00', 5.0),"
            "('y', 'a', '2026-11-02 10:00', x'ff')"
        )
    write(warehouse, "doors", READINGS.format(cursor="").replace("env:SHOP_DATABASE", "sqlite:///till.db"))
    flow.ingest("doors")
    assert flow.query(warehouse, "select sensor_id, visits from raw_footfall.readings order by all") == [
        ("1", 3),
        ("2.5", 5),
        ("x", 4),
    ]
    (warehouse.parent / "till.db").unlink()
    assert "there is no SQLite file 'till.db'" in failing("doors")


@pytest.mark.parametrize("database", ["postgresql", "mariadb"], indirect=True)
def test_a_table_is_drafted_from_its_columns_and_a_sample(database: Database, warehouse: Path) -> None:
    database.run(
        "create table tickets (id int, ticket_no varchar(9), sold_at timestamp, store varchar(9), sku varchar(9), quantity int, total "
        "numeric(9, 2), updated_at timestamp)",
        "insert into tickets values (1, 'T1', '2026-11-02 10:00:00', 'grafton', 'tea', 2, 5.5, '2026-11-02 10:00:01')",
        "insert into tickets values (2, 'T2', '2026-11-13 10:00:00', 'grafton', 'tea', 1, 2.75, '2026-11-13 10:00:01')",
    )
    assert "which table? Say --table with one of: tickets" in failing("env:SHOP_DATABASE", command=drafting)
    done = CliRunner().invoke(drafting, ["env:SHOP_DATABASE", "--table", "tickets"])
    assert done.exit_code == 0, done.output
    path = warehouse.parent / "feeds" / "tickets.toml"
    text = path.read_text(encoding="utf-8")
    assert '# cursor = "updated_at"' in text and '\nurl = "env:SHOP_DATABASE"' in text and "\nfrom" not in text
    # The owner's answers.
    answers = {
        '# timezone = "': 'timezone = "Europe/Dublin"',
        "# amount": 'amount = "total"',
        "# store_id": 'store_id = "store"',
    }
    lines = text.splitlines()
    for place, line in enumerate(lines):
        lines[place] = next((answer for start, answer in answers.items() if line.startswith(start)), line)
    path.write_text("\n".join(lines), encoding="utf-8")
    flow.ingest("tickets")
    assert [row[2:] for row in sales(warehouse)] == [("tea", 2, Decimal("5.5")), ("tea", 1, Decimal("2.75"))]


@pytest.mark.parametrize("database", ["postgresql", "mariadb"], indirect=True)
def test_the_preset_of_tickets(database: Database, warehouse: Path) -> None:
    database.run(
        "drop table if exists ticket_lines",
        "create table ticket_lines (id int, ticket_no varchar(9), sold_at timestamp, shop varchar(9), article varchar(9), quantity int, "
        "total numeric(9, 2), tax numeric(9, 2), updated_at timestamp)",
        "insert into ticket_lines values (1, 'T1', '2026-07-02 10:00:00', 'grafton', 'tea', 2, 5.5, 1.03, '2026-11-02 10:00:01')",
        "insert into ticket_lines values (2, 'T1', '2026-07-02 10:00:00', 'grafton', 'tea', -1, -2.75, -0.51, '2026-11-02 10:00:02')",
    )
    write(warehouse, "till", (flow.PROJECT / "feeds/presets/postgresql-tickets/feed.toml").read_text(encoding="utf-8"))
    flow.ingest("till")
    # A clock without a zone is Dublin's; MariaDB's type `timestamp` is an instant.
    hour = 9 if database.kind == "postgresql" else 10
    moment = datetime(2026, 7, 2, hour, tzinfo=UTC)
    rows = "select ticket_id, sold_at, quantity, amount, tax, currency from raw_retail.sales order by quantity desc"
    assert flow.query(warehouse, rows) == [
        ("T1", moment, 2, Decimal("5.5"), Decimal("1.03"), "EUR"),
        ("T1", moment, -1, Decimal("-2.75"), Decimal("-0.51"), "EUR"),
    ]
