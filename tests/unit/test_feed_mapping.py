"""From a file's bytes to rows of a raw table, by a feed: what files may look like, against what a few plain lines of Python make of the same values."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from ingestion.errors import SourceError
from ingestion.feeds.config import load
from ingestion.feeds.load import read_cells, read_rows
from warehouse.ledger import FeedFile

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
SALES = 'fills = "retail.sales"\nfrom = "x"\n[columns]\nsale_date = "date"\nproduct_id = "product"\nquantity = "n"\nstore_id = "shop"\namount = "paid"\n'
COUNTS = 'fills = "footfall.readings"\nfrom = "x"\ntimezone = "Europe/Paris"\ninterval = 60\n'
Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("feeds")


def read(folder: Path, toml: str, body: bytes, name: str = "export.csv") -> tuple[Rows, list[str]]:
    """The rows of a file by our columns, and why each other row is rejected."""
    path = folder / "export.toml"
    path.write_text(toml, encoding="utf-8")
    file = FeedFile(name, "id", len(body), "", "hash", "", False, 0, 0, NOW)
    feed = load(path)
    found = read_rows("export", feed, file, read_cells(feed, file, body), NOW + timedelta(days=1))
    return found.arrivals.to_pylist(), [each.reason for each in found.read.rejected]


def text(rows: Sequence[Sequence[str]], delimiter: str = ",") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(rows)
    return out.getvalue()


def workbook(rows: Sequence[Any], *, is_1904: bool = False, formats: dict[str, str] | None = None) -> bytes:
    book = openpyxl.Workbook()
    if is_1904:
        book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    sheet = book.active
    for row in rows:
        sheet.append(list(row))
    for cell, form in (formats or {}).items():
        sheet[cell].number_format = form
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


HEADER = ["date", "product", "n", "shop", "paid"]
WORDS = some.text(some.characters(codec="cp1252", exclude_categories=["Cc", "Zs"]), min_size=1, max_size=12).filter(
    lambda word: word == word.strip()
)
LINES = some.lists(
    some.tuples(
        some.dates(date(2020, 1, 1), date(2026, 11, 25)),
        WORDS,
        some.integers(-999, 999),
        WORDS,
        some.decimals(-99_999, 99_999, places=2),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(
    LINES,
    some.sampled_from([",", ";", "\t", "|"]),
    some.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
    some.sampled_from(["\n", "\r\n"]),
    some.booleans(),
)
def test_every_dialect_of_csv_says_the_same(
    tmp_path_factory: pytest.TempPathFactory,
    lines: list[tuple[date, str, int, str, Decimal]],
    delimiter: str,
    encoding: str,
    line_end: str,
    has_title: bool,
) -> None:
    rows = [HEADER, *[[day.isoformat(), product, str(n), shop, str(paid)] for day, product, n, shop, paid in lines]]
    if has_title:
        rows = [["Report", "", "", "", ""], [""] * 5, *rows]
    body = text(rows, delimiter).replace("\r\n", line_end).encode(encoding)
    layout = '[layout]\nencoding = "cp1252"\n' if encoding == "cp1252" else ""
    found, reasons = read(tmp_path_factory.getbasetemp(), SALES + '[values]\ndecimal = "."\n' + layout, body)
    assert reasons == []
    assert [
        (row["sale_date"], row["product_id"], row["quantity"], row["store_id"], row["amount"]) for row in found
    ] == lines


@settings(max_examples=100, deadline=None)
@given(
    some.lists(some.decimals(-9_999_999, 9_999_999, places=2), min_size=1, max_size=8),
    some.sampled_from([(".", ","), (",", "."), (",", " "), (",", "\u202f"), (".", "'"), (".", ""), (",", "")]),
    some.sampled_from(["{}", "{} €", "€{}", "EUR {}", "{} EUR"]),
    some.booleans(),
)
def test_an_amount_is_exact_in_every_spelling(
    tmp_path_factory: pytest.TempPathFactory,
    amounts: list[Decimal],
    marks: tuple[str, str],
    around: str,
    has_parentheses: bool,
) -> None:
    def written(value: Decimal) -> str:
        digits = f"{abs(value):,.2f}".replace(",", "T").replace(".", marks[0]).replace("T", marks[1])
        if value < 0 and has_parentheses:
            return around.format(f"({digits})") if "EUR" not in around else f"({digits})"
        return around.format(digits if value >= 0 else f"-{digits}")

    rows = [HEADER, *[["2026-11-02", "P", "1", "S", written(value)] for value in amounts]]
    said = SALES + f'[values]\ndecimal = "{marks[0]}"\n'
    found, reasons = read(tmp_path_factory.getbasetemp(), said, text(rows, ";").encode())
    assert reasons == []
    assert [row["amount"] for row in found] == amounts


def test_a_mark_before_three_digits_is_not_guessed(folder: Path) -> None:
    body = text([HEADER, ["2026-11-02", "P", "1", "S", "1.299"]]).encode()
    _, (reason,) = read(folder, SALES, body)
    assert "amount '1.299' is ambiguous" in reason
    assert read(folder, SALES + '[values]\ndecimal = ","\n', body)[0][0]["amount"] == Decimal(1299)
    assert read(folder, SALES + '[values]\ndecimal = "."\n', body)[0][0]["amount"] == Decimal("1.299")
    # Another cell of the column settles it.
    body = text([HEADER, ["2026-11-02", "P", "1", "S", "1.299"], ["2026-11-02", "P", "1", "S", "7,50"]]).encode()
    assert [row["amount"] for row in read(folder, SALES, body)[0]] == [Decimal(1299), Decimal("7.50")]


@settings(max_examples=100, deadline=None)
@given(
    some.lists(some.dates(date(2000, 1, 1), date(2026, 11, 25)), min_size=1, max_size=6),
    some.sampled_from(["%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%d.%m.%y", "%Y%m%d", "%Y-%m-%d", "%d %b %Y", "%B %d, %Y"]),
)
def test_a_date_is_read_by_its_form(tmp_path_factory: pytest.TempPathFactory, days: list[date], form: str) -> None:
    said = SALES.replace('sale_date = "date"', f'sale_date = {{ from = "date", form = "{form}" }}')
    rows = [HEADER, *[[day.strftime(form), "P", "1", "S", "1"] for day in days]]
    found, reasons = read(tmp_path_factory.getbasetemp(), said, text(rows).encode())
    assert reasons == []
    assert [row["sale_date"] for row in found] == days


@settings(max_examples=100, deadline=None)
@given(some.dates(date(2000, 1, 1), date(2026, 11, 25)), some.sampled_from("/-"))
def test_without_a_form_a_date_that_can_be_read_in_two_ways_is_rejected(
    tmp_path_factory: pytest.TempPathFactory, day: date, mark: str
) -> None:
    cell = f"{day.day:02}{mark}{day.month:02}{mark}{day.year}"
    found, reasons = read(tmp_path_factory.getbasetemp(), SALES, text([HEADER, [cell, "P", "1", "S", "1"]]).encode())
    if day.day <= 12 and day.day != day.month:
        assert found == []
        assert "Say it in `form`" in reasons[0]
    else:
        assert [row["sale_date"] for row in found] == [day]


def test_dates_of_a_column_that_say_which_is_first_say_it_for_the_others(folder: Path) -> None:
    rows = [HEADER, ["05/11/2026", "P", "1", "S", "1"], ["25/11/2026", "P", "1", "S", "1"]]
    assert [row["sale_date"].day for row in read(folder, SALES, text(rows).encode())[0]] == [5, 25]
    rows = [HEADER, ["11/05/2026", "P", "1", "S", "1"], ["11/25/2026", "P", "1", "S", "1"]]
    assert [row["sale_date"].day for row in read(folder, SALES, text(rows).encode())[0]] == [5, 25]


ZONES = ["Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Santiago", "UTC"]


@settings(max_examples=60, deadline=None)
@given(some.sampled_from(ZONES), some.integers(2015, 2026), some.integers(0, 364))
def test_a_local_time_that_comes_twice_or_never_is_rejected(
    tmp_path_factory: pytest.TempPathFactory, name: str, year: int, day: int
) -> None:
    """Against all instants of the days around: how many of them show this time on the zone's clock."""
    zone = ZoneInfo(name)
    # Days on which the clock is changed, where the year has one near.
    start = datetime(year, 1, 1) + timedelta(days=day)
    for n in range(200):
        moment = (start + timedelta(days=n)).replace(tzinfo=zone)
        if moment.utcoffset() != (moment + timedelta(days=1)).utcoffset():
            start += timedelta(days=n)
            break
    times = [start + timedelta(minutes=15 * n) for n in range(96)]
    if times[-1] > datetime(2026, 11, 25):
        return
    shown: dict[datetime, list[datetime]] = {}
    begin = start.replace(tzinfo=UTC) - timedelta(days=1)
    for n in range(3 * 96):
        instant = begin + timedelta(minutes=15 * n)
        shown.setdefault(instant.astimezone(zone).replace(tzinfo=None), []).append(instant)
    said = (
        f'fills = "footfall.readings"\nfrom = "x"\ntimezone = "{name}"\ninterval = 15\n[columns]\n'
        'sensor_id = "door"\nstore_id = "shop"\nhour_start = "at"\nvisits = "n"\n'
    )
    rows = [["door", "shop", "at", "n"], *[["d", "s", each.isoformat(sep=" "), "1"] for each in times]]
    found, reasons = read(tmp_path_factory.getbasetemp(), said, text(rows).encode())
    assert [row["hour_start"] for row in found] == [shown[each][0] for each in times if len(shown.get(each, [])) == 1]
    twice = sum(len(shown.get(each, [])) == 2 for each in times)
    never = sum(each not in shown for each in times)
    assert sum("is shown twice by the clock" in reason for reason in reasons) == twice
    assert sum("is never shown by the clock" in reason for reason in reasons) == never
    # With its offset each of them is known.
    rows = [
        ["door", "shop", "at", "n"],
        *[["d", "s", instant.astimezone(zone).isoformat(), "1"] for each in times for instant in shown.get(each, [])],
    ]
    found, reasons = read(tmp_path_factory.getbasetemp(), said, text(rows).encode())
    assert [row["hour_start"] for row in found] == [instant for each in times for instant in shown.get(each, [])]
    assert reasons == []


