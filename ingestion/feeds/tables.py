"""From a file's bytes to a table of text cells: CSV, Excel, JSON and Parquet, each with the line that a row stands at.

A cell of a workbook, of JSON or of Parquet that is a number or a date is one for certain, however a text would be read: it is marked by what it
begins with (`NUMBER`, `MOMENT`, `CLOCK`, `FAULT`). A text never begins so.
"""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from ingestion.csv_records import chunks_of, encoding_of, is_filled, is_text, paired, plain_title, text_of
from ingestion.errors import SourceError
from ingestion.feeds.config import Layout, nearest
from warehouse.text import one_line

NUMBER = "\x01n"
MOMENT = "\x01d"
CLOCK = "\x01t"
FAULT = "\x01e"

DELIMITERS = (",", ";", "\t", "|")
LARGEST_FILE = 512 * 1024 * 1024
MOST_ROWS_ABOVE = 60
PEEKED = 512 * 1024
LONGEST_SHOWN = 60
FORMATS = {
    ".csv": "csv", ".txt": "csv", ".tsv": "csv", ".tab": "csv",
    ".xlsx": "excel", ".xlsm": "excel", ".xls": "excel", ".xlsb": "excel", ".ods": "excel",
    ".json": "json", ".jsonl": "json", ".ndjson": "json",
    ".parquet": "parquet", ".pq": "parquet",
}  # fmt: skip


@dataclass(frozen=True)
class BadRow:
    """A row that cannot be split into cells: its line, why, and its text."""

    line: int
    reason: str
    text: str


@dataclass
class Cells:
    """A file's rows as text cells.

    Attributes:
        titles: the columns' names as written.
        columns: their cells, trimmed, one for each row; an empty text where there is none.
        lines: the line of each row: the file's first is 1.
        bad: rows that could not be split.
        left_out: how many rows hold nothing, by what they are: `blank`, `repeated header`.
        sheet: the workbook's sheet.
        notes: what the owner should know, a sentence each.
    """

    titles: list[str]
    columns: list[pa.ChunkedArray]
    lines: pa.Array
    bad: list[BadRow] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    sheet: str | None = None
    notes: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.lines)

    def place(self, title: str) -> int | None:
        """Where a column stands; None where it is not there."""
        return place_of(self.titles, title)

    def column(self, title: str) -> pa.ChunkedArray:
        """The cells of a column that is there."""
        place = self.place(title)
        assert place is not None
        return self.columns[place]

    def filtered(self, keep: np.ndarray[Any, np.dtype[np.bool_]]) -> Cells:
        """Only some of the rows."""
        if keep.all():
            return self
        mask = pa.array(keep)
        return Cells(
            self.titles, [column.filter(mask) for column in self.columns], self.lines.filter(mask),
            self.bad, self.left_out, self.sheet, self.notes,
        )  # fmt: skip


def place_of(titles: Sequence[str], title: str) -> int | None:
    """Where a column stands, by its name as written or but for case and accents; None where it is not there."""
    if title in titles:
        return list(titles).index(title)
    plain = [plain_title(each) for each in titles]
    wanted = plain_title(title)
    return plain.index(wanted) if wanted in plain else None


def shown(cell: str) -> str:
    """A cell as part of a sentence: on one line, not long, without our mark."""
    return f"'{one_line(written(cell), LONGEST_SHOWN)}'"


def written(cell: str) -> str:
    """A cell as a person would read it."""
    return cell[2:].replace("T00:00:00", "") if cell[:1] == "\x01" else cell


def format_of(name: str, layout: Layout) -> str:
    """The format of a file.

    Raises:
        SourceError: its ending says nothing.
    """
    if layout.format is not None:
        return layout.format
    ending = PurePosixPath(name.lower()).suffix
    if ending == ".gz":
        raise SourceError(f"{name} is packed: unpack it")
    if ending not in FORMATS:
        raise SourceError(
            f"{name} has no ending that says its format: set `format` in [layout] to csv, excel, json or parquet"
        )
    return FORMATS[ending]


