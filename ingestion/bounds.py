"""What a value may be at most, so that no row stops a table: one rule for every source.

A moment that a provider gives must lie between 1990 and a day after the run's clock. An amount or a count must be small
enough for the sum of a billion of them.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
MOST_AHEAD = timedelta(days=1)

# Nine digits times nine digits, a billion times, is 27 digits: DECIMAL(38, 4) holds 34.
LARGEST_PRICE = Decimal("999999999.9999")
LARGEST_QUANTITY = 999_999_999
LARGEST_BILL = Decimal("999999999999.9999")
# Nobody counts more people at one door in an hour; a day of a chain fits an integer.
LARGEST_COUNT = 9_999_999
# Of any measurement: what is plausible for each is a seed, which the models read.
LARGEST_MEASUREMENT = 1_000_000_000


def latest(now: datetime) -> datetime:
    """The latest moment that a row may have in a run at `now`."""
    return now + MOST_AHEAD


def check_moment(value: datetime | date, last: datetime) -> None:
    """Check a timestamp or date of a row; `last` is the latest that it may be.

    Raises:
        ValueError: why it cannot be; it holds no value of the row.
    """
    moment = value if isinstance(value, datetime) else datetime.combine(value, time(), UTC)
    if moment < EARLIEST:
        raise ValueError(f"is before {EARLIEST:%Y}")
    if moment > last:
        raise ValueError("is more than a day later than the clock of the run")


def check_number(value: Any, largest: int | Decimal) -> None:
    """Check a number of a row, of either sign.

    Raises:
        ValueError: it is larger than `largest`; the reason holds no value of the row.
    """
    if abs(value) > largest:
        raise ValueError(f"is larger than {largest:,}")
