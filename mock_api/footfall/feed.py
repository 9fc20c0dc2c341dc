"""The readings as the provider serves them: newest versions in the order they were written.

A version is one 63-bit integer: second written (31 bits), sensor (11), quarter of an hour in which it begins (21), so
sorted integers are readings in the contract's order, and a page is a search away. Blocks of 32 days of writing follow from the seed alone; what the
clock shows of them is chosen when a page is made.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from mock_api.footfall.simulation import SPAN, Simulation
from mock_api.times import HOUR, count

_SENSOR_BITS, _START_BITS = 11, 21
_LOW_BITS = _SENSOR_BITS + _START_BITS
QUARTER = 900
QUARTERS = HOUR // QUARTER
_NEVER = np.iinfo(np.int32).max
CACHED_BLOCKS = 192  # of half a megabyte each: 16 years
LONGEST_DELAY = 22 * 24  # hours from an hour's end to its last version, at most; a block needs the span before it only


@dataclass(frozen=True)
class Query:
    """What a client asks for. Seconds since the epoch, ends excluded."""

    updated_since: int
    from_second: int
    to_second: int
    store_id: str | None


@dataclass(frozen=True)
class Readings:
    """A page's columns, in order. `visits` is -1 for a failed sensor."""

    sensor: NDArray[np.int64]  # index in Simulation.sensors
    start: NDArray[np.int64]  # seconds since the epoch
    visits: NDArray[np.int32]
    updated_at: NDArray[np.int64]  # seconds since the epoch
    next_position: int | None


@dataclass(frozen=True)
class _Block:
    keys: NDArray[np.int64]
    visits: NDArray[np.int32]
    superseded_at: NDArray[np.int32]


