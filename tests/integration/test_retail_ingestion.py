"""Retail through the HTTP contract into a warehouse of the test's own.

What a warehouse should hold is the provider's own list, never what the code under test says.
"""

from __future__ import annotations

import gzip
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingestion.runner import run
from ingestion.schemas import RunResult
from tests import flow
from tests.http_server import Answer, Cut
from tests.retail_provider import PRODUCTS, SALES, STORES, Dialect, RetailProvider

Row = tuple[Any, ...]


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Iterator[RetailProvider]:
    """A company with fifty sales, two of them equal, which every command finds."""
    with RetailProvider() as provider:
        draw = random.Random(3)
        for _ in range(49):
            product = draw.choice(list(provider.prices))
            provider.sell(f"2024-05-{draw.randrange(1, 31):02}", product, draw.randrange(1, 4), draw.randrange(1, 8))
        provider.sales.append(provider.sales[20])
        for name, value in provider.environment().items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("RUNTIME__REQUEST_BACKOFF_FACTOR", "0.001")
        yield provider


def ingest(warehouse: Path, **options: Any) -> RunResult:
    """One run in this process that must go well."""
    (result,) = run(["retail"], warehouse, lock_timeout=0, **options)
    assert result.error is None, result.error
    return result


def failed(warehouse: Path) -> str:
    """The one line of a run in this process that must fail."""
    (result,) = run(["retail"], warehouse, lock_timeout=0)
    assert result.error is not None
    assert "\n" not in result.error
    return result.error


def counts(result: RunResult) -> tuple[int, int, int]:
    return result.new, result.changed, result.rejected


def held(warehouse: Path) -> Counter[Row]:
    """The sales in raw, as often as each is there."""
    sql = "select cast(sale_date as varchar), product_id, quantity, store_id from raw_retail.sales"
    return Counter(flow.query(warehouse, sql))


def served(provider: RetailProvider) -> Counter[Row]:
    return Counter((sale.day, sale.product_id, sale.quantity, sale.store_id) for sale in provider.sales)


def everything(warehouse: Path) -> dict[str, list[Row]]:
    """All rows of all raw tables, with their load ids."""
    tables = ("sales", "products", "stores", "rejected_records")
    with duckdb.connect(str(warehouse)) as connection:
        there = {
            name
            for (name,) in connection.execute(
                "select table_name from duckdb_tables() where schema_name = 'raw_retail'"
            ).fetchall()
        }
        return {t: connection.execute(f"from raw_retail.{t} order by all").fetchall() for t in tables if t in there}


def refused(warehouse: Path, provider: RetailProvider, expected: str) -> None:
    """A run fails with the error, leaves what was there, and once the provider works again all is loaded."""
    before = everything(warehouse)
    error = failed(warehouse)
    assert expected in error
    assert everything(warehouse) == before
    provider.intercept = None
    provider.bodies.clear()
    ingest(warehouse)
    assert held(warehouse) == served(provider)


# What comes


def test_every_line_is_loaded_and_two_equal_lines_twice(shop: RetailProvider, warehouse: Path) -> None:
    result = ingest(warehouse)
    assert counts(result) == (50 + 5 + 7, 0, 0)
    assert held(warehouse) == served(shop)
    assert max(held(warehouse).values()) >= 2
    assert str(result.newest) == max(sale.day for sale in shop.sales)
    assert flow.query(warehouse, "select product_id, name, price, stock from raw_retail.products order by 1") == [
        (product_id, shop.names[product_id], Decimal(price), 100) for product_id, price in shop.prices.items()
    ]
    assert flow.query(warehouse, "select store_id, city, employees from raw_retail.stores order by 1") == [
        (store_id, city, 10) for store_id, city in shop.cities.items()
    ]


def test_a_second_run_asks_whether_anything_changed_and_ends(shop: RetailProvider, warehouse: Path) -> None:
    ingest(warehouse)
    before = everything(warehouse)
    shop.requests.clear()
    assert counts(ingest(warehouse)) == (0, 0, 0)
    assert everything(warehouse) == before
    assert sorted(request.path for request in shop.requests) == [STORES, PRODUCTS, SALES]
    assert all("if-none-match" in request.headers for request in shop.requests)
    assert all(shop.honest_answer(request).status == 304 for request in shop.requests)


def test_a_provider_without_etags_adds_nothing_the_second_time(shop: RetailProvider, warehouse: Path) -> None:
    shop.has_etags = False
    ingest(warehouse)
    before = everything(warehouse)
    shop.requests.clear()
    assert counts(ingest(warehouse)) == (0, 0, 0)
    assert everything(warehouse) == before
    assert not any("if-none-match" in request.headers for request in shop.requests)


