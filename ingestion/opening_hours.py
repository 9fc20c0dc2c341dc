"""Opening hours as people write them, read for what they say and given as `HH:MM`."""

from __future__ import annotations

import re

_CLOCK = re.compile(
    r"(?P<hour>[0-9]{1,2})"
    r"(?:(?::(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2}))?)|(?:\s*[hH]\s*(?P<h_minute>[0-9]{2})?))?"
    r"(?:\s*(?P<half>[aApP])\.?[mM]\.?)?"
)


def opening_time(text: str) -> str:
    """`09:00`, `9:00`, `09:00:00`, `9h`, `8h30` or `9:00 AM` as `HH:MM`, from 00:00 to 23:59.

    Raises:
        ValueError: it is none of these.
    """
    clock = closing_time(text)
    return "00:00" if clock == "24:00" else clock


def closing_time(text: str) -> str:
    """The same as an opening time, or `24:00` for the end of the day.

    Raises:
        ValueError: it is none of these.
    """
    found = _CLOCK.fullmatch(text.strip())
    # A number alone may be an hour, or minutes, or a part of a day.
    if not found or text.strip().isdigit():
        raise ValueError("is not a time of day such as 09:00")
    hour, minute = int(found["hour"]), int(found["minute"] or found["h_minute"] or 0)
    if found["half"]:
        if not 1 <= hour <= 12:
            raise ValueError("is not a time of day such as 9:00 AM")
        hour = hour % 12 + (12 if found["half"] in "pP" else 0)
    if int(found["second"] or 0) or minute > 59 or hour > 24 or (hour == 24 and minute):
        raise ValueError("is not a time of day from 00:00 to 24:00, in whole minutes")
    return f"{hour:02}:{minute:02}"