ORDERS = (
    'fills = "orders.lines"\nfrom = "x"\ntimezone = "UTC"\n[layout]\ncarry_down = ["order", "status", "at"]\n[columns]\norder_id = "order"\n'
    'ordered_at = "at"\nproduct_id = "product"\nquantity = "n"\nunit_price = "price"\nstatus = "status"\n[values]\ndecimal = "."\n'
)


@settings(max_examples=60, deadline=None)
@given(
    some.lists(
        some.tuples(some.sampled_from(["paid", "open", ""]), some.lists(some.integers(1, 9), min_size=1, max_size=4)),
        min_size=1, max_size=6,
    ),
    some.booleans(),
)  # fmt: skip
def test_what_an_order_says_once_holds_for_its_lines_and_not_for_the_next_order(
    tmp_path_factory: pytest.TempPathFactory, orders: list[tuple[str, list[int]]], is_id_repeated: bool
) -> None:
    rows = [["order", "status", "at", "product", "n", "price"]]
    for number, (status, quantities) in enumerate(orders):
        for line, quantity in enumerate(quantities):
            is_first = line == 0
            order = f"#{number}" if is_first or is_id_repeated else ""
            rows.append(
                [
                    order,
                    status if is_first else "",
                    "2026-11-02 10:00" if is_first else "",
                    f"P{line}",
                    str(quantity),
                    "2.50",
                ]
            )
    found, reasons = read(tmp_path_factory.getbasetemp(), ORDERS, text(rows).encode())
    assert reasons == []
    assert [(row["order_id"], row["status"], row["bill"]) for row in found] == [
        (f"#{number}", status or "paid", sum(quantities) * Decimal("2.50"))
        for number, (status, quantities) in enumerate(orders)
    ]