def test_only_new_lines_are_loaded_wherever_they_stand(shop: RetailProvider, warehouse: Path) -> None:
    ingest(warehouse)
    loads = dict(flow.query(warehouse, "select _dlt_load_id, count(*) from raw_retail.sales group by all"))
    shop.sell("2024-06-01", "REF001", 1, 1)
    shop.sales.insert(0, shop.sell("2024-06-01", "REF002", 5, 2))
    shop.sales.insert(17, shop.sales[30])  # one more equal to one that is there
    random.Random(4).shuffle(shop.sales)

    assert counts(ingest(warehouse)) == (4, 0, 0)
    assert held(warehouse) == served(shop)
    now = dict(flow.query(warehouse, "select _dlt_load_id, count(*) from raw_retail.sales group by all"))
    assert loads.items() <= now.items()
    assert len(now) == 2


def test_a_changed_dialect_changes_nothing(shop: RetailProvider, warehouse: Path) -> None:
    ingest(warehouse)
    before = everything(warehouse)
    # One change after the other. tests/unit/test_retail_files.py reads the combinations of all of them.
    changes: list[dict[str, Any]] = [
        {"delimiter": ";"}, {"end": "\r\n"}, {"slashes": True}, {"final_newline": False}, {"byte_order_mark": True},
        {"decimal": ","}, {"accents": False}, {"delimiter": ",", "decimal": "."}, {"slashes": False},
    ]  # fmt: skip
    for change in changes:
        dialect = shop.dialect = replace(shop.dialect, **change)
        shop.requests.clear()
        assert counts(ingest(warehouse)) == (0, 0, 0), dialect
        # Dates are in one file alone, decimals in another: at least one of the three is not the one before.
        is_changed = {shop.honest_answer(request).status for request in list(shop.requests)} != {304}
        assert is_changed or dialect == Dialect()
    assert everything(warehouse) == before


@pytest.mark.parametrize(
    "dialect", [Dialect(), Dialect(";", "\r\n", False, True, False, True, ","), Dialect(quote=True, slashes=True)]
)
def test_any_dialect_may_be_the_first(shop: RetailProvider, warehouse: Path, dialect: Dialect) -> None:
    shop.dialect = dialect
    assert counts(ingest(warehouse)) == (62, 0, 0)
    assert held(warehouse) == served(shop)
    cells = flow.query(warehouse, "select cells from raw_retail.sales where line_number = 2")
    first = shop.sales[0]
    assert cells == [(f'["{dialect.date(first.day)}","{first.product_id}","{first.quantity}","{first.store_id}"]',)]


def test_a_compressed_answer_is_read(shop: RetailProvider, warehouse: Path) -> None:
    shop.intercept = lambda request: Answer(
        headers={"Content-Encoding": "gzip"}, body=gzip.compress(shop.body(request.path))
    )
    ingest(warehouse)
    assert held(warehouse) == served(shop)


def test_products_keep_every_version_and_stores_the_newest(shop: RetailProvider, warehouse: Path) -> None:
    ingest(warehouse)
    shop.prices["REF001"] = "44.99"
    assert counts(ingest(warehouse)) == (0, 1, 0)
    shop.prices["REF001"] = "49.99"
    shop.cities["3"] = "Villeurbanne"
    assert counts(ingest(warehouse)) == (0, 2, 0)

    prices = flow.query(
        warehouse, "select price from raw_retail.products where product_id = 'REF001' order by received_at"
    )
    assert prices == [(Decimal("49.99"),), (Decimal("44.99"),), (Decimal("49.99"),)]
    assert flow.query(warehouse, "select count(*) from raw_retail.products") == [(7,)]
    assert flow.query(warehouse, "select city from raw_retail.stores where store_id = '3'") == [("Villeurbanne",)]


def test_a_price_and_the_sales_it_comes_with_travel_in_one_load(shop: RetailProvider, warehouse: Path) -> None:
    ingest(warehouse)
    shop.prices["REF001"] = "44.99"
    shop.sell("2024-06-01", "REF001", 1, 1)
    ingest(warehouse)
    (load,) = flow.query(warehouse, "select _dlt_load_id from raw_retail.sales where sale_date = '2024-06-01'")
    assert flow.query(warehouse, "select _dlt_load_id from raw_retail.products where price = 44.99") == [load]


