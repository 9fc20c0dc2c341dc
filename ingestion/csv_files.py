"""The one way from a CSV file to an Arrow table: its encoding, its delimiter and its records, whatever program wrote it.

Python's csv splits the records; a cell is read by its column (ingestion/cells.py). Nothing is asked of a file but its header, so it may change its
dialect from one answer to the next. A quote that is not closed spoils its line, not the rest.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import compress
from operator import itemgetter, not_
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from ingestion import bounds
from ingestion.cells import Reader
from ingestion.csv_records import Chunk, chunks_of, encoding_of, is_filled, is_text, paired, plain_title, text_of
from ingestion.errors import SourceError
from ingestion.http import Response
from ingestion.schemas import Field, Rejection
from warehouse.text import one_line

LONGEST_SHOWN = 60
LONGEST_PAYLOAD = 10_000

# Where each row came from: the line it was first read at (the header is 1), and its cells as written, a JSON array.
ORIGIN = (
    Field("line_number", pa.int64(), nullable=True, optional=True, is_origin=True),
    Field("cells", pa.string(), nullable=True, optional=True, is_origin=True),
)

_ENCODING_NAMES = {"utf-8": "UTF-8", "utf-8-sig": "UTF-8", "cp1252": "Windows-1252"}
_TOTAL = re.compile(r"(?:grand |sous |sub)?tota(?:l|ux)(?: general| generaux)?(?P<more>[ :(].*)?")


@dataclass(frozen=True)
class Column:
    """A column of a file: its title as the client writes it, the fields that its cells fill, and how they are read.

    `read` gives a value for each cell, of several fields a tuple. An empty cell is null in a nullable field. One that cannot be read
    has its row rejected; in a column that `is_lenient` it is left empty and reported. A file may lack one that `is_optional`.
    """

    title: str
    fields: tuple[Field, ...]
    read: Reader
    is_lenient: bool = False
    is_optional: bool = False


@dataclass
class Content:
    """What a file held.

    Attributes:
        rows: typed rows.
        rejected: rows, and cells of lenient columns, that could not be read.
        lines: all rows, those that could not be read among them.
        left_out: how many lines hold no row, by what they are: `total`, `repeated header`, `blank`.
        further_columns: titles of columns that nobody asked for.
    """

    rows: pa.Table
    rejected: list[Rejection] = field(default_factory=list)
    lines: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    further_columns: frozenset[str] = frozenset()


def read_csv(answer: Response, entity: str, columns: Sequence[Column], latest: datetime) -> Content:
    """The rows of a CSV file that has these columns, in any order and among others; no moment later than `latest`.

    Raises:
        SourceError: it is empty, a page of HTML, lacks a column, or was cut in the middle of a character.
    """
    body = answer.body
    encoding = encoding_of(body)
    start = body[:400].decode(encoding, "replace").lstrip("\N{ZERO WIDTH NO-BREAK SPACE} \t\r\n")
    if answer.content_type == "text/html" or start.startswith("<"):
        raise SourceError(f"{answer.url} answered with a page of HTML, not a CSV file: check the address")
    try:
        header = _header(answer.url, body, encoding, columns)
        reader = _Reader(entity, columns, header, encoding, latest)
        for chunk in chunks_of(text_of(body, encoding), header.delimiter, len(header.titles)):
            reader.add(chunk)
    except UnicodeDecodeError:
        raise SourceError(f"{answer.url} ends in the middle of a character: it was cut") from None
    return reader.content()


def refuse_unreadable(url: str, content: Content) -> None:
    """Refuse a file that has rows of which none could be read.

    Raises:
        SourceError: what its rows have in common.
    """
    if len(content.rows) or not content.lines:
        return
    # The errors of a row without the values in them: what most rows have in common.
    common: Counter[str] = Counter()
    for rejection in content.rejected:
        errors = rejection.reason.partition(": ")[2].split("; ")
        common.update({re.sub(r"'.*?' ", "", error, count=1) for error in errors})
    reason, times = common.most_common(1)[0]
    how_many = "of each of them" if times >= content.lines else f"of {times:,} of them"
    raise SourceError(
        f"{url} has {content.lines:,} rows, and none of them could be read; {how_many} this is true: {reason}. The first: "
        f"{one_line(content.rejected[0].reason, 200)}. Nothing was loaded"
    )


@dataclass(frozen=True)
class _Header:
    line: int
    delimiter: str
    titles: list[str]
    places: dict[str, int]  # of the columns that the file has, by title


def _header(url: str, body: bytes, encoding: str, columns: Sequence[Column]) -> _Header:
    """The first record that is not blank, under the delimiter that gives it all the columns."""
    shown = ""
    for delimiter in ",;\t":
        chunks = chunks_of(text_of(body, encoding), delimiter, None, 1)
        records = (
            (number, record) for chunk in chunks for number, record in zip(chunk.numbers, chunk.records, strict=True)
        )
        # Excel's hint about the delimiter is no header.
        line, first = next((r for r in records if is_filled(r[1]) and not r[1][0].lower().startswith("sep=")), (0, []))
        if not first:
            raise SourceError(f"{url} is empty: a CSV file has at least its header line")
        shown = shown or _shown(delimiter.join(first))
        plain = [plain_title(title) for title in first]
        wanted = {column.title: plain_title(column.title) for column in columns}
        twice = [title for title, key in wanted.items() if plain.count(key) > 1]
        if twice:
            raise SourceError(f"{url} has two columns {_shown(twice[0])}: remove one of them")
        if all(column.is_optional or wanted[column.title] in plain for column in columns):
            places = {title: plain.index(key) for title, key in wanted.items() if key in plain}
            return _Header(line, delimiter, first, places)
    titles = ",".join(column.title for column in columns if not column.is_optional)
    raise SourceError(f"{url} has the header {shown}, which lacks columns of '{titles}': is it the right file?")


def _shown(value: str) -> str:
    """A value as part of a sentence: on one line, not long."""
    return f"'{one_line(value, LONGEST_SHOWN)}'"


class _Reader:
    """Records on their way to typed rows. Cells are kept by chunks as codes of the column's different cells until all have come."""

    def __init__(
        self, entity: str, columns: Sequence[Column], header: _Header, encoding: str, latest: datetime
    ) -> None:
        self._entity = entity
        self._columns = [column for column in columns if column.title in header.places]
        self._absent = [f for column in columns if column.title not in header.places for f in column.fields]
        self._places = [header.places[column.title] for column in self._columns]
        self._header = header
        self._plain_titles = [plain_title(title) for title in header.titles]
        self._not_text = f"not {_ENCODING_NAMES.get(encoding, 'UTF-16')} text"
        self._latest = latest
        self.chunks_of: list[list[pa.Array]] = [[] for _ in self._columns]
        self._number_chunks: list[pa.Array] = []
        self._json_chunks: list[pa.Array] = []
        self._suspects: dict[str, bool] = {}
        self._rejected: list[tuple[int, str, str]] = []
        self._content = Content(pa.table({}))

    def add(self, chunk: Chunk) -> None:
        """Take in a chunk of records; the header's and those before it are passed over."""
        numbers, records = chunk.numbers, chunk.records
        width = len(self._header.titles)
        is_plain = not chunk.errors and numbers[0] > self._header.line and set(map(len, records)) == {width}
        if not is_plain or any(map(self._is_suspect, set(map(itemgetter(0), records)))):
            numbers, records = self._rows(chunk, width)
        else:
            self._content.lines += len(records)
        try:
            self._encode(records, numbers)
        except UnicodeEncodeError:
            good = [is_text(cells) for cells in records]
            for cells, number in compress(zip(records, numbers, strict=True), map(not_, good)):
                self._reject(number, self._not_text, cells)
            self._encode(list(compress(records, good)), list(compress(numbers, good)))

    def _rows(self, chunk: Chunk, width: int) -> tuple[list[int], list[list[str]]]:
        """The records that are rows, each with its line; of the others is taken note."""
        good: list[tuple[int, list[str]]] = []
        for number, cells in zip(chunk.numbers, chunk.records, strict=True):
            if number <= self._header.line:
                continue
            if self._is_suspect(cells[0] if cells else "") and (what := self._no_row(cells)):
                self._content.left_out[what] += 1
                continue
            self._content.lines += 1
            if len(cells) > width and not is_filled(cells[width:]):
                del cells[width:]
            if number in chunk.errors or len(cells) != width:
                self._reject(number, chunk.errors.get(number, f"has {len(cells)} cells, not {width}"), cells)
            else:
                good.append((number, cells))
        return [number for number, _ in good], [cells for _, cells in good]

    def content(self) -> Content:
        """All that has been taken in."""
        fields = [f for column in self._columns for f in column.fields]
        values, is_usable = self._values()
        numbers = pa.chunked_array(self._number_chunks, pa.int64())
        table = pa.table(
            [*values, numbers, pa.chunked_array(self._json_chunks, pa.string())],
            schema=pa.schema([(f.name, f.type) for f in (*fields, *ORIGIN)]),
        )
        for absent in self._absent:
            table = table.append_column(absent.name, pa.nulls(len(table), absent.type))
        content = self._content
        content.rows = table if is_usable.all() else table.filter(pa.array(is_usable))
        content.further_columns = frozenset(
            title.strip() for place, title in enumerate(self._header.titles)
            if place not in self._header.places.values() and title.strip()
        )  # fmt: skip
        times: Counter[str] = Counter()
        for number, reason, payload in sorted(self._rejected):
            times[payload] += 1
            content.rejected.append(Rejection(self._entity, reason, payload, times[payload], f"line {number}"))
        return content

    def _is_suspect(self, first: str) -> bool:
        """Whether a record that begins so may be no row."""
        if first not in self._suspects:
            plain = plain_title(first)
            is_title = plain in ("", self._plain_titles[0])
            self._suspects[first] = is_title or _TOTAL.fullmatch(plain) is not None
        return self._suspects[first]

    def _no_row(self, cells: Sequence[str]) -> str | None:
        """What a record is that holds no row; None if it is to be read as one."""
        if not is_filled(cells):
            return "blank"
        if [plain_title(cell) for cell in cells] == self._plain_titles:
            return "repeated header"
        total = _TOTAL.fullmatch(plain_title(next(cell for cell in cells if cell.strip())))
        if total is None:
            return None
        ours = [cells[place].strip() if place < len(cells) else "" for place in self._places]
        errors = (
            isinstance(column.read([cell])[0], ValueError) and not column.is_lenient
            if cell
            else not column.fields[0].nullable
            for column, cell in zip(self._columns, ours, strict=True)
        )
        # A product may be called Total and more: a total is a line that cannot be read, or says nothing else and has gaps.
        return "total" if any(errors) or (not total["more"] and not all(ours)) else None

    def _encode(self, records: Sequence[Sequence[str]], numbers: Sequence[int]) -> None:
        if not records:
            return
        cells = list(zip(*records, strict=True))
        ours = [cells[place] for place in self._places]
        arrays = [pc.utf8_trim_whitespace(pa.array(column, pa.string())).dictionary_encode() for column in ours]
        # What nobody asked for is not kept: it may be about people.
        as_json = pa.array([orjson.dumps(row).decode() for row in zip(*ours, strict=True)], pa.string())
        for chunks, array in zip(self.chunks_of, arrays, strict=True):
            chunks.append(array)
        self._number_chunks.append(pa.array(numbers, pa.int64()))
        self._json_chunks.append(as_json)

    def _values(self) -> tuple[list[Any], np.ndarray[Any, np.dtype[np.bool_]]]:
        """The columns of all fields, and which rows have no error."""
        values: list[Any] = []
        is_usable = np.ones(sum(map(len, self._number_chunks)), bool)
        errors: dict[int, list[str]] = {}
        for column, chunks in zip(self._columns, self.chunks_of, strict=True):
            encoded = pa.chunked_array(chunks, pa.dictionary(pa.int32(), pa.string())).unify_dictionaries()
            different = encoded.chunk(0).dictionary.to_pylist() if encoded.num_chunks else []
            read, reasons = self._read(column, different)
            codes = pa.chunked_array([chunk.indices for chunk in encoded.chunks], pa.int32())
            for place, each in enumerate(column.fields):
                values.append(pa.array([value[place] for value in read], each.type).take(codes))
            is_bad = np.array([reason is not None for reason in reasons], bool)
            if not is_bad.any():
                continue
            code_array = codes.to_numpy()
            bad_rows = np.flatnonzero(is_bad[code_array])
            for row in bad_rows.tolist():
                errors.setdefault(row, []).append(f"{column.title} {reasons[code_array[row]]}")
            if not column.is_lenient:
                is_usable[bad_rows] = False
        self._report(errors)
        return values, is_usable

    def _read(self, column: Column, cells: Sequence[str]) -> tuple[list[tuple[Any, ...]], list[str | None]]:
        """For each cell its values, one a field, and why it cannot be read."""
        filled = [cell for cell in cells if cell]
        found = dict(zip(filled, column.read(filled), strict=True))
        nothing = (None,) * len(column.fields)
        values: list[tuple[Any, ...]] = []
        reasons: list[str | None] = []
        for cell in cells:
            value = found.get(cell)
            if value is not None and not isinstance(value, ValueError):
                value = value if len(column.fields) > 1 else (value,)
                value = self._within_bounds(column, value)
            if isinstance(value, ValueError):
                left = ", and is left empty" if column.is_lenient else ""
                values.append(nothing)
                reasons.append(f"{_shown(cell)} {value}{left}")
            else:
                values.append(value or nothing)
                reasons.append(None if cell or column.fields[0].nullable else "is empty")
        return values, reasons

    def _within_bounds(self, column: Column, values: tuple[Any, ...]) -> Any:
        try:
            for each, value in zip(column.fields, values, strict=True):
                if each.is_moment and value is not None:
                    bounds.check_moment(value, self._latest)
        except ValueError as error:
            return error
        return values

    def _report(self, errors: dict[int, list[str]]) -> None:
        numbers = pa.chunked_array(self._number_chunks, pa.int64())
        payloads = pa.chunked_array(self._json_chunks, pa.string())
        rows = pa.array(sorted(errors), pa.int64())
        for row, number, payload in zip(
            rows.to_pylist(), numbers.take(rows).to_pylist(), payloads.take(rows).to_pylist(), strict=True
        ):
            self._reject_json(number, "; ".join(errors[row]), payload)

    def _reject(self, number: int, why: str, cells: Sequence[str]) -> None:
        written = [
            cell.encode("utf-8", "surrogateescape").decode(errors="backslashreplace") for cell in map(paired, cells)
        ]
        self._reject_json(number, why, orjson.dumps(written).decode())

    def _reject_json(self, number: int, why: str, payload: str) -> None:
        self._rejected.append((number, f"line {number}: {why}", payload[:LONGEST_PAYLOAD]))


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
