"""What is right about the chain, for measuring ourselves: days, orders and sales. No URL serves it.

The truth about its doors is `mock_api.footfall.truth`; what is wrong in the cases is said where each is made
(`stations.places`, `provider.sentinel`, `traffic.future_readings`, `stores.chain`).
"""

from datetime import date, datetime, timedelta
from decimal import Decimal

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
from mock_api.company.orders import fate_of, order_of
from mock_api.company.shop import web_order_id
from mock_api.company.stores import STORES, ChainStore
from mock_api.company.tills import Tills, product_id
from mock_api.footfall.calendar import public_holidays
from mock_api.footfall.simulation import SPAN, Simulation
from mock_api.footfall.traffic import PROFILE
from mock_api.orders.log import Versions
from mock_api.settings import World
from mock_api.times import EPOCH, count
from mock_api.worlds import chain_orders, chain_prices, doors

MONEY = pa.decimal128(18, 4)
FATES = ("ordinary", "late", "edited", "withdrawn")  # by their numbers in orders.py
STORE_DAYS = pa.schema(
    [
        ("store_id", pa.string()),
        ("visit_date", pa.date32()),
        ("is_closed", pa.bool_()),
        ("expected", pa.float64()),
        ("true_count", pa.int64()),
    ]
)


ORDERS = pa.schema(
    [
        ("order_id", pa.string()),
        ("status", pa.string()),
        ("lines", pa.int64()),
        ("units", pa.int64()),
        ("gross", MONEY),
        ("discount", MONEY),
        ("shipping", MONEY),
        ("bill", MONEY),
        ("refunded", MONEY),
        ("fate", pa.string()),
        ("is_withdrawn", pa.bool_()),
    ]
)
SALES = pa.schema(
    [
        ("sale_date", pa.date32()),
        ("retail_store_id", pa.string()),
        ("product_id", pa.string()),
        ("sales", pa.int64()),
        ("units", pa.int64()),
        ("returned_units", pa.int64()),
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


def orders(seed: int, rate: float, start: datetime, as_of: datetime) -> pa.Table:
    """Every order placed from `start` on and committed by `as_of`, as it is right then, by order_id. Amounts are in euros.

    - `gross`: prices times quantities. `bill` = gross - discount + shipping. Revenue is bill - refunded.
    - `fate`: `late`, committed hours after the `updated_at` that it bears; `edited`, which gets a refund without a new
      `updated_at`; `withdrawn`, deleted some days after it was placed; or `ordinary`. What has not happened by `as_of`
      shows in no other column.
    - `is_withdrawn`: deleted by then; its figures are those it last had.
    """
    simulation = chain_orders(seed, rate)
    first, now = count(start, 1), count(as_of, 1)
    blocks = range(simulation.log.block_of(first), simulation.log.block_of(now) + 1)
    versions = Versions.joined([simulation.log.written_in(number) for number in blocks])
    was_served = (versions.committed_at <= now) & (versions.committed_at < versions.superseded_at)
    versions = versions.take(was_served & (versions.details[:, 0] >= first))
    versions = versions.take(np.lexsort((versions.committed_at, versions.key)))
    versions = versions.take(np.append(versions.key[1:] != versions.key[:-1], True))
    rows = []
    for key, superseded_at, details in zip(
        versions.key.tolist(), versions.superseded_at.tolist(), versions.details.tolist(), strict=True
    ):
        order = order_of(details)
        rows.append(
            {
                "order_id": web_order_id(key),
                "status": order.status,
                "lines": len(order.lines),
                "units": sum(line.quantity for line in order.lines),
                **{
                    name: Decimal(getattr(order, name)) / 100
                    for name in ("gross", "discount", "shipping", "bill", "refunded")
                },
                "fate": FATES[fate_of(details)],
                "is_withdrawn": superseded_at <= now,
            }
        )
    return pa.Table.from_pylist(rows, schema=ORDERS)


def sales(seed: int, begun: date, as_of: datetime) -> pa.Table:
    """Lines sold and units by day, store and product, of the lines written by `as_of`, every mistake put right.

    `units` is net of `returned_units`; a returned line is no sale.
    """
    tills = Tills(seed, doors(World.COMPANY, seed), chain_prices(seed), begun)
    lines = tills.lines(as_of)
    is_return = lines.quantity < 0
    table = pa.table(
        {
            "day": lines.day,
            "store": lines.store,
            "product": lines.product,
            "sales": (~is_return).astype(np.int64),
            "units": lines.quantity,
            "returned_units": np.where(is_return, -lines.quantity, 0),
        }
    )
    sums = table.group_by(["day", "store", "product"]).aggregate([(name, "sum") for name in SALES.names[3:]])
    sums = sums.sort_by([("day", "ascending"), ("store", "ascending"), ("product", "ascending")])
    return pa.table(
        [
            pa.array([EPOCH.date() + timedelta(days=day) for day in sums["day"].to_pylist()]),
            pa.array([str(tills.stores[place].store_id) for place in sums["store"].to_pylist()]),
            pa.array([product_id(number) for number in sums["product"].to_pylist()]),
            *(sums[f"{name}_sum"] for name in SALES.names[3:]),
        ],
        schema=SALES,
    )