def test_since_takes_the_sales_of_that_day_and_later(shop: RetailProvider, warehouse: Path) -> None:
    ingest(warehouse, since=date(2024, 5, 20))
    assert held(warehouse) == Counter({row: n for row, n in served(shop).items() if row[0] >= "2024-05-20"})
    ingest(warehouse)
    assert held(warehouse) == served(shop)


def test_a_full_refresh_takes_everything_again_and_changes_nothing(shop: RetailProvider, warehouse: Path) -> None:
    ingest(warehouse)
    before = everything(warehouse)
    shop.requests.clear()
    assert counts(ingest(warehouse, full_refresh=True)) == (0, 0, 0)
    assert everything(warehouse) == before
    assert not any("if-none-match" in request.headers for request in shop.requests)


def test_another_address_is_asked_for_all_it_has(
    shop: RetailProvider, warehouse: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even one that differs in its query alone, which is how published sheets differ."""
    ingest(warehouse)
    monkeypatch.setenv("SOURCES__RETAIL__SALES_URL", shop.environment()["SOURCES__RETAIL__SALES_URL"] + "?gid=7")
    shop.requests.clear()
    ingest(warehouse)
    asked = {request.path: "if-none-match" in request.headers for request in shop.requests}
    assert asked == {SALES: False, PRODUCTS: True, STORES: True}
    assert next(request for request in shop.requests if request.path == SALES).params == {"gid": "7"}


def test_tables_that_were_dropped_are_loaded_anew(shop: RetailProvider, warehouse: Path) -> None:
    ingest(warehouse)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("drop schema raw_retail cascade")
    ingest(warehouse)
    assert held(warehouse) == served(shop)


def test_the_three_files_may_lie_on_three_servers(
    shop: RetailProvider, warehouse: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with RetailProvider() as elsewhere, RetailProvider() as nowhere:
        elsewhere.prices["REF001"] = "1.00"
        nowhere.cities = {"1": "Brest"}
        monkeypatch.setenv("SOURCES__RETAIL__PRODUCTS_URL", elsewhere.environment()["SOURCES__RETAIL__PRODUCTS_URL"])
        monkeypatch.setenv("SOURCES__RETAIL__STORES_URL", nowhere.environment()["SOURCES__RETAIL__STORES_URL"])
        ingest(warehouse)
    assert flow.query(warehouse, "select price from raw_retail.products where product_id = 'REF001'") == [(1,)]
    assert flow.query(warehouse, "select city from raw_retail.stores") == [("Brest",)]
    assert held(warehouse) == served(shop)


# Rows that cannot be read


def test_unreadable_rows_are_rejected_once_however_far_they_move(shop: RetailProvider, warehouse: Path) -> None:
    shop.raw_lines[SALES] = ["30/02/2024,REF001,1,1", "2024-05-01,REF001,deux,1", "2024-05-01,REF001,deux,1"]
    shop.prices["REF006"], shop.names["REF006"], shop.stock["REF006"] = "gratuit", "Produit F", "3"
    assert counts(ingest(warehouse)) == (62, 0, 4)
    rejected = flow.query(
        warehouse, "select entity, record_id, reason, payload from raw_retail.rejected_records order by 1, 2"
    )
    no_date, no_number = "Date '30/02/2024' is not a day of the calendar", "Quantité 'deux' is not a whole number"
    no_price = "Prix 'gratuit' is not a number such as 49.99 or 49,99"
    assert rejected == [
        ("products", "line 7", f"line 7: {no_price}", '["Produit F","REF006","gratuit","3"]'),
        ("sales", "line 52", f"line 52: {no_date}", '["30/02/2024","REF001","1","1"]'),
        ("sales", "line 53", f"line 53: {no_number}", '["2024-05-01","REF001","deux","1"]'),
        ("sales", "line 54", f"line 54: {no_number}", '["2024-05-01","REF001","deux","1"]'),
    ]

    shop.sales.insert(0, shop.sell("2024-06-01", "REF001", 1, 1))
    shop.dialect = Dialect(accents=False, final_newline=False)
    assert counts(ingest(warehouse)) == (2, 0, 0)
    shop.raw_lines[SALES].append("2024-05-01,REF001,deux,1")
    assert counts(ingest(warehouse)) == (0, 0, 1)
    assert flow.query(warehouse, "select count(*) from raw_retail.rejected_records") == [(5,)]


def test_a_held_line_that_cannot_be_read_any_more_is_not_taken_for_a_cut(shop: RetailProvider, warehouse: Path) -> None:
    ingest(warehouse)
    before = held(warehouse)
    gone = shop.sales.pop(7)
    shop.raw_lines[SALES] = [f"{gone.day},{gone.product_id},{gone.quantity}?,{gone.store_id}"]
    shop.sell("2024-06-01", "REF001", 1, 1)
    assert counts(ingest(warehouse)) == (1, 0, 1)
    assert held(warehouse) == before + Counter({("2024-06-01", "REF001", 1, "1"): 1})
    shop.sell("2024-06-02", "REF001", 1, 1)
    assert counts(ingest(warehouse)) == (1, 0, 0)


def test_a_product_given_twice_counts_as_its_last_line_says(shop: RetailProvider, warehouse: Path) -> None:
    shop.raw_lines[PRODUCTS] = ["Produit A,REF001,12.00,100", "Produit E,REF005,39.99,100"]
    assert counts(ingest(warehouse)) == (62, 0, 1)
    assert flow.query(warehouse, "select price from raw_retail.products where product_id = 'REF001'") == [(12,)]
    assert flow.query(warehouse, "select reason from raw_retail.rejected_records") == [
        ("line 2: ID Référence produit 'REF001' comes again in line 7, which counts",)
    ]


# What is not loaded


def cut(provider: RetailProvider, path: str) -> Answer:
    body = provider.body(path)
    return Answer(body=body[: len(body) - 5], length=len(body))


def unfinished(provider: RetailProvider, path: str) -> Answer:
    def chunks() -> Iterator[bytes]:
        yield provider.body(path)[:40]
        raise Cut

    return Answer(chunks=chunks())


def gigabyte() -> Iterator[bytes]:
    yield "Date,ID Référence produit,Quantité,ID Magasin\n".encode()
    block = b"2024-05-01,REF001,1,1\n" * 40_000
    for _ in range(1_250):
        yield block


@pytest.mark.parametrize("path", [SALES, PRODUCTS, STORES])
def test_what_cannot_be_trusted_is_not_loaded(shop: RetailProvider, warehouse: Path, path: str) -> None:
    ingest(warehouse)
    before = everything(warehouse)
    first_lines = b"\n".join(shop.body(path).splitlines()[:3])
    shop.sell("2024-06-01", "REF001", 1, 1)
    shop.prices["REF001"] = "44.99"
    shop.cities["1"] = "Créteil"
    lies: list[tuple[Callable[[], Answer], str]] = [
        (lambda: cut(shop, path), "cut the connection"),
        (lambda: unfinished(shop, path), "cut the connection"),
        (lambda: Answer(body=first_lines), "of the lines that an earlier answer held"),
        (lambda: Answer(headers={"Content-Type": "text/html"}, body=b"<h1>Please log in</h1>"), "a page of HTML"),
        (lambda: Answer(headers={"Content-Type": "text/csv"}), "is empty"),
        (lambda: Answer(body=b"a;b;c;d\n1;2;3;4\n"), "has the header 'a;b;c;d', which lacks columns of"),
        (lambda: Answer(404), "does not exist (404)"),
        (lambda: Answer(403), "refused access (403)"),
    ]
    for lie, expected in lies:
        shop.intercept = lambda request, lie=lie: lie() if request.path == path else None  # type: ignore[misc]
        error = failed(warehouse)
        assert expected in error
        assert shop.address + path in error
        assert everything(warehouse) == before
    shop.intercept = None
    assert counts(ingest(warehouse)) == (1, 2, 0)
    assert held(warehouse) == served(shop)


def test_not_modified_is_no_answer_to_a_first_question(shop: RetailProvider, warehouse: Path) -> None:
    shop.intercept = lambda request: Answer(304)
    assert "answered 304 (not modified) without having been asked for changes" in failed(warehouse)


def test_a_header_alone_is_a_cut_file_once_there_were_sales(shop: RetailProvider, warehouse: Path) -> None:
    header = shop.body(SALES).split(b"\n")[0]
    shop.bodies[SALES] = header
    assert counts(ingest(warehouse)) == (12, 0, 0)
    shop.bodies.clear()
    ingest(warehouse)
    shop.bodies[SALES] = header
    refused(warehouse, shop, "lacks 50 of the lines that an earlier answer held")


def test_a_cut_does_not_hide_behind_unreadable_lines(shop: RetailProvider, warehouse: Path) -> None:
    shop.raw_lines[SALES] = [f"hier,REF001,{n},1" for n in range(20)]
    ingest(warehouse)
    whole = shop.body(SALES).splitlines()
    shop.bodies[SALES] = b"\n".join([*whole[:40], *whole[-20:]])
    refused(warehouse, shop, "lacks 11 of the lines that an earlier answer held")


def test_a_gigabyte_is_not_waited_for(shop: RetailProvider, warehouse: Path) -> None:
    ingest(warehouse)
    shop.intercept = lambda request: Answer(chunks=gigabyte()) if request.path == SALES else None
    refused(warehouse, shop, "sent more than 256 MB in one answer")


def test_a_passing_failure_is_retried(shop: RetailProvider, warehouse: Path) -> None:
    failures = [Answer(500), Answer(429), cut(shop, SALES), unfinished(shop, SALES)]
    shop.intercept = lambda request: failures.pop() if failures else None
    ingest(warehouse)
    assert held(warehouse) == served(shop)


def test_the_command_names_the_address_without_its_secrets_and_fails(shop: RetailProvider, warehouse: Path) -> None:
    shop.bodies[PRODUCTS] = b"<html>"
    url = shop.environment()["SOURCES__RETAIL__PRODUCTS_URL"]
    secret = url.replace("http://", "http://someone:pass-w0rd@") + "?token=t0ken"
    done = flow.run(sys.executable, "-m", "ingestion", "retail", SOURCES__RETAIL__PRODUCTS_URL=secret)
    assert done.returncode == 1
    shown = url.replace("http://", "http://***@")
    assert f"{shown} answered with a page of HTML, not a CSV file: check the address" in done.stderr
    output = (
        done.stdout
        + done.stderr
        + str(flow.query(warehouse, "from raw_operations.runs"))
        + str(flow.query(warehouse, "from raw_operations.answers"))
    )
    assert "pass-w0rd" not in output
    assert "t0ken" not in output
    assert "Traceback" not in output


def test_a_missing_address_is_named(shop: RetailProvider, warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOURCES__RETAIL__STORES_URL")
    monkeypatch.setenv("DLT_PROJECT_DIR", str(warehouse.parent))  # where no file sets one
    assert failed(warehouse) == "SOURCES__RETAIL__STORES_URL is not set (address of magasins.csv)"


# A load that did not end


def test_what_a_killed_load_left_does_not_part_a_sale_from_its_price(shop: RetailProvider, warehouse: Path) -> None:
    """Each table is merged on its own. Here the sales were, and the products were not, when the process was killed."""
    ingest(warehouse)
    shop.prices["REF001"] = "44.99"
    shop.sell("2024-06-01", "REF001", 1, 1)
    ingest(warehouse)
    with duckdb.connect(str(warehouse)) as connection:
        (load,) = connection.execute("select max(load_id) from raw_retail._dlt_loads").fetchall()[0]
        connection.execute("delete from raw_retail._dlt_loads where load_id = ?", [load])
        connection.execute("delete from raw_retail.products where _dlt_load_id = ?", [load])
        connection.execute("delete from raw_operations.answers")
    shop.prices["REF001"] = "38.50"

    assert counts(ingest(warehouse)) == (1, 1, 0)
    assert held(warehouse) == served(shop)
    (sale,) = flow.query(warehouse, "select _dlt_load_id from raw_retail.sales where sale_date = '2024-06-01'")
    assert flow.query(warehouse, "select _dlt_load_id from raw_retail.products where price = 38.5") == [sale]
    assert sale[0] > load


def test_killed_at_any_moment_and_run_again_holds_each_line_once(shop: RetailProvider, warehouse: Path) -> None:
    draw = random.Random(11)
    ingest(warehouse)
    for n in range(5):
        shop.prices["REF001"] = f"{40 + n}.00"
        shop.sell("2024-06-01", "REF001", n + 1, 1)
        moment = draw.uniform(0.8, 3.5)
        process = subprocess.Popen(
            [sys.executable, "-m", "ingestion", "retail"],
            cwd=flow.PROJECT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            process.wait(moment)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
        ingest(warehouse)
        assert held(warehouse) == served(shop)
        newest = flow.query(
            warehouse,
            "select price from raw_retail.products as p join raw_retail.sales as s on s._dlt_load_id = p._dlt_load_id "
            f"where sale_date = '2024-06-01' and quantity = {n + 1} and p.product_id = 'REF001'",
        )
        assert newest == [(40 + n,)]
    assert flow.query(warehouse, "select count(*) from raw_retail.products where product_id = 'REF001'") == [(6,)]
