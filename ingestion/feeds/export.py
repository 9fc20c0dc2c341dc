"""A file that a feed is drafted from: its table, and what each column's cells say."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.errors import SourceError
from ingestion.feeds import csv_tables, formats, samples, workbooks
from ingestion.feeds.config import Layout
from ingestion.feeds.tables import MOST_ROWS_ABOVE, Cells, written
from ingestion.feeds.toml_text import listed, quoted
from ingestion.feeds.words import COLUMNS, PERSONAL, TOTAL, plain
from warehouse.text import one_line

MOST_CELLS = 5_000
LONGEST_SAMPLE = 30
NOT_SHOWN = "not shown: it may hold personal data"
FirstRows = dict[str | None, list[list[str]]]
"""The first rows of each sheet; None stands for a file without sheets."""


@dataclass
class Column:
    """One of the file's columns, and what its cells say."""

    title: str
    cells: list[str]
    """Its different cells, without blank ones."""
    has_blank: bool
    numbers: samples.Numbers | None = None
    dates: samples.Dates | None = None
    clock: samples.Clock | None = None

    @property
    def is_number(self) -> bool:
        return self.numbers is not None and self.dates is None

    @property
    def is_text(self) -> bool:
        """Whether its cells are words, not numbers, dates or times."""
        return bool(self.cells) and self.numbers is None and self.dates is None and self.clock is None

    @property
    def is_personal(self) -> bool:
        """Whether its cells may say who somebody is."""
        if PERSONAL.search(plain(self.title)) and not (self.is_number and self._is_money()):
            return True
        return any(
            "@" in cell or re.fullmatch(r"\+?[0-9][0-9 ().-]{8,}", cell) for cell in self.cells if self.dates is None
        )

    def _is_money(self) -> bool:
        return not re.search(
            r"zip|postcode|postal|plz|phone|tel|mobile|customer|client|kunde|card|iban|user|token", plain(self.title)
        )

    def examples(self) -> str:
        """Three of its cells as a comment shows them."""
        if not self.cells:
            return "blank"
        if self.is_personal:
            return NOT_SHOWN
        more = ", …" if len(self.cells) > 3 else ""
        return ", ".join(one_line(written(cell), LONGEST_SAMPLE) for cell in self.cells[:3]) + more


@dataclass(frozen=True)
class Export:
    """A file as a table.

    Attributes:
        cells: its rows, without those of sums.
        columns: its columns that have a title of their own.
        layout: lines of [layout] that its table needs.
        notes: questions of its owner.
    """

    cells: Cells
    columns: list[Column]
    layout: list[str]
    notes: list[str]


def export(name: str, body: bytes, first: FirstRows, latest: datetime) -> Export:
    """The table of a file; `latest` is the latest moment that a row can have.

    Raises:
        SourceError: it has none.
    """
    lines: list[str] = []
    notes: list[str] = []
    return export_of(_cells(name, body, first, lines, notes), latest, lines, notes)


def export_of(cells: Cells, latest: datetime, layout: Sequence[str] = (), notes: Sequence[str] = ()) -> Export:
    """A table as a feed is drafted from it, whatever it was read from."""
    lines = list(layout)
    cells = _without_totals(cells, lines)
    return Export(cells, [_column(cells, title, latest) for title in cells.titles if title], lines, list(notes))


def first_rows(name: str, body: bytes) -> FirstRows:
    """The first rows of a file as texts, by sheet; None stands for a file without sheets."""
    kind = formats.format_of(name, Layout())
    if kind == "csv":
        delimiter = csv_tables.sniffed_delimiter(body)
        return {None: [[cell.strip() for cell in record] for record in csv_tables.peek(body, Layout(), delimiter)[1]]}
    if kind == "excel":
        return {
            sheet: [[written(cell) for cell in row] for row in rows[:MOST_ROWS_ABOVE]]
            for sheet, rows in workbooks.sheets_of(name, body).items()
        }
    return {None: [formats.read(name, body, Layout(), []).titles]}


