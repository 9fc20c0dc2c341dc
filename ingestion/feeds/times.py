"""Dates and times of day as files write them: what a place's clock shows, or an instant. What can be read in two ways is never guessed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingestion import cells
from ingestion.feeds.tables import CLOCK, FAULT, MOMENT, NUMBER, written
from ingestion.schemas import TIMESTAMP
from warehouse.connection import connect_memory
from warehouse.sql import literal

# With fewer different cells than this, Python reads a column of times as fast as DuckDB.
MANY = 2_000
QUARTER = 15 * 60 * 1_000_000
_HOUR = re.compile(r"(?P<hour>[0-9]{1,2})(?:[:h.](?P<minute>[0-9]{2})?(?::(?P<second>[0-9]{2}))?)?")
_DAY_OR_MONTH = re.compile(r"([0-9]{1,2})[/-]([0-9]{1,2})[/-][0-9]{4}(?![0-9])")


def clocks(
    different: pa.Array, forms: Sequence[str], reasons: list[str | None]
) -> tuple[pa.Array, pa.Array, np.ndarray[Any, np.dtype[np.bool_]]]:
    """For each cell what the clock shows, or the instant, and whether it says a time of day at all.

    One of the two is null: a cell with an offset is an instant.
    """
    clock: pa.Array | None = None
    many: pa.Array | None = None
    has_time = np.ones(len(different), bool)
    if len(different) > MANY:
        clock, many = _many_clocks(different, forms)
    if clock is not None and many is not None:
        # What DuckDB has not read, Python reads, or says why not.
        unread = pc.and_(pc.is_null(clock), pc.is_null(many))
        rest = np.flatnonzero(unread.to_numpy(zero_copy_only=False)).tolist()
        has_time = (
            np.ones(len(different), bool)
            if any("%H" in form or "%I" in form for form in forms)
            else _has_time(different)
        )
    else:
        rest = list(range(len(different)))
    texts = {place: different[place].as_py() for place in rest}
    is_day_first = None if forms else _day_first(texts.values())
    clocks: dict[int, datetime] = {}
    instants: dict[int, datetime] = {}
    for place, cell in texts.items():
        if not cell or reasons[place] is not None:
            continue
        try:
            found, timed = _one_clock(cell, forms, is_day_first)
        except ValueError as error:
            reasons[place] = str(error)
            continue
        has_time[place] = timed
        if found.tzinfo is None:
            clocks[place] = found
        else:
            instants[place] = found.astimezone(UTC)
    naive = pa.timestamp("us")
    own = pa.array([clocks.get(place) for place in range(len(different))], naive) if clocks or clock is None else None
    clock = own if clock is None else pc.coalesce(clock, own) if own is not None else clock
    instant = (
        pa.array([instants.get(place) for place in range(len(different))], TIMESTAMP)
        if instants
        else pa.nulls(len(different), TIMESTAMP)
    )
    return clock, instant if many is None else pc.coalesce(many, instant), has_time


def _has_time(different: pa.Array) -> np.ndarray[Any, np.dtype[np.bool_]]:
    found: np.ndarray[Any, np.dtype[np.bool_]] = (
        pc.match_substring(different, ":").to_numpy(zero_copy_only=False).astype(bool)
    )
    return found


def _many_clocks(different: pa.Array, forms: Sequence[str]) -> tuple[pa.Array | None, pa.Array | None]:
    """Many cells at once, by DuckDB: what the clock shows, or the instant; both null where it cannot read one, or Python should."""
    if any(mark in form for form in forms for mark in ("%z", "%Z", "%f", "%j", "%U", "%W", "%c", "%x", "%X")):
        return None, None
    if not forms and (typed := _typed_clocks(different)) is not None:
        return typed
    with connect_memory() as connection:
        connection.register("different", pa.table({"cell": different, "place": pa.array(range(len(different)))}))
        if forms:
            parsed = "coalesce(" + ", ".join(f"try_strptime(cell, {literal(form)})" for form in forms) + ")"
            instant = "null"
        else:
            iso = "[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?)?"
            bare = "regexp_replace(cell, '^\x01d', '')"
            parsed = f"case when regexp_full_match({bare}, '{iso}') then try_cast({bare} as timestamp) end"
            # As databases and Parquet write an instant: in UTC.
            of_utc = f"regexp_replace({bare}, '[+]00:00$', '')"
            is_instant = f"ends_with(cell, '+00:00') and regexp_full_match({of_utc}, '{iso}')"
            instant = f"case when {is_instant} then try_cast({of_utc} as timestamp) end"
        found = connection.execute(
            f"select {parsed}::timestamp as clock, {instant}::timestamp as instant from different order by place"
        ).to_arrow_table()
    return one_array(found["clock"].cast(pa.timestamp("us"))), one_array(found["instant"].cast(TIMESTAMP))


def _typed_clocks(different: pa.Array) -> tuple[pa.Array, pa.Array] | None:
    """Cells all of which a database or Parquet has typed as dates or times: all of one kind, which Arrow reads at once; else None."""
    is_typed = pc.starts_with(different, MOMENT)
    if not pc.all(pc.or_(is_typed, pc.equal(different, ""))).as_py():
        return None
    bare = pc.if_else(is_typed, pc.utf8_slice_codeunits(different, len(MOMENT)), pa.scalar(None, pa.string()))
    is_instant = pc.all(pc.ends_with(bare, "+00:00")).as_py()
    try:
        found = bare.cast(TIMESTAMP if is_instant else pa.timestamp("us"))
    except pa.ArrowInvalid:
        return None
    nothing = pa.nulls(len(different), pa.timestamp("us") if is_instant else TIMESTAMP)
    return (nothing, found) if is_instant else (found, nothing)


def one_array(column: pa.ChunkedArray) -> pa.Array:
    """A column in one piece."""
    joined = column.combine_chunks()
    return joined if isinstance(joined, pa.Array) else pa.concat_arrays(joined.chunks)


def _day_first(texts: Any) -> bool | None:
    """Whether the day comes before the month in dates with slashes, as the cells that can be read in one way only say."""
    pairs = [(int(found[1]), int(found[2])) for cell in texts if (found := _DAY_OR_MONTH.match(cell))]
    day_first, month_first = any(one > 12 for one, _ in pairs), any(two > 12 for _, two in pairs)
    return day_first if day_first != month_first else None


def _one_clock(cell: str, forms: Sequence[str], is_day_first: bool | None) -> tuple[datetime, bool]:
    """What one cell says, and whether that has a time of day."""
    if cell.startswith(FAULT):
        raise ValueError("is an error of a formula")
    if cell.startswith(MOMENT):
        return _typed_clock(cell)
    if cell.startswith((NUMBER, CLOCK)) and not forms:
        raise ValueError("is a number or a time of day, not a date")
    text = _plain_clock(cell)
    if forms:
        for form in forms:
            try:
                found = datetime.strptime(text, form)
            except ValueError:
                continue
            return found, any(mark in form for mark in ("%H", "%I", "%T", "%R", "%c", "%X"))
        raise ValueError(f"is not written as {' or '.join(forms)}")
    if (pair := _DAY_OR_MONTH.match(text)) is not None:
        one, two = int(pair[1]), int(pair[2])
        if one <= 12 and two <= 12 and one != two and is_day_first is None:
            raise ValueError("is ambiguous: is the day or the month first? Say it in `form`, such as %d/%m/%Y")
        if is_day_first is False or (is_day_first is None and two > 12):
            one, two = two, one
        text = f"{one:02}/{two:02}/{text[pair.end() - 4 :]}"
    moment = cells.moments([text])[0]
    if isinstance(moment, ValueError):
        raise moment
    found = moment.instant or moment.clock
    return (found, True) if found else (datetime(moment.day.year, moment.day.month, moment.day.day), False)


def _plain_clock(cell: str) -> str:
    """The cell as a text would have it: a workbook's date and time in several columns among them."""
    parts = []
    for part in cell.split(" "):
        if part.startswith(CLOCK):
            part = part[2:].removesuffix(":00") if part.count(":") == 2 else part[2:]
        parts.append(written(part))
    return " ".join(parts)


