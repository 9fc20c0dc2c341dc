"""Local time, opening hours and public holidays."""

from datetime import date, timedelta
from functools import lru_cache

import holidays
import numpy as np
from numpy.typing import NDArray

from mock_api.footfall.stores import Store
from mock_api.times import EPOCH, HOUR, at_second

_CLOCKS_STAND = 8 * 24  # hours: no zone changes its offset and back within eight days


@lru_cache(maxsize=1024)
def public_holidays(country_code: str, year: int) -> dict[date, str]:
    """National public holidays of a country (ISO 3166-1 alpha-2) in a year.

    English names by date, in order.
    """
    days = holidays.country_holidays(country_code, years=year, language="en_US")
    return dict(sorted(days.items()))


def local_hours(store: Store, hours: NDArray[np.int64]) -> NDArray[np.int64]:
    """The store's wall clock for consecutive UTC hours, both counted from the epoch."""

    def offset(hour: int) -> int:
        shift = at_second(hour * HOUR).astimezone(store.zone).utcoffset()
        assert shift is not None  # a time with a zone has one
        return shift // timedelta(hours=1)

    def add_offset(start: int, end: int, at_start: int, at_end: int) -> None:
        """To the hours from start to before end, halving where the clocks change."""
        if end - start == 1 or (at_start == at_end and end - start <= _CLOCKS_STAND):
            local[start - first : end - first] += at_start
            return
        middle = (start + end) // 2
        at_middle = offset(middle)
        add_offset(start, middle, at_start, at_middle)
        add_offset(middle, end, at_middle, at_end)

    local = hours.copy()
    first, end = int(hours[0]), int(hours[-1]) + 1
    add_offset(first, end, offset(first), offset(end))
    return local


def is_open(store: Store, local: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether the store is open: within its opening hours, and no public holiday.

    `local` is consecutive hours as `local_hours` counts them.
    """
    hour_of_day, days = local % 24, local // 24
    first_day = int(days[0])
    closed = np.zeros(int(days[-1]) - first_day + 1, dtype=np.bool_)
    for index in range(len(closed)):
        day = EPOCH.date() + timedelta(days=first_day + index)
        closed[index] = day in public_holidays(store.country_code, day.year)
    opens, closes = store.opens_at.hour, store.closes_at.hour
    within = (hour_of_day >= opens) & (hour_of_day < closes)
    return np.asarray(within & ~closed[days - first_day], dtype=np.bool_)
