"""Retail end to end, from CSV files over HTTP to the marts, against figures worked out in plain Python.

One story in steps: prices change, lines come late, products and stores that nobody knew appear, a price is nonsense.
"""

from __future__ import annotations

import random
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests import flow
from tests.retail_provider import PRODUCTS, SALES, Dialect, RetailProvider, Sale

# Cautious: tests that also read marts of other domains are left to their own build.
MODELS = ("--select", "+tag:retail", "+fct_rejected_records", "--indirect-selection", "cautious")
MODELS_AGAIN = ("--select", "+tag:retail", *flow.rejected_of("retail"), "--indirect-selection", "cautious")
REGIONS = {
    "Paris": "Île-de-France", "Marseille": "Provence-Alpes-Côte d'Azur", "Lyon": "Auvergne-Rhône-Alpes",
    "Bordeaux": "Nouvelle-Aquitaine", "Lille": "Hauts-de-France", "Nantes": "Pays de la Loire", "Strasbourg": "Grand Est",
}  # fmt: skip
Figures = tuple[int, int, Decimal, int, Decimal]


@dataclass
class Book:
    """Who sold what at which price, as a person with a notebook would keep it who reads the files with each load."""

    provider: RetailProvider
    seen: Counter[Sale] = field(default_factory=Counter)
    entries: list[tuple[Sale, Decimal | None]] = field(default_factory=list)
    prices: dict[str, Decimal] = field(default_factory=dict)

    def read(self) -> None:
        for product_id, price in self.provider.prices.items():
            if Decimal(price) >= 0:
                self.prices[product_id] = Decimal(price)
        new = Counter(self.provider.sales) - self.seen
        self.seen += new
        self.entries += [(sale, self.prices.get(sale.product_id)) for sale in new.elements()]
        # What came before its product takes the first price there is.
        self.entries = [
            (sale, price if price is not None else self.prices.get(sale.product_id)) for sale, price in self.entries
        ]

    def sold(self) -> list[tuple[Sale, Decimal]]:
        return [
            (sale, price)
            for sale, price in self.entries
            if price is not None and sale.quantity != 0 and sale.store_id in self.provider.cities
        ]

    def region(self, store_id: str) -> str:
        return REGIONS.get(self.provider.cities[store_id], "unknown")


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Iterator[RetailProvider]:
    with RetailProvider() as provider:
        for name, value in provider.environment().items():
            monkeypatch.setenv(name, value)
        yield provider


def figures(sold: Iterable[tuple[Sale, Decimal]]) -> Figures:
    """Sales, units and revenue net of returns, units and money of what was returned."""
    lines = list(sold)
    returned = [(sale, price) for sale, price in lines if sale.quantity < 0]
    return (
        len(lines) - len(returned),
        sum(sale.quantity for sale, _ in lines),
        sum((sale.quantity * price for sale, price in lines), Decimal()),
        -sum(sale.quantity for sale, _ in returned),
        -sum((sale.quantity * price for sale, price in returned), Decimal()),
    )


def grouped(sold: list[tuple[Sale, Decimal]], key: Any) -> dict[Any, Figures]:
    groups = defaultdict(list)
    for sale, price in sold:
        groups[key(sale)].append((sale, price))
    return {value: figures(group) for value, group in groups.items()}


def mart(warehouse: Path, name: str, key: str) -> dict[Any, Figures]:
    rows = flow.query(warehouse, f"select {key}, sales, units, revenue, returned_units, returns from marts.{name}")
    found = {row[0]: row[1:] for row in rows}
    assert len(found) == len(rows)
    return found


