"""How many visitors an hour is expected to bring to one door; `simulation.py` draws what comes.

Expected visits = k * 1000 * profile of weekday and hour * yearly season * slow trend. The profile's mean over a week's
open hours is 1, and so are the season's mean over a year and the trend's over its period, which keeps the client's
mean of k * 1000. The client's standard deviation, k * 150, is taken as that of an hour around its own expectation: 15 %
of it.
"""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mock_api.footfall.stores import Store
from mock_api.times import EPOCH

RELATIVE_DEVIATION = 0.15
SHARED_VARIANCE = 0.8

# Local hours 8 to 17: people come at lunch and after work; at weekends later and in one broad wave.
_WORKDAY = np.array([0.62, 0.78, 0.90, 1.02, 1.28, 1.12, 0.88, 0.94, 1.16, 1.30])
_WEEKEND = np.array([0.50, 0.68, 0.92, 1.14, 1.22, 1.24, 1.26, 1.20, 1.04, 0.80])
_WEEK = np.array([0.88, 0.86, 0.92, 0.96, 1.10, 1.34, 0.94])  # Monday to Sunday

YEAR_DAYS = 365.2425
TREND_YEARS = 8.0


def _profile() -> NDArray[np.float64]:
    """Weekday (Monday first) by hour of the day, mean 1 over the ten open hours of seven days."""
    shapes = np.stack([_WORKDAY / _WORKDAY.mean()] * 5 + [_WEEKEND / _WEEKEND.mean()] * 2)
    profile = np.zeros((7, 24))
    profile[:, 8:18] = shapes * (_WEEK / _WEEK.mean())[:, None]
    return profile


PROFILE = _profile()


def season(years: NDArray[np.float64]) -> NDArray[np.float64]:
    """Factor by time in years (whole numbers are 1 January): high before Christmas, low in February and August."""
    return 1.0 + 0.09 * np.cos(2 * np.pi * (years - 0.92)) + 0.05 * np.cos(4 * np.pi * (years - 0.93))


def trend(store: Store, years: NDArray[np.float64]) -> NDArray[np.float64]:
    """Factor of a slow rise and fall, 5 % either way in eight years, each store's counted from its opening."""
    return 1.0 + 0.05 * np.sin(2 * np.pi * (years - store.opened_on.year) / TREND_YEARS)


class Traffic(Protocol):
    """What an hour is expected to bring to the doors of a world's stores, and what comes."""

    def expected(self, store: Store, local: NDArray[np.int64], is_open: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Expected visits at the store's mean door by local hour, as `calendar.local_hours` counts them."""

    def entered(
        self, expected: NDArray[np.float64], shared: NDArray[np.float64], own: NDArray[np.float64]
    ) -> NDArray[np.int64]:
        """People who come, doors by hours. `shared` and `own` are standard normal: the store's hour's, and the door's."""


class ClientTraffic:
    """The client's figures: counts are normal around k * 1000; four fifths of the variance is the store's."""

    def expected(self, store: Store, local: NDArray[np.int64], is_open: NDArray[np.bool_]) -> NDArray[np.float64]:
        """As in `Traffic`."""
        return expected_visits(store, local, is_open)

    def entered(
        self, expected: NDArray[np.float64], shared: NDArray[np.float64], own: NDArray[np.float64]
    ) -> NDArray[np.int64]:
        """As in `Traffic`."""
        noise = np.sqrt(SHARED_VARIANCE) * shared
        noise += np.sqrt(1 - SHARED_VARIANCE) * own
        return counts(expected * (1 + RELATIVE_DEVIATION * noise))


def counts(visits: NDArray[np.float64]) -> NDArray[np.int64]:
    """Visits as whole people, none below zero."""
    return np.rint(np.maximum(visits, 0.0)).astype(np.int64)


def expected_visits(store: Store, local: NDArray[np.int64], is_open: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Expected visits at one door by local hour, as `calendar.local_hours` counts them; 0 where it is closed."""
    days = local // 24
    years = EPOCH.year + days / YEAR_DAYS
    weekdays = (days + EPOCH.weekday()) % 7
    expected = store.mean_visits * PROFILE[weekdays, local % 24] * season(years) * trend(store, years)
    return np.where(is_open, expected, 0.0)
