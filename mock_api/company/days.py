"""What makes a day busy or quiet in all of the chain's stores: the calendar, events, and the weather.

A day's factor is the product of

- what is known long before: the season, holidays' neighbours, school breaks, sales, Black Friday, the chain's events;
- the weather, one series for the chain that forgets a quarter of itself a day: it can be forecast a few days ahead;
- the store's own luck, which nobody can forecast.

The sizes are guesses. Days are counted from `EPOCH`.
"""

from collections.abc import Callable
from datetime import date, timedelta
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from mock_api.footfall.calendar import public_holidays
from mock_api.footfall.stores import Store
from mock_api.footfall.traffic import YEAR_DAYS, season, trend
from mock_api.randomness import normals, uniforms
from mock_api.times import EPOCH

Array = NDArray[np.float64]

WEATHER_MEMORY = 0.75  # of a day's weather is left on the next
WEATHER_DEVIATION = 0.09  # of the logarithm of visits
LUCK_DEVIATION = 0.04
BLOCK = 64  # days drawn together; each looks back over the one before

# First and last day, and the factor of visits.
SCHOOL_BREAKS = (
    ((2, 8), (2, 23), 1.07),
    ((4, 3), (4, 19), 1.08),
    ((7, 5), (8, 31), 0.93),
    ((10, 18), (11, 2), 1.06),
    ((12, 20), (12, 31), 1.10),
    ((1, 1), (1, 4), 1.10),
)
EVE_OF_HOLIDAY, DAY_AFTER_HOLIDAY = 1.14, 1.05
SALES_DAYS, SALES_RISE, SALES_FADE = 28, 0.30, 8.0
BLACK_FRIDAY = (1.45, 1.30, 1.15, 1.10)  # Friday to Monday
LEAST_EVENT, MOST_EVENT = 0.15, 0.35
EVENTS_A_YEAR = 4


def day_factors(seed: int, store: Store, first: int, end: int) -> Array:
    """The factor of every day from `first` to before `end`."""
    return (
        known_factors(seed, store, first, end)
        * np.exp(WEATHER_DEVIATION * weather(seed, first, end))
        * np.exp(LUCK_DEVIATION * luck(seed, store, first, end))
    )


def known_factors(seed: int, store: Store, first: int, end: int) -> Array:
    """What is known long before, beside the weekday's profile."""
    days = np.arange(first, end)
    years = EPOCH.year + days / YEAR_DAYS
    calendar = [_of_calendar(seed, store.country_code, _date(day)) for day in days.tolist()]
    return np.asarray(season(years) * trend(store, years) * np.array(calendar))


def weather(seed: int, first: int, end: int) -> Array:
    """The chain's weather by day: mean 0, variance 1, correlation `WEATHER_MEMORY` from one day to the next."""
    return _blocks(first, end, lambda number: _weather_block(seed, number))


def luck(seed: int, store: Store, first: int, end: int) -> Array:
    """The store's own part of a day: mean 0, variance 1, each day by itself."""
    return _blocks(first, end, lambda number: _white_block(seed, f"luck/{store.store_id}", number))


def event(seed: int, day: date) -> float:
    """By how much an event of the chain raises a day's visits; 0 where there is none. Each quarter has one of 1 to 3 days."""
    quarter = (day.month - 1) // 3
    start, length, size = uniforms(seed, "company/events", day.year * EVENTS_A_YEAR + quarter, 3).tolist()
    first = date(day.year, 3 * quarter + 1, 8) + timedelta(days=int(start * 70))
    is_on = first <= day < first + timedelta(days=1 + int(length * 3))
    return LEAST_EVENT + size * (MOST_EVENT - LEAST_EVENT) if is_on else 0.0


@lru_cache(maxsize=65_536)
def _of_calendar(seed: int, country_code: str, day: date) -> float:
    factor = 1.0 + event(seed, day)
    for (first_month, first_day), (last_month, last_day), size in SCHOOL_BREAKS:
        if (first_month, first_day) <= (day.month, day.day) <= (last_month, last_day):
            factor *= size
    if _is_holiday(country_code, day + timedelta(days=1)):
        factor *= EVE_OF_HOLIDAY
    if _is_holiday(country_code, day - timedelta(days=1)):
        factor *= DAY_AFTER_HOLIDAY
    for first in (_nth_weekday(day.year, 1, 2, 2), _nth_weekday(day.year, 6, 2, 4)):  # Wednesdays
        if 0 <= (since := (day - first).days) < SALES_DAYS:
            factor *= 1.0 + SALES_RISE * float(np.exp(-since / SALES_FADE))
    since = (day - _nth_weekday(day.year, 11, 3, 4)).days - 1  # the day after the fourth Thursday
    if 0 <= since < len(BLACK_FRIDAY):
        factor *= BLACK_FRIDAY[since]
    return factor


def _is_holiday(country_code: str, day: date) -> bool:
    return day in public_holidays(country_code, day.year)


def _nth_weekday(year: int, month: int, weekday: int, number: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (number - 1))


def _date(day: int) -> date:
    return EPOCH.date() + timedelta(days=day)


# Series by day are made in blocks that never move, so that a day is the same in whatever range it is asked for.


def _blocks(first: int, end: int, block: Callable[[int], Array]) -> Array:
    numbers = range(first // BLOCK, (end - 1) // BLOCK + 1)
    return np.concatenate([block(number) for number in numbers])[first - numbers.start * BLOCK :][: end - first]


@lru_cache(maxsize=1024)
def _white_block(seed: int, name: str, number: int) -> Array:
    return normals(uniforms(seed, f"company/{name}", number + 2, BLOCK))


@lru_cache(maxsize=1024)
def _weather_block(seed: int, number: int) -> Array:
    white = np.concatenate([_white_block(seed, "weather", n) for n in (number - 1, number)])
    kernel = WEATHER_MEMORY ** np.arange(BLOCK)
    kernel /= np.sqrt((kernel**2).sum())
    return np.convolve(white, kernel)[BLOCK : 2 * BLOCK]