def check(warehouse: Path, book: Book) -> None:
    """The marts hold the notebook's figures, every row and no other, to the last decimal."""
    sold = book.sold()
    rows = flow.query(
        warehouse, "select sale_date, product_id, quantity, retail_store_id, unit_price, revenue from marts.fct_sales"
    )
    assert Counter(rows) == Counter(
        (date.fromisoformat(sale.day), sale.product_id, sale.quantity, sale.store_id, price, sale.quantity * price)
        for sale, price in sold
    )
    total = flow.query(
        warehouse,
        "select sales, units, revenue, returned_units, returns, first_sale_date, newest_sale_date from marts.agg_sales_total",
    )
    days = [date.fromisoformat(sale.day) for sale, _ in sold]
    assert total == [(*figures(sold), min(days), max(days))]
    assert mart(warehouse, "agg_sales_by_product", "product_id") == grouped(sold, lambda sale: sale.product_id)
    assert mart(warehouse, "agg_sales_by_store", "retail_store_id") == grouped(sold, lambda sale: sale.store_id)
    assert mart(warehouse, "agg_sales_by_region", "region") == grouped(sold, lambda sale: book.region(sale.store_id))
    assert mart(warehouse, "agg_sales_daily", "cast(sale_date as varchar)") == grouped(sold, lambda sale: sale.day)
    for name in ("agg_sales_by_product", "agg_sales_by_store", "agg_sales_by_region"):
        shares = flow.query(warehouse, f"select revenue, revenue_share_pct from marts.{name}")
        whole = figures(sold)[2]
        assert [share for _, share in shares] == pytest.approx([float(100 * revenue / whole) for revenue, _ in shares])
    assert flow.query(
        warehouse, "select retail_store_id, city, region, employees from marts.dim_retail_stores order by 1"
    ) == [
        (store_id, city, book.region(store_id), int(book.provider.employees[store_id]))
        for store_id, city in sorted(book.provider.cities.items())
    ]
    assert flow.query(
        warehouse, "select product_id, product_name, price, stock from marts.dim_products order by 1"
    ) == [
        (product_id, book.provider.names[product_id], price, int(book.provider.stock[product_id]))
        for product_id, price in sorted(book.prices.items())
    ]


def rejections(warehouse: Path) -> list[tuple[str, str]]:
    return flow.query(
        warehouse, "select reason, payload from marts.fct_rejected_records where source = 'retail' order by 1, 2"
    )


def test_the_marts_through_price_changes_late_lines_and_unknown_names(shop: RetailProvider, warehouse: Path) -> None:
    draw = random.Random(5)
    book = Book(shop)

    def sell(count: int, first: str, last: str) -> None:
        for _ in range(count):
            day = date.fromordinal(
                draw.randint(date.fromisoformat(first).toordinal(), date.fromisoformat(last).toordinal())
            )
            product = draw.choice([f"REF00{n}" for n in range(1, 7)])
            shop.sell(day.isoformat(), product, draw.choice([1, 1, 2, 3, -1]), draw.choice(range(1, 9)))

    # REF006 and store 8 are sold and not yet known; a city has no region.
    shop.cities["7"] = "Brest"
    sell(200, "2023-05-27", "2023-06-25")
    shop.sales += shop.sales[:5]
    shop.sell("2023-06-25", "REF001", 0, 1)
    shop.sell("2023-06-25", "REF001", -2, 99)
    shop.raw_lines[SALES] = ["31/06/2023,REF001,1,1"]
    book.read()
    flow.ingest("retail")
    flow.build(*MODELS)
    check(warehouse, book)
    rejected = rejections(warehouse)
    unusable = [
        sale
        for sale in shop.sales
        if sale.product_id == "REF006" or sale.store_id not in shop.cities or sale.quantity == 0
    ]
    assert len(rejected) == len(unusable) + 1
    zero = len(shop.sales) - 2 + 2
    assert (f"line {zero}: Quantité 0 is neither a sale nor a return", '["2023-06-25","REF001","0","1"]') in rejected
    assert (
        f"line {zero + 1}: ID Magasin '99' is no known store", '["2023-06-25","REF001","-2","99"]'
    ) in rejected  # fmt: skip
    assert (
        f"line {zero + 2}: Date '31/06/2023' is not a day of the calendar",
        '["31/06/2023","REF001","1","1"]',
    ) in rejected
    assert flow.query(
        warehouse,
        "select count(*) from marts.fct_rejected_records where reason like '%''REF006'' is no product whose price is known%'",
    ) == [(sum(sale.product_id == "REF006" for sale in shop.sales),)]

    # A price falls; new sales take the new one and old ones keep theirs. The unknown appear.
    old = flow.query(warehouse, "select * from marts.fct_sales where product_id = 'REF001' order by all")
    shop.dialect = Dialect(";", "\r\n", slashes=True, decimal=",")
    shop.raw_lines[SALES] = []
    shop.prices |= {"REF001": "44.99", "REF006": "15.5"}
    shop.names["REF006"], shop.stock["REF006"] = "Produit F", "7"
    shop.cities["8"], shop.employees["8"] = "Lille", "3"
    sell(60, "2023-06-10", "2023-06-27")
    shop.sales.insert(0, shop.sales[-1])
    book.read()
    flow.ingest("retail")
    flow.build(*MODELS_AGAIN)
    check(warehouse, book)
    assert set(old) <= set(flow.query(warehouse, "select * from marts.fct_sales where product_id = 'REF001'"))
    assert {row[0] for row in flow.query(warehouse, "select unit_price from marts.fct_sales where product_id = 'REF001'")} == {
        Decimal("49.99"), Decimal("44.99"),
    }  # fmt: skip
    assert {payload for _, payload in rejections(warehouse)} == {
        '["2023-06-25","REF001","0","1"]', '["2023-06-25","REF001","-2","99"]', '["31/06/2023","REF001","1","1"]',
    }  # fmt: skip

    # A price goes back up, one is nonsense (the one before stays), a store moves, only a stock changes.
    shop.dialect = Dialect(accents=False, byte_order_mark=True)
    shop.prices |= {"REF001": "49.99", "REF002": "-1.00", "REF006": "20"}
    shop.stock["REF003"] = "1"
    shop.cities["8"] = "NANTES"
    sell(40, "2023-06-28", "2023-06-30")
    book.read()
    flow.ingest("retail")
    flow.build(*MODELS_AGAIN)
    shop.stock["REF002"] = "100"
    shop_regions = book.region
    book.region = lambda store_id: "Pays de la Loire" if store_id == "8" else shop_regions(store_id)  # type: ignore[method-assign]
    check(warehouse, book)
    assert ("line 3: Prix -1.0000 is below 0", '["Produit B","REF002","-1.00","100"]') in rejections(warehouse)

    # Nothing new: nothing moves.
    before = {
        name: flow.query(warehouse, f"from marts.{name} order by all") for name in ("fct_sales", "fct_rejected_records")
    }
    flow.ingest("retail")
    flow.build(*MODELS_AGAIN)
    assert before == {name: flow.query(warehouse, f"from marts.{name} order by all") for name in before}


