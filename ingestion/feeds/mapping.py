"""From a file's cells to rows of our tables: each column is read once for its different cells, and what cannot be read has its row rejected."""

from __future__ import annotations

import fnmatch
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from ingestion import bounds, cells
from ingestion.errors import SourceError
from ingestion.feeds.config import SELF, Feed, Spec
from ingestion.feeds.tables import FAULT, NUMBER, Cells, shown, written
from ingestion.feeds.targets import Ours
from ingestion.feeds.times import clocks, local_clock, localized, one_array
from ingestion.feeds.units import converted
from ingestion.memory import give_back
from ingestion.opening_hours import closing_time, opening_time
from ingestion.schemas import TIMESTAMP, Rejection
from warehouse.connection import connect_memory
from warehouse.sql import literal
from warehouse.text import one_line
from warehouse.time_zones import time_zone

# With fewer different cells than this, Python reads a column of times as fast as DuckDB.
MANY = 2_000
LONGEST_PAYLOAD = 10_000
LONGEST_ID = 200
_HOUR = re.compile(r"(?P<hour>[0-9]{1,2})(?:[:h.](?P<minute>[0-9]{2})?(?::(?P<second>[0-9]{2}))?)?")
_DAY_OR_MONTH = re.compile(r"([0-9]{1,2})[/-]([0-9]{1,2})[/-][0-9]{4}(?![0-9])")
_OFFSET = re.compile(r"(?:Z|UTC|[+-][0-9]{2}:?[0-9]{2})$")


@dataclass(frozen=True)
class Origin:
    """Where rows come from: the feed, the file as it is shown, and when it was first read."""

    feed: str
    file: str
    first_read_at: datetime


@dataclass
class Readings:
    """The rows of a file by our columns: all that could be read.

    Attributes:
        values: each of our columns that the feed fills, one value a row.
        lines: the line of each row.
        sheet: the workbook's sheet.
        texts: the cells that they were read from.
        spelt: each value as text, in one spelling, as dictionary arrays.
        rejected: rows that could not be used.
        rows_read: all rows, those rejected among them.
        left_out: rows that hold nothing, by what they are.
        notes: what the owner should know, a sentence each.
        unplaced: lines of rejected rows of which not even the order is known.
    """

    values: dict[str, pa.ChunkedArray]
    lines: pa.Array
    sheet: str | None
    texts: dict[str, pa.ChunkedArray]
    spelt: dict[str, pa.Array] = field(default_factory=dict)
    rejected: list[Rejection] = field(default_factory=list)
    rows_read: int = 0
    left_out: Mapping[str, int] = field(default_factory=dict)
    notes: Sequence[str] = ()
    unplaced: list[int] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.lines)

    def filtered(self, keep: np.ndarray[Any, np.dtype[np.bool_]]) -> Readings:
        """Only some of the rows."""
        if keep.all():
            return self
        mask = pa.array(keep)
        return replace(
            self,
            values={name: column.filter(mask) for name, column in self.values.items()},
            texts={name: column.filter(mask) for name, column in self.texts.items()},
            spelt={name: column.filter(mask) for name, column in self.spelt.items()},
            lines=self.lines.filter(mask),
        )


def wanted_titles(feed: Feed) -> list[str]:
    """Their columns, all of which a file must have."""
    named = [title for spec in feed.specs.values() for title in spec.titles if title != SELF]
    named += [spec.unit for spec in feed.specs.values() if spec.unit is not None]
    named += feed.layout.carry_down + list(feed.layout.leave_out) + ([feed.layout.long] if feed.layout.long else [])
    return list(dict.fromkeys(named))