def read(name: str, body: bytes, layout: Layout, wanted: Sequence[str]) -> Cells:
    """The rows of a file whose columns should be `wanted`, in any order and among others.

    Raises:
        SourceError: it is empty, is not what its ending says, or lacks a column.
    """
    if not body.strip():
        raise SourceError(f"{name} is empty")
    reader = {"csv": _csv, "excel": _excel, "json": _json, "parquet": _parquet}[format_of(name, layout)]
    cells = reader(name, body, layout, wanted)
    return _without_empty_rows(cells)


def _without_empty_rows(cells: Cells) -> Cells:
    """The rows but those that are blank, and headers that come again."""
    if not len(cells) or not cells.columns:
        return cells
    blank = np.ones(len(cells), bool)
    for column in cells.columns:
        blank &= _numpy(pc.equal(column, ""))
        if not blank.any():
            break
    again = np.zeros(len(cells), bool)
    filled = [place for place, title in enumerate(cells.titles) if title]
    if filled:
        again = ~blank
        for place in filled:
            again &= _numpy(pc.equal(cells.columns[place], cells.titles[place]))
            if not again.any():
                break
    if blank.any():
        cells.left_out["blank"] += int(blank.sum())
    if again.any():
        cells.left_out["repeated header"] += int(again.sum())
    return cells.filtered(~(blank | again))


def _numpy(values: Any) -> np.ndarray[Any, np.dtype[np.bool_]]:
    found: np.ndarray[Any, np.dtype[np.bool_]] = np.asarray(
        values.to_numpy(zero_copy_only=False) if isinstance(values, pa.Array) else values.to_numpy(), dtype=bool
    )
    return found


# The header.


def _has(row: Sequence[str], wanted: Sequence[str]) -> bool:
    there = {each.strip() for each in row}
    plain = {plain_title(each) for each in row}
    return all(title in there or plain_title(title) in plain for title in wanted)


def _header_place(rows: Sequence[Sequence[str]], layout: Layout, wanted: Sequence[str]) -> int | None:
    """Which of the first rows is the header: the first filled one that has the wanted columns."""
    for place, row in enumerate(rows):
        if place >= layout.skip_rows and is_filled(row) and not row[0].lower().startswith("sep=") and _has(row, wanted):
            return place
    return None


def lacking(name: str, titles: Sequence[str], wanted: Sequence[str]) -> SourceError:
    """The error of a table or a query that lacks one of the wanted columns."""
    return _lacking(name, [list(titles)], Layout(), wanted)


def _lacking(name: str, rows: Sequence[Sequence[str]], layout: Layout, wanted: Sequence[str]) -> SourceError:
    """The error of a file without a header that has the wanted columns."""
    filled = [row for row in rows[layout.skip_rows :] if is_filled(row)]
    if not filled:
        return SourceError(f"{name} has no rows")
    closest = max(filled, key=lambda row: sum(_has(row, [title]) for title in wanted))
    titles = [one_line(each.strip(), LONGEST_SHOWN) for each in closest if each.strip()]
    missing = [title for title in wanted if not _has(closest, [title])]
    listed = ", ".join(titles[:20]) + (" …" if len(titles) > 20 else "")
    hint = nearest(missing[0], titles).removeprefix("; there are: ") if len(missing) == 1 else ""
    hint = hint if hint.startswith(": did") else ""
    return SourceError(
        f"{name} has no column {', '.join(repr(title) for title in missing)}{hint or f'; its columns are: {listed}'}"
        f"{'' if hint.endswith('?') else '.'} Nothing of the file was loaded: say in [columns] how the column is called now"
    )


def unique(name: str, titles: Sequence[str], wanted: Sequence[str]) -> None:
    """Refuse two columns of a wanted name.

    Raises:
        SourceError: there are.
    """
    for title in wanted:
        if sum(each.strip() == title for each in titles) > 1:
            raise SourceError(f"{name} has two columns {shown(title)}: rename one of them")


# CSV.