def _typed_clock(cell: str) -> tuple[datetime, bool]:
    """A date of a workbook or of Parquet, with a time of day beside it or in another cell."""
    moment, _, more = cell[2:].partition(" ")
    found = datetime.fromisoformat(moment)
    if not more:
        return found, True
    clock = _HOUR.fullmatch(written(more).strip())
    if clock is None or found.time() != datetime.min.time():
        raise ValueError("is a date and something that is not a time of day")
    try:
        return found.replace(
            hour=int(clock["hour"]), minute=int(clock["minute"] or 0), second=int(clock["second"] or 0)
        ), True
    except ValueError:
        raise ValueError("has no time of the clock") from None


def localized(clock: pa.Array, zone: str) -> tuple[pa.Array, dict[int, str]]:
    """The instants of what a place's clock shows, and why some are none: its zone shows them twice or never.

    Clocks are changed at quarters of an hour: each quarter is looked up once.
    """
    place_zone = ZoneInfo(zone)
    numbers = pc.fill_null(clock.cast(pa.int64()), 0).to_numpy()
    is_valid = pc.is_valid(clock).to_numpy(zero_copy_only=False)
    quarters, codes = np.unique(numbers // QUARTER, return_inverse=True)
    offsets = np.zeros(len(quarters), np.int64)
    whys: list[str | None] = [None] * len(quarters)
    epoch = datetime(1970, 1, 1)
    for at, number in enumerate(quarters.tolist()):
        try:
            local = epoch + timedelta(microseconds=number * QUARTER)
            first, second = (local.replace(tzinfo=place_zone, fold=fold).utcoffset() for fold in (0, 1))
        except (OverflowError, ValueError):
            continue
        assert first is not None and second is not None
        offsets[at] = first // timedelta(microseconds=1)
        if first > second:
            whys[at] = f"is shown twice by the clock of {zone}, and has no offset from UTC"
        elif first < second:
            whys[at] = f"is never shown by the clock of {zone}"
    instants = pa.array(numbers - offsets[codes], pa.int64(), mask=~is_valid).cast(TIMESTAMP)
    if all(why is None for why in whys):
        return instants, {}
    is_bad = np.array([why is not None for why in whys], bool)[codes] & is_valid
    return instants, {place: str(whys[codes[place]]) for place in np.flatnonzero(is_bad).tolist()}


def local_clock(instant: pa.Array, zone: str | None) -> pa.Array:
    """What the clock of a place shows at some instants; UTC's where no place is said."""
    numbers = instant.cast(pa.int64())
    if zone is None or instant.null_count == len(instant):
        return numbers.cast(pa.timestamp("us"))
    place_zone = ZoneInfo(zone)
    filled = pc.fill_null(numbers, 0).to_numpy()
    quarters, codes = np.unique(filled // QUARTER, return_inverse=True)
    offsets = np.zeros(len(quarters), np.int64)
    for at, number in enumerate(quarters.tolist()):
        try:
            offset = (
                (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=number * QUARTER))
                .astimezone(place_zone)
                .utcoffset()
            )
        except (OverflowError, ValueError):
            continue
        offsets[at] = (offset or timedelta()) // timedelta(microseconds=1)
    is_valid = pc.is_valid(instant).to_numpy(zero_copy_only=False)
    return pa.array(filled + offsets[codes], pa.int64(), mask=~is_valid).cast(pa.timestamp("us"))