def test_an_order_with_a_line_that_cannot_be_read_is_rejected_whole(folder: Path) -> None:
    rows = [
        ["order", "status", "at", "product", "n", "price"],
        ["#1", "paid", "2026-11-02 10:00", "P", "1", "2.50"],
        ["", "", "", "P", "two", "2.50"],
        ["#2", "paid", "2026-11-02 10:00", "P", "1", "2.50"],
    ]
    found, reasons = read(folder, ORDERS, text(rows).encode())
    assert [row["order_id"] for row in found] == ["#2"]
    assert len(reasons) == 2
    assert any("line 3: quantity is not a whole number" in reason for reason in reasons)


@settings(max_examples=60, deadline=None)
@given(
    some.integers(1, 6).flatmap(
        lambda width: some.lists(
            some.lists(some.one_of(some.none(), some.integers(0, 999)), min_size=width, max_size=width),
            min_size=1, max_size=6,
        )
    )
)  # fmt: skip
def test_a_wide_table_has_a_row_for_each_cell(
    tmp_path_factory: pytest.TempPathFactory, table: list[list[int | None]]
) -> None:
    doors = [f"Door {n}" for n in range(len(table[0]))]
    said = (
        COUNTS
        + '[layout]\nwide = "sensor_id"\nignore = ["Total"]\n[values]\nmissing = ["", "-"]\n[columns]\nhour_start = "at"\nvisits = "*"\nstore_id = { value = "shop" }\n'
    )
    begin = datetime(2026, 6, 1)
    rows = [["at", *doors, "Total"]]
    for n, counts in enumerate(table):
        cells = ["-" if count is None else str(count) for count in counts]
        rows.append([(begin + timedelta(hours=n)).isoformat(sep=" "), *cells, str(sum(c or 0 for c in counts))])
    found, reasons = read(tmp_path_factory.getbasetemp(), said, text(rows).encode())
    assert reasons == []
    # Paris is two hours ahead of UTC in June.
    expected = {
        (door, begin.replace(tzinfo=UTC) + timedelta(hours=n - 2)): count
        for n, counts in enumerate(table)
        for door, count in zip(doors, counts, strict=True)
    }
    assert {(row["sensor_id"], row["hour_start"]): row["visits"] for row in found} == expected
    assert len(found) == len(expected)