def peek(body: bytes, layout: Layout, delimiter: str) -> tuple[list[int], list[list[str]]]:
    """The first records of a CSV file, and the line of each."""
    encoding = layout.encoding or encoding_of(body)
    numbers: list[int] = []
    records: list[list[str]] = []
    for chunk in chunks_of(text_of(body[: PEEKED + PEEKED % 2], encoding), delimiter, None, 50):
        numbers += chunk.numbers
        records += chunk.records
        if len(records) > MOST_ROWS_ABOVE + layout.skip_rows:
            break
    return numbers, [[paired(cell) for cell in record] for record in records]


def _csv(name: str, body: bytes, layout: Layout, wanted: Sequence[str]) -> Cells:
    start = body[:400].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype", b"<html", b"<?xml")):
        raise SourceError(f"{name} is a page of HTML, not a CSV file: check the address, or save the file as CSV")
    if body.startswith(b"PK\x03\x04"):
        raise SourceError(
            f"{name} is a workbook or a zip file, not CSV: set `format` in [layout], or give it its right ending"
        )
    first: list[list[str]] = []
    for delimiter in [layout.delimiter] if layout.delimiter else DELIMITERS:
        try:
            numbers, records = peek(body, layout, delimiter)
        except UnicodeError:
            raise SourceError(
                f"{name} is not {layout.encoding or 'text in any encoding that we know'}: set `encoding` in [layout]"
            ) from None
        first = first or records
        if layout.header is not None:
            place = layout.skip_rows - 1
            width = next((len(row) for row in records[layout.skip_rows :] if is_filled(row)), 0)
            if width != len(layout.header):
                continue
            titles = list(layout.header)
        else:
            found = _header_place(records, layout, wanted)
            if found is None or (len(records[found]) == 1 and len(wanted) > 1):
                continue
            place, titles = found, [title.strip() for title in records[found]]
        unique(name, titles, wanted)
        begins = numbers[place + 1] if place + 1 < len(numbers) else None
        return _csv_rows(name, body, layout, delimiter, titles, begins)
    if layout.header is not None:
        raise SourceError(f"{name} has rows of other than {len(layout.header)} columns, which [layout] header names")
    raise _lacking(name, first, layout, wanted)


def _csv_rows(name: str, body: bytes, layout: Layout, delimiter: str, titles: list[str], begins: int | None) -> Cells:
    encoding = layout.encoding or encoding_of(body)
    if begins is None:
        return Cells(titles, [pa.chunked_array([], pa.string()) for _ in titles], pa.array([], pa.int64()))
    return _csv_at_once(body, encoding, delimiter, titles, begins) or _csv_by_lines(
        body, encoding, delimiter, titles, begins
    )


def _csv_at_once(body: bytes, encoding: str, delimiter: str, titles: list[str], begins: int) -> Cells | None:
    """All rows in one go, by Arrow; None unless each is one line with the right number of cells."""
    try:
        text = body if encoding in ("utf-8", "utf-8-sig") else body.decode(encoding).encode()
    except UnicodeError:
        return None
    text = text.rstrip(b"\r\n")
    line_end = b"\n" if b"\n" in text else b"\r"
    rows = text.count(line_end) + 1 - (begins - 1)
    names = [str(place) for place in range(len(titles))]
    try:
        table = pyarrow.csv.read_csv(
            pa.BufferReader(text),
            read_options=pyarrow.csv.ReadOptions(column_names=names, skip_rows=begins - 1, block_size=4 * 1024 * 1024),
            parse_options=pyarrow.csv.ParseOptions(delimiter=delimiter, newlines_in_values=False),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                strings_can_be_null=False,
                quoted_strings_can_be_null=False,
            ),
        )
    except (pa.ArrowInvalid, pa.ArrowKeyError):
        return None
    if len(table) != rows:
        return None
    columns = [pc.utf8_trim_whitespace(column) for column in table.columns]
    return Cells(titles, columns, pa.array(np.arange(begins, begins + rows), pa.int64()))