def test_absurd_figures_do_not_stop_the_build(shop: RetailProvider, warehouse: Path) -> None:
    """Nine nines times nine nines, twice: the most that a readable line can say."""
    shop.prices["REF001"] = "999999999.9999"
    for _ in range(2):
        shop.sell("1990-01-02", "REF001", 999_999_999, 1)
    shop.sell("0001-01-01", "REF001", 1, 1)
    shop.sell("9999-12-31", "REF002", 1, 10**18 - 1)
    flow.ingest("retail")
    flow.build(*MODELS)
    assert flow.query(warehouse, "select sales, units, revenue from marts.agg_sales_total") == [
        (2, 1_999_999_998, 2 * 999_999_999 * Decimal("999999999.9999"))
    ]


def test_a_warehouse_without_retail_has_its_marts_empty_and_takes_it_later(
    empty_build: Path, shop: RetailProvider, warehouse: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The raw tables that dbt makes are those that ingestion makes, by name and type."""
    columns = (
        "select table_name, column_name, data_type from information_schema.columns "
        "where table_schema = 'raw_retail' and table_name not like '\\_dlt%' escape '\\' order by all"
    )
    shop.sell("2024-05-01", "REF001", 1, 1)
    shop.raw_lines[PRODUCTS] = ["Produit F,REF006,gratuit,1"]
    shutil.copy(empty_build, warehouse)
    made_by_dbt = flow.query(warehouse, columns)
    marts = [
        name for (name,) in flow.query(warehouse, "select table_name from duckdb_tables() where schema_name = 'marts'")
    ]
    assert {"fct_sales", "dim_products", "agg_sales_total", "agg_sales_daily", "agg_sales_by_region"} <= set(marts)
    assert all(
        flow.query(warehouse, f"select count(*) from marts.{name}") == [(0,)] for name in marts if "sales" in name
    )

    flow.ingest("retail")
    assert flow.query(warehouse, columns) == made_by_dbt
    assert flow.query(warehouse, "select count(*) from raw_retail.sales") == [(1,)]
    other = tmp_path / "other.duckdb"
    monkeypatch.setenv("TALLY_WAREHOUSE", str(other))
    flow.ingest("retail")
    assert flow.query(other, columns) == made_by_dbt
