"""How many visitors an hour brings to the doors of the chain's stores."""

from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from mock_api.company.days import day_factors
from mock_api.company.stores import CASES_FROM
from mock_api.footfall.simulation import Simulation, Stray
from mock_api.footfall.stores import Store
from mock_api.footfall.traffic import PROFILE
from mock_api.times import EPOCH, HOUR, count

HOUR_DEVIATION = 0.06  # of the logarithm: what all doors of a store share in an hour


class ChainTraffic:
    """Expected visits = the door's mean * profile of weekday and hour * the day's factor. Those who come are a Poisson count.

    What a store's doors share in an hour scales the count's mean by some percent.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def expected(self, store: Store, local: NDArray[np.int64], is_open: NDArray[np.bool_]) -> NDArray[np.float64]:
        """As in `Traffic`."""
        days = local // 24
        first = int(days[0])
        factors = day_factors(self.seed, store, first, int(days[-1]) + 1)
        weekdays = (days + EPOCH.weekday()) % 7
        expected = store.mean_visits * PROFILE[weekdays, local % 24] * factors[days - first]
        return np.where(is_open, expected, 0.0)

    def entered(
        self, expected: NDArray[np.float64], shared: NDArray[np.float64], own: NDArray[np.float64]
    ) -> NDArray[np.int64]:
        """As in `Traffic`."""
        return poisson(expected * np.exp(HOUR_DEVIATION * shared - HOUR_DEVIATION**2 / 2), own)


def future_readings(doors: Simulation) -> tuple[Stray, ...]:
    """What the device at Paris's main door delivers once while its clock is wrong: three hours of 2031."""
    sensor = next(
        place
        for place, each in enumerate(doors.sensors)
        if (each.store_id, each.door) == ("paris", 1) and each.installed_at <= CASES_FROM < each.removed_at
    )
    written_at, first = count(CASES_FROM, 1), count(datetime(2031, 1, 1, 9, tzinfo=UTC), 1)
    return tuple(Stray(sensor, first + number * HOUR, 40 + number, written_at) for number in range(3))


def poisson(mean: NDArray[np.float64], normal: NDArray[np.float64]) -> NDArray[np.int64]:
    """Counts about as Poisson's from standard normal numbers.

    The square root of a Poisson count is about normal with a deviation of a half (Bartlett, "The square root
    transformation in analysis of variance", 1936); the quarter keeps the mean. Good from a mean of 2 up.
    """
    root = np.maximum(np.sqrt(mean) + normal / 2, 0.0)
    found = np.rint(np.maximum(root * root - 0.25, 0.0)).astype(np.int64)
    return np.where(mean > 0, found, 0)
