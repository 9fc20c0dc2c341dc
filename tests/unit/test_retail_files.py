"""A CSV file's cells, in every dialect of the contract and some that are not."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.csv_files import Content, occurrences, read_csv
from ingestion.errors import SourceError
from ingestion.http import Response
from ingestion.sources.retail import PRODUCT_COLUMNS, SALE_COLUMNS, STORE_COLUMNS
from tests.retail_provider import PRODUCTS, SALES, STORES, Dialect, RetailProvider

LATEST = datetime(2026, 11, 27, tzinfo=UTC)
HEADER = "Date,ID Référence produit,Quantité,ID Magasin"
DIALECTS = [
    Dialect(*choices)
    for choices in itertools.product(
        ",;", ("\n", "\r\n"), (True, False), (False, True), (True, False), (False, True), ".,", (False, True)
    )
]


def answer(body: bytes, content_type: str = "text/csv") -> Response:
    return Response("http://shop/ventes.csv", 200, {"Content-Type": content_type}, body, True)


def sales(*lines: str, header: str = HEADER) -> Content:
    return read_csv(answer("\n".join([header, *lines]).encode()), "sales", SALE_COLUMNS, LATEST)


def reasons(*lines: str, header: str = HEADER) -> list[str]:
    """Why the lines cannot be read; none of them can be."""
    content = sales(*lines, header=header)
    assert len(content.rows) == 0
    return [rejection.reason for rejection in content.rejected]


def values(content: Content) -> list[dict[str, Any]]:
    rows = content.rows.drop_columns(["line_number", "cells"]).to_pylist()
    return sorted(rows, key=str)


@pytest.mark.parametrize("dialect", DIALECTS, ids=str)
def test_every_dialect_says_the_same(dialect: Dialect) -> None:
    provider = RetailProvider()
    provider.dialect = dialect
    for sale in [("2023-05-27", "REF001", 2, 7), ("2023-12-01", "REF005", 1, 1), ("2024-02-29", "REF003", 12, 10)]:
        provider.sell(*sale)

    read_sales = read_csv(answer(provider.body(SALES)), "sales", SALE_COLUMNS, LATEST)
    read_products = read_csv(answer(provider.body(PRODUCTS)), "products", PRODUCT_COLUMNS, LATEST)
    read_stores = read_csv(answer(provider.body(STORES)), "stores", STORE_COLUMNS, LATEST)

    assert [tuple(row.values())[:4] for row in read_sales.rows.to_pylist()] == [
        (date(2023, 5, 27), "REF001", 2, 7),
        (date(2023, 12, 1), "REF005", 1, 1),
        (date(2024, 2, 29), "REF003", 12, 10),
    ]
    assert read_products.rows.to_pylist()[0]["price"] == Decimal("49.99")
    assert read_products.rows["name"].to_pylist() == [f"Produit {letter}" for letter in "ABCDE"]
    assert read_stores.rows["city"].to_pylist()[6] == "Strasbourg"
    assert not read_sales.rejected + read_products.rejected + read_stores.rejected
    assert (read_sales.lines, read_products.lines, read_stores.lines) == (3, 5, 7)


def test_a_date_with_slashes_is_day_then_month() -> None:
    assert sales("03/04/2024,REF001,1,1").rows["sale_date"].to_pylist() == [date(2024, 4, 3)]


@pytest.mark.parametrize(
    "cell",
    ["2024-13-01", "30/02/2024", "2023-02-29", "04/31/2024", "0000-01-01"],
)
def test_a_day_that_the_calendar_lacks_is_rejected(cell: str) -> None:
    assert reasons(f"{cell},REF001,1,1") == [f"line 2: Date '{cell}' is not a day of the calendar"]


@pytest.mark.parametrize(
    "cell", ["hier", "27-05-2023", "2023/05/27", "3/4/2024", "2024-05-01 10:00", "45000", "٢٠٢٤-٠٥-٠١"]
)
def test_another_form_of_date_is_rejected(cell: str) -> None:
    assert reasons(f"{cell},REF001,1,1") == [f"line 2: Date '{cell}' is not a date such as 2023-05-27 or 27/05/2023"]


@pytest.mark.parametrize("cell", ["2.0", "1e3", "deux", "+2", "1 000", "--1", "0x10", "٢"])
def test_a_quantity_is_a_whole_number(cell: str) -> None:
    assert reasons(f"2024-05-01,REF001,{cell},1") == [f"line 2: Quantité '{cell}' is not a whole number"]


def test_a_quantity_with_a_decimal_comma_is_not_a_whole_number() -> None:
    assert reasons('2024-05-01,REF001,"2,0",1') == ["line 2: Quantité '2,0' is not a whole number"]


def test_a_quantity_beyond_all_measure_is_rejected() -> None:
    assert reasons("2024-05-01,REF001,1234567890,1") == ["line 2: Quantité '1234567890' has more than 9 digits"]
    assert sales("2024-05-01,REF001,0000000000000002,1").rows["quantity"].to_pylist() == [2]


def test_a_quantity_of_zero_or_less_can_be_read() -> None:
    assert sales("2024-05-01,REF001,0,1", "2024-05-01,REF001,-3,1").rows["quantity"].to_pylist() == [0, -3]


@pytest.mark.parametrize(
    ("cell", "amount"),
    [("49.99", "49.99"), ('"49,99"', "49.99"), ("50", "50"), ("0.1234", "0.1234"), ("-5.00", "-5"), (" 7.5 ", "7.5")],
)
def test_a_price_is_exact(cell: str, amount: str) -> None:
    body = f"Nom,ID Référence produit,Prix,Stock\nA,REF001,{cell},1".encode()
    content = read_csv(answer(body), "products", PRODUCT_COLUMNS, LATEST)
    assert content.rows["price"].to_pylist() == [Decimal(amount)]


@pytest.mark.parametrize(
    "cell",
    [
        "gratuit",
        "49.99 €",
        '"1.234,56"',
        '"1,234.56"',
        "1 234.56",
        ".99",
        "49.",
        "1e2",
        "NaN",
        "49.99999",
        "1234567890",
        "",
    ],
)
def test_a_price_in_another_form_is_rejected(cell: str) -> None:
    body = f"Nom,ID Référence produit,Prix,Stock\nA,REF001,{cell},1\nB,REF002,2.00,1".encode()
    content = read_csv(answer(body), "products", PRODUCT_COLUMNS, LATEST)
    assert content.rows["product_id"].to_pylist() == ["REF002"]
    assert [rejection.reason[:13] for rejection in content.rejected] == ["line 2: Prix "]


def test_a_stock_that_cannot_be_read_is_left_empty_and_reported() -> None:
    body = "Nom,ID Référence produit,Prix,Stock\nA,REF001,5,beaucoup\n,REF002,6,".encode()
    content = read_csv(answer(body), "products", PRODUCT_COLUMNS, LATEST)
    assert [(row["name"], row["stock"]) for row in content.rows.to_pylist()] == [("A", None), (None, None)]
    assert [rejection.reason for rejection in content.rejected] == [
        "line 2: Stock 'beaucoup' is not a whole number, and is left empty"
    ]


def test_every_error_of_a_line_is_named_with_its_cells_as_written() -> None:
    content = sales("2024-05-01,REF001,1,1", " hier ,,x,99", "2024-05-02,REF001,1,1")
    assert len(content.rows) == 2
    (rejection,) = content.rejected
    assert rejection.reason == (
        "line 3: Date 'hier' is not a date such as 2023-05-27 or 27/05/2023; ID Référence produit is empty; "
        "Quantité 'x' is not a whole number"
    )
    assert json.loads(rejection.payload) == [" hier ", "", "x", "99"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("2024-05-01,REF001,1", "line 2: has 3 cells, not 4"),
        ("2024-05-01,REF001,1,1,1", "line 2: has 5 cells, not 4"),
        ("2024-05-01;REF001;1;1", "line 2: has 1 cells, not 4"),
        ('2024-05-01,"REF001,1,1', "line 2: cannot be split into cells (unexpected end of data)"),
        (
            "2024-05-01,REF\x00001,1,1",
            "line 2: ID Référence produit 'REF\N{REPLACEMENT CHARACTER}001' holds a control character",
        ),
        ("2024-05-01,REF\r001,1,1", None),
    ],
)
def test_a_broken_line_spoils_no_other(line: str, reason: str | None) -> None:
    content = sales(line, "2024-05-01,REF002,1,1", '2024-05-02,"REF003",1,1')
    assert content.rows["product_id"].to_pylist() == ["REF002", "REF003"]
    assert content.rows["line_number"].to_pylist() == [3, 4]
    (rejection,) = content.rejected
    assert reason is None or rejection.reason == reason


def test_bytes_that_are_not_utf_8_spoil_their_line_alone() -> None:
    body = (HEADER + "\n2024-05-01,REF001,1,1\n").encode() + "2024-05-01,RÉF,1,1\n".encode("latin-1")
    content = read_csv(answer(body + b"2024-05-01,REF002,1,1\n"), "sales", SALE_COLUMNS, LATEST)
    assert content.rows["product_id"].to_pylist() == ["REF001", "REF002"]
    assert [(r.reason, r.payload) for r in content.rejected] == [
        ("line 3: not UTF-8 text", '["2024-05-01,R\\\\xc9F,1,1"]')
    ]
    assert content.lines == 3


def test_blank_lines_hold_nothing_and_still_count_in_line_numbers() -> None:
    content = sales("", "   ", ",,,", "2024-05-01,REF001,1,1", "", header="\n" + HEADER)
    assert content.rows["line_number"].to_pylist() == [6]
    assert (content.lines, content.rejected) == (1, [])


def test_spaces_around_a_cell_are_kept_in_the_cells_and_say_nothing() -> None:
    row = sales(" 2024-05-01 ,\tREF001,1\N{NO-BREAK SPACE}, 1 ").rows.to_pylist()[0]
    assert tuple(row.values())[:4] == (date(2024, 5, 1), "REF001", 1, 1)
    assert json.loads(row["cells"]) == [" 2024-05-01 ", "\tREF001", "1\N{NO-BREAK SPACE}", " 1 "]


def test_a_file_longer_than_a_chunk_keeps_its_line_numbers() -> None:
    lines = ["2024-05-01,REF001,1,1"] * 150_000
    lines[120_000] = '"2024-05-01","REF""2",2,1'
    lines[130_000] = "hier,REF001,1,1"
    content = sales(*lines)
    assert len(content.rows) == 149_999
    odd = [row for row in content.rows.to_pylist() if row["quantity"] == 2]
    assert [(row["line_number"], row["product_id"], row["cells"]) for row in odd] == [
        (120_002, 'REF"2', '["2024-05-01","REF\\"2","2","1"]')
    ]
    assert content.rejected[0].reason.startswith("line 130002: Date 'hier'")


def test_equal_unreadable_lines_are_numbered() -> None:
    content = sales("hier,A,1,1", "hier,A,1,1", "hier,B,1,1")
    assert [rejection.occurrence for rejection in content.rejected] == [1, 2, 1]


@pytest.mark.parametrize(
    ("body", "content_type", "expected"),
    [
        (b"", "text/csv", "is empty"),
        (b"\xef\xbb\xbf\r\n\n", "text/csv", "is empty"),
        (b"<!DOCTYPE html><p>Log in", "text/csv", "answered with a page of HTML"),
        (b"Date", "text/html; charset=utf-8", "answered with a page of HTML"),
        (b'{"detail": "no"}', "application/json", "has the header '{\"detail\": \"no\"}', not 'Date,"),
        (b"2024-05-01,REF001,1,1\n", "text/csv", "has the header '2024-05-01,REF001,1,1', not"),
        ("Date,ID Référence produit,Quantité\n".encode(), "text/csv", "is it the right file?"),
        ("ID Magasin,Quantité,ID Référence produit,Date\n".encode(), "text/csv", "is it the right file?"),
        (HEADER.replace(",", "\t").encode(), "text/csv", "is it the right file?"),
        (HEADER.encode("latin-1"), "text/csv", "is not UTF-8 text"),
        (HEADER.encode("utf-16"), "text/csv", "is not UTF-8 text"),
    ],
)  # fmt: skip
def test_what_is_not_the_file_is_refused(body: bytes, content_type: str, expected: str) -> None:
    with pytest.raises(SourceError) as error:
        read_csv(answer(body, content_type), "sales", SALE_COLUMNS, LATEST)
    assert str(error.value).startswith("http://shop/ventes.csv ")
    assert expected in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("header", [HEADER.upper(), "date, id reference  produit ,quantite,ID MAGASIN"])
def test_capitals_and_spaces_in_the_header_say_nothing(header: str) -> None:
    assert len(sales("2024-05-01,REF001,1,1", header=header).rows) == 1


rows = st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 2), st.dates(date(2024, 1, 1), date(2024, 1, 3))))


@given(rows)
@settings(max_examples=200, deadline=None)
def test_occurrences_number_the_equal_rows(given_rows: list[tuple[str, int, date]]) -> None:
    types = (pa.string(), pa.int64(), pa.date32())
    columns = [pa.chunked_array([[row[i] for row in given_rows]], kind) for i, kind in enumerate(types)]
    seen: Counter[tuple[str, int, date]] = Counter()
    expected = []
    for row in given_rows:
        seen[row] += 1
        expected.append(seen[row])
    assert occurrences(columns).to_pylist() == expected


text = st.text(st.characters(codec="utf-8"), max_size=12)


@given(st.lists(st.lists(text, min_size=3, max_size=5).map(",".join) | text, max_size=20))
@settings(max_examples=300, deadline=None)
def test_any_text_ends_as_rows_and_rejections(lines: list[str]) -> None:
    body = (HEADER + "\n" + "\n".join(lines)).encode()
    content = read_csv(answer(body), "sales", SALE_COLUMNS, LATEST)
    filled = [line for line in body.decode().split("\n")[1:] if line.strip(" \t\r\n,\N{NO-BREAK SPACE}")]
    assert content.lines == len(filled) == len(content.rows) + len(content.rejected)
