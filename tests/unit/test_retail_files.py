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

from ingestion.csv_files import Content, occurrences, read_csv, refuse_unreadable
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


def said(content: Content) -> list[tuple[Any, ...]]:
    """What each row says of a sale."""
    return [(row["sale_date"], row["product_id"], row["quantity"], row["store_id"]) for row in content.rows.to_pylist()]


def prices(*cells: str) -> list[Any]:
    """The prices that a column of products says; None where one cannot be read."""
    lines = [f"A;REF{n};{cell};1" for n, cell in enumerate(cells)]
    body = "\n".join(["Nom;ID Référence produit;Prix;Stock", *lines]).encode()
    content = read_csv(answer(body), "products", PRODUCT_COLUMNS, LATEST)
    found = {row["product_id"]: row["price"] for row in content.rows.to_pylist()}
    return [found.get(f"REF{n}") for n in range(len(cells))]


@pytest.mark.parametrize("dialect", DIALECTS, ids=str)
def test_every_dialect_says_the_same(dialect: Dialect) -> None:
    provider = RetailProvider()
    provider.dialect = dialect
    for sale in [("2023-05-27", "REF001", 2, 7), ("2023-12-01", "REF005", 1, 1), ("2024-02-29", "REF003", 12, 10)]:
        provider.sell(*sale)

    read_sales = read_csv(answer(provider.body(SALES)), "sales", SALE_COLUMNS, LATEST)
    read_products = read_csv(answer(provider.body(PRODUCTS)), "products", PRODUCT_COLUMNS, LATEST)
    read_stores = read_csv(answer(provider.body(STORES)), "stores", STORE_COLUMNS, LATEST)

    assert said(read_sales) == [
        (date(2023, 5, 27), "REF001", 2, "7"),
        (date(2023, 12, 1), "REF005", 1, "1"),
        (date(2024, 2, 29), "REF003", 12, "10"),
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
    "cell", ["hier", "27-05-2023", "02/11/26", "2 nov. 2026", "45000", "45000.6", "2024-05-01 ce matin", "٢٠٢٤-٠٥-٠١"]
)
def test_another_form_of_date_is_rejected(cell: str) -> None:
    assert reasons(f"{cell},REF001,1,1") == [f"line 2: Date '{cell}' is not a date such as 2023-05-27 or 27/05/2023"]


@pytest.mark.parametrize(
    ("cell", "clock", "instant"),
    [
        ("2/11/2026", None, None),
        ("2.11.2026", None, None),
        ("20261102", None, None),
        ("2026/11/02", None, None),
        ("02/11/2026 14:32", "14:32:00", None),
        ("02/11/2026  9h05", "09:05:00", None),
        ("2026-11-02T14:32:10", "14:32:10", None),
        ("2026-11-02 14:32:10.250", "14:32:10.250000", None),
        ("02/11/2026 2:32 PM", "14:32:00", None),
        ("02/11/2026 12:05 am", "00:05:00", None),
        ("2026-11-02T14:32:10Z", None, "14:32:10"),
        ("2026-11-02 14:32:10+0100", None, "13:32:10"),
        ("2026-11-02 01:00-05:30", None, "06:30:00"),
    ],
)
def test_a_date_may_carry_a_time(cell: str, clock: str | None, instant: str | None) -> None:
    (row,) = sales(f"{cell},REF001,1,1").rows.to_pylist()
    assert row["sale_date"] == date(2026, 11, 2)
    # The clock of the place, held as if it were UTC.
    assert row["sold_at_local"] == (clock and datetime.fromisoformat(f"2026-11-02T{clock}+00:00"))
    assert row["sold_at"] == (instant and datetime.fromisoformat(f"2026-11-02T{instant}+00:00"))


@pytest.mark.parametrize(
    "cell", ["02/11/2026 25:00", "02/11/2026 14:60", "02/11/2026 14:32 PM", "2026-11-02T10:00+99:00"]
)
def test_a_time_that_no_clock_shows_is_rejected(cell: str) -> None:
    assert reasons(f"{cell},REF001,1,1") == [f"line 2: Date '{cell}' has no time of the clock"]


