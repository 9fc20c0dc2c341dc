"""CSV files as tables of cells, whatever program wrote them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from ingestion.csv_records import chunks_of, encoding_of, is_filled, is_text, paired, text_of
from ingestion.errors import SourceError
from ingestion.feeds.config import Layout
from ingestion.feeds.tables import MOST_ROWS_ABOVE, BadRow, Cells, header_place, lacking, refuse_twice

DELIMITERS = (",", ";", "\t", "|")
PEEKED = 512 * 1024


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


def read_csv(name: str, body: bytes, layout: Layout, wanted: Sequence[str]) -> Cells:
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
            found = header_place(records, layout, wanted)
            if found is None or (len(records[found]) == 1 and len(wanted) > 1):
                continue
            place, titles = found, [title.strip() for title in records[found]]
        refuse_twice(name, titles, wanted)
        begins = numbers[place + 1] if place + 1 < len(numbers) else None
        return _csv_rows(name, body, layout, delimiter, titles, begins)
    if layout.header is not None:
        raise SourceError(f"{name} has rows of other than {len(layout.header)} columns, which [layout] header names")
    raise lacking(name, first, layout, wanted)


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


def sniffed_delimiter(body: bytes) -> str:
    """The delimiter under which the first lines have most cells, and equally many."""

    def fit(delimiter: str) -> tuple[int, int]:
        _, records = peek(body, Layout(), delimiter)
        widths = Counter(len(record) for record in records if is_filled(record))
        width, times = max(widths.items(), key=lambda each: (each[0] > 1, each[1], each[0]), default=(0, 0))
        return (times, width) if width > 1 else (0, 0)

    return max(DELIMITERS, key=fit)
