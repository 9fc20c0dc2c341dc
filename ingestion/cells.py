"""What the cells of a text table say: text, numbers, dates and times, in the spellings that people and tills use.

A reader takes the different cells of one column, trimmed and not empty, because what one number means may take the others to
say. It gives a value for each, or a ValueError in its place, whose text is the reason (`is not a date`). What can be read in two ways
is never guessed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, NamedTuple

Reader = Callable[[Sequence[str]], list[Any]]

# Ordinary, no-break, narrow no-break, thin and figure spaces.
_SPACES = re.compile("[ \u00a0\u202f\u2009\u2007]+")
_NUMBER = re.compile(
    r"(?P<whole>[0-9]+|[0-9]{1,3}(?P<group>[ '’.,])[0-9]{3}(?:(?P=group)[0-9]{3})*)(?:(?P<mark>[.,])(?P<places>[0-9]+))?"
)
_MINUS = "-\N{MINUS SIGN}"
_MOMENT = re.compile(
    r"(?:(?P<y1>[0-9]{4})(?P<s1>[-/.])(?P<m1>[0-9]{1,2})(?P=s1)(?P<d1>[0-9]{1,2})"
    r"|(?P<d2>[0-9]{1,2})(?P<s2>[/.])(?P<m2>[0-9]{1,2})(?P=s2)(?P<y2>[0-9]{4})"
    r"|(?P<y3>[0-9]{4})(?P<m3>[0-9]{2})(?P<d3>[0-9]{2}))"
    r"(?:(?:\s+|\s*,\s*|T)(?P<hour>[0-9]{1,2})[:h](?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:[.,](?P<part>[0-9]{1,9}))?)?"
    r"\s*(?P<half>[AaPp][Mm])?\s*(?P<offset>Z|UTC|[-+][0-9]{2}(?::?[0-9]{2})?)?)?"
)


class Moment(NamedTuple):
    """A date, and what else the cell says: the time on the clock of the place, or, where it gives an offset, the instant."""

    day: date
    clock: datetime | None
    instant: datetime | None


def each(read: Callable[[str], Any]) -> Reader:
    """A reader of cells that each stand for themselves."""

    def read_all(cells: Sequence[str]) -> list[Any]:
        values: list[Any] = []
        for cell in cells:
            try:
                values.append(read(cell))
            except ValueError as error:
                values.append(error)
        return values

    return read_all


def text(cell: str) -> str:
    """Any text without control characters; lines may end in it."""
    if any(unicodedata.category(character) == "Cc" and character not in "\r\n" for character in cell):
        raise ValueError("holds a control character")
    return cell


def identifier(cell: str) -> str:
    """An id as it is written: `01` and `1` are two, and so are `a` and `A`."""
    if any(unicodedata.category(character) == "Cc" for character in cell):
        raise ValueError("holds a control character")
    return cell


def whole_numbers(digits: int) -> Reader:
    """Whole numbers of at most so many digits."""

    def read_all(cells: Sequence[str]) -> list[Any]:
        return [_whole(value, digits) for value in numbers(cells)]

    return read_all


def amounts(cells: Sequence[str]) -> list[Any]:
    """Decimal numbers of at most nine digits and four places."""
    return [_amount(value) for value in numbers(cells)]


def numbers(cells: Sequence[str]) -> list[Any]:
    """Decimal numbers: `49.99`, `49,99`, `1 299,00 €`, `1.299,00`, `1,299.00`, `-3`.

    One mark before exactly three digits (`1.299`) is the decimal mark or separates thousands, as the column's other cells say; where
    none does, or they disagree, it cannot be read.
    """
    found = [_signed(cell) for cell in cells]
    decimal_marks = {_decimal_mark(number) for _, number in found if number} - {None}
    return [_number(sign, number, decimal_marks) for sign, number in found]


def numbers_written(decimal: str | None, thousands: str | None) -> Reader:
    """Decimal numbers whose decimal mark, and what separates thousands, are said; `None` where they are not."""

    def read_all(cells: Sequence[str]) -> list[Any]:
        if decimal is None and thousands in (".", ","):
            return numbers_written(",."[thousands == ","], thousands)(cells)
        if decimal is None:
            return numbers(cells)
        return [_number_with(sign, number, decimal, thousands) for sign, number in map(_signed, cells)]

    return read_all


def _number_with(sign: str, number: re.Match[str] | None, decimal: str, thousands: str | None) -> Any:
    if number is None:
        return ValueError("is not a number such as 49.99 or 49,99")
    whole, group, mark, places = number["whole"], number["group"], number["mark"], number["places"] or ""
    if (
        mark not in (None, decimal)
        and group is None
        and len(places) == 3
        and len(whole) <= 3
        and not whole.startswith("0")
    ):
        whole, group, mark, places = whole + places, mark, None, ""
    if mark not in (None, decimal) or group == decimal:
        return ValueError(f"has another decimal mark than '{decimal}', which [values] says")
    if group is not None and thousands is not None and group != thousands:
        return ValueError(f"separates thousands by '{group}', where [values] says '{thousands}'")
    whole = re.sub("[^0-9]", "", whole)
    return Decimal(f"{sign}{whole}.{places}" if places else f"{sign}{whole}")


def moments(cells: Sequence[str]) -> list[Any]:
    """Dates, with a time of day or none (`Moment`): year first (`2026-11-02`, `20261102`), or day first (`02/11/2026`, `2.11.2026`)."""
    return each(_moment)(cells)


def _signed(cell: str) -> tuple[str, re.Match[str] | None]:
    """A number's sign and its digits with their marks; None if it is no number."""
    spaced = _SPACES.sub(" ", cell).strip()
    bare = _without_currency(spaced)
    has_currency = bare != spaced
    sign = ""
    if bare[:1] == "(" and bare[-1:] == ")":
        # Accountants' way of writing what is below 0.
        sign, bare = "-", bare[1:-1].strip()
    elif bare[-1:] in _MINUS and bare[:1].isdigit():
        sign, bare = "-", bare[:-1].rstrip()
    elif bare[:1] in (*_MINUS, "+"):
        sign, bare = ("-" if bare[0] in _MINUS else ""), bare[1:].lstrip()
    if not has_currency:
        bare = _without_currency(bare)
    match = _NUMBER.fullmatch(bare)
    return sign, match if match and match["group"] != (match["mark"] or "none") else None