def readings(feed: Feed, origin: Origin, given: Cells, latest: datetime) -> Readings:
    """The rows of a file whose values can be read; `latest` is the latest moment that one may have. The cells are used up.

    Raises:
        SourceError: the file's name has not the part that the feed takes from it.
    """
    rows_read = len(given) + len(given.bad)
    left_out = dict(given.left_out)
    table = _without_left_out(feed, given, left_out)
    rows_read -= left_out.get("that match leave_out", 0)
    table = _carried_down(feed, table)
    columns = _their_cells(feed, origin, table)
    if feed.layout.wide is not None:
        table, columns = _melted(feed, table, columns)
        rows_read = len(table) + len(table.bad)
    if feed.layout.long is not None:
        table, columns = _pivoted(feed, table, columns, left_out)
        rows_read = len(table) + len(table.bad)
    reader = _Reader(feed, latest, len(table))
    # Each column's text is freed once it is read, but for its different cells: what is rejected is shown as it was written.
    for each in (given, table):
        each.columns.clear()
    texts = {}
    for name in list(columns):
        texts[name] = reader.read(feed.target.by_name[name], columns.pop(name))
        give_back()
    done = Readings(reader.values, table.lines, table.sheet, texts, reader.spelt, [], rows_read, left_out, table.notes)
    for bad in table.bad:
        done.unplaced.append(bad.line)
        payload = orjson.dumps({"line": bad.text[:LONGEST_PAYLOAD]}).decode()
        done.rejected.append(_rejection(feed, origin, bad.line, table.sheet, bad.reason, payload, None))
    return reject(feed, origin, done, reader.errors)


def reject(feed: Feed, origin: Origin, rows: Readings, errors: Mapping[int, Sequence[str]]) -> Readings:
    """The rows without those that have errors (by their place), which are rejected."""
    if not errors:
        return rows
    keep = np.ones(len(rows), bool)
    places = sorted(errors)
    keep[places] = False
    taken = pa.array(places, pa.int64())
    lines = rows.lines.take(taken).to_pylist()
    texts = {name: column.take(taken).to_pylist() for name, column in rows.texts.items()}
    times: dict[str, int] = {}
    known_names = list(dict.fromkeys([*feed.key, "order_id", "sensor_id", "station_id"]))
    for at, (place, line) in enumerate(zip(places, lines, strict=True)):
        cells_of_row = {name: written(column[at]) for name, column in texts.items()}
        payload = json.dumps(cells_of_row, ensure_ascii=False, sort_keys=True)[:LONGEST_PAYLOAD]
        times[payload] = times.get(payload, 0) + 1
        known_by = ", ".join(cells_of_row[name] for name in known_names if cells_of_row.get(name))
        if not cells_of_row.get("order_id"):
            rows.unplaced.append(line)
        reason = "; ".join(errors[place])
        rows.rejected.append(
            _rejection(feed, origin, line, rows.sheet, reason, payload, known_by or None, times[payload])
        )
    return rows.filtered(keep)


def _rejection(
    feed: Feed,
    origin: Origin,
    line: int,
    sheet: str | None,
    reason: str,
    payload: str,
    known_by: str | None,
    occurrence: int = 1,
) -> Rejection:
    where = f"{origin.file}{f' [{sheet}]' if sheet else ''}, line {line}"
    record_id = known_by or f"{origin.file}:{line}"
    return Rejection(feed.target.table, f"{where}: {reason}", payload, occurrence, one_line(record_id, LONGEST_ID))


# From their columns to ours, as text.


def _without_left_out(feed: Feed, table: Cells, left_out: dict[str, int]) -> Cells:
    keep = np.ones(len(table), bool)
    for title, patterns in feed.layout.leave_out.items():
        encoded = table.column(title).combine_chunks().dictionary_encode()
        listed = [patterns] if isinstance(patterns, str) else patterns
        is_out = [
            any(fnmatch.fnmatchcase(written(cell).casefold(), pattern.casefold()) for pattern in listed)
            for cell in encoded.dictionary.to_pylist()
        ]
        keep &= ~np.array(is_out, bool)[encoded.indices.to_numpy()] if is_out else keep
    if not keep.all():
        left_out["that match leave_out"] = int((~keep).sum())
    return table.filtered(keep)


def _carried_down(feed: Feed, table: Cells) -> Cells:
    """Blank cells take the one above; of order lines not that of the order before."""
    if not feed.layout.carry_down or not len(table):
        return table
    columns = list(table.columns)
    ids = feed.specs["order_id"].titles if "order_id" in feed.specs else []
    begins = np.zeros(len(table), np.int64)
    # The order's own column first: the others are carried down within an order.
    for title in sorted(dict.fromkeys([*ids, *feed.layout.carry_down]), key=lambda title: title not in ids):
        place = table.place(title)
        assert place is not None
        if title in feed.layout.carry_down:
            columns[place] = _filled_down(columns[place].combine_chunks(), begins)
        if title in ids:
            begins = np.maximum(begins, _begins(columns[place]))
    return replace(table, columns=columns)