@pytest.mark.parametrize("cell", ["2.5", "1e3", "deux", "--1", "0x10", "٢", "1 00", "1,2,3"])
def test_a_quantity_is_a_whole_number(cell: str) -> None:
    assert reasons(f'2024-05-01,REF001,"{cell}",1') == [f"line 2: Quantité '{cell}' is not a whole number"]


@pytest.mark.parametrize(
    ("cell", "quantity"), [("2.0", 2), ("2,00", 2), ("+2", 2), ("1 000", 1000), ("- 3", -3), ("−3", -3)]
)
def test_a_whole_number_in_another_spelling_is_read(cell: str, quantity: int) -> None:
    assert sales(f'2024-05-01,REF001,"{cell}",1').rows["quantity"].to_pylist() == [quantity]


@pytest.mark.parametrize("space", [" ", "\u00a0", "\u202f"])
def test_spaces_and_currency_signs_are_passed_over(space: str) -> None:
    cells = [f"1{space}299,00{space}€", f"€{space}12.5", "$3", f"-49,90{space}€", f"£{space}1{space}000{space}000.5"]
    assert prices(*cells) == [Decimal(n) for n in ("1299", "12.5", "3", "-49.9", "1000000.5")]


@pytest.mark.parametrize(
    ("cells", "amounts"),
    [
        (["1.299,00"], ["1299"]),
        (["1,299.00"], ["1299"]),
        (["1.299.000"], ["1299000"]),
        (["1'299.50"], ["1299.5"]),
        (["1.299", "49,90"], ["1299", "49.9"]),
        (["1.299", "49.90"], ["1.299", "49.9"]),
        (["1,299", "49.90"], ["1299", "49.9"]),
        (["1.299", "1.299,00"], ["1299", "1299"]),
        (["1.299", "0.125"], ["1.299", "0.125"]),
        (["1.299", "1234.567"], ["1.299", "1234.567"]),
        (["1.299", "2 000,5"], ["1299", "2000.5"]),
        (["1.299", "12"], [None, "12"]),
        (["1.299", "49.90", "49,90"], [None, "49.9", "49.9"]),
        (["1.299"], [None]),
        (["1.29.99", "12.34.567", "1,2,3", "1.299.00", "1.2345,6", "1 29", "€", "12€50", "€5€", "5 € 5"], [None] * 10),
    ],
)  # fmt: skip
def test_the_column_says_which_mark_is_the_decimal_one(cells: list[str], amounts: list[str | None]) -> None:
    assert prices(*cells) == [amount and Decimal(amount) for amount in amounts]


def test_an_ambiguous_number_is_rejected_with_what_it_may_be() -> None:
    assert reasons('2024-05-01,REF001,"1.299",1') == [
        "line 2: Quantité '1.299' is ambiguous: '.' is the decimal mark or separates thousands, and the column's other values do not "
        "say which"
    ]


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
        '"1.234,5,6"',
        "12 34.56",
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
        ('2024-05-01,"REF001,1,1', "line 2: cannot be split into cells (',' expected after '\"')"),
        (
            "2024-05-01,REF\x00001,1,1",
            "line 2: ID Référence produit 'REF\N{REPLACEMENT CHARACTER}001' holds a control character",
        ),
    ],
)
def test_a_broken_line_spoils_no_other(line: str, reason: str) -> None:
    content = sales(line, "2024-05-01,REF002,1,1", '2024-05-02,"REF003",1,1')
    assert content.rows["product_id"].to_pylist() == ["REF002", "REF003"]
    assert content.rows["line_number"].to_pylist() == [3, 4]
    assert [rejection.reason for rejection in content.rejected] == [reason]


def test_quotes_that_are_not_closed_spoil_their_lines_alone() -> None:
    good = [f"2024-05-01,REF{n},1,1" for n in range(300)]
    lines = [
        *good[:100],
        '2024-05-01,"bad,1,1',
        *good[100:250],
        '2024-05-01,REF,1,"1',
        *good[250:],
        '2024-05-01,"end,1,1',
    ]
    content = sales(*lines)
    assert content.rows["product_id"].to_pylist() == [f"REF{n}" for n in range(300)]
    assert [r.reason.partition(":")[0] for r in content.rejected] == ["line 102", "line 253", "line 304"]
    assert content.lines == 303