def _csv_by_lines(body: bytes, encoding: str, delimiter: str, titles: list[str], begins: int) -> Cells:
    """The rows one after another: cells may hold line ends, and a row that cannot be split spoils no other."""
    width = len(titles)
    bad: list[BadRow] = []
    lines: list[int] = []
    left_out: Counter[str] = Counter()
    parts: list[list[pa.Array]] = [[] for _ in titles]
    for chunk in chunks_of(text_of(body, encoding), delimiter, width):
        good: list[list[str]] = []
        for number, record in zip(chunk.numbers, chunk.records, strict=True):
            if number < begins:
                continue
            if not is_filled(record):
                left_out["blank"] += 1
                continue
            if len(record) > width and not is_filled(record[width:]):
                del record[width:]
            reason = chunk.errors.get(number) or (
                f"has {len(record)} cells, not {width}" if len(record) != width else None
            )
            if reason is None and not is_text(record):
                reason = "is not text in the file's encoding"
            if reason:
                bad.append(BadRow(number, reason, delimiter.join(map(paired, record))))
                continue
            good.append(record)
            lines.append(number)
        for part, cells in zip(parts, zip(*good, strict=True) if good else [[]] * width, strict=True):
            part.append(pc.utf8_trim_whitespace(pa.array(cells, pa.string())))
    columns = [pa.chunked_array(part, pa.string()) for part in parts]
    return Cells(titles, columns, pa.array(lines, pa.int64()), bad, left_out)


# Workbooks.


def _excel(name: str, body: bytes, layout: Layout, wanted: Sequence[str]) -> Cells:
    sheet_name, rows, notes = workbook_rows(name, body, layout)
    if layout.header is not None:
        titles, begins = list(layout.header), layout.skip_rows
        width = max((len(row) for row in rows), default=0)
        if width != len(titles):
            raise SourceError(f"{name} has {width} columns, where [layout] header names {len(titles)}")
    else:
        first = [[written(cell) for cell in row] for row in rows[: MOST_ROWS_ABOVE + layout.skip_rows]]
        place = _header_place(first, layout, wanted)
        if place is None:
            raise _lacking(f"{name} [{sheet_name}]", first, layout, wanted)
        titles, begins = [title.strip() for title in first[place]], place + 1
    unique(name, titles, wanted)
    body_rows = rows[begins:]
    columns = [
        pa.chunked_array([pa.array([row[place] if place < len(row) else "" for row in body_rows], pa.string())])
        for place in range(len(titles))
    ]
    return Cells(
        titles,
        columns,
        pa.array(range(begins + 1, begins + 1 + len(body_rows)), pa.int64()),
        sheet=sheet_name,
        notes=notes,
    )


def workbook_rows(name: str, body: bytes, layout: Layout) -> tuple[str, list[list[str]], list[str]]:
    """The name of a workbook's sheet, its rows from the first line on, and what the owner should know of it.

    Raises:
        SourceError: it cannot be opened, has no such sheet, or the sheet is empty.
    """
    import python_calamine as calamine

    try:
        workbook = calamine.load_workbook(io.BytesIO(body))
    except calamine.PasswordError:
        raise SourceError(f"{name} has a password: save it without one") from None
    except (calamine.CalamineError, OSError, ValueError) as error:
        is_encrypted = body.startswith(b"\xd0\xcf\x11\xe0") and b"E\0n\0c\0r\0y\0p\0t" in body
        if is_encrypted:
            raise SourceError(f"{name} has a password: save it without one") from None
        raise SourceError(
            f"{name} is not a workbook, or is damaged ({one_line(error, 100)}): open it and save it again"
        ) from None
    names = list(workbook.sheet_names)
    sheet_name = _sheet(name, names, layout, workbook)
    try:
        sheet = workbook.get_sheet_by_name(sheet_name)
        faults = _faults(body, sheet_name)
        top, left = sheet.start or (0, 0)
        rows = [[""] * left + [typed(cell) for cell in row] for row in sheet.iter_rows()]
    except (calamine.CalamineError, OSError, ValueError) as error:
        raise SourceError(
            f"{name} [{sheet_name}] cannot be read ({one_line(error, 100)}): open it and save it again"
        ) from None
    # `iter_rows` begins at the first row of the sheet or at the first filled one, as the version has it.
    if sheet.end is not None and len(rows) == sheet.end[0] - top + 1:
        rows = [[] for _ in range(top)] + rows
    elif left:
        rows = [row[left:] for row in rows]
    if not any(cell for row in rows for cell in row):
        raise SourceError(f"{name} [{sheet_name}] is empty")
    for (line, place), fault in faults.items():
        if line < len(rows):
            rows[line] += [""] * (place + 1 - len(rows[line]))
            rows[line][place] = fault
    notes = []
    merged = [area for area in (sheet.merged_cell_ranges or []) if area[1][0] > area[0][0]]
    if merged:
        notes.append(
            f"{name} [{sheet_name}] has cells merged over several rows: only the first of them has a value, and the others are "
            "blank (carry_down in [layout] takes the value as above)"
        )
    return sheet_name, rows, notes


