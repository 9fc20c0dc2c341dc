"""What really happened at the doors, for measuring ourselves. No URL serves it."""

from datetime import datetime

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mock_api.footfall.simulation import FAILED, SPAN, Simulation
from mock_api.settings import Cases, World
from mock_api.times import EPOCH, HOUR, count_up
from mock_api.worlds import doors

SCHEMA = pa.schema(
    [
        ("sensor_id", pa.string()),
        ("store_id", pa.string()),
        ("door", pa.int64()),
        ("hour_start", pa.timestamp("us", tz="UTC")),
        ("is_open", pa.bool_()),
        ("expected", pa.float64()),
        ("true_count", pa.int64()),
        ("visits", pa.int64()),
        ("is_anomaly", pa.bool_()),
        ("is_failed", pa.bool_()),
        ("is_lost", pa.bool_()),
        ("is_late", pa.bool_()),
        ("is_corrected", pa.bool_()),
    ]
)


def truth(
    seed: int,
    start: datetime,
    end: datetime,
    store_id: str | None = None,
    sensor_id: str | None = None,
    *,
    world: World,
    cases: Cases = frozenset(),
) -> pa.Table:
    """Every hour of every device from `start` to before `end`, by sensor_id and hour_start.

    - `expected`: visits that the hour was expected to bring; 0 when closed.
    - `true_count`: people who entered.
    - `visits`: the newest version's count that the provider ends with; null if failed or lost.
    - `is_anomaly`: the device sees a tenth of the expected traffic, if it sees anything: a
      failed or lost hour can be an anomaly too, which cannot be noticed.
    - `is_failed`: status `failed`, in the last version. `is_lost`: never delivered.
    - `is_late`: delivered after its hour's upload. `is_corrected`: written a second time.

    A device that was moved is in the store where it hung; readings of the future are none of its hours.
    Raises LookupError for a store or sensor that there is not.
    """
    simulation = doors(world, seed, cases)
    chosen = np.array(
        [store_id in (None, sensor.store_id) and sensor_id in (None, sensor.sensor_id) for sensor in simulation.sensors]
    )
    if not chosen.any():
        raise LookupError(f"No sensor {sensor_id or '(any)'} of store {store_id or '(any)'}.")
    first = max(count_up(start, HOUR), 0)
    last = count_up(end, HOUR) - 1
    tables = [SCHEMA.empty_table()]
    for number in range(first // SPAN, last // SPAN + 1):
        tables.append(_span_table(simulation, number, chosen, first, last))
    order = [("sensor_id", "ascending"), ("hour_start", "ascending")]
    return pa.concat_tables(tables).sort_by(order)


def _span_table(
    simulation: Simulation,
    number: int,
    chosen: NDArray[np.bool_],
    first: int,
    last: int,
) -> pa.Table:
    span = simulation.span(number)
    hours = np.broadcast_to(span.hours, span.sensor.shape)
    rows = (span.sensor >= 0) & chosen[span.sensor] & (hours >= first) & (hours <= last)
    device = pa.array(span.sensor[rows])
    sensors = simulation.sensors
    starts = (hours[rows] * HOUR + int(EPOCH.timestamp())) * 1_000_000
    visits = span.visits[rows]
    is_failed, is_lost = visits == FAILED, span.is_lost[rows]
    return pa.table(
        [
            pa.array([s.sensor_id for s in sensors], pa.string()).take(device),
            pa.array([s.store_id for s in sensors], pa.string()).take(device),
            pa.array([s.door for s in sensors], pa.int64()).take(device),
            pa.array(starts).cast(pa.timestamp("us", tz="UTC")),
            pa.array(span.is_open[rows]),
            pa.array(span.expected[rows]),
            pa.array(span.entered[rows]),
            pa.array(visits, mask=is_failed | is_lost),
            pa.array(span.is_anomaly[rows]),
            pa.array(is_failed),
            pa.array(is_lost),
            pa.array(span.is_late[rows]),
            pa.array((span.corrected_at[rows] > 0) & ~is_lost),
        ],
        schema=SCHEMA,
    )
