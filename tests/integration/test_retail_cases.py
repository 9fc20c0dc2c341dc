"""Retail files as people really have them (tests/cases), from HTTP to the marts.

The right figures are worked out by hand from the files, and stand beside each case.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ingestion.__main__ import accepting
from ingestion.accept import accept, refused
from ingestion.runner import run
from tests import flow, soak
from tests.http_server import Answer, HttpServer, Request

CASES = Path(__file__).resolve().parent.parent / "cases"
TOTAL = "select sales, units, revenue, returned_units, returns, currency from marts.agg_sales_total"
REJECTED = (
    "select place || ': ' || reason as reason, payload from intermediate.int_retail__unusable_records union all "
    "select reason, payload from staging.stg_retail__rejected_records order by reason"
)


class Files:
    """The files of a folder behind three URLs; `folder` may be changed, and `bodies` replaces a file."""

    def __init__(self) -> None:
        self.folder = Path()
        self.bodies: dict[str, bytes] = {}
        self.server = HttpServer(self._answer)

    def _answer(self, request: Request) -> Answer:
        name = request.path.removeprefix("/")
        body = self.bodies.get(name) or (self.folder / name).read_bytes()
        return Answer(headers={"Content-Type": "text/csv"}, body=body)


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch) -> Iterator[Files]:
    monkeypatch.setenv("RUNTIME__REQUEST_BACKOFF_FACTOR", "0.001")
    provider = Files()
    with provider.server as server:
        for setting, name in (("PRODUCTS", "produits"), ("STORES", "magasins"), ("SALES", "ventes")):
            monkeypatch.setenv(f"SOURCES__RETAIL__{setting}_URL", f"{server.address}/{name}.csv")
        yield provider


def build() -> None:
    """Retail's models, and of the data tests the two that look for lost money: test_retail_marts has them all."""
    tests = ("assert_sales_totals_agree", "assert_every_sale_in_raw_is_counted_or_rejected")
    flow.build("--select", "+tag:retail", *tests, "--indirect-selection", "empty")


def load(files: Files, case: str) -> None:
    """Ingestion and build of a case."""
    files.folder = CASES / case
    flow.ingest("retail")
    build()


def accepted(*arguments: str) -> None:
    """`python -m ingestion accept retail …` in this process, which must end well."""
    done = CliRunner().invoke(accepting, ["retail", *arguments])
    assert done.exit_code == 0, (done.output, done.exception)


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return flow.run(sys.executable, "-m", "ingestion", *arguments)


def failed() -> str:
    """The one line of a run that must fail."""
    (result,) = run(["retail"], Path(os.environ["TALLY_WAREHOUSE"]), lock_timeout=0)
    assert result.error is not None
    return result.error


def held(warehouse: Path) -> list[tuple[Any, ...]]:
    """The lines in raw that count: day and quantity."""
    return flow.query(
        warehouse,
        "select cast(sale_date as varchar), quantity from raw_retail.sales where withdrawn_at is null order by all",
    )


def lines(case: str) -> list[tuple[str, int]]:
    """The lines of a case's sales, as held() shows them, read with nothing but `split`."""
    text = (CASES / case / "ventes.csv").read_text(encoding="utf-8")
    return sorted((row.split(",")[0], int(row.split(",")[2])) for row in text.splitlines()[1:])


@pytest.mark.parametrize(
    ("case", "total", "names"),
    [
        ("11-cp1252-cells", (3, 5, Decimal("16.5"), 0, 0, "EUR"), {"Pâté", "Pain", "Paris", "Nîmes"}),
        ("11c-utf16", (1, 1, Decimal(2), 0, 0, "EUR"), {"Pain", "Paris", "Nîmes"}),
    ],
)
def test_encodings(files: Files, warehouse: Path, case: str, total: tuple[Any, ...], names: set[str]) -> None:
    load(files, case)
    assert flow.query(warehouse, TOTAL) == [total]
    found = flow.query(
        warehouse, "select product_name from marts.dim_products union select city from marts.dim_retail_stores"
    )
    assert {name for (name,) in found} == names