def _filled_down(column: pa.Array, begins: np.ndarray[Any, np.dtype[np.int64]]) -> pa.ChunkedArray:
    """Each blank cell as the last one above it that is not, from the row at which its order begins."""
    is_filled = pc.not_equal(column, "").to_numpy(zero_copy_only=False)
    above = np.maximum.accumulate(np.where(is_filled, np.arange(len(column)), 0))
    return pa.chunked_array([pc.if_else(pa.array(above < begins), "", column.take(pa.array(above)))])


def _begins(column: pa.ChunkedArray) -> np.ndarray[Any, np.dtype[np.int64]]:
    """For each row the place at which its order begins: where the id changes."""
    codes = column.combine_chunks().dictionary_encode().indices.to_numpy()
    is_first = np.ones(len(codes), bool)
    is_first[1:] = codes[1:] != codes[:-1]
    return np.maximum.accumulate(np.where(is_first, np.arange(len(codes)), 0))


def _their_cells(feed: Feed, origin: Origin, table: Cells) -> dict[str, pa.ChunkedArray]:
    """Each of our columns as the text that stands for it."""
    columns: dict[str, pa.ChunkedArray] = {}
    for name, spec in feed.specs.items():
        if SELF in spec.titles:
            continue
        columns[name] = _their_column(feed, origin, table, name, spec)
    return columns


def _their_column(feed: Feed, origin: Origin, table: Cells, name: str, spec: Spec) -> pa.ChunkedArray:
    if spec.value is not None:
        text = str(spec.value).lower() if isinstance(spec.value, bool) else str(spec.value)
        return pa.chunked_array([pa.repeat(pa.scalar(text, pa.string()), len(table))])
    if spec.file is not None:
        found = re.search(spec.file, origin.file.rsplit("/", 1)[-1])
        if found is None:
            raise SourceError(f"{origin.file}: the file's name does not match {spec.file!r}, which says {name}")
        return pa.chunked_array([pa.repeat(pa.scalar(found[1] or "", pa.string()), len(table))])
    parts = [_not_missing(feed, table.column(title)) for title in spec.titles]
    if spec.part_before is not None and name != feed.layout.wide:
        parts[-1] = _before(parts[-1], spec.part_before)
    if spec.unit is not None:
        parts[0] = converted(parts[0], table.column(spec.unit), name)
    if len(parts) == 1:
        return parts[0]
    return _joined(parts)


def _joined(parts: Sequence[Any]) -> Any:
    """Cells side by side; of cells some of which are blank nothing can be made."""
    blank = pc.equal(parts[0], "")
    for part in parts[1:]:
        blank = pc.or_(blank, pc.equal(part, ""))
    return pc.if_else(blank, "", pc.binary_join_element_wise(*parts, " "))


def _not_missing(feed: Feed, column: pa.ChunkedArray) -> pa.ChunkedArray:
    missing = [mark for mark in feed.values.missing if mark]
    if not missing:
        return column
    numbers = [NUMBER + mark for mark in missing]
    return pc.if_else(pc.is_in(column, pa.array(missing + numbers, pa.string())), "", column)


def _before(column: pa.ChunkedArray, mark: str) -> pa.ChunkedArray:
    encoded = column.combine_chunks().dictionary_encode()
    cut = pa.array([cell.partition(mark)[0].strip() for cell in encoded.dictionary.to_pylist()], pa.string())
    return pa.chunked_array([cut.take(encoded.indices)])


def _melted(feed: Feed, table: Cells, columns: dict[str, pa.ChunkedArray]) -> tuple[Cells, dict[str, pa.ChunkedArray]]:
    """A row for each cell of the columns that are not named. Where `wide`'s column has columns too, the title is the last of them."""
    named = {table.place(title) for title in [*wanted_titles(feed), *feed.layout.ignore]}
    wide = [place for place, title in enumerate(table.titles) if title and place not in named]
    if not wide:
        raise SourceError(f"[layout] wide: the file has no columns but those that are named: {', '.join(table.titles)}")
    whole = str(feed.layout.wide)
    values = [name for name, spec in feed.specs.items() if SELF in spec.titles]
    before = columns.pop(whole, None)
    mark = feed.specs[whole].part_before if before is not None else None
    melted: dict[str, list[pa.Array]] = {name: [] for name in [*columns, whole, *values]}
    lines: list[pa.Array] = []
    for place in wide:
        cell = _not_missing(feed, table.columns[place]).combine_chunks()
        lines.append(table.lines)
        for name, column in columns.items():
            melted[name].append(column.combine_chunks())
        title = table.titles[place].partition(mark)[0].strip() if mark else table.titles[place]
        titles = pa.repeat(pa.scalar(title, pa.string()), len(table))
        melted[whole].append(titles if before is None else _joined([before.combine_chunks(), titles]))
        for name in values:
            melted[name].append(cell)
    found = {name: pa.chunked_array(parts, pa.string()) for name, parts in melted.items()}
    all_lines = pa.chunked_array(lines, pa.int64()).combine_chunks()
    order = pc.sort_indices(all_lines)
    found = {name: column.take(order) for name, column in found.items()}
    return replace(table, titles=[], columns=[], lines=all_lines.take(order)), found


