"""Local time, opening hours and public holidays."""

from datetime import date, timedelta
from functools import lru_cache

import holidays
import numpy as np
from numpy.typing import NDArray

from mock_api.footfall.stores import Store
from mock_api.times import EPOCH, HOUR, at_second


@lru_cache(maxsize=1024)
def public_holidays(country_code: str, year: int) -> dict[date, str]:
    """National public holidays of a country (ISO 3166-1 alpha-2) in a year, by date, with English names."""
    return dict(
        sorted(
            holidays.country_holidays(
                country_code, years=year, language="en_US"
            ).items()
        )
    )


def local_hours(store: Store, hours: NDArray[np.int64]) -> NDArray[np.int64]:
    """The store's wall clock, in hours since the epoch's midnight, for consecutive UTC hours."""

    def offset(hour: int) -> int:
        shift = at_second(hour * HOUR).astimezone(store.zone).utcoffset()
        assert shift is not None  # a time with a zone has one
        return shift // timedelta(hours=1)

    local = hours.copy()
    for start in range(0, len(hours), 24):
        day = hours[start : start + 24].tolist()
        first, last = offset(day[0]), offset(day[-1])
        local[start : start + 24] += (
            first if first == last else np.array([offset(hour) for hour in day])
        )
    return local


def is_open(store: Store, local: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether the store is open in local hours (as `local_hours` counts them): within opening hours, no holiday."""
    hour_of_day, days = local % 24, local // 24
    first, last = (
        EPOCH.date() + timedelta(days=int(day)) for day in (days[0], days[-1])
    )
    closed = [
        (day - EPOCH.date()).days
        for year in range(first.year, last.year + 1)
        for day in public_holidays(store.country_code, year)
    ]
    within = (hour_of_day >= store.opens_at.hour) & (hour_of_day < store.closes_at.hour)
    return np.asarray(within & ~np.isin(days, closed), dtype=np.bool_)