def _sheet(name: str, names: list[str], layout: Layout, workbook: Any) -> str:
    if not names:
        raise SourceError(f"{name} has no sheet")
    if layout.sheet is None:
        import python_calamine as calamine

        seen = [
            each.name for each in workbook.sheets_metadata
            if each.visible == calamine.SheetVisibleEnum.Visible and each.typ == calamine.SheetTypeEnum.WorkSheet
        ]  # fmt: skip
        seen = seen or names
        if len(seen) > 1:
            filled = [each for each in seen if workbook.get_sheet_by_name(each).end is not None]
            if len(filled) != 1:
                raise SourceError(
                    f'{name} has several sheets ({", ".join(seen)}): say in [layout] which, as in sheet = "{seen[0]}"'
                )
            seen = filled
        return seen[0]
    if isinstance(layout.sheet, int):
        if not 1 <= layout.sheet <= len(names):
            raise SourceError(f"{name} has {len(names)} sheets, not a sheet {layout.sheet}")
        return names[layout.sheet - 1]
    if layout.sheet not in names:
        raise SourceError(f"{name} has no sheet {layout.sheet!r}{nearest(layout.sheet, names)}")
    return layout.sheet


def typed(cell: Any) -> str:
    """A cell of a workbook or a database as text; one that is a number, a date or a time is marked."""
    if isinstance(cell, str):
        return cell.strip().lstrip("\x01")
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, Decimal):
        return NUMBER + f"{cell:f}" if cell.is_finite() else ""
    if isinstance(cell, bytes):
        return typed(cell.decode(errors="replace"))
    if isinstance(cell, float | int):
        # A workbook shows fifteen digits; what a double has beyond them nobody wrote.
        return NUMBER + (str(int(cell)) if float(cell).is_integer() and abs(cell) < 1e15 else f"{cell:.15g}")
    if isinstance(cell, datetime):
        return MOMENT + (cell + timedelta(milliseconds=0.5)).replace(microsecond=0).isoformat()
    if isinstance(cell, date):
        return f"{MOMENT}{cell.isoformat()}T00:00:00"
    if isinstance(cell, time):
        return CLOCK + cell.replace(microsecond=0).isoformat()
    if isinstance(cell, timedelta):
        seconds = round(cell.total_seconds())
        return f"{CLOCK}{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return str(cell)


_CELL = re.compile(rb"<c\b(?P<attributes>[^>]*?)(?:/>|>(?P<content>.*?)</c>)", re.DOTALL)