def _pivoted(
    feed: Feed, table: Cells, columns: dict[str, pa.ChunkedArray], left_out: dict[str, int]
) -> tuple[Cells, dict[str, pa.ChunkedArray]]:
    """One row of all those that are alike but for the columns with an `of`: each of these takes its cell from the rows that it is of.

    Where two rows of one kind differ, both are kept, and are rejected for it later. Rows of no kind that is named are left out.
    """
    of = {name: spec.of for name, spec in feed.specs.items() if spec.of is not None}
    kind = table.column(str(feed.layout.long)).combine_chunks()
    is_named = pc.is_in(kind, pa.array(list(of.values()))).to_numpy(zero_copy_only=False)
    if not is_named.all():
        left_out["of nothing that a column is of"] = int((~is_named).sum())
    names = list(columns)
    said = pa.table(
        [table.lines, kind, *(column.combine_chunks() for column in columns.values())],
        names=["_line", "_kind", *(f"c{place}" for place in range(len(names)))],
    ).filter(pa.array(is_named))
    alike = [f"c{place}" for place, name in enumerate(names) if name not in of]
    with connect_memory() as connection:
        connection.register("said", said)
        # Rows of one kind that say the same count once; those that differ are numbered.
        groups = ", ".join([*alike, "_number"])
        taken = ", ".join(
            f"coalesce(max(c{place}) filter (where _kind = {literal(str(of[name]))}), '') as c{place}"
            if name in of
            else f"c{place}"
            for place, name in enumerate(names)
        )
        own = " ".join(f"when {literal(str(each))} then c{names.index(name)}" for name, each in of.items())
        partition = ", ".join([*alike, "_kind"])
        found = connection.execute(
            f"with numbered as (select *, dense_rank() over (partition by {partition} order by case _kind {own} end) as _number from said) "
            f"select min(_line) as _line, {taken} from numbered group by {groups} order by _line"
        ).to_arrow_table()
    lines = one_array(found["_line"])
    return replace(table, titles=[], columns=[], lines=lines), {
        name: found[f"c{place}"].cast(pa.string()) for place, name in enumerate(names)
    }


# Cells, by kind.


