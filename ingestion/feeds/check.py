"""What a feed would load, shown before anything is loaded: rows, totals by day, and every reason for a rejection."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
from rich.console import Console
from rich.table import Table

from ingestion import bounds
from ingestion.errors import SourceError
from ingestion.feeds import ask
from ingestion.feeds.asked import Since
from ingestion.feeds.config import Feed, load
from ingestion.feeds.files import hash_of
from ingestion.feeds.listing import Listed
from ingestion.feeds.load import files_of, read_cells, read_rows
from ingestion.feeds.mapping import Readings
from ingestion.feeds.tables import Cells
from warehouse.ledger import FeedFile
from warehouse.text import one_line

MOST_ROWS = 10
MOST_DAYS = 31
MOST_REASONS = 20
LONGEST_CELL = 40
HIDDEN = ("feed", "feed_file", "feed_sheet", "received_at", "details", "occurrence", "feed_key", "cells", "line_number")
TOTALS = {
    "readings": ("visits",),
    "sales": ("quantity", "amount"),
    "orders": ("bill", "refunded"),
}


@dataclass
class Checked:
    """What the files of a feed hold.

    Attributes:
        rows: the first rows, as they would be stored.
        files: how many there are.
        loaded: how many rows would be loaded.
        lines: how many rows there are, the rejected ones among them.
        by_day: rows, and totals by column, of each day.
        reasons: how often each reason comes, by the reason without its place and its value, and its first example.
        left_out: rows that hold nothing.
        notes: what the owner should know.
        errors: files that cannot be read, a line each.
    """

    rows: pa.Table | None = None
    files: int = 0
    loaded: int = 0
    lines: int = 0
    by_day: dict[str, Counter[str]] = field(default_factory=dict)
    reasons: dict[str, tuple[int, str]] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def check(path: Path, now: datetime) -> tuple[Feed, Checked]:
    """Read the files of a feed, and load nothing.

    Raises:
        SourceError: the feed, or its folder, cannot be read.
    """
    feed = load(path)
    name = path.name.removesuffix(".toml")
    checked = Checked()
    for file, read in _files_of(name, feed, now):
        checked.files += 1
        try:
            found = read_rows(name, feed, file, read(), bounds.latest(now))
        except SourceError as error:
            checked.errors.append(str(error))
            continue
        checked.lines += found.read.rows_read
        checked.loaded += len(found.arrivals)
        checked.left_out.update(found.read.left_out)
        checked.notes += found.read.notes
        _count_reasons(checked, found.read)
        _count_days(checked, feed, found.arrivals)
        if checked.rows is None or len(checked.rows) < MOST_ROWS:
            tables = [checked.rows] if checked.rows is not None else []
            checked.rows = pa.concat_tables([*tables, found.arrivals.slice(0, MOST_ROWS)]).slice(0, MOST_ROWS)
    return feed, checked


def _files_of(name: str, feed: Feed, now: datetime) -> Iterator[tuple[FeedFile, Callable[[], Cells]]]:
    """Each file, or each part of what a database or an API answers, and a function that gives its cells."""
    if feed.is_asked:
        for answer in ask.answers(name, feed, Since(None, None, now)):
            yield _unknown(answer.path, name, answer.cells_size()), partial(getattr, answer, "cells")
        return
    for listing in files_of(name, feed):

        def read(listing: Listed = listing) -> Cells:
            body = listing.read()
            return read_cells(feed, _unknown(listing.path, hash_of(body), len(body)), body)

        yield _unknown(listing.path, name, 0), read


def _unknown(path: str, file_id: str, size: int) -> FeedFile:
    return FeedFile(path, file_id, size, "", file_id, "", False, 0, 0, datetime.now(UTC))


def _count_reasons(checked: Checked, read: Readings) -> None:
    for rejection in read.rejected:
        plain = re.sub(r"^.*?, line \d+: ", "", rejection.reason)
        plain = re.sub(r" '.*?'(?= )", "", plain)
        plain = re.sub(r"\blines [0-9, ]+ have", "several lines have", plain)
        times, first = checked.reasons.get(plain, (0, rejection.reason))
        checked.reasons[plain] = times + 1, first


def _count_days(checked: Checked, feed: Feed, arrivals: pa.Table) -> None:
    day = feed.target.day
    if day is None:
        return
    zone = ZoneInfo(feed.timezone or "UTC")
    names = [name for name in TOTALS.get(feed.target.table, ()) if name in arrivals.schema.names]
    days = arrivals[day].to_pylist()
    columns = [arrivals[name].to_pylist() for name in names]
    for place, value in enumerate(days):
        on = value.astimezone(zone).date() if isinstance(value, datetime) else value
        counted = checked.by_day.setdefault(str(on), Counter())
        counted["rows"] += 1
        for name, column in zip(names, columns, strict=True):
            if column[place] is not None:
                counted[name] += column[place]


def show(name: str, feed: Feed, checked: Checked, console: Console) -> None:
    """Print it."""
    mode = feed.file_mode
    console.print(
        f"[bold]{name}[/bold] fills {feed.fills}, as `{mode}`: {checked.lines:,} rows in {_files(checked.files)}, {checked.loaded:,} to load."
    )
    if checked.rows is not None and len(checked.rows):
        console.print(_rows(feed, checked.rows))
    if checked.by_day:
        console.print(_days(checked))
    for what, times in sorted(checked.left_out.items()):
        if times:
            console.print(f"{times:,} rows left out: {what}")
    for note in dict.fromkeys(checked.notes):
        console.print(note, markup=False)
    if checked.reasons:
        console.print(_reasons(checked))
    elif checked.lines:
        console.print("No row is rejected.")
    for error in checked.errors:
        console.print(f"[red]cannot be read:[/red] {_escaped(one_line(error, 500))}")


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count:,} files"


def _escaped(text: str) -> str:
    return text.replace("[", "\\[")


def _rows(feed: Feed, rows: pa.Table) -> Table:
    # When a file was first read says nothing before it has been.
    hidden = {*HIDDEN, *(name for name in ("updated_at", "created_at") if name not in feed.columns)}
    shown = [name for name in rows.schema.names if name not in hidden and rows[name].null_count < len(rows)]
    table = Table(title="The first rows as they would be stored (times are UTC)", title_justify="left")
    for name in shown:
        table.add_column("line" if name == "feed_line" else name, overflow="fold")
    for row in rows.select(shown).to_pylist():
        table.add_row(*(_escaped(_cell(row[name])) for name in shown))
    return table


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, Decimal):
        return _number(value)
    return one_line(value, LONGEST_CELL)


def _number(value: Any) -> str:
    if isinstance(value, Decimal):
        places = max(2, -int(value.normalize().as_tuple().exponent)) if value else 2
        return f"{value:,.{places}f}"
    return f"{value:,}"


def _days(checked: Checked) -> Table:
    names = list(dict.fromkeys(name for counted in checked.by_day.values() for name in counted))
    table = Table(title="By day", title_justify="left")
    table.add_column("day")
    for name in names:
        table.add_column(name, justify="right")
    days = sorted(checked.by_day)
    for day in days[-MOST_DAYS:]:
        table.add_row(day, *(_number(checked.by_day[day][name]) for name in names))
    if len(days) > MOST_DAYS:
        table.caption = f"the last {MOST_DAYS} of {len(days):,} days, from {days[0]} to {days[-1]}"
    totals = {
        name: sum(
            (counted[name] for counted in checked.by_day.values()),
            start=type(next(iter(checked.by_day.values()))[name])(0),
        )
        for name in names
    }
    table.add_section()
    table.add_row("all", *(_number(totals[name]) for name in names))
    return table


def _reasons(checked: Checked) -> Table:
    table = Table(title="Rejected", title_justify="left")
    for heading, justify in (("rows", "right"), ("reason", "left"), ("the first", "left")):
        table.add_column(heading, justify=justify, overflow="fold")  # type: ignore[arg-type]
    ordered: Iterator[tuple[str, tuple[int, str]]] = iter(sorted(checked.reasons.items(), key=lambda each: -each[1][0]))
    for at, (reason, (times, first)) in enumerate(ordered):
        if at == MOST_REASONS:
            table.caption = f"and {len(checked.reasons) - MOST_REASONS} more reasons"
            break
        table.add_row(f"{times:,}", _escaped(one_line(reason, 200)), _escaped(one_line(first, 200)))
    return table
