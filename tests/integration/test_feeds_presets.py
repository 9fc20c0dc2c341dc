"""The presets of feeds/presets on the samples beside them, and two exports as people have them, from `python -m ingestion` to the marts.

The right figures are worked out by hand from the files, and stand beside each.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ingestion.feeds import presets
from tests import flow

CASES = Path(__file__).resolve().parent.parent / "cases"
MARTS = ("fct_orders", "fct_order_lines", "fct_sales", "agg_sales_total", "fct_sensor_visits_daily", "fct_store_visits_daily", "fct_air_quality_hourly", "dim_stations")  # fmt: skip
Row = tuple[Any, ...]


def install(name: str, root: Path) -> None:
    """A preset as its owner has it: its feeds in feeds/, its files where `from` says."""
    folder = presets.preset(name).path.parent
    (root / "feeds").mkdir(exist_ok=True)
    (root / "inbox" / name).mkdir(parents=True)
    for path in folder.iterdir():
        if path.suffix == ".toml":
            feed = name if path.stem == "feed" else f"{name}-{path.stem}"
            shutil.copy(path, root / "feeds" / f"{feed}.toml")
        else:
            shutil.copy(path, root / "inbox" / name)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Every preset of files, and the cases, in one warehouse."""
    root = tmp_path_factory.mktemp("presets")
    for name in presets.names():
        if not presets.preset(name).feed.is_asked:
            install(name, root)
    for case in ("41-shopify-export", "42-till-excel"):
        for path in (CASES / case).iterdir():
            shutil.copy(path, root / "feeds" if path.suffix == ".toml" else root)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TALLY_WAREHOUSE", str(root / "warehouse.duckdb"))
        patch.setenv("TALLY_FEEDS", str(root / "feeds"))
        flow.ingest()
        flow.build("--select", *(f"+{mart}" for mart in MARTS), "--indirect-selection", "empty")
        yield root / "warehouse.duckdb"


def orders(warehouse: Path, like: str) -> list[Row]:
    return flow.query(
        warehouse,
        "select order_id, order_date, status, is_counted, lines, units, bill, refunded, revenue, currency from marts.fct_orders "
        f"where order_id like '{like}' order by order_id",
    )


def sales(warehouse: Path, stores: tuple[str, ...]) -> list[Row]:
    return flow.query(
        warehouse,
        "select sold_at, product_id, retail_store_id, ticket_id, quantity, revenue, currency from marts.fct_sales "
        f"where retail_store_id in {stores} order by sold_at, product_id",
    )


def test_shopify_orders(built: Path) -> None:
    # #1041: 3 × 25 + 30 − 10.50 + 4.90 shipping. #1042: 2 × 25, of which 25 were paid back; it was 22:54 in London, still 2 November in UTC.
    assert orders(built, "#1%") == [
        ("#1041", date(2026, 11, 2), "paid", True, 2, 4, Decimal("99.40"), Decimal(0), Decimal("99.40"), "EUR"),
        ("#1042", date(2026, 11, 2), "partially_refunded", True, 1, 2, Decimal(50), Decimal(25), Decimal(25), "EUR"),
        ("#1043", date(2026, 11, 2), "voided", False, 1, 1, Decimal(30), Decimal(0), Decimal(30), "EUR"),
        ("#1044", date(2026, 11, 3), "paid", True, 1, 2, Decimal("64.90"), Decimal(0), Decimal("64.90"), "EUR"),
    ]
    # What an order's bill has beside its lines, here the shipping of 4.90, is spread over them: 94.50 = 67.50 + 27.00 of lines.
    assert flow.query(
        built,
        "select line_number, product_id, quantity, revenue from marts.fct_order_lines where order_id = '#1041' order by 1",
    ) == [
        (1, "BOWL-B", 3, Decimal("71.00")),
        (2, "POT-1", 1, Decimal("28.40")),
    ]


def test_woocommerce_orders(built: Path) -> None:
    # 501: 2 × 25 + 3 × 10 − 5.00 + 4.00 shipping + 18.17 tax. 503: 3 × 10 + 4.00 + 7.82, of which 12.30 were paid back.
    assert orders(built, "50_") == [
        ("501", date(2026, 11, 2), "completed", True, 2, 5, Decimal("97.17"), Decimal(0), Decimal("97.17"), "EUR"),
        ("502", date(2026, 11, 2), "on-hold", True, 1, 1, Decimal("30.75"), Decimal(0), Decimal("30.75"), "EUR"),
        (
            "503",
            date(2026, 11, 3),
            "completed",
            True,
            1,
            3,
            Decimal("41.82"),
            Decimal("12.30"),
            Decimal("29.52"),
            "EUR",
        ),
        ("504", date(2026, 11, 3), "cancelled", False, 1, 1, Decimal("12.30"), Decimal(0), Decimal("12.30"), "EUR"),
    ]