def _cells(name: str, body: bytes, first: FirstRows, lines: list[str], notes: list[str]) -> Cells:
    """The table; what the layout has to say of it is added to the lines, and what its owner should know to the notes."""
    layout = Layout()
    sheet, rows = next(iter(first.items()))
    if len(first) > 1:
        known = {each: _likeness(rows) for each, rows in first.items()}
        sheet = max(known, key=lambda each: known[each])
        rows = first[sheet]
        is_sure = known[sheet] > 0 and list(known.values()).count(known[sheet]) == 1
        others = ", ".join(str(each) for each in first)
        lines.append(f"sheet = {quoted(str(sheet))}" + ("" if is_sure else f"  # ? which sheet: {others}"))
        layout = layout.model_copy(update={"sheet": sheet})
    if formats.format_of(name, Layout()) in ("json", "parquet"):
        return formats.read(name, body, layout, [])
    if formats.format_of(name, Layout()) == "csv":
        delimiter = csv_tables.sniffed_delimiter(body)
        layout = layout.model_copy(update={"delimiter": delimiter})
        lines.append(f"delimiter = {quoted(delimiter)}")
    place = _header(rows)
    if place is None:
        filled = [at for at, row in enumerate(rows) if any(row)]
        width = max((len(row) for row in rows), default=0)
        if not filled or width < 2:
            raise SourceError(f"{name} has no rows of several columns: is it the right file?")
        titles = [f"column {number}" for number in range(1, width + 1)]
        layout = layout.model_copy(update={"header": titles, "skip_rows": filled[0]})
        lines += [f"skip_rows = {filled[0]}"] * bool(filled[0])
        lines.append(
            f"header = [{', '.join(map(quoted, titles))}]  # ? the file has no header: say what its columns are"
        )
        return formats.read(name, body, layout, [])
    titles = [title.strip() for title in rows[place] if title.strip()]
    twice = sorted({title for title in titles if titles.count(title) > 1})
    if twice:
        notes.append(
            f"# ? the file has several columns {', '.join(map(quoted, twice))}: rename them before you use one"
        )
    once = [title for title in titles if titles.count(title) == 1]
    cells = formats.read(name, body, layout, once)
    keep = [at for at, title in enumerate(cells.titles) if title in once]
    return replace(cells, titles=[cells.titles[at] for at in keep], columns=[cells.columns[at] for at in keep])


def _column(cells: Cells, title: str, latest: datetime) -> Column:
    encoded = cells.column(title).combine_chunks().dictionary_encode()
    different = [cell for cell in encoded.dictionary.to_pylist() if cell]
    is_blank = len(different) < len(encoded.dictionary)
    column = Column(title, different[:MOST_CELLS], is_blank)
    column.dates = samples.dates(column.cells, latest.replace(tzinfo=None))
    column.clock = samples.clock(column.cells) if column.dates is None else None
    column.numbers = samples.numbers(column.cells)
    return column


def _without_totals(cells: Cells, lines: list[str]) -> Cells:
    """The rows but those of sums, which have a word such as `Total` in some column, and blank ones beside it."""
    blanks = sum(np.asarray(pc.equal(column, "").to_numpy(), dtype=int) for column in cells.columns)
    is_sparse = blanks > np.median(blanks) if len(cells) else np.zeros(0, bool)
    for title, column in zip(cells.titles, cells.columns, strict=True):
        words = sorted(
            {cell for cell in column.filter(pa.array(is_sparse)).to_pylist() if TOTAL.fullmatch(plain(written(cell)))}
        )
        if words:
            lines.append(f"leave_out = {{ {quoted(title)} = {listed(words)} }}")
            keep = ~(np.asarray(pc.is_in(column, pa.array(words)).to_numpy(), dtype=bool) & is_sparse)
            return cells.filtered(keep)
    return cells


def _likeness(rows: Sequence[Sequence[str]]) -> int:
    """How many columns of one of ours a sheet's header has."""
    place = _header(rows)
    titles = {plain(title) for title in rows[place]} if place is not None else set()
    return max(sum(bool(titles & words) for words in columns.values()) for columns in COLUMNS.values())


def _header(rows: Sequence[Sequence[str]]) -> int | None:
    """Which of the first rows is the header: the first that is about as wide as most, and has texts where those below have values."""
    widths = [sum(bool(cell) for cell in row) for row in rows]
    wide = sorted(width for width in widths if width > 1)
    if not wide:
        return None
    usual = wide[len(wide) // 2]
    for place, row in enumerate(rows):
        filled = [cell for cell in row if cell]
        if widths[place] < max(2, 0.6 * usual):
            continue
        below = next((each for each in rows[place + 1 :] if sum(map(bool, each)) > 1), [])
        has_texts = sum(_is_value(cell) for cell in filled) * 2 <= len(filled)
        # Over a date or a number stands a title, even where the others are hours or years.
        has_title = any(
            cell and not _is_value(cell) and _is_value(value) for cell, value in zip(row, below, strict=False)
        )
        is_distinct = len(set(filled)) >= 0.8 * len(filled) and not any("@" in cell for cell in filled)
        is_header = (has_texts or has_title) and not _is_value(filled[0]) and is_distinct
        return place if is_header else None
    return None


def _is_value(cell: str) -> bool:
    """Whether a cell is a number or a date, which titles seldom are."""
    return bool(re.fullmatch(r"[-+(]?[^\w\s]?\s?[0-9][0-9 .,:/hT'+-]*\s?[^\w\s]?\)?", cell))