def _without_currency(number: str) -> str:
    """The text without a currency sign before or after it."""
    if number and unicodedata.category(number[0]) == "Sc":
        return number[1:].lstrip()
    if number and unicodedata.category(number[-1]) == "Sc":
        return number[:-1].rstrip()
    return number


def _decimal_mark(number: re.Match[str]) -> str | None:
    """The decimal mark that a number proves; None where it proves none."""
    if number["group"] in (".", ","):
        return number["mark"] or (",." if number["group"] == "." else ".,")[0]
    return None if _is_ambiguous(number) else number["mark"]


def _is_ambiguous(number: re.Match[str]) -> bool:
    is_short = len(number["whole"]) <= 3 and not number["whole"].startswith("0")
    return number["group"] is None and len(number["places"] or "") == 3 and is_short


def _number(sign: str, number: re.Match[str] | None, decimal_marks: set[str | None]) -> Any:
    if number is None:
        return ValueError("is not a number such as 49.99 or 49,99")
    whole, places = re.sub("[^0-9]", "", number["whole"]), number["places"] or ""
    if _is_ambiguous(number):
        if len(decimal_marks) != 1:
            why = "the column's other values do not say which" if not decimal_marks else "the column has both marks"
            return ValueError(f"is ambiguous: '{number['mark']}' is the decimal mark or separates thousands, and {why}")
        if number["mark"] not in decimal_marks:
            whole, places = whole + places, ""
    return Decimal(f"{sign}{whole}.{places}" if places else f"{sign}{whole}")


def _whole(value: Any, digits: int) -> Any:
    if isinstance(value, ValueError):
        is_no_number = "number such as" in str(value)
        return ValueError("is not a whole number") if is_no_number else value
    if value != value.to_integral_value():
        return ValueError("is not a whole number")
    return int(value) if abs(value) < 10**digits else ValueError(f"has more than {digits} digits")


def _amount(value: Any) -> Any:
    if isinstance(value, ValueError):
        return value
    if abs(value) >= 10**9 or -value.as_tuple().exponent > 4:
        return ValueError("has more than nine digits, or more than four places")
    return value


def _moment(cell: str) -> Moment:
    match = _MOMENT.fullmatch(cell)
    if match is None:
        raise ValueError("is not a date such as 2023-05-27 or 27/05/2023")
    year, month, day = (
        int(match[f"{part}1"] or match[f"{part}2"] or match[f"{part}3"]) for part in ("y", "m", "d")
    )  # fmt: skip
    try:
        on = date(year, month, day)
    except ValueError:
        raise ValueError("is not a day of the calendar") from None
    if match["hour"] is None:
        return Moment(on, None, None)
    hour = int(match["hour"])
    if match["half"]:
        hour = hour % 12 + (12 if match["half"] in ("PM", "pm", "Pm", "pM") else 0) if 1 <= hour <= 12 else 24
    try:
        part = int((match["part"] or "0")[:6].ljust(6, "0"))
        clock = datetime(year, month, day, hour, int(match["minute"]), int(match["second"] or 0), part)
        if match["offset"] is None:
            return Moment(on, clock, None)
        return Moment(on, None, clock.replace(tzinfo=_offset(match["offset"])).astimezone(UTC))
    except (ValueError, OverflowError):
        raise ValueError("has no time of the clock") from None


def _offset(written: str) -> timezone:
    if written in ("Z", "UTC"):
        return UTC
    hours, minutes = int(written[1:3]), int(written[3:].lstrip(":") or 0)
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if written[0] == "-" else offset)
