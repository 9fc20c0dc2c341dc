"""What a file's cells say about how they are written: dates and their form, decimal marks, the minutes between rows.

Nothing is guessed: where the cells can be read in two ways, both are given.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from ingestion import cells
from ingestion.feeds.config import INTERVALS
from ingestion.feeds.tables import CLOCK, MOMENT, NUMBER, written

_DATE = re.compile(
    r"(?P<date>[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}|[0-9]{8}|[0-9]{1,2}[ -][A-Za-z]{3,9}[ -][0-9]{2,4}|[A-Za-z]{3,9} [0-9]{1,2},? [0-9]{4})"
    r"(?:(?P<mark>T|, ?| )(?P<time>[0-9].*))?"
)
_DATE_FORMS = (
    "%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%d.%m.%Y",
    "%d/%m/%y", "%m/%d/%y", "%y/%m/%d", "%d-%m-%y", "%m-%d-%y", "%y-%m-%d", "%d.%m.%y",
    "%d %b %Y", "%d %B %Y", "%d-%b-%Y", "%d-%b-%y", "%b %d, %Y", "%B %d, %Y", "%b %d %Y", "%B %d %Y",
)  # fmt: skip
_TIME_FORMS = ("%H:%M", "%H:%M:%S", "%I:%M %p", "%I:%M:%S %p", "%I:%M%p", "%H:%M:%S.%f", "%Hh%M")
_OFFSET_FORMS = ("", "%z", " %z")
_RANGE = re.compile(r"[0-9]{1,2}[:h][0-9]{2}(?::[0-9]{2})? ?(?P<mark>[-–]|to) ?[0-9]{1,2}[:h][0-9]{2}(?::[0-9]{2})?")
_CODE = re.compile(r"^[A-Z]{3}\b|\b[A-Z]{3}$")
MISSING = ("-", "--", "n/a", "na", "nan", "null", "none", "#n/a")
EARLIEST = datetime(1990, 1, 1)


@dataclass(frozen=True)
class Dates:
    """How a column's dates are written.

    Attributes:
        readings: the forms under each way of reading them; of several only the owner knows which.
        has_time: they have a time of day.
        has_offset: they say their offset from UTC.
        is_found: they are read rightly without a form.
    """

    readings: tuple[tuple[str, ...], ...]
    has_time: bool
    has_offset: bool
    is_found: bool


@dataclass(frozen=True)
class Clock:
    """How a column's times of day are written: their form (blank where a workbook has them as times), and the mark before which they stand."""

    form: str
    part_before: str | None = None


@dataclass(frozen=True)
class Numbers:
    """How a column's numbers are written.

    Attributes:
        marks: the decimal marks under which each cell is a number.
        whole_marks: those under which each is a whole number.
        is_ambiguous: under both each is one, and it matters which.
        missing: cells that say that there is none, such as `n/a`.
    """

    marks: tuple[str, ...]
    whole_marks: tuple[str, ...]
    is_ambiguous: bool
    missing: tuple[str, ...] = ()


def _fits(text: str, form: str) -> datetime | None:
    try:
        return datetime.strptime(text, form)
    except ValueError:
        return None


def dates(different: Sequence[str], latest: datetime) -> Dates | None:
    """How the dates of a column are written; None if it has none. A reading that puts one after `latest` or before 1990 is none."""
    if not different:
        return None
    if all(cell.startswith(MOMENT) for cell in different):
        has_time = any(not cell.endswith("T00:00:00") for cell in different)
        has_offset = all(bool(re.search(r"[+-][0-9]{2}:[0-9]{2}$", cell[12:])) for cell in different)
        return Dates(((),), has_time, has_offset, True)
    # Beside dates that a workbook knows, texts may stand.
    texts = [cell for cell in different if not cell.startswith(MOMENT)]
    parts = [_DATE.fullmatch(cell) for cell in texts]
    if not all(parts) or any(cell.startswith("\x01") for cell in texts):
        return None
    days = [part["date"] for part in parts if part]
    fitting = [
        form for form in _DATE_FORMS if (form == "%Y%m%d") == days[0].isdigit() and _are_past(days, form, latest)
    ]
    ends = [(part["mark"] or "", part["time"] or "") for part in parts if part]
    time_forms = _time_forms(ends)
    if not fitting or time_forms is None:
        return None
    has_time = any(time_forms)
    has_offset = bool(time_forms) and all(form.endswith("z") for form in time_forms)
    readings = tuple(tuple(form + time for time in time_forms) for form in _distinct(fitting, days))
    is_iso = (
        len(readings) == 1 and fitting[0] == "%Y-%m-%d" and not any("h" in form or "%p" in form for form in time_forms)
    )
    return Dates(readings, has_time, has_offset, is_iso)