class _Reader:
    """Reads our columns one after another, and remembers which rows have errors."""

    def __init__(self, feed: Feed, latest: datetime, rows: int) -> None:
        self._feed = feed
        self._latest = latest
        self._rows = rows
        self.values: dict[str, pa.ChunkedArray] = {}
        self.spelt: dict[str, pa.Array] = {}
        self.errors: dict[int, list[str]] = {}

    def read(self, ours: Ours, column: pa.ChunkedArray) -> pa.ChunkedArray:
        """Read one column; of sold_at both the instant and what the clock shows. Gives its cells, each different one once."""
        encoded = column.combine_chunks().dictionary_encode()
        del column
        different = encoded.dictionary
        codes = encoded.indices
        spec = self._feed.specs.get(ours.name, Spec(value=""))
        if spec.map is not None:
            different, reasons = self._mapped(ours, spec.map, different)
        else:
            reasons = [None] * len(different)
        found = self._of_kind(ours, spec, different, reasons)
        is_blank = pc.equal(different, "").to_numpy(zero_copy_only=False)
        if ours.is_needed and ours.name != "visits":
            reasons = [
                reason or ("is blank" if blank else None) for reason, blank in zip(reasons, is_blank, strict=True)
            ]
        for name, values in found.items():
            self.values[name] = pa.chunked_array([values.take(codes)])
            if self._feed.fills == "retail.sales":
                self.spelt[name] = pa.DictionaryArray.from_arrays(codes, _spelt(values))
        is_bad = np.array([reason is not None for reason in reasons], bool)
        texts = pa.chunked_array([encoded])
        if not is_bad.any():
            return texts
        code_array = codes.to_numpy()
        cell = different.to_pylist()
        for row in np.flatnonzero(is_bad[code_array]).tolist():
            code = code_array[row]
            quoted = "" if self._is_sensitive(ours) or not cell[code] else f" {shown(cell[code])}"
            self.errors.setdefault(row, []).append(f"{ours.name}{quoted} {reasons[code]}")
        return texts

    def _is_sensitive(self, ours: Ours) -> bool:
        # Where a feed names the wrong column, an e-mail address may stand in the place of any of an order's values.
        return ours.is_sensitive or self._feed.target.source.protect is not None

    def _mapped(self, ours: Ours, known: Mapping[str, str], different: pa.Array) -> tuple[pa.Array, list[str | None]]:
        folded = {key.casefold(): value for key, value in known.items()}
        out: list[str] = []
        reasons: list[str | None] = []
        for cell in different.to_pylist():
            text = written(cell)
            value = known.get(text, folded.get(text.casefold()))
            out.append(cell if value is None else value)
            reasons.append("is not in its map" if value is None and text else None)
        return pa.array(out, pa.string()), reasons

    def _of_kind(self, ours: Ours, spec: Spec, different: pa.Array, reasons: list[str | None]) -> dict[str, pa.Array]:
        if ours.kind in ("moment", "clock", "date"):
            return self._times(ours, spec, different, reasons)
        if ours.kind == "id" and (plain := _plain_ids(different, reasons)) is not None:
            return {ours.name: plain}
        readers: dict[str, tuple[pa.DataType, Callable[[Sequence[str]], list[Any]]]] = {
            "id": (pa.string(), cells.each(lambda cell: cells.identifier(written(cell)))),
            "text": (pa.string(), cells.each(lambda cell: cells.text(written(cell)))),
            "whole": (pa.int64(), _as_whole(self._numbers(lambda found: _whole(found, ours.largest_digits)))),
            "amount": (pa.decimal128(18, 4), self._numbers(_amount)),
            "number": (pa.float64(), self._numbers(_measurement)),
            "time": (
                pa.string(),
                cells.each(lambda cell: (opening_time if ours.name == "opens_at" else closing_time)(written(cell))),
            ),
            "zone": (pa.string(), cells.each(lambda cell: time_zone(written(cell)))),
            "currency": (pa.string(), cells.each(_currency)),
        }
        kind, read = readers[ours.kind]
        return {ours.name: pa.array(_values(different.to_pylist(), read, reasons), kind)}

    def _numbers(self, finish: Callable[[Decimal], Any]) -> Callable[[Sequence[str]], list[Any]]:
        said = self._feed.values
        read_text = cells.numbers_written(said.decimal, said.thousands)
        currency = self._feed.currency

        def read(distinct: Sequence[str]) -> list[Any]:
            texts = [_without_code(cell, currency) for cell in distinct if cell[:1] != "\x01"]
            of_texts = iter(read_text(texts))
            out: list[Any] = []
            for cell in distinct:
                value = _typed_number(cell) if cell[:1] == "\x01" else next(of_texts)
                try:
                    out.append(value if isinstance(value, ValueError) else finish(value))
                except ValueError as error:
                    out.append(error)
            return out

        return read

    def _times(self, ours: Ours, spec: Spec, different: pa.Array, reasons: list[str | None]) -> dict[str, pa.Array]:
        """Dates and times. `instant` is null where neither the cell nor the feed says the time zone."""
        clock, instant, has_time = clocks(different, spec.forms, reasons)
        zone = self._feed.timezone
        if ours.kind == "date":
            days = pc.coalesce(clock, local_clock(instant, zone)).cast(pa.date32())
            return {ours.name: self._within(days, reasons)}
        if zone is not None:
            local, whys = localized(clock, zone)
            only_times = has_time if ours.kind == "clock" else np.ones(len(different), bool)
            for place, why in whys.items():
                if only_times[place]:
                    reasons[place] = reasons[place] or why
            instant = pc.coalesce(instant, local)
        if ours.kind == "clock":
            days = pc.coalesce(local_clock(instant, zone), clock).cast(pa.date32())
            timed = pc.if_else(pa.array(has_time), self._within(instant, reasons), pa.scalar(None, TIMESTAMP))
            return {"sold_at": timed, "_sold_on": self._within(days, reasons)}
        if zone is None:
            for place in np.flatnonzero(
                pc.and_(pc.is_valid(clock), pc.is_null(instant)).to_numpy(zero_copy_only=False)
            ).tolist():
                reasons[place] = reasons[place] or "has no offset from UTC, and the feed does not say its `timezone`"
        if ours.name in ("installed_at", "removed_at"):
            return {ours.name: instant}
        return {ours.name: self._within(instant, reasons)}

    def _within(self, moments: pa.Array, reasons: list[str | None]) -> pa.Array:
        """The moments; why one is too early or too late goes into the reasons."""
        ends = pc.min_max(moments)
        try:
            for end in (ends["min"], ends["max"]):
                if end.is_valid:
                    bounds.check_moment(end.as_py(), self._latest)
        except (ValueError, OverflowError):
            for place, value in enumerate(moments.to_pylist()):
                try:
                    if value is not None:
                        bounds.check_moment(value, self._latest)
                except ValueError as error:
                    reasons[place] = reasons[place] or str(error)
        return moments


