"""Time as the providers write it, and as the simulation counts it: whole seconds and hours since `EPOCH`, UTC."""

import re
from datetime import UTC, datetime, timedelta

EPOCH = datetime(2010, 1, 1, tzinfo=UTC)
END = datetime(2069, 1, 1, tzinfo=UTC)  # simulated time ends here: seconds fit 31 bits, hours 19
HOUR = 3600

_RFC_3339 = re.compile(
    r"\d{4}-\d{2}-\d{2}([Tt ]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2}))?",
    re.ASCII,
)


def parse_time(text: str) -> datetime:
    """Read an RFC 3339 time, or a date, which means its first moment in UTC.

    Raises ValueError with a sentence for the person who wrote the text.
    """
    hint = "write a UTC time such as 2026-11-22T05:00:00Z or a date such as 2026-11-22"
    if not _RFC_3339.fullmatch(text):
        raise ValueError(f"not an RFC 3339 time with its offset: {hint}")
    try:
        time = datetime.fromisoformat(text.upper())
    except ValueError as error:
        raise ValueError(f"no such time ({error}): {hint}") from None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def count(time: datetime, unit: int) -> int:
    """Whole units (of so many seconds) from `EPOCH` to `time`, rounded down. Holds for every datetime there is."""
    return (time - EPOCH) // timedelta(seconds=unit)


def count_up(time: datetime, unit: int) -> int:
    """The same, rounded up: the first whole unit not before `time`."""
    return -((EPOCH - time) // timedelta(seconds=unit))


def at_second(second: int) -> datetime:
    """The moment so many seconds after `EPOCH`."""
    return EPOCH + timedelta(seconds=second)


def rfc_3339(time: datetime) -> str:
    """A UTC time to the second, as every provider writes it: `2026-11-22T05:00:00Z`."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