def test_revenue_and_units_are_net_of_returns(files: Files, warehouse: Path) -> None:
    """3 dresses of 80 and a bag of 20 are sold, 2 dresses come back."""
    load(files, "14-returns")
    assert flow.query(warehouse, TOTAL) == [(2, 2, Decimal(100), 2, Decimal(160), "EUR")]
    daily = "select sale_date, sales, units, revenue, returned_units, returns from marts.agg_sales_daily"
    assert flow.query(warehouse, daily) == [
        (date(2026, 11, 2), 1, 3, Decimal(240), 0, Decimal(0)),
        (date(2026, 11, 3), 1, -1, Decimal(-140), 2, Decimal(160)),
    ]
    by_product = "select product_id, sales, units, revenue, returns, revenue_share_pct from marts.agg_sales_by_product order by 1"
    assert flow.query(warehouse, by_product) == [
        ("R1", 1, 1, Decimal(80), Decimal(160), 80.0),
        ("S1", 1, 1, Decimal(20), Decimal(0), 20.0),
    ]
    assert flow.query(warehouse, REJECTED) == []
    # A file has no row that could be withdrawn behind its back: the nightly run changes nothing.
    before = flow.query(warehouse, "select * from raw_retail.sales order by all")
    flow.ingest("retail", "--reconcile", "30")
    assert flow.query(warehouse, "select * from raw_retail.sales order by all") == before


def test_codes_are_three_stores_and_two_products(files: Files, warehouse: Path) -> None:
    load(files, "19-codes")
    assert flow.query(warehouse, TOTAL) == [(1, 1, Decimal(2), 0, Decimal(0), "EUR")]
    assert flow.query(warehouse, "select retail_store_id, sales from marts.agg_sales_by_store") == [("01", 1)]
    assert flow.query(warehouse, REJECTED) == [
        ("line 2: ID Référence produit 'T2' is no product whose price is known", '["2026-11-02","T2","1","PAR01"]'),
        ("line 4: ID Magasin '1' is no known store", '["2026-11-02","t2","1","1"]'),
    ]


def test_a_further_column_is_said_and_not_kept(files: Files, warehouse: Path) -> None:
    files.folder = CASES / "19b-extra-column"
    printed = command("retail")
    assert printed.stderr.count("fields that are not in the contract: Vendeur") == 1
    build()
    assert flow.query(warehouse, TOTAL) == [(1, 1, Decimal(2), 0, Decimal(0), "EUR")]
    assert "Zoé" not in str(flow.query(warehouse, "select * from raw_retail.sales"))


