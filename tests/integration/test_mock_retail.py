"""The simulated retail files over real HTTP, and ingestion reading them in a bad hour."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx
import pytest

from ingestion.runner import run
from mock_api.app import create_app
from mock_api.clock import Clock
from mock_api.server import running
from mock_api.settings import Settings, World
from tests import flow

NOW = datetime(2023, 7, 10, 12, tzinfo=UTC)
FILES = {"PRODUCTS": "produits", "STORES": "magasins", "SALES": "ventes"}


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with running(create_app(Settings(world=World.SEEDS, now=NOW))) as address, httpx.Client(base_url=address) as client:
        yield client


def rows(client: httpx.Client, path: str) -> list[list[str]]:
    return list(csv.reader(client.get(path).raise_for_status().text.splitlines()))


def test_products_and_stores_are_the_contracts(client: httpx.Client) -> None:
    products = rows(client, "/retail/produits.csv")
    assert products[0] == ["Nom", "ID Référence produit", "Prix", "Stock"]
    assert [row[:3] for row in products[1:]] == [
        ["Produit A", "REF001", "49.99"],
        ["Produit B", "REF002", "19.99"],
        ["Produit C", "REF003", "29.99"],
        ["Produit D", "REF004", "79.99"],
        ["Produit E", "REF005", "39.99"],
    ]
    assert all(int(row[3]) >= 0 for row in products[1:])
    stores = rows(client, "/retail/magasins.csv")
    assert stores[0] == ["ID Magasin", "Ville", "Nombre de salariés"]
    assert [row[:2] for row in stores[1:]] == [
        ["1", "Paris"], ["2", "Marseille"], ["3", "Lyon"], ["4", "Bordeaux"], ["5", "Lille"], ["6", "Nantes"], ["7", "Strasbourg"],
    ]  # fmt: skip


def test_sales_have_the_contracts_columns(client: httpx.Client) -> None:
    sales = rows(client, "/retail/ventes.csv")
    assert sales[0] == ["Date", "ID Référence produit", "Quantité", "ID Magasin"]
    assert {len(row) for row in sales} == {4}
    assert min(row[0] for row in sales[1:]) == "2023-05-27"
    assert max(row[0] for row in sales[1:]) == "2023-07-10"


@pytest.mark.parametrize("name", FILES.values())
def test_an_unchanged_file_is_answered_with_304(client: httpx.Client, name: str) -> None:
    first = client.get(f"/retail/{name}.csv")
    etag = first.headers["ETag"]
    assert parsedate_to_datetime(first.headers["Last-Modified"]) <= NOW
    assert first.headers["Content-Type"] == "text/csv; charset=utf-8"
    for header in (etag, f'"other", {etag}', f"W/{etag}", "*"):
        again = client.get(f"/retail/{name}.csv", headers={"If-None-Match": header})
        assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", etag)
    assert client.get(f"/retail/{name}.csv", headers={"If-None-Match": '"other"'}).status_code == 200
    assert client.get(f"/retail/{name}.csv?dialect=bom", headers={"If-None-Match": etag}).status_code == 200


def test_an_unknown_dialect_is_refused_in_one_line(client: httpx.Client) -> None:
    answer = client.get("/retail/ventes.csv", params={"dialect": "tabs"})
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith("dialect: no dialect 'tabs': there are semicolon, crlf")


def test_the_file_grows_with_the_clock_and_ingestion_takes_what_is_new(
    warehouse: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In another dialect each time, with a fifth of the requests failing and bad rows among the good."""
    monkeypatch.setenv("RUNTIME__REQUEST_BACKOFF_FACTOR", "0.001")
    moment = [NOW]
    app = create_app(Settings(world=World.SEEDS, now=NOW, chaos=0.2), Clock(lambda: moment[0]))
    with (
        running(app) as address,
        running(create_app(Settings(world=World.SEEDS, now=NOW), Clock(lambda: moment[0]))) as calm,
    ):
        for dialect in ("", "semicolon,slashes", "crlf,bom,no-accents,decimal-comma", "no-final-newline"):
            for setting, name in FILES.items():
                monkeypatch.setenv(f"SOURCES__RETAIL__{setting}_URL", f"{address}/retail/{name}.csv?dialect={dialect}")
            (result,) = run(["retail"], warehouse)
            assert result.error is None
            good = Counter(httpx.get(f"{calm}/retail/ventes.csv").text.splitlines()[1:])
            sql = "select concat_ws(',', sale_date, product_id, quantity, store_id) from raw_retail.sales"
            held = Counter(row[0] for row in flow.query(warehouse, sql))
            assert not good - held
            # What is more is what dbt validates: an unknown product or store, or no quantity.
            assert all(",REF999," in line or ",0," in line or line.endswith(",99") for line in held - good)
            moment[0] += timedelta(days=3)
    reasons = flow.query(
        warehouse, "select distinct regexp_replace(reason, '^line [0-9]+: ', '') from raw_retail.rejected_records"
    )
    assert ("Date 'hier' is not a date such as 2023-05-27 or 27/05/2023",) in reasons
    assert ("Prix 'gratuit' is not a number such as 49.99 or 49,99",) in reasons