def test_a_line_break_inside_quotes_belongs_to_the_value() -> None:
    body = 'ID Magasin,Ville,"Nombre de\nsalariés"\r\n1,"Saint-\r\nDenis",4\r\n2,"Aix ""en""\nProvence",5\r\n3,Lyon,6\r\n'.encode()
    content = read_csv(answer(body), "stores", STORE_COLUMNS, LATEST)
    assert content.rows["city"].to_pylist() == ["Saint-\r\nDenis", 'Aix "en"\nProvence', "Lyon"]
    assert content.rows["line_number"].to_pylist() == [3, 5, 7]
    assert not content.rejected


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_every_encoding_delimiter_and_line_end_is_found(encoding: str, delimiter: str, end: str) -> None:
    lines = [
        ["Nom", "ID Référence produit", "Prix", "Stock"],
        ["Pâté à 5 €", "T1", "8.50", "1"],
        ["Œuf", "T2", "2.00", "1"],
    ]
    body = end.join(delimiter.join(line) for line in lines).encode(encoding)
    content = read_csv(answer(body), "products", PRODUCT_COLUMNS, LATEST)
    assert content.rows["name"].to_pylist() == ["Pâté à 5 €", "Œuf"]
    assert content.rows["price"].to_pylist() == [Decimal("8.5"), Decimal(2)]
    assert not content.rejected


def test_columns_in_any_order_and_further_ones() -> None:
    header = "Vendeur,ID Magasin,Quantité,,Date,ID Référence produit"
    content = sales("Zoé,PAR01,2,x,2024-05-01,REF001", header=header)
    assert said(content) == [(date(2024, 5, 1), "REF001", 2, "PAR01")]
    assert content.further_columns == {"Vendeur"}
    # What nobody asked for is not kept.
    assert json.loads(content.rows["cells"][0].as_py()) == ["2024-05-01", "REF001", "2", "PAR01"]


def test_an_id_is_text_as_it_is_written() -> None:
    content = sales("2024-05-01,t2,1,01", "2024-05-01,T2,1,1", "2024-05-01, T2 ,1,PAR01")
    assert [row[1::2] for row in said(content)] == [("t2", "01"), ("T2", "1"), ("T2", "PAR01")]


def test_what_was_paid_may_stand_in_a_column_of_its_own() -> None:
    header = HEADER.replace(",", ";") + ";Montant"
    content = sales("2024-05-01;A;1;1;1 299,00 €", "2024-05-01;A;1;1;", "2024-05-01;A;1;1;gratuit", header=header)
    assert content.rows["amount"].to_pylist() == [Decimal(1299), None]
    assert [r.reason for r in content.rejected] == ["line 4: Montant 'gratuit' is not a number such as 49.99 or 49,99"]
    assert sales("2024-05-01,A,1,1").rows["amount"].to_pylist() == [None]


def test_lines_of_a_report_are_left_out_and_counted() -> None:
    content = sales(
        "2024-05-01,A,1,1", "", ",,,", HEADER.upper(), "Total,,6,", "TOTAL GÉNÉRAL,,6,2", "Sous-total : mai,,1,", "Totaux,,,", ",Total,6,",
        "2024-05-01,Total,1,1", "2024-05-01,Total Care,1,1", "Totalement,A,1,1",
    )  # fmt: skip
    assert [row[1] for row in said(content)] == ["A", "Total", "Total Care"]
    assert content.left_out == {"total": 5, "repeated header": 1, "blank": 2}
    assert [r.reason.partition(" ")[2].partition(":")[0] for r in content.rejected] == ["13"]
    assert content.lines == 4

    stores = "ID Magasin,Ville,Nombre de salariés\nT1,Total,4\nID Magasin,Ville,Nombre de salaries\nTotal,,4\nTotal Access,Lyon,"
    found = read_csv(answer(stores.encode()), "stores", STORE_COLUMNS, LATEST)
    assert found.rows["store_id"].to_pylist() == ["T1", "Total Access"]
    assert found.left_out == {"total": 1, "repeated header": 1}


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (
            ["46328,A,1,1"] * 3,
            "has 3 rows, and none of them could be read; of each of them this is true: Date is not a date such as",
        ),
        (["hier,A,1,1", "2024-05-01,A,x,1", "demain,A,1,1"], "of 2 of them this is true: Date is not a date such as"),
        (["2024-05-01,A,1"] * 2, "of each of them this is true: has 3 cells, not 4"),
    ],
)
def test_a_file_of_which_nothing_could_be_read_says_what_its_rows_have_in_common(
    lines: list[str], expected: str
) -> None:
    with pytest.raises(SourceError) as error:
        refuse_unreadable("http://shop/ventes.csv", sales(*lines))
    assert expected in str(error.value)
    refuse_unreadable("http://shop/ventes.csv", sales(*lines, "2024-05-01,A,1,1"))
    refuse_unreadable("http://shop/ventes.csv", sales())