def test_square_items(built: Path) -> None:
    # New York is five hours behind UTC in November.
    assert sales(built, ("Main Street", "Harbour")) == [
        (datetime(2026, 11, 2, 14, 5, 10), "Banana bread", "Main Street", "T100", 1, Decimal("3.75"), "USD"),
        (datetime(2026, 11, 2, 14, 5, 10), "Flat white", "Main Street", "T100", 2, Decimal("9.00"), "USD"),
        (datetime(2026, 11, 2, 22, 45, 59), "House beans, 1 kg", "Harbour", "T101", 1, Decimal(1024), "USD"),
        (datetime(2026, 11, 3, 15, 0), "Banana bread", "Main Street", "T100", -1, Decimal("-3.75"), "USD"),
        (datetime(2026, 11, 3, 17, 30), "Custom Amount", "Main Street", "T103", 1, Decimal("7.50"), "USD"),
    ]
    # Two tickets were sold on 2 November, one on the 3rd; 9.00 + 3.75 + 1,024 + 7.50, less 3.75 returned.
    assert flow.query(
        built, "select sales, units, revenue, returned_units, returns from marts.agg_sales_total where currency = 'USD'"
    ) == [(3, 4, Decimal("1040.50"), 1, Decimal("3.75"))]


def test_french_till(built: Path) -> None:
    # Paris is one hour ahead of UTC in November. The line "Total" is no sale.
    assert sales(built, ("Nantes", "Rennes")) == [
        (datetime(2026, 11, 2, 8, 12), "CAF-1", "Nantes", None, 2, Decimal("37.00"), "EUR"),
        (datetime(2026, 11, 2, 17, 59), "MAC-9", "Rennes", None, 1, Decimal("1149.90"), "EUR"),
        (datetime(2026, 11, 3, 9, 30), "CAF-1", "Nantes", None, -1, Decimal("-18.50"), "EUR"),
        (datetime(2026, 11, 3, 10, 0), "TAS-2", "Rennes", None, 4, Decimal("29.00"), "EUR"),
    ]


def test_pedestrian_counters(built: Path) -> None:
    # Long: sensor N counts 11 in hour 1, 22 in hour 2 …, S 5, 10 …: 11 × 276 and 5 × 276 of a whole day, 11 × 15 and 5 × 15 until six.
    # Wide: 20, 21, 22 …; 0, 2, 4 …, but "-" at ten o'clock; 7 each hour.
    assert flow.query(
        built,
        "select sensor_id, visit_date, visits, observed_hours, is_complete from marts.fct_sensor_visits_daily order by store_id, sensor_id, visit_date",
    ) == [
        ("Grafton Street North", date(2026, 11, 2), 756, 9, True),
        ("Grafton Street North", date(2026, 11, 3), 279, 0, False),
        ("Henry Street", date(2026, 11, 2), 552 - 20, 8, True),
        ("Henry Street", date(2026, 11, 3), 318, 0, False),
        ("O'Connell Bridge", date(2026, 11, 2), 168, 9, True),
        ("O'Connell Bridge", date(2026, 11, 3), 42, 0, False),
        ("Swan_N", date(2026, 11, 2), 3036, 24, True),
        ("Swan_N", date(2026, 11, 3), 165, 6, False),
        ("Swan_S", date(2026, 11, 2), 1380, 24, True),
        ("Swan_S", date(2026, 11, 3), 75, 6, False),
    ]
    assert flow.query(
        built, "select store_id, sum(visits) from marts.fct_store_visits_daily group by 1 order by 1"
    ) == [("centre", 756 + 279 + 532 + 318 + 168 + 42), ("street", 4416 + 240)]


def test_sensor_community(built: Path) -> None:
    # Hour 0: 12 values of 10 to 21. Hour 1: 8 of 12, too few. Hour 2: 12 values, one of them "nan" in P2 alone.
    assert flow.query(
        built,
        "select measured_at, pm10, pm2_5 from marts.fct_air_quality_hourly where station_id = '7' and pm10 is not null order by 1",
    ) == [(datetime(2026, 11, 2, 0), 15.5, 5.0), (datetime(2026, 11, 2, 2), 30.0, 12.0)]
    assert flow.query(built, "select latitude, longitude from marts.dim_stations where station_id = '7'") == [
        (48.78, 9.18)
    ]


def test_an_export_with_a_note_of_two_lines_a_refund_and_a_voided_order(built: Path) -> None:
    """tests/cases/41-shopify-export."""
    counted = [row for row in orders(built, "#2%") if row[3]]
    assert len(orders(built, "#2%")) == 3
    assert [(row[0], row[4], row[5], row[8]) for row in counted] == [
        ("#2001", 2, 3, Decimal(63)),
        ("#2002", 1, 3, Decimal(40)),
    ]
    assert flow.query(
        built,
        "select count(*), sum(lines.quantity), sum(lines.revenue) from marts.fct_order_lines as lines "
        "inner join marts.fct_orders as orders using (order_id) where order_id like '#2%' and orders.is_counted",
    ) == [(3, 6, Decimal("103.00"))]


def test_a_workbook_with_a_title_amounts_as_text_a_return_and_a_total(built: Path) -> None:
    """tests/cases/42-till-excel."""
    assert sales(built, ("1", "3")) == [
        (datetime(2026, 11, 2, 13, 32), "V1", "1", None, 1, Decimal("1299.00"), "EUR"),
        (datetime(2026, 11, 3, 8, 5), "C1", "1", None, -1, Decimal("-49.90"), "EUR"),
    ]


def test_nothing_is_rejected(built: Path) -> None:
    schemas = flow.query(
        built,
        "select schema_name from duckdb_tables() where table_name = 'rejected_records' and schema_name not like '%staging'",
    )
    for (schema,) in schemas:
        assert flow.query(built, f"select reason from {schema}.rejected_records") == []