def _faults(body: bytes, sheet_name: str) -> dict[tuple[int, int], str]:
    """The cells of a sheet of an .xlsx file whose formula has an error or no stored result, by line and column from 0 on.

    The reader of workbooks gives them as blank, which would say that nothing is there.
    """
    if not body.startswith(b"PK"):
        return {}
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            text = archive.read(_part_of_sheet(archive, sheet_name))
    except (KeyError, StopIteration, ElementTree.ParseError, zipfile.BadZipFile):
        return {}  # an .ods or .xlsb file, which has no such parts
    if b't="e"' not in text and b"<f" not in text:
        return {}
    found: dict[tuple[int, int], str] = {}
    for cell in _CELL.finditer(text):
        content = cell["content"] or b""
        is_error = b't="e"' in cell["attributes"]
        value = re.search(rb"<v>(.*?)</v>", content)
        reference = re.search(rb'\br="([A-Z]+)([0-9]+)"', cell["attributes"])
        if reference is None or not (is_error or (b"<f" in content and value is None)):
            continue
        column = 0
        for letter in reference[1]:
            column = column * 26 + letter - 64
        said = (
            value[1].decode(errors="replace") if value else "a formula without a result: open the workbook and save it"
        )
        found[int(reference[2]) - 1, column - 1] = FAULT + said
    return found


def _part_of_sheet(archive: zipfile.ZipFile, sheet_name: str) -> str:
    names = {"r": "http://schemas.openxmlformats.org/officeDocument/2006/relationships"}
    book = ElementTree.fromstring(archive.read("xl/workbook.xml"))
    sheet = next(each for each in book.iter() if each.tag.endswith("}sheet") and each.get("name") == sheet_name)
    wanted = sheet.get(f"{{{names['r']}}}id")
    relations = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    target = next(str(each.get("Target")) for each in relations if each.get("Id") == wanted)
    return target.lstrip("/") if target.startswith("/") else f"xl/{target}"


# JSON and Parquet.


def _json(name: str, body: bytes, layout: Layout, wanted: Sequence[str]) -> Cells:
    rows, lines = _json_rows(name, body)
    return _from_objects(name, rows, lines, wanted)


def _json_rows(name: str, body: bytes) -> tuple[list[Any], list[int]]:
    encoding = encoding_of(body)
    try:
        text = body.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except UnicodeDecodeError:
        raise SourceError(f"{name} is not text, or was cut") from None
    try:
        content = json.loads(text, parse_float=Decimal, parse_int=Decimal)
    except RecursionError:
        raise SourceError(f"{name} is nested too deeply to be read") from None
    except ValueError:
        content = None
    if content is None:
        rows, lines = [], []
        for number, line in enumerate(text.splitlines(), start=1):
            if not line.strip():
                continue
            try:
                rows.append(json.loads(line, parse_float=Decimal, parse_int=Decimal))
            except (ValueError, RecursionError):
                if not rows:
                    raise SourceError(f"{name} is not JSON, or was cut") from None
                rows.append(line)
            lines.append(number)
        return rows, lines
    if isinstance(content, dict):
        lists = [value for value in content.values() if isinstance(value, list)]
        content = lists[0] if len(lists) == 1 else [content]
    if not isinstance(content, list):
        raise SourceError(f"{name} is JSON, but neither a list of rows nor an object that holds one")
    return content, list(range(1, len(content) + 1))


def _from_objects(name: str, rows: Sequence[Any], lines: Sequence[int], wanted: Sequence[str]) -> Cells:
    flat: list[dict[str, str]] = []
    kept: list[int] = []
    bad: list[BadRow] = []
    for row, line in zip(rows, lines, strict=True):
        if isinstance(row, dict):
            flat.append(dict(_flattened(row)))
            kept.append(line)
        else:
            bad.append(BadRow(line, "is not an object", str(row)[:1000]))
    titles = list(dict.fromkeys(title for row in flat for title in row))
    if rows and not _has(titles, wanted):
        raise _lacking(name, [titles], Layout(), wanted)
    titles = titles or list(wanted)
    columns = [pa.chunked_array([pa.array([row.get(title, "") for row in flat], pa.string())]) for title in titles]
    return Cells(titles, columns, pa.array(kept, pa.int64()), bad)


