"""The one way from a provider's CSV file to an Arrow table of an entity's exact schema.

Comma or semicolon is recognised by the header line, the form of a date or a decimal cell by cell, so a file may change its
dialect from one answer to the next. A line stands for itself: a quote that is not closed spoils one row, not the rest.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from ingestion import bounds
from ingestion.errors import SourceError
from ingestion.http import Response
from ingestion.schemas import Field, Rejection
from warehouse.text import one_line

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
LINES_A_CHUNK = 100_000
LONGEST_SHOWN = 60
LONGEST_PAYLOAD = 10_000

# Where each row came from: the line it was first read at (the header is 1), and its cells as written, a JSON array.
ORIGIN = (Field("line_number", pa.int64(), is_origin=True), Field("cells", pa.string(), is_origin=True))


@dataclass(frozen=True)
class Column:
    """A column of a file: its title as the client writes it, the entity's field, and how a trimmed cell is read.

    `read` raises ValueError with the reason (`is not a date`). A cell of a nullable field may be empty, and one that
    cannot be read is left empty and reported; any other has its row rejected.
    """

    title: str
    field: Field
    read: Callable[[str], Any]


@dataclass
class Content:
    """What a file held: typed rows, rows and cells that could not be read, and all lines (header and blank ones not)."""

    rows: pa.Table
    rejected: list[Rejection] = field(default_factory=list)
    lines: int = 0


def read_csv(answer: Response, entity: str, columns: Sequence[Column], latest: datetime) -> Content:
    """The rows of a CSV file with exactly these columns, accents in its header or none; no moment later than `latest`.

    Raises:
        SourceError: it is empty, a page of HTML, or its header is another.
    """
    body = answer.body.removeprefix(BYTE_ORDER_MARK)
    if answer.content_type == "text/html" or body[:100].lstrip()[:1] == b"<":
        raise SourceError(f"{answer.url} answered with a page of HTML, not a CSV file: check the address")
    if not body.strip():
        raise SourceError(f"{answer.url} is empty: a CSV file has at least its header line")
    lines = _lines(body)
    header = next(number for number, line in enumerate(lines) if line.as_py().strip())
    delimiter = _delimiter(answer.url, lines[header].as_py(), [column.title for column in columns])

    reader = _Reader(entity, columns, delimiter, latest)
    for start in range(header + 1, len(lines), LINES_A_CHUNK):
        reader.add(lines.slice(start, LINES_A_CHUNK), start + 1)
    return reader.content()


# How a cell is read. The forms are the contract's and no others: what is guessed wrong is worse than what is rejected.


def text(cell: str) -> str:
    """Any text without control characters."""
    if any(unicodedata.category(character) == "Cc" for character in cell):
        raise ValueError("holds a control character")
    return cell


def whole_number(digits: int) -> Callable[[str], int]:
    """A whole number of at most so many digits, with a minus sign or none."""

    def read(cell: str) -> int:
        if not re.fullmatch("-?[0-9]+", cell):
            raise ValueError("is not a whole number")
        if len(cell.lstrip("-").lstrip("0")) > digits:
            raise ValueError(f"has more than {digits} digits")
        return int(cell)

    return read


def amount(cell: str) -> Decimal:
    """A decimal number such as 49.99 or 49,99: at most nine digits, and four places."""
    if not re.fullmatch("-?[0-9]+([.,][0-9]+)?", cell):
        raise ValueError("is not an amount such as 49.99 or 49,99")
    whole, _, places = cell.replace(",", ".").partition(".")
    if len(whole.lstrip("-").lstrip("0")) > 9 or len(places) > 4:
        raise ValueError("has more than nine digits, or more than four places")
    return Decimal(cell.replace(",", "."))


def calendar_date(cell: str) -> date:
    """A date, YYYY-MM-DD or DD/MM/YYYY."""
    if re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", cell):
        year, month, day = cell.split("-")
    elif re.fullmatch("[0-9]{2}/[0-9]{2}/[0-9]{4}", cell):
        day, month, year = cell.split("/")
    else:
        raise ValueError("is not a date such as 2023-05-27 or 27/05/2023")
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        raise ValueError("is not a day of the calendar") from None


def _lines(body: bytes) -> pa.Array:
    """The lines as bytes with their ends, none of them copied."""
    ends = np.flatnonzero(np.frombuffer(body, np.uint8) == ord("\n")).astype(np.int32) + 1
    offsets = np.concatenate([np.zeros(1, np.int32), ends])
    if offsets[-1] != len(body):
        offsets = np.append(offsets, np.int32(len(body)))
    return pa.Array.from_buffers(pa.binary(), len(offsets) - 1, [None, pa.py_buffer(offsets), pa.py_buffer(body)])


def _delimiter(url: str, line: bytes, titles: Sequence[str]) -> str:
    wanted = [_plain(title) for title in titles]
    try:
        header = line.decode().strip()
    except UnicodeDecodeError:
        raise SourceError(f"{url} is not UTF-8 text: export it as CSV in UTF-8") from None
    for delimiter in ",;":
        try:
            found = next(csv.reader([header], delimiter=delimiter, strict=True))
        except csv.Error:
            continue
        if [_plain(title) for title in found] == wanted:
            return delimiter
    raise SourceError(f"{url} has the header {_shown(header)}, not '{','.join(titles)}': is it the right file?")


def _plain(title: str) -> str:
    """A title without accents, capitals and spaces around it."""
    decomposed = unicodedata.normalize("NFKD", title)
    return " ".join("".join(c for c in decomposed if not unicodedata.combining(c)).casefold().split())


def _shown(value: str) -> str:
    """A value as part of a sentence: on one line, not long."""
    return f"'{one_line(value, LONGEST_SHOWN)}'"


class _Reader:
    """Lines on their way to typed rows, a chunk at a time."""

    def __init__(self, entity: str, columns: Sequence[Column], delimiter: str, latest: datetime) -> None:
        self._entity = entity
        self._columns = columns
        self._delimiter = delimiter
        self._latest = latest
        # What each different cell of a column says: columns repeat themselves.
        self._read: list[dict[str, tuple[Any, str | None]]] = [{} for _ in columns]
        self._tables: list[pa.Table] = []
        self._rejected: list[tuple[int, str, str]] = []
        self._lines = 0
        self._schema = pa.schema([(f.name, f.type) for f in (*(c.field for c in columns), *ORIGIN)])

    def add(self, lines: pa.Array, first_number: int) -> None:
        """Take in a chunk of lines, the first of which has this number in the file."""
        numbers = pa.array(np.arange(first_number, first_number + len(lines)))
        lines, numbers = self._decoded(lines, numbers)
        lines = pc.utf8_rtrim(lines, characters="\r\n")
        is_filled = pc.not_equal(pc.utf8_trim(lines, characters=f" \t{self._delimiter}\N{NO-BREAK SPACE}"), "")
        lines, numbers = lines.filter(is_filled), numbers.filter(is_filled)
        self._lines += len(lines)

        is_plain = pc.and_(
            pc.equal(pc.count_substring(lines, self._delimiter), len(self._columns) - 1),
            pc.invert(pc.match_substring_regex(lines, r'["\\\x00-\x1f]')),
        )
        self._add_plain(lines.filter(is_plain), numbers.filter(is_plain))
        is_other = pc.invert(is_plain)
        self._add_others(lines.filter(is_other).to_pylist(), numbers.filter(is_other).to_pylist())

    def content(self) -> Content:
        """All that has been taken in."""
        content = Content(pa.concat_tables([self._schema.empty_table(), *self._tables]), lines=self._lines)
        times: Counter[str] = Counter()
        for _, reason, payload in sorted(self._rejected):
            times[payload] += 1
            content.rejected.append(Rejection(self._entity, reason, payload, times[payload]))
        return content

    def _decoded(self, lines: pa.Array, numbers: pa.Array) -> tuple[pa.Array, pa.Array]:
        try:
            return lines.cast(pa.string()), numbers
        except pa.ArrowInvalid:
            is_text = [_is_text(line) for line in lines.to_pylist()]
        for line, number, good in zip(lines.to_pylist(), numbers.to_pylist(), is_text, strict=True):
            if not good:
                self._lines += 1
                self._reject(number, "not UTF-8 text", [line.decode(errors="backslashreplace").strip()])
        return lines.filter(pa.array(is_text)).cast(pa.string()), numbers.filter(pa.array(is_text))

    def _add_plain(self, lines: pa.Array, numbers: pa.Array) -> None:
        """Lines that are their cells with delimiters between them."""
        parts = pc.split_pattern(lines, self._delimiter)
        as_json = pc.replace_substring(lines, self._delimiter, '","')
        self._add_cells(
            [pc.list_element(parts, index) for index in range(len(self._columns))],
            numbers,
            pc.binary_join_element_wise('["', as_json, '"]', ""),
        )

    def _add_others(self, lines: Sequence[str], numbers: Sequence[int]) -> None:
        """Lines with quotes, control characters, too few cells or too many."""
        good: list[tuple[list[str], int]] = []
        for line, number in zip(lines, numbers, strict=True):
            try:
                cells = next(csv.reader([line], delimiter=self._delimiter, strict=True))
            except csv.Error as error:
                self._reject(number, f"cannot be split into cells ({error})", [line])
                continue
            if len(cells) == len(self._columns):
                good.append((cells, number))
            else:
                self._reject(number, f"has {len(cells)} cells, not {len(self._columns)}", cells)
        if good:
            self._add_cells(
                [pa.array([cells[index] for cells, _ in good], pa.string()) for index in range(len(self._columns))],
                pa.array([number for _, number in good]),
                pa.array([orjson.dumps(cells).decode() for cells, _ in good]),
            )

    def _add_cells(self, cells: Sequence[pa.Array], numbers: pa.Array, as_json: pa.Array) -> None:
        values: list[pa.Array] = []
        is_usable = np.ones(len(numbers), bool)
        errors: dict[int, list[str]] = {}
        for index, column in enumerate(self._columns):
            encoded = pc.utf8_trim_whitespace(cells[index]).dictionary_encode()
            read = [self._cell(index, cell) for cell in encoded.dictionary.to_pylist()]
            values.append(pa.array([value for value, _ in read], column.field.type).take(encoded.indices))
            is_bad = np.array([why is not None for _, why in read], bool)
            if not is_bad.any():
                continue
            codes = encoded.indices.to_numpy()
            bad_rows = np.flatnonzero(is_bad[codes])
            for row in bad_rows.tolist():
                errors.setdefault(row, []).append(f"{column.title} {read[codes[row]][1]}")
            if not column.field.nullable:
                is_usable[bad_rows] = False
        for row, reasons in errors.items():
            self._reject_json(numbers[row].as_py(), "; ".join(reasons), as_json[row].as_py())
        table = pa.table([*values, numbers, as_json], schema=self._schema)
        self._tables.append(table if is_usable.all() else table.filter(pa.array(is_usable)))

    def _cell(self, index: int, cell: str) -> tuple[Any, str | None]:
        """What a cell says, or why it cannot be read."""
        known = self._read[index]
        if cell not in known:
            column = self._columns[index]
            try:
                if cell:
                    value = column.read(cell)
                    if column.field.is_moment:
                        bounds.check_moment(value, self._latest)
                    known[cell] = value, None
                else:
                    known[cell] = None, None if column.field.nullable else "is empty"
            except ValueError as error:
                left = ", and is left empty" if column.field.nullable else ""
                known[cell] = None, f"{_shown(cell)} {error}{left}"
        return known[cell]

    def _reject(self, number: int, why: str, cells: Sequence[str]) -> None:
        self._reject_json(number, why, orjson.dumps(cells).decode())

    def _reject_json(self, number: int, why: str, payload: str) -> None:
        self._rejected.append((number, f"line {number}: {why}", payload[:LONGEST_PAYLOAD]))


def _is_text(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def occurrences(columns: Iterator[pa.ChunkedArray] | Sequence[pa.ChunkedArray]) -> pa.Array:
    """For each row its number, from 1 on, among the rows that are equal to it in all the columns."""
    codes = [column.combine_chunks().dictionary_encode().indices.to_numpy() for column in columns]
    order = np.lexsort(codes)
    is_first = np.zeros(len(order), bool)
    is_first[:1] = True
    for code in codes:
        is_first[1:] |= np.diff(code[order]) != 0
    places = np.arange(len(order))
    numbers = np.empty(len(order), np.int64)
    numbers[order] = places - np.maximum.accumulate(np.where(is_first, places, 0)) + 1
    return pa.array(numbers)