def test_dates_are_read_or_rejected_and_every_one_read_is_right(
    files: Files, warehouse: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCES__RETAIL__TIMEZONE", "Europe/Paris")
    load(files, "15-date-spellings")
    read = flow.query(warehouse, "select sale_date, sold_at from marts.fct_sales order by sold_at nulls last")
    assert {day for day, _ in read} == {date(2026, 11, 2)}
    assert len(read) + len(flow.query(warehouse, REJECTED)) == 15
    # In Paris it was an hour later than in UTC; the line with a Z is UTC already.
    day = datetime(2026, 11, 2, tzinfo=UTC).replace(tzinfo=None)
    assert [moment for _, moment in read if moment] == [
        day.replace(hour=13, minute=32), day.replace(hour=13, minute=32, second=10), day.replace(hour=14, minute=32, second=10),
    ]  # fmt: skip
    numbers = flow.query(warehouse, "select line_number from raw_retail.sales order by 1")
    assert {number for (number,) in numbers} >= set(range(2, 8))


def test_a_time_of_day_is_left_out_without_a_time_zone_and_comes_with_one(
    files: Files, warehouse: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(files, "15b-date-time")
    assert flow.query(warehouse, TOTAL) == [(10, 10, Decimal(20), 0, Decimal(0), "EUR")]
    assert flow.query(warehouse, "select count(sold_at) from marts.fct_sales") == [(0,)]
    before = flow.query(warehouse, "select sale_id, unit_price, first_seen_at from marts.fct_sales order by all")

    monkeypatch.setenv("SOURCES__RETAIL__TIMEZONE", "europe/paris")
    monkeypatch.setenv("SOURCES__RETAIL__CURRENCY", "CHF")
    loads = flow.query(warehouse, "select _dlt_load_id from raw_retail.sales order by all")
    flow.ingest("retail")
    build()
    assert flow.query(warehouse, "select _dlt_load_id from raw_retail.sales order by all") == loads
    assert (
        flow.query(warehouse, "select sale_id, unit_price, first_seen_at from marts.fct_sales order by all") == before
    )
    assert flow.query(warehouse, "select min(sold_at), max(sold_at) from marts.fct_sales") == [
        (datetime(2026, 11, 2, 11, 5), datetime(2026, 11, 11, 10, 5))
    ]
    assert flow.query(warehouse, TOTAL) == [(10, 10, Decimal(20), 0, Decimal(0), "CHF")]


def test_lines_of_a_report_are_left_out_and_counted(files: Files, warehouse: Path) -> None:
    files.folder = CASES / "16-report-noise"
    printed = command("retail")
    assert "that hold no row were left out: 2 blank, 1 repeated header, 2 total" in printed.stderr
    build()
    assert flow.query(warehouse, TOTAL) == [(3, 6, Decimal(19), 0, Decimal(0), "EUR")]
    assert flow.query(warehouse, REJECTED) == []


def test_a_tills_journal(files: Files, warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Dates with times, amounts with spaces and a currency sign, a return, a total: 1,299.00 less 49.90."""
    monkeypatch.setenv("SOURCES__RETAIL__TIMEZONE", "Europe/Paris")
    files.bodies = {
        "produits.csv": "Nom;ID Référence produit;Prix;Stock\nVélo;V1;1 299,00 €;2\nCasque;C1;49,90 €;5\n".encode("cp1252"),
        "magasins.csv": b"ID Magasin;Ville;Nombre de salari\xe9s\r1;Paris;4\r",
        "ventes.csv": (
            "Date;ID Référence produit;Désignation;Quantité;PU TTC;Montant;ID Magasin\r\n"
            "02/11/2026 14:32;V1;Vélo;1;1299;1\u202f299,00\u00a0€;1\r\n"
            "03/11/2026 09:05;C1;Casque;-1;49,9;-49,90 €;1\r\n"
            "Total;;;0;;1 249,10 €;\r\n"
        ).encode("utf-16"),
    }  # fmt: skip
    flow.ingest("retail")
    build()
    assert flow.query(warehouse, TOTAL) == [(1, 0, Decimal("1249.10"), 1, Decimal("49.90"), "EUR")]
    assert flow.query(warehouse, "select sold_at, quantity, revenue from marts.fct_sales order by 1") == [
        (datetime(2026, 11, 2, 13, 32), 1, Decimal("1299.00")),
        (datetime(2026, 11, 3, 8, 5), -1, Decimal("-49.90")),
    ]
    assert flow.query(warehouse, REJECTED) == []


def test_a_file_in_another_spelling_fails_and_says_which(files: Files, warehouse: Path) -> None:
    files.folder = CASES / "15b-date-time"
    files.bodies["ventes.csv"] = re.sub(
        rb"(\d+)/(\d+)/2026 (\S+?),", rb"4632\1,", (files.folder / "ventes.csv").read_bytes()
    )
    done = command("retail")
    assert done.returncode == 1
    assert (
        "has 10 rows, and none of them could be read; of each of them this is true: Date is not a date such as"
        in done.stderr
    )


# Files that change


@pytest.mark.parametrize(("case", "units"), [("17-line-corrected", 18), ("17b-new-month", 15)])
def test_a_file_that_lacks_lines_is_refused_until_it_is_accepted(
    files: Files, warehouse: Path, case: str, units: int
) -> None:
    files.folder = CASES / case / "s1"
    flow.ingest("retail")
    before = held(warehouse)
    files.folder = CASES / case / "s2"
    done = command("retail")
    assert done.returncode == 1
    assert "`python -m ingestion accept retail`" in done.stderr
    assert held(warehouse) == before

    # Without a terminal it is shown, and nothing happens.
    done = command("accept", "retail")
    assert done.returncode == 1
    assert "loaded as `replace_days`" in done.stdout
    assert held(warehouse) == before
    if case == "17-line-corrected":
        assert "rows that no longer count (1):\n    2026-11-02, T2, 12, 1" in done.stdout
        assert "2026-11-02: 1 gone, 1 new" in done.stdout

    accepted("--yes")
    months = lines(f"{case}/s1") if case == "17b-new-month" else []
    assert held(warehouse) == sorted([*months, *lines(f"{case}/s2")])

    # What was accepted was accepted once: a growing file needs nothing, the first one is refused again.
    if case == "17-line-corrected":
        files.folder = CASES / case / "s3"
        flow.ingest("retail")
        assert held(warehouse) == lines(f"{case}/s3")
    build()
    assert flow.query(warehouse, "select units from marts.agg_sales_total") == [(units,)]
    # The file goes on growing, without the month that was let in before.
    grown = (files.folder / "ventes.csv").read_bytes() + b"2026-11-06,T2,9,1\n"
    files.bodies["ventes.csv"] = grown
    flow.ingest("retail")
    assert held(warehouse)[-1] == ("2026-11-06", 9)
    files.bodies["ventes.csv"] = grown.replace(b"2026-11-04,T2", b"2026-11-04,T3")
    assert "lacks 1 of the lines" in failed()
    files.bodies.clear()
    files.bodies["ventes.csv"] = grown
    assert "No file of retail is refused" in CliRunner().invoke(accepting, ["retail"]).output
    files.folder = CASES / case / "s1"
    files.bodies.clear()
    assert "lacks" in failed()


@pytest.mark.parametrize(
    ("mode", "case", "expected"),
    [
        ("replace_days", "17-line-corrected", [("2026-11-02", 1), ("2026-11-02", 3), ("2026-11-03", 2), ("2026-11-04", 5), ("2026-11-05", 7)]),
        ("replace_days", "17b-new-month", [("2026-10-30", 3), ("2026-10-31", 4), ("2026-11-02", 3), ("2026-11-03", 4), ("2026-11-04", 1)]),
        ("replace", "17b-new-month", [("2026-11-02", 3), ("2026-11-03", 4), ("2026-11-04", 1)]),
    ],
)  # fmt: skip
def test_a_mode_says_what_a_new_file_means(
    files: Files,
    warehouse: Path,
    monkeypatch: pytest.MonkeyPatch,
    mode: str,
    case: str,
    expected: list[tuple[str, int]],
) -> None:
    monkeypatch.setenv("SOURCES__RETAIL__SALES_MODE", mode)
    loads = "select cast(sale_date as varchar), quantity, _dlt_load_id from raw_retail.sales where withdrawn_at is null"
    stages = sorted((CASES / case).iterdir())
    files.folder = stages[0]
    flow.ingest("retail")
    first = flow.query(warehouse, loads)
    for stage in stages[1:]:
        files.folder = stage
        flow.ingest("retail")
    assert held(warehouse) == expected
    # A line that is in both is the one that was loaded first, and keeps its price.
    stayed = {row for row in first if row[:2] in expected}
    assert len(stayed) == (0 if mode == "replace" else 2)
    assert stayed <= set(flow.query(warehouse, loads))
    # The same files again: nothing moves.
    everything = flow.query(warehouse, "select * from raw_retail.sales order by all")
    flow.ingest("retail")
    assert flow.query(warehouse, "select * from raw_retail.sales order by all") == everything


def test_replace_does_not_empty_a_warehouse_for_a_header(
    files: Files, warehouse: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCES__RETAIL__SALES_MODE", "replace")
    files.folder = CASES / "17b-new-month" / "s1"
    flow.ingest("retail")
    files.bodies["ventes.csv"] = (files.folder / "ventes.csv").read_bytes().splitlines(keepends=True)[0]
    assert "has no row, where 2 are held" in failed()
    assert len(held(warehouse)) == 2
    accepted("--as", "replace", "--yes")
    assert held(warehouse) == []


def test_a_corrected_line_that_comes_back_counts_again(
    files: Files, warehouse: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCES__RETAIL__SALES_MODE", "replace")
    for stage in ("s1", "s2", "s1"):
        files.folder = CASES / "17-line-corrected" / stage
        flow.ingest("retail")
    assert held(warehouse) == lines("17-line-corrected/s1")


def test_a_product_taken_off_the_list_is_accepted_and_stays_for_its_sales(files: Files, warehouse: Path) -> None:
    files.folder = CASES / "14-returns"
    flow.ingest("retail")
    files.bodies["produits.csv"] = "Nom,ID Référence produit,Prix,Stock\nRobe,R1,80.00,10\n".encode()
    assert "produits.csv lacks 1 of the lines" in failed()
    accepted("--yes")
    # A change of what is left needs no other yes.
    files.bodies["produits.csv"] = "Nom,ID Référence produit,Prix,Stock\nRobe,R1,90.00,10\n".encode()
    flow.ingest("retail")
    build()
    assert flow.query(warehouse, "select product_id, price from marts.dim_products order by 1") == [
        ("R1", Decimal(90)),
        ("S1", Decimal(20)),
    ]
    assert flow.query(warehouse, "select revenue from marts.agg_sales_total") == [(100,)]


def test_what_was_accepted_holds_for_that_content_alone(files: Files, warehouse: Path) -> None:
    """The file changes after it was shown: it is refused again, though another was accepted."""
    files.folder = CASES / "17-line-corrected" / "s1"
    flow.ingest("retail")
    files.folder = CASES / "17-line-corrected" / "s2"
    now = datetime.now(UTC)
    shown = refused("retail", warehouse, "replace_days", 0, now)
    accept("retail", warehouse, shown, 0)
    files.folder = CASES / "17b-new-month" / "s2"
    assert "lacks" in failed()
    assert held(warehouse) == lines("17-line-corrected/s1")
    files.folder = CASES / "17-line-corrected" / "s2"
    flow.ingest("retail")
    assert held(warehouse) == lines("17-line-corrected/s2")


def test_accepting_killed_at_any_moment_is_done_or_not(
    files: Files, warehouse: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed as dlt's load begins, when its rows are in their tables, and when the load is done and the cursor not moved."""
    files.folder = CASES / "17-line-corrected" / "s1"
    flow.ingest("retail")
    before_the_rows = "dlt.destinations.job_client_impl.SqlJobClientBase.update_stored_schema"
    after_the_rows = "dlt.destinations.job_client_impl.SqlJobClientBase.complete_load"
    before_the_cursor = "ingestion.runner._Batch._move_cursors"
    for stage, moment in (("s2", before_the_rows), ("s1", after_the_rows), ("s2", before_the_cursor)):
        before, after = held(warehouse), lines(f"17-line-corrected/{stage}")
        files.folder = CASES / "17-line-corrected" / stage

        def dying(moment: str = moment) -> None:
            monkeypatch.setattr(moment, lambda *arguments, **options: os.kill(os.getpid(), signal.SIGKILL))
            accepted("--as", "replace", "--yes")

        assert soak.killed(dying, None), moment
        assert held(warehouse) in (before, after)
        # Said once more it is done; where it was done, there is nothing left to accept.
        accepted("--as", "replace", "--yes")
        flow.ingest("retail")
        assert held(warehouse) == after


@pytest.mark.parametrize(
    ("setting", "value", "expected"),
    [
        ("SALES_MODE", "overwrite", "it should be 'append', 'replace_days' or 'replace'"),
        ("TIMEZONE", "Europe/Lutece", "is not an IANA time zone such as Europe/Paris"),
        ("CURRENCY", "euro", "SOURCES__RETAIL__CURRENCY cannot be used"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(
    files: Files, warehouse: Path, setting: str, value: str, expected: str
) -> None:
    done = flow.run(sys.executable, "-m", "ingestion", "retail", **{f"SOURCES__RETAIL__{setting}": value})
    assert done.returncode == 1
    assert f"SOURCES__RETAIL__{setting}" in done.stderr
    assert expected in done.stderr