def _spelt(values: pa.Array) -> pa.Array:
    """Values as text: an instant as its microseconds."""
    numbers = values.cast(pa.int64()) if pa.types.is_timestamp(values.type) else values
    return pc.fill_null(numbers.cast(pa.string()), "")


def _plain_ids(different: pa.Array, reasons: Sequence[str | None]) -> pa.Array | None:
    """Ids of visible ASCII, as almost all are: a million are read at once. None where one is to be looked at by itself."""
    is_plain = pc.match_substring_regex(different, f"^({NUMBER})?[\\x20-\\x7e]*$")
    if any(reasons) or not pc.all(is_plain).as_py():
        return None
    ids = pc.replace_substring_regex(different, f"^{NUMBER}", "")
    return pc.if_else(pc.equal(ids, ""), pa.scalar(None, pa.string()), ids)


def _values(
    different: Sequence[str], read: Callable[[Sequence[str]], list[Any]], reasons: list[str | None]
) -> list[Any]:
    """A value for each cell; why one cannot be read goes into the reasons."""
    places = [place for place, cell in enumerate(different) if cell and reasons[place] is None]
    out: list[Any] = [None] * len(different)
    good = []
    for place in places:
        if different[place].startswith(FAULT):
            reasons[place] = "is an error of a formula"
        else:
            good.append(place)
    for place, value in zip(good, read([different[place] for place in good]), strict=True):
        if isinstance(value, ValueError):
            reasons[place] = str(value)
        else:
            out[place] = value
    return out


def _as_whole(read: Callable[[Sequence[str]], list[Any]]) -> Callable[[Sequence[str]], list[Any]]:
    """A reader of numbers whose reasons speak of whole ones."""

    def read_all(distinct: Sequence[str]) -> list[Any]:
        return [
            ValueError("is not a whole number") if isinstance(value, ValueError) and "such as" in str(value) else value
            for value in read(distinct)
        ]

    return read_all


def _typed_number(cell: str) -> Any:
    if not cell.startswith(NUMBER):
        return ValueError("is a date or a time, not a number")
    return Decimal(cell[2:])


def _without_code(cell: str, currency: str) -> str:
    """The cell without the feed's currency before or after the number."""
    if cell[:3].upper() == currency:
        return cell[3:].strip()
    return cell[:-3].strip() if cell[-3:].upper() == currency else cell


def _whole(value: Decimal, digits: int) -> int:
    if value != value.to_integral_value():
        raise ValueError("is not a whole number")
    if abs(value) >= 10**digits:
        raise ValueError(f"has more than {digits} digits")
    return int(value)


def _amount(value: Decimal) -> Decimal:
    # A workbook's double shows 49.9 as 49.9, and the result of a formula with as many places as it has.
    if abs(value) >= 10**9 or value != round(value, 4):
        raise ValueError("has more than nine digits, or more than four places")
    return round(value, 4)


def _measurement(value: Decimal) -> float:
    if abs(value) > bounds.LARGEST_MEASUREMENT:
        raise ValueError(f"is larger than {bounds.LARGEST_MEASUREMENT:,}")
    return float(value)


def _currency(cell: str) -> str:
    if not re.fullmatch("[A-Za-z]{3}", cell):
        raise ValueError("is not a currency of three letters, such as EUR")
    return cell.upper()