def test_of_the_last_column_what_stands_before_the_mark_counts(folder: Path) -> None:
    said = COUNTS + (
        '[columns]\nsensor_id = { from = ["shop", "door"] }\nvisits = "in"\nstore_id = { from = "shop", map = { "Grafton St" = "grafton", "Henry St" = "henry" } }\n'
        'hour_start = { from = ["day", "hour"], form = "%d/%m/%Y %H:%M", part_before = "-" }\n'
    )
    rows = [
        ["shop", "door", "day", "hour", "in"],
        ["Grafton St", "1", "06/11/2026", "10:00-11:00", "3"],
        ["henry st", "1", "06/11/2026", "10:00 - 11:00", "4"],
        ["Dawson St", "1", "06/11/2026", "10:00-11:00", "5"],
        ["Henry St", "1", "06/11/2026", "", "6"],
    ]
    found, reasons = read(folder, said, text(rows).encode())
    at = datetime(2026, 11, 6, 9, tzinfo=UTC)
    assert [(row["sensor_id"], row["store_id"], row["hour_start"], row["visits"]) for row in found] == [
        ("Grafton St 1", "grafton", at, 3), ("henry st 1", "henry", at, 4),
    ]  # fmt: skip
    assert "store_id 'Dawson St' is not in its map" in reasons[0]
    assert "hour_start is blank" in reasons[1]


def test_a_value_may_come_from_the_files_name(folder: Path) -> None:
    said = SALES.replace('store_id = "shop"', 'store_id = { file = "till-(.+)-\\\\d+\\\\.csv" }')
    body = text([HEADER, ["2026-11-02", "P", "1", "", "1"]]).encode()
    assert read(folder, said, body, "inbox/till-lyon-11.csv")[0][0]["store_id"] == "lyon"
    with pytest.raises(SourceError, match=r"inbox/x\.csv: the file's name does not match .*, which says store_id"):
        read(folder, said, body, "inbox/x.csv")


# Workbooks.

EXCEL = SALES.replace('sale_date = "date"', 'sold_at = "date"').replace(
    'from = "x"', 'from = "x"\ntimezone = "Europe/Paris"'
)


def test_a_workbooks_cells_are_what_they_are(folder: Path) -> None:
    rows = [
        HEADER,
        [datetime(2026, 11, 5, 10, 30), 4711, 2.0, 1, 0.1 + 0.2],
        [date(2026, 5, 6), "0042", 1, "01", "1 299,00 €"],
        [datetime(2026, 11, 5, 10, 30), 12.5, -1, 1, -49.9],
    ]
    found, reasons = read(folder, EXCEL, workbook(rows), "till.xlsx")
    assert reasons == []
    assert [(row["sold_at"], row["sale_date"], row["product_id"], row["quantity"], row["store_id"], row["amount"]) for row in found] == [
        # A whole number is an id without decimals; what a double has beyond fifteen digits nobody wrote.
        (datetime(2026, 11, 5, 9, 30, tzinfo=UTC), date(2026, 11, 5), "4711", 2, "1", Decimal("0.3")),
        # A date of a workbook is never ambiguous: 6 May.
        (datetime(2026, 5, 5, 22, 0, tzinfo=UTC), date(2026, 5, 6), "0042", 1, "01", Decimal(1299)),
        (datetime(2026, 11, 5, 9, 30, tzinfo=UTC), date(2026, 11, 5), "12.5", -1, "1", Decimal("-49.9")),
    ]  # fmt: skip


def test_dates_since_1904_are_the_days_that_the_workbook_shows(folder: Path) -> None:
    rows = [HEADER, [datetime(2026, 11, 5, 10, 30), "P", 1, "S", 1]]
    assert workbook(rows) != workbook(rows, is_1904=True)
    one, other = (read(folder, EXCEL, workbook(rows, is_1904=each), "till.xlsx")[0] for each in (False, True))
    assert one == other
    assert one[0]["sold_at"] == datetime(2026, 11, 5, 9, 30, tzinfo=UTC)


