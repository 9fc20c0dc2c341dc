"""A file's rows as text cells, each with the line that it stands at, and the header above them.

A cell of a workbook, of JSON or of Parquet that is a number or a date is one for certain, however a text would be read: it is marked by what it
begins with (`NUMBER`, `MOMENT`, `CLOCK`, `FAULT`). A text never begins so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from ingestion.csv_records import is_filled, plain_title
from ingestion.errors import SourceError
from ingestion.feeds.config import Layout, nearest
from warehouse.text import one_line

NUMBER = "\x01n"
MOMENT = "\x01d"
CLOCK = "\x01t"
FAULT = "\x01e"

LARGEST_FILE = 512 * 1024 * 1024
MOST_ROWS_ABOVE = 60
LONGEST_SHOWN = 60


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


def has_columns(row: Sequence[str], wanted: Sequence[str]) -> bool:
    there = {each.strip() for each in row}
    plain = {plain_title(each) for each in row}
    return all(title in there or plain_title(title) in plain for title in wanted)


def header_place(rows: Sequence[Sequence[str]], layout: Layout, wanted: Sequence[str]) -> int | None:
    """Which of the first rows is the header: the first filled one that has the wanted columns."""
    for place, row in enumerate(rows):
        if (
            place >= layout.skip_rows
            and is_filled(row)
            and not row[0].lower().startswith("sep=")
            and has_columns(row, wanted)
        ):
            return place
    return None


def lacking(name: str, rows: Sequence[Sequence[str]], layout: Layout, wanted: Sequence[str]) -> SourceError:
    """The error of a file without a header that has the wanted columns."""
    filled = [row for row in rows[layout.skip_rows :] if is_filled(row)]
    if not filled:
        return SourceError(f"{name} has no rows")
    closest = max(filled, key=lambda row: sum(has_columns(row, [title]) for title in wanted))
    titles = [one_line(each.strip(), LONGEST_SHOWN) for each in closest if each.strip()]
    missing = [title for title in wanted if not has_columns(closest, [title])]
    listed = ", ".join(titles[:20]) + (" …" if len(titles) > 20 else "")
    hint = nearest(missing[0], titles).removeprefix("; there are: ") if len(missing) == 1 else ""
    hint = hint if hint.startswith(": did") else ""
    return SourceError(
        f"{name} has no column {', '.join(repr(title) for title in missing)}{hint or f'; its columns are: {listed}'}"
        f"{'' if hint.endswith('?') else '.'} Nothing of the file was loaded: say in [columns] how the column is called now"
    )


def refuse_twice(name: str, titles: Sequence[str], wanted: Sequence[str]) -> None:
    """Refuse two columns of a wanted name.

    Raises:
        SourceError: there are.
    """
    for title in wanted:
        if sum(each.strip() == title for each in titles) > 1:
            raise SourceError(f"{name} has two columns {shown(title)}: rename one of them")


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