def test_bytes_that_are_not_utf_8_spoil_their_line_alone() -> None:
    body = (HEADER + "\n2024-05-01,REF001,1,1\n").encode() + "2024-05-01,RÉF,1,1\n".encode("latin-1")
    content = read_csv(answer(body + b"2024-05-01,REF002,1,1\n"), "sales", SALE_COLUMNS, LATEST)
    assert content.rows["product_id"].to_pylist() == ["REF001", "REF002"]
    assert [(r.reason, r.payload) for r in content.rejected] == [
        ("line 3: not UTF-8 text", '["2024-05-01","R\\\\xc9F","1","1"]')
    ]
    assert content.lines == 3


def test_a_byte_that_windows_1252_lacks_spoils_its_line_alone() -> None:
    body = HEADER.encode("cp1252") + b"\n2024-05-01,R\xc9F,1,1\n2024-05-01,R\x81F,1,1\n"
    content = read_csv(answer(body), "sales", SALE_COLUMNS, LATEST)
    assert content.rows["product_id"].to_pylist() == ["RÉF"]
    assert [r.reason for r in content.rejected] == ["line 3: not Windows-1252 text"]


def test_utf_16_that_ends_within_a_character_was_cut() -> None:
    with pytest.raises(SourceError, match="was cut"):
        read_csv(answer((HEADER + "\n2024-05-01,A,1,1").encode("utf-16")[:-1]), "sales", SALE_COLUMNS, LATEST)


def test_blank_lines_hold_nothing_and_still_count_in_line_numbers() -> None:
    content = sales("", "   ", ",,,", "2024-05-01,REF001,1,1", "", header="\n" + HEADER)
    assert content.rows["line_number"].to_pylist() == [6]
    assert (content.lines, content.rejected) == (1, [])


def test_spaces_around_a_cell_are_kept_in_the_cells_and_say_nothing() -> None:
    content = sales(" 2024-05-01 ,\tREF001,1\N{NO-BREAK SPACE}, 1 ")
    assert said(content) == [(date(2024, 5, 1), "REF001", 1, "1")]
    assert json.loads(content.rows["cells"][0].as_py()) == [" 2024-05-01 ", "\tREF001", "1\N{NO-BREAK SPACE}", " 1 "]


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
        (b'{"detail": "no"}', "application/json", "has the header '{\"detail\": \"no\"}', which lacks columns of 'Date,"),
        (b"2024-05-01,REF001,1,1\n", "text/csv", "has the header '2024-05-01,REF001,1,1', which lacks"),
        ("Date,ID Référence produit,Quantité\n".encode(), "text/csv", "is it the right file?"),
        ("Date,ID Référence produit,Quantité,Date,ID Magasin\n".encode(), "text/csv", "has two columns 'Date'"),
        (("<html>" + HEADER).encode("utf-16"), "text/csv", "answered with a page of HTML"),
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
    body = (HEADER + "\n" + "\n".join(lines) + "\n2024-05-01,LAST,1,1").encode()
    content = read_csv(answer(body), "sales", SALE_COLUMNS, LATEST)
    assert content.lines == len(content.rows) + len(content.rejected)
    assert content.rows["product_id"].to_pylist()[-1] == "LAST"