def _are_past(days: Sequence[str], form: str, latest: datetime) -> bool:
    return all((found := _fits(day, form)) is not None and EARLIEST <= found <= latest for day in days)


def _distinct(forms: Sequence[str], days: Sequence[str]) -> list[str]:
    """Of forms that differ only in how long the month's name is, the first."""
    seen: dict[str, str] = {}
    for form in forms:
        seen.setdefault(form.replace("%B", "%b"), form)
    return list(seen.values())


def _time_forms(ends: Sequence[tuple[str, str]]) -> list[str] | None:
    """The forms of what stands behind the dates, each with the mark before it; None where it is no time."""
    found: list[str] = []
    for mark, time in ends:
        if not time:
            if "" not in found:
                found.append("")
            continue
        if any(form.startswith(mark) and _fits(time, form[len(mark) :]) for form in found if form):
            continue
        fitting = next(
            (form + offset for form in _TIME_FORMS for offset in _OFFSET_FORMS if _fits(time, form + offset)), None
        )
        if fitting is None:
            return None
        found.append(mark + fitting)
    return found


def clock(different: Sequence[str]) -> Clock | None:
    """How the times of day of a column are written; None if it has none."""
    if not different:
        return None
    if all(cell.startswith(CLOCK) for cell in different):
        return Clock("")
    ranges = [_RANGE.fullmatch(cell) for cell in different]
    if all(ranges):
        marks = {found["mark"] for found in ranges if found}
        form = next((each for each in _TIME_FORMS if _fits(re.split(r" ?(?:[-–]|to) ?", different[0])[0], each)), None)
        return Clock(form, marks.pop()) if len(marks) == 1 and form else None
    for form in _TIME_FORMS:
        if all(_fits(cell, form) for cell in different):
            return Clock(form)
    bare = [written(cell) for cell in different]
    if all(cell.isdigit() and len(cell) <= 2 and int(cell) <= 23 for cell in bare) and len(bare) > 1:
        return Clock("%H")
    return None


def numbers(different: Sequence[str]) -> Numbers | None:
    """How the numbers of a column are written; None if it has others than numbers."""
    missing = tuple(cell for cell in different if cell.casefold() in MISSING)
    different = [cell for cell in different if cell not in missing]
    if not different or any(cell[:1] == "\x01" and not cell.startswith(NUMBER) for cell in different):
        return None
    texts = [_CODE.sub("", cell).strip() for cell in different if not cell.startswith("\x01")]
    typed = [Decimal(cell[2:]) for cell in different if cell.startswith(NUMBER)]
    values = {mark: cells.numbers_written(mark, None)(texts) for mark in ".,"}
    read = {mark: found for mark, found in values.items() if not any(isinstance(value, ValueError) for value in found)}
    if not read:
        return None
    whole = tuple(
        mark for mark, found in read.items() if all(value == value.to_integral_value() for value in [*typed, *found])
    )
    return Numbers(tuple(read), whole, len(read) == 2 and read["."] != read[","], missing)


def minutes_between(moments: Sequence[datetime]) -> int | None:
    """The minutes between rows that follow one another evenly, up to an hour; None where they do not, or are further apart."""
    ordered = sorted(set(moments))
    gaps = [round((after - before).total_seconds()) for before, after in itertools.pairwise(ordered)]
    if len(gaps) < 3:
        return None
    step = math.gcd(*gaps)
    is_even = gaps.count(step) * 2 >= len(gaps)
    return step // 60 if is_even and step % 60 == 0 and step // 60 in INTERVALS else None


def moment(cell: str, form: str | None) -> datetime | None:
    """What the clock shows in one cell."""
    if cell.startswith(MOMENT):
        return datetime.fromisoformat(cell[2:21])
    if form:
        found = _fits(cell, form)
        return found.astimezone(UTC).replace(tzinfo=None) if found and found.tzinfo else found
    (read,) = cells.moments([cell])
    if isinstance(read, ValueError):
        return None
    found = read.instant or read.clock
    return found.replace(tzinfo=None) if found else datetime(read.day.year, read.day.month, read.day.day)