class Feed:
    """Pages of readings, as they were at any moment."""

    def __init__(self, simulation: Simulation, history_start: datetime) -> None:
        self.simulation = simulation
        self.first_hour = count(history_start, HOUR)
        self._block = lru_cache(maxsize=CACHED_BLOCKS)(self._make_block)
        self._written = lru_cache(maxsize=3)(self._make_written)
        self._of_store = {
            store.store_id: np.array([sensor.store_id == store.store_id for sensor in simulation.sensors])
            for store in simulation.stores
        }

    def page(self, query: Query, as_of: int, position: int, limit: int) -> Readings:
        """The first `limit` readings after `position` (-1 for the beginning) as they stood at second `as_of`.

        All pages of one answer are asked with the first one's `as_of`: a reading that is written meanwhile is left to the
        next answer, so that none is missed and none comes twice.
        """
        from_second = max(query.from_second, self.first_hour * HOUR)
        since = max(query.updated_since, from_second + QUARTER, 0)
        if any(stray.start >= from_second for stray in self.simulation.strays):
            since = max(query.updated_since, 0)  # a reading of the future was written before it began
        until = min(as_of, query.to_second + LONGEST_DELAY * HOUR)
        after = max(position, (since << _LOW_BITS) - 1)
        last = ((until + 1) << _LOW_BITS) - 1

        parts: list[_Block] = []
        wanted = limit + 1
        number, last_number = (
            (after + 1 >> _LOW_BITS) // (SPAN * HOUR),
            until // (SPAN * HOUR),
        )
        while wanted > 0 and number <= last_number:
            block = self._block(number)
            begin, end = np.searchsorted(block.keys, [after, last], side="right")
            keys = block.keys[begin:end]
            starts = _start(keys)
            shown = (block.superseded_at[begin:end] > as_of) & (starts >= from_second) & (starts < query.to_second)
            if query.store_id is not None:
                shown &= self._of_store[query.store_id][_sensor(keys)]
            chosen = begin + np.flatnonzero(shown)[:wanted]
            parts.append(
                _Block(
                    block.keys[chosen],
                    block.visits[chosen],
                    block.superseded_at[chosen],
                )
            )
            wanted -= len(chosen)
            number += 1

        keys = np.concatenate([part.keys for part in parts] or [np.empty(0, dtype=np.int64)])
        visits = np.concatenate([part.visits for part in parts] or [np.empty(0, dtype=np.int32)])
        more = len(keys) > limit
        keys, visits = keys[:limit], visits[:limit]
        return Readings(
            sensor=_sensor(keys),
            start=_start(keys),
            visits=visits,
            updated_at=keys >> _LOW_BITS,
            next_position=int(keys[-1]) if more else None,
        )

    def value(self, store_id: str, door: int, hour: int, as_of: int) -> int | None:
        """The count of a door in an hour as it stood at second `as_of`: None if failed or not delivered."""
        number, at = divmod(hour, SPAN)
        span = self.simulation.span(number)
        place = self.simulation.row(store_id, door), at
        if hour < self.first_hour or span.sensor[place] < 0 or span.is_lost[place] or span.written_at[place] > as_of:
            return None
        corrected = 0 < span.corrected_at[place] <= as_of
        visits = int((span.visits if corrected else span.first_visits)[place])
        return None if visits < 0 else visits

    def _make_block(self, number: int) -> _Block:
        """All versions written in 32 days: of hours in the same days, or in those before."""
        parts = [self._written(number - 1), self._written(number)]
        keys = np.concatenate([part.keys for part in parts])
        inside = np.flatnonzero((keys >> _LOW_BITS) // (SPAN * HOUR) == number)
        order = inside[np.argsort(keys[inside], kind="stable")]
        visits = np.concatenate([part.visits for part in parts])[order]
        superseded_at = np.concatenate([part.superseded_at for part in parts])[order]
        return _Block(keys[order], visits, superseded_at)

    def _make_written(self, number: int) -> _Block:
        """All versions of a span's readings, in any order."""
        span = self.simulation.span(number)
        hours = np.broadcast_to(span.hours, span.sensor.shape)
        delivered = (span.sensor >= 0) & ~span.is_lost
        corrected = delivered & (span.corrected_at > 0)
        superseded_at = np.where(span.corrected_at > 0, span.corrected_at, _NEVER)

        never = np.full(span.sensor.shape, _NEVER)
        parts: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]] = []
        for is_version, visits, written_at, until in (
            (delivered, span.first_visits, span.written_at, superseded_at),
            (corrected, span.visits, span.corrected_at, never),
        ):
            for minutes in self.simulation.intervals:
                which = is_version & (self.simulation.interval[span.sensor] == minutes)
                base = written_at[which] << _LOW_BITS | span.sensor[which] << _START_BITS | hours[which] * QUARTERS
                for part in range(60 // minutes):
                    shared = _part(visits[which], hours[which] + part, 60 // minutes)
                    parts.append((base + part * QUARTERS * minutes // 60, shared, until[which]))
        for stray in self.simulation.strays:
            if stray.written_at // (SPAN * HOUR) == number:
                key = stray.written_at << _LOW_BITS | stray.sensor << _START_BITS | stray.start // QUARTER
                parts.append((np.array([key]), np.array([stray.visits]), np.array([_NEVER])))
        keys, counts, ends = (np.concatenate(column) for column in zip(*parts, strict=True))
        return _Block(keys, counts.astype(np.int32), ends.astype(np.int32))


def _part(visits: NDArray[np.int64], place: NDArray[np.int64], parts: int) -> NDArray[np.int64]:
    """An hour's count split into so many: the parts that follow each other sum up to it, and all fail with it."""
    if parts == 1:
        return visits
    return np.where(visits < 0, visits, (visits + place % parts) // parts)


def _start(keys: NDArray[np.int64]) -> NDArray[np.int64]:
    return (keys & ((1 << _START_BITS) - 1)) * QUARTER


def _sensor(keys: NDArray[np.int64]) -> NDArray[np.int64]:
    return keys >> _START_BITS & ((1 << _SENSOR_BITS) - 1)