def _flattened(row: dict[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    for key, value in row.items():
        title = f"{before}{key}"
        if isinstance(value, dict):
            yield from _flattened(value, f"{title}.")
        elif isinstance(value, bool) or not isinstance(value, Decimal):
            text = (
                ""
                if value is None
                else json.dumps(value, default=str)
                if isinstance(value, list | bool)
                else str(value)
            )
            yield title, text.strip().lstrip("\x01").encode(errors="replace").decode()
        else:
            yield title, NUMBER + (f"{value:f}" if abs(value.adjusted()) < 50 else str(value))


def _parquet(name: str, body: bytes, layout: Layout, wanted: Sequence[str]) -> Cells:
    try:
        table = pyarrow.parquet.read_table(pa.BufferReader(body))
    except (pa.ArrowException, OSError) as error:
        raise SourceError(f"{name} is not a Parquet file, or was cut ({one_line(error, 100)})") from None
    if not _has(table.schema.names, wanted):
        raise _lacking(name, [table.schema.names], Layout(), wanted)
    return Cells(
        list(table.schema.names), [arrow_text(name, column) for column in table.columns],
        pa.array(range(1, len(table) + 1), pa.int64()),
    )  # fmt: skip


def arrow_text(name: str, column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A typed column as marked text cells."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        column, kind = column.cast(kind.value_type), kind.value_type
    mark = ""
    if pa.types.is_timestamp(kind):
        mark = MOMENT
        if kind.tz is not None:
            column = pc.strftime(column.cast(pa.timestamp("us", tz="UTC")), "%Y-%m-%dT%H:%M:%S+00:00")
        else:
            column = pc.strftime(column.cast(pa.timestamp("us")), "%Y-%m-%dT%H:%M:%S")
    elif pa.types.is_date(kind):
        mark, column = MOMENT, pc.strftime(column.cast(pa.timestamp("s")), "%Y-%m-%dT%H:%M:%S")
    elif pa.types.is_time(kind):
        mark, column = CLOCK, pc.utf8_slice_codeunits(column.cast(pa.string()), 0, 8)
    elif pa.types.is_floating(kind):
        mark, column = (
            NUMBER,
            pa.chunked_array(
                [
                    pa.array(
                        [None if value is None or value != value else f"{value:.15g}" for value in column.to_pylist()],
                        pa.string(),
                    )
                ]
            ),
        )
    elif pa.types.is_integer(kind) or pa.types.is_decimal(kind):
        mark, column = NUMBER, column.cast(pa.string())
    elif pa.types.is_nested(kind) or pa.types.is_binary(kind):
        column = pa.chunked_array(
            [pa.array([None if value is None else str(value) for value in column.to_pylist()], pa.string())]
        )
    else:
        column = column.cast(pa.string())
    column = pc.utf8_trim_whitespace(column)
    if not mark:
        return pc.fill_null(column, "")
    return pc.fill_null(pc.binary_join_element_wise(pa.scalar(mark), column, ""), "")


def rows_as_cells(rows: Iterable[dict[str, Any]]) -> Cells:
    """The rows that stand in the feed's own file, [[rows]]."""
    flat = []
    for row in rows:
        flat.append({
            name: "" if value is None else typed(value) if not isinstance(value, str) else value.strip().lstrip("\x01")
            for name, value in row.items()
        })  # fmt: skip
    titles = list(dict.fromkeys(title for row in flat for title in row))
    columns = [pa.chunked_array([pa.array([row.get(title, "") for row in flat], pa.string())]) for title in titles]
    return Cells(titles, columns, pa.array(range(1, len(flat) + 1), pa.int64()))


def sniffed_delimiter(body: bytes) -> str:
    """The delimiter under which the first lines have most cells, and equally many."""

    def fit(delimiter: str) -> tuple[int, int]:
        _, records = peek(body, Layout(), delimiter)
        widths = Counter(len(record) for record in records if is_filled(record))
        width, times = max(widths.items(), key=lambda each: (each[0] > 1, each[1], each[0]), default=(0, 0))
        return (times, width) if width > 1 else (0, 0)

    return max(DELIMITERS, key=fit)


__all__ = ["Cells", "csv", "format_of", "peek", "read", "rows_as_cells", "sniffed_delimiter", "workbook_rows"]
