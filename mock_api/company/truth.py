"""What the chain's days were expected to bring, and what they brought, for measuring ourselves. No URL serves it."""

from datetime import date, timedelta

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mock_api.company.days import (
    LUCK_DEVIATION,
    WEATHER_DEVIATION,
    WEATHER_MEMORY,
    known_factors,
    weather,
)
from mock_api.company.stores import STORES, ChainStore
from mock_api.footfall.calendar import public_holidays
from mock_api.footfall.simulation import SPAN, Simulation
from mock_api.footfall.traffic import PROFILE
from mock_api.settings import World
from mock_api.times import EPOCH
from mock_api.worlds import doors

STORE_DAYS = pa.schema(
    [
        ("store_id", pa.string()),
        ("visit_date", pa.date32()),
        ("is_closed", pa.bool_()),
        ("expected", pa.float64()),
        ("true_count", pa.int64()),
    ]
)


def store_days(seed: int, first: date, end: date, horizon_days: int | None = None) -> pa.Table:
    """Every store's days from `first` to before `end`, by store_id and visit_date.

    - `is_closed`: a public holiday; then both figures are 0.
    - `expected`: the mean of the day's visits given all that can be known `horizon_days` before: weekday, season,
      holidays, school breaks, sales, events, and the weather up to that day. Without a horizon, only what is known long
      before. No forecast of that horizon has a smaller mean squared error.
    - `true_count`: people who entered.
    """
    days = np.arange((first - EPOCH.date()).days, (end - EPOCH.date()).days)
    simulation = doors(World.COMPANY, seed)
    tables = []
    for store in sorted(STORES, key=lambda each: each.store_id):
        expected = _expected(seed, store, days, horizon_days)
        dates = [EPOCH.date() + timedelta(days=day) for day in days.tolist()]
        is_closed = np.array([day in public_holidays(store.country_code, day.year) for day in dates])
        tables.append(
            pa.table(
                [
                    pa.array([store.store_id] * len(dates)),
                    pa.array(dates),
                    pa.array(is_closed),
                    pa.array(np.where(is_closed, 0.0, expected)),
                    pa.array(_entered(simulation, store, days)),
                ],
                schema=STORE_DAYS,
            )
        )
    return pa.concat_tables(tables)


def _expected(seed: int, store: ChainStore, days: NDArray[np.int64], horizon: int | None) -> NDArray[np.float64]:
    first, end = int(days[0]), int(days[-1]) + 1
    left = 0.0 if horizon is None else WEATHER_MEMORY**horizon
    seen = weather(seed, first - (horizon or 0), end - (horizon or 0))
    # The mean of a lognormal: what is not known of the weather and the store's luck raises it.
    variance = WEATHER_DEVIATION**2 * (1 - left**2) + LUCK_DEVIATION**2
    factor = np.exp(WEATHER_DEVIATION * left * seen + variance / 2)
    a_day = store.visits_an_hour * PROFILE.sum(axis=1)[(days + EPOCH.weekday()) % 7]
    return np.asarray(a_day * known_factors(seed, store, first, end) * factor)


def _entered(simulation: Simulation, store: ChainStore, days: NDArray[np.int64]) -> NDArray[np.int64]:
    """People who came in by day. The stores are open in the same days of UTC as of their own clocks."""
    first, last = int(days[0]) * 24, int(days[-1]) * 24 + 23
    rows = [simulation.row(store.store_id, door) for door in store.door_numbers]
    found = np.zeros(len(days), dtype=np.int64)
    for number in range(first // SPAN, last // SPAN + 1):
        span = simulation.span(number)
        there = [row for row in rows if row < len(span.entered)]
        inside = (span.hours >= first) & (span.hours <= last)
        np.add.at(found, span.hours[inside] // 24 - days[0], span.entered[there].sum(axis=0)[inside])
    return found
