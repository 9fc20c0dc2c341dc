"""What happened at every door in every hour, and when the provider came to know.

Time is cut into spans of 32 days that never move. A span's arrays follow from the seed and its number alone, so a
reading is the same in any order, range or process of requests.

- What an hour is expected to bring, and how what comes scatters around it, is the world's `Traffic`.
- Failures: two thirds strike an hour by itself, one third come as outages of 3 to 12 hours. Together they have the
  store's probability times the device's wear. A failure shows in open hours only: in closed ones a sensor reports 0.
- A device that goes offline delivers its hours late and together, or, one time in ten, never.
- A correction replaces a wrong first version; the last version is the right one.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from mock_api.footfall.calendar import is_open, local_hours
from mock_api.footfall.stores import Sensor, Store
from mock_api.footfall.traffic import Traffic, counts
from mock_api.randomness import normals, uniforms
from mock_api.times import HOUR, count

SPAN = 32 * 24  # hours
LEAD = 48  # hours before a span in which a run that reaches into it may begin
FAILED = -1  # in place of a count

ANOMALOUS_SHARE = 0.1  # of the expected traffic
OUTAGE_SHARE = 1 / 3
OUTAGE_HOURS = (3, 12)
OFFLINE_PROBABILITY = 0.0004  # that a device goes offline in an hour
OFFLINE_HOURS = (2, 36)
LOST_SHARE = 0.1  # of the offline runs
LATE_PROBABILITY = 0.003
MOST_LATE_HOURS = 167  # and the upload's minutes: within a week
CORRECTION_PROBABILITY = 0.008
CORRECTED_WITHIN_HOURS = 14 * 24
MANUAL_CORRECTION_SECONDS = 1800
UNREADABLE_SHARE = 0.3  # of corrected readings that were first written as failed

# The rows of a door's random numbers. A number that says whether something happens (u < p)
# also says how: u / p is uniform again.
_KINDS = 9
_NOISE, _FAILURE, _OUTAGE, _ANOMALY, _OFFLINE = range(5)
_BACKFILL, _LATE, _CORRECTION, _MISTAKE = range(5, _KINDS)


@dataclass(frozen=True)
class Span:
    """32 days at every door of the stores opened by then: arrays of doors by hours.

    `sensor` is the device's index in `Simulation.sensors`, or -1 where none hung yet.
    Counts are `FAILED` (-1) for a failure. `written_at` and `corrected_at` are seconds
    since the epoch; `corrected_at` is 0 where nothing was corrected.
    """

    hours: NDArray[np.int64]  # hours since the epoch, one dimension
    sensor: NDArray[np.int64]
    is_open: NDArray[np.bool_]
    expected: NDArray[np.float64]
    entered: NDArray[np.int64]  # people who truly came in
    visits: NDArray[np.int64]  # as the last version says
    first_visits: NDArray[np.int64]  # as the first version said
    written_at: NDArray[np.int64]
    corrected_at: NDArray[np.int64]
    is_anomaly: NDArray[np.bool_]
    is_lost: NDArray[np.bool_]
    is_late: NDArray[np.bool_]


@dataclass(frozen=True)
class Stray:
    """A reading that a device with a wrong clock delivers. Times are seconds since the epoch."""

    sensor: int  # index in Simulation.sensors
    start: int
    visits: int
    written_at: int


class Simulation:
    """The stores' history under one seed."""

    def __init__(self, seed: int, stores: tuple[Store, ...], traffic: Traffic) -> None:
        self.seed = seed
        self.stores = stores
        self.traffic = traffic
        self.sensors: list[Sensor] = sorted(
            (sensor for store in stores for sensor in store.sensors(seed)),
            key=lambda sensor: (sensor.sensor_id, sensor.installed_at),
        )
        minutes = {store.store_id: store.interval_minutes for store in stores}
        self.interval = np.array([minutes[sensor.store_id] for sensor in self.sensors])
        self.intervals = sorted(set(minutes.values()))
        self.strays: tuple[Stray, ...] = ()
        self._first_hours = np.array([sensor.first_hour for sensor in self.sensors])
        self._end_hours = np.array([sensor.end_hour for sensor in self.sensors])
        # Oldest stores first: a span's doors are then the first so many rows.
        self._by_age = sorted(stores, key=lambda store: store.opened_at)
        self._doors = [(s, door) for s in self._by_age for door in s.door_numbers]
        self._rows = {(store.store_id, door): row for row, (store, door) in enumerate(self._doors)}
        delays = {store.store_id: store.upload_delay(seed) for store in stores}
        self._door_shares = np.array([store.door_shares[door - 1] for store, door in self._doors])
        self._upload_delays = np.array([delays[s.store_id] for s, _ in self._doors])
        self.span = lru_cache(maxsize=16)(self._span)
        self._door_draws = lru_cache(maxsize=4)(self._draw_doors)

    def row(self, store_id: str, door: int) -> int:
        """The row of a door in a span's arrays. Raises KeyError for a door that the store has not."""
        return self._rows[store_id, door]

    def _span(self, number: int) -> Span:
        hours = np.arange(number * SPAN, (number + 1) * SPAN)
        stores = self._opened_before(int(hours[-1]) + 1)
        repeats = [store.doors for store in stores]
        draws = self._door_draws(number, sum(repeats))
        sensor, wear = self._devices(number, sum(repeats))

        local = [local_hours(store, hours) for store in stores]
        opening = [is_open(*each) for each in zip(stores, local, strict=True)]
        opened = np.repeat(opening, repeats, axis=0) & (sensor >= 0)
        each_store = zip(stores, local, opening, strict=True)
        expectations = [self.traffic.expected(*each) for each in each_store]
        expected = np.where(opened, np.repeat(expectations, repeats, axis=0), 0.0)
        expected *= self._door_shares[: len(draws), None]

        shared = np.repeat(normals(self._store_draws(number, stores)), repeats, axis=0)
        entered = self.traffic.entered(expected, shared, normals(draws[:, _NOISE]))

        anomalous = self._by_door("anomaly_probability", len(draws))
        is_anomaly = opened & (draws[:, _ANOMALY] < anomalous)
        counted = np.where(is_anomaly, counts(ANOMALOUS_SHARE * expected), entered)
        failed = opened & self._failures(number, draws, wear)
        visits = np.where(failed, FAILED, counted)

        delay, lost = self._delays(number, draws)
        uploaded = self._upload_delays[: len(draws), None]
        written_at = (hours + 1 + delay) * HOUR + uploaded
        first, corrected_at = self._corrections(draws, opened, visits, written_at)
        return Span(
            hours=hours,
            sensor=sensor,
            is_open=opened,
            expected=expected,
            entered=entered,
            visits=visits,
            first_visits=first,
            written_at=written_at,
            corrected_at=corrected_at,
            is_anomaly=is_anomaly,
            is_lost=lost & (sensor >= 0),
            is_late=(delay > 0) & ~lost & (sensor >= 0),
        )

    def _opened_before(self, hour: int) -> list[Store]:
        """Stores opened before an hour, oldest first; the oldest in any case."""
        opened = [s for s in self._by_age if count(s.opened_at, HOUR) < hour]
        return opened or self._by_age[:1]

    def _draw_doors(self, number: int, doors: int) -> NDArray[np.float64]:
        """Random numbers of the first so many doors, by kinds by hours."""
        names = [f"{store.store_id}-{door}" for store, door in self._doors[:doors]]
        draws = [self._draw(f"door/{name}", number, _KINDS * SPAN) for name in names]
        return np.stack(draws).reshape(doors, _KINDS, SPAN)

    def _store_draws(self, number: int, stores: list[Store]) -> NDArray[np.float64]:
        """Random numbers, stores by hours."""
        return np.stack([self._draw(f"store/{s.store_id}", number, SPAN) for s in stores])

    def _draw(self, name: str, number: int, size: int) -> NDArray[np.float64]:
        place = number + 2  # span 0 asks for the span before, whose lead is one before that
        return uniforms(self.seed, f"footfall/{name}", place, size)

    def _by_door(self, name: str, doors: int) -> NDArray[np.float64]:
        """A property of the stores as a column, one row a door."""
        values = [getattr(store, name) for store, _ in self._doors[:doors]]
        return np.array(values)[:, None]

    def _devices(self, number: int, doors: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Each door's device in the span, and its wear, which begins `LEAD` hours before."""
        first, end = number * SPAN - LEAD, (number + 1) * SPAN
        device = np.full((doors, LEAD + SPAN), -1)
        wear = np.ones(device.shape)
        in_use = (self._first_hours < end) & (self._end_hours > first)
        for position in np.flatnonzero(in_use):
            sensor = self.sensors[position]
            row = self._rows[sensor.store_id, sensor.door]
            start, stop = max(sensor.first_hour, first), min(sensor.end_hour, end)
            device[row, start - first : stop - first] = position
            wear[row, start - first : stop - first] = sensor.wear(np.arange(start, stop))
        return device[:, LEAD:], wear

    def _failures(self, number: int, draws: NDArray[np.float64], wear: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Whether the device fails; `wear` begins `LEAD` hours before the span.

        With x = -ln(1 - p), hours by themselves take 2/3 of x and outages 1/3. An hour is
        outside every outage with probability prod(1 - q P(length > j)), j hours after a
        start of probability q; that is exp(-q * mean length) but for terms in q squared
        (0.5 % of it at most).
        """
        rate = -np.log1p(-self._by_door("failure_probability", len(draws)) * wear)
        failed = draws[:, _FAILURE] < -np.expm1(-(1 - OUTAGE_SHARE) * rate[:, LEAD:])

        shortest, longest = OUTAGE_HOURS
        probability = OUTAGE_SHARE * rate / ((shortest + longest) / 2)
        chance = self._with_lead(number, draws, _OUTAGE)
        rows, starts = np.nonzero(chance < probability)
        how = chance[rows, starts] / probability[rows, starts]
        lengths = shortest + (how * (longest - shortest + 1)).astype(np.int64)
        run, at = _run_hours(starts, lengths)
        failed[rows[run], at] = True
        return np.asarray(failed, dtype=np.bool_)

    def _delays(self, number: int, draws: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Hours by which a reading misses its hour's upload, and whether it is never delivered."""
        late = draws[:, _LATE]
        how = late / LATE_PROBABILITY
        delay = np.where(
            late < LATE_PROBABILITY,
            1 + (how * how * MOST_LATE_HOURS).astype(np.int64),
            0,
        )
        is_lost = np.zeros(delay.shape, dtype=np.bool_)

        shortest, longest = OFFLINE_HOURS
        chance = self._with_lead(number, draws, _OFFLINE)
        backfill = self._with_lead(number, draws, _BACKFILL)
        rows, starts = np.nonzero(chance < OFFLINE_PROBABILITY)
        how = chance[rows, starts] / OFFLINE_PROBABILITY
        lengths = shortest + (how * how * (longest - shortest + 1)).astype(np.int64)
        wait = backfill[rows, starts]
        ends = starts + lengths + (wait**3 * (MOST_LATE_HOURS + 1 - lengths)).astype(np.int64)
        run, at = _run_hours(starts, lengths)
        np.maximum.at(delay, (rows[run], at), ends[run] - LEAD - at)
        lost = wait[run] < LOST_SHARE
        is_lost[rows[run][lost], at[lost]] = True
        return delay, is_lost

    def _corrections(
        self,
        draws: NDArray[np.float64],
        opened: NDArray[np.bool_],
        visits: NDArray[np.int64],
        written_at: NDArray[np.int64],
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """First versions, and when they were replaced: with an hourly upload of the store, or by hand after one."""
        first, corrected_at = visits.copy(), np.zeros_like(written_at)
        chance = draws[:, _CORRECTION]
        where = np.nonzero(opened & (visits != FAILED) & (chance < CORRECTION_PROBABILITY))
        how, mistake = chance[where] / CORRECTION_PROBABILITY, draws[:, _MISTAKE][where]
        hours_after = 1 + (how * how * CORRECTED_WITHIN_HOURS).astype(np.int64)
        by_hand = mistake * 4 % 2.0 - 1.0  # uniform from -1 to 1: half of them come with an upload
        seconds = np.where(by_hand < 0, 0, 1 + (by_hand * MANUAL_CORRECTION_SECONDS).astype(np.int64))
        corrected_at[where] = written_at[where] + hours_after * HOUR + seconds
        wrong = np.rint(visits[where] * (0.5 + 0.4 * mistake)).astype(np.int64)
        wrong = np.where(wrong == visits[where], wrong + 1, wrong)
        first[where] = np.where(mistake < UNREADABLE_SHARE, FAILED, wrong)
        return first, corrected_at

    def _with_lead(self, number: int, draws: NDArray[np.float64], kind: int) -> NDArray[np.float64]:
        """A row of random numbers that begins `LEAD` hours before the span."""
        return np.concatenate(
            [self._door_draws(number - 1, len(draws))[:, kind, -LEAD:], draws[:, kind]],
            axis=1,
        )


def _run_hours(starts: NDArray[np.int64], lengths: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The hours of runs that begin at `starts`, counted from the lead: each one's run, and its position in the span."""
    run = np.repeat(np.arange(len(starts)), lengths)
    within = np.arange(len(run)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    at = starts[run] + within - LEAD
    inside = (at >= 0) & (at < SPAN)
    return run[inside], at[inside]