def test_a_date_and_a_time_in_two_columns_of_a_workbook(folder: Path) -> None:
    said = (
        COUNTS
        + '[columns]\nsensor_id = "door"\nstore_id = "shop"\nhour_start = { from = ["day", "hour"] }\nvisits = "n"\n'
    )
    rows = [
        ["door", "shop", "day", "hour", "n"],
        ["d", "s", date(2026, 11, 5), time(10, 0), 3],
        ["d", "s", date(2026, 11, 5), "11:00", 4],
    ]
    found, reasons = read(folder, said, workbook(rows), "counts.xlsx")
    assert reasons == []
    assert [(row["hour_start"].hour, row["visits"]) for row in found] == [(9, 3), (10, 4)]


def test_a_formula_with_an_error_or_without_a_result_rejects_its_row(folder: Path) -> None:
    rows = [
        HEADER,
        [date(2026, 11, 5), "P", 1, "S", "#DIV/0!"],
        [date(2026, 11, 5), "P", 1, "S", "=1+1"],
        [date(2026, 11, 5), "P", 1, "S", 2],
    ]
    book = openpyxl.load_workbook(io.BytesIO(workbook(rows)))
    book.active["E2"].data_type = "e"
    out = io.BytesIO()
    book.save(out)
    found, reasons = read(folder, EXCEL, out.getvalue(), "till.xlsx")
    assert [row["amount"] for row in found] == [Decimal(2)]
    assert [
        "[Sheet], line 2: amount '#DIV/0!' is an error of a formula" in reasons[0],
        "line 3: amount" in reasons[1],
    ] == [True, True]
    assert "open the workbook and save it" in reasons[1]


def test_of_merged_cells_the_first_has_the_value(folder: Path) -> None:
    rows = [HEADER, [date(2026, 11, 5), "P", 1, "S", 1], ["", "Q", 1, "S", 2], [date(2026, 11, 6), "P", 1, "S", 3]]
    book = openpyxl.load_workbook(io.BytesIO(workbook(rows)))
    book.active.merge_cells("A2:A3")
    out = io.BytesIO()
    book.save(out)
    found, reasons = read(folder, EXCEL, out.getvalue(), "till.xlsx")
    assert [row["amount"] for row in found] == [1, 3]
    assert "it has no date" in reasons[0]
    said = EXCEL.replace("[columns]", '[layout]\ncarry_down = ["date"]\n[columns]')
    found, reasons = read(folder, said, out.getvalue(), "till.xlsx")
    assert [(row["sale_date"].day, row["amount"]) for row in found] == [(5, 1), (5, 2), (6, 3)]


def test_two_rows_of_one_key_that_differ_are_both_rejected(folder: Path) -> None:
    said = COUNTS + '[columns]\nsensor_id = "door"\nstore_id = "shop"\nhour_start = "at"\nvisits = "n"\n'
    rows = [["door", "shop", "at", "n"], ["d", "s", "2026-11-05 10:00", "3"], ["d", "s", "2026-11-05 10:00", "4"],
            ["d", "s", "2026-11-05 11:00", "5"], ["d", "s", "2026-11-05 11:00", "5"]]  # fmt: skip
    found, reasons = read(folder, said, text(rows).encode())
    assert [row["visits"] for row in found] == [5]
    assert len(reasons) == 2
    assert all("lines 2, 3 have the same" in reason for reason in reasons)


def test_rows_to_leave_out_and_repeated_headers_are_no_rows(folder: Path) -> None:
    said = SALES + '[layout]\nleave_out = { "date" = ["total*", "sous-total"] }\n'
    rows = [
        HEADER,
        ["2026-11-02", "P", "1", "S", "1"],
        HEADER,
        ["Sous-total", "", "1", "", "1"],
        ["", "", "", "", ""],
        ["TOTAL 1", "", "1", "", "1"],
    ]
    found, reasons = read(folder, said, text(rows).encode())
    assert (len(found), reasons) == (1, [])


def test_cells_that_say_nothing_are_blank(folder: Path) -> None:
    said = SALES + '[values]\nmissing = ["", "n/a", "-999"]\n'
    body = text([HEADER, ["2026-11-02", "P", "1", "S", "n/a"], ["2026-11-02", "P", "-999", "S", "1"]]).encode()
    found, reasons = read(folder, said, body)
    assert [row["amount"] for row in found] == [None]
    assert "quantity" in reasons[0]
    assert "is blank" in reasons[0]
