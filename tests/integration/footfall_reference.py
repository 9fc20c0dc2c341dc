"""DESIGN's footfall figures worked out in plain Python from a provider's lists, hour by hour, with no SQL and no windows.

Slow and literal on purpose: it is what the marts are held against.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
START = datetime(1900, 1, 1, tzinfo=UTC)
WEEK = timedelta(days=7)
Row = Mapping[str, Any]


@dataclass
class SensorHour:
    """One row of the spine."""

    sensor_id: str
    store_id: str
    door: str
    hour: datetime
    day: date
    local_hour: int
    is_open: bool
    visits: int | None
    expected: Decimal | None = None

    @property
    def estimated(self) -> Decimal | None:
        if self.visits is not None:
            return Decimal(self.visits)
        return self.expected if self.is_open else Decimal(0)


@dataclass
class Day:
    """One row of a daily mart, of a sensor or of a store."""

    open_hours: int
    observed_hours: int
    is_complete: bool
    is_closed: bool
    visits: int | None
    estimated: Decimal | None
    imputed_hours: int
    average: Fraction | None = None
    weeks: int = 0
    versus: Fraction | None = None
    change: Fraction | None = None
    usual: Fraction | None = None
    weeks_in_usual: int = 0
    versus_usual: Fraction | None = None

    @property
    def is_open(self) -> bool:
        """Before the first open hour of a day that is not over, nobody can say that it had none."""
        return not self.is_closed and (self.open_hours > 0 or not self.is_complete)


@dataclass
class Place:
    """Where a sensor hung from a moment on; `service` is the version that says when it was installed there and removed."""

    begins: datetime
    store_id: str
    version: Row
    service: Row = field(init=False)

    def __post_init__(self) -> None:
        self.service = self.version

    @property
    def interval(self) -> timedelta:
        return int(self.version.get("interval_minutes") or 60) * MINUTE


def _versions(rows: Sequence[Row], key: str) -> dict[str, list[Row]]:
    """The versions of each entity, oldest first."""
    versions: dict[str, list[Row]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: instant(row["updated_at"])):
        versions[row[key]].append(row)
    return versions


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def thousandths(value: Fraction) -> Decimal:
    return (Decimal(value.numerator) / Decimal(value.denominator)).quantize(Decimal("0.001"), ROUND_HALF_UP)


class Footfall:
    """All figures of one state of the provider.

    stores, sensors: every version that the provider has served. closed: the (store_id, date) pairs that the seeds close.
    assigned: (sensor_id, store_id, moment) where the owner knows better than the provider.
    """

    def __init__(
        self,
        stores: Sequence[Row],
        sensors: Sequence[Row],
        readings: Sequence[Row],
        closed: set[tuple[str, date]],
        assigned: Sequence[tuple[str, str, datetime]] = (),
    ) -> None:
        self.stores = _versions(stores, "store_id")
        self.sensors = _versions(sensors, "sensor_id")
        self.closed = closed
        self.assigned = sorted(assigned, key=lambda row: row[2])
        self.counts: dict[str, dict[datetime, Row]] = defaultdict(dict)
        for reading in readings:
            self.counts[reading["sensor_id"]][instant(reading["hour_start"])] = reading
        self.places = {sensor_id: self._places(sensor_id) for sensor_id in self.sensors}
        self.first: dict[str, datetime] = {}
        self.delivered: dict[str, datetime] = {}
        for sensor_id in self.counts.keys() & self.sensors.keys():
            for at in self.counts[sensor_id]:
                place = self.place(sensor_id, at)
                if place.store_id in self.stores:
                    end = at + place.interval
                    self.first[place.store_id] = min(at, self.first.get(place.store_id, at))
                    self.delivered[place.store_id] = max(end, self.delivered.get(place.store_id, end))
        self.newest: dict[str, datetime] = {}
        self.hours = self._hours()
        self._expect()
        self.sensor_days = self._days(lambda hour: (hour.sensor_id, hour.store_id))
        self.store_days = self._days(lambda hour: hour.store_id)

    def store_on(self, store_id: str, day: date) -> Row:
        """The version of a day: the last that was written on it or before, on the store's own calendar."""
        versions = self.stores[store_id]
        written = [v for v in versions if instant(v["updated_at"]).astimezone(ZoneInfo(v["timezone"])).date() <= day]
        return written[-1] if written else versions[0]

    def zone(self, store_id: str, moment: datetime) -> ZoneInfo:
        """The store's time zone at a moment: a version's begins with the day on which it was written."""
        for version in reversed(self.stores[store_id][1:]):
            zone = ZoneInfo(version["timezone"])
            day = instant(version["updated_at"]).astimezone(zone).date()
            if moment >= datetime.combine(day, time(), zone):
                return zone
        return ZoneInfo(self.stores[store_id][0]["timezone"])

    def local(self, store_id: str, moment: datetime) -> datetime:
        return moment.astimezone(self.zone(store_id, moment))

    def _clock(self, store_id: str, moment: datetime) -> tuple[Any, ...]:
        """What is the same in all moments of one hour of a store's clock, and in no others."""
        local = self.local(store_id, moment)
        return local.date(), local.hour, local.utcoffset()

    def hour_of(self, store_id: str, moment: datetime) -> datetime:
        """Start of the hour of the store's clock in which a moment lies, found minute by minute."""
        clock = self._clock(store_id, moment)
        start = moment.replace(second=0, microsecond=0)
        while self._clock(store_id, start - MINUTE) == clock:
            start -= MINUTE
        return start

    def hours_of(self, store_id: str) -> Iterator[tuple[datetime, datetime]]:
        """Start and end of every hour of the store's clock from its first reading to the last hour delivered."""
        start = self.hour_of(store_id, self.first[store_id])
        while True:
            clock, end = self._clock(store_id, start), start
            while self._clock(store_id, end) == clock:
                end += 5 * MINUTE
            if end > self.delivered[store_id]:
                return
            yield start, end
            start = end

    def _places(self, sensor_id: str) -> list[Place]:
        """Where a sensor hung, in the order of time: what changes within an hour changes at its end."""
        versions = self.sensors[sensor_id]
        moments = [START, *(instant(version["updated_at"]) for version in versions[1:])]
        moments += [moment for sensor, _, moment in self.assigned if sensor == sensor_id]
        places: list[Place] = []
        for moment in sorted(moments):
            written = [v for v in versions[1:] if instant(v["updated_at"]) <= moment]
            version = written[-1] if written else versions[0]
            said = [store for sensor, store, since in self.assigned if sensor == sensor_id and since <= moment]
            store_id = said[-1] if said else version["store_id"]
            begins = moment
            if places and places[-1].store_id in self.stores:
                hour = self.hour_of(places[-1].store_id, moment)
                while begins != hour and self.hour_of(places[-1].store_id, begins) == hour:
                    begins = (begins + MINUTE).replace(second=0, microsecond=0)
            place = Place(begins, store_id, version)
            # As long as it hangs in one store, its newest version knows best when it was put there and taken away.
            for earlier in reversed(places):
                if earlier.store_id != store_id:
                    break
                earlier.service = version
            places.append(place)
        return places

    def place(self, sensor_id: str, moment: datetime) -> Place:
        return [place for place in self.places[sensor_id] if place.begins <= moment][-1]

    @cache  # noqa: B019 (it lives as long as one check)
    def last_hour(self, store_id: str, day: date) -> datetime:
        zone = ZoneInfo(self.store_on(store_id, day)["timezone"])
        moment = datetime.combine(day, time(), UTC) - 30 * HOUR
        inside = [moment + n * 30 * MINUTE for n in range(200)]
        last = max(at for at in inside if at.astimezone(zone).date() == day)
        while (last - MINUTE).astimezone(zone).hour == last.astimezone(zone).hour:
            last -= MINUTE
        return last

    @cache  # noqa: B019
    def is_open(self, store_id: str, hour: datetime) -> bool:
        """Any of the hour's sixty minutes lies in the opening of this local day or of the one before."""
        local = self.local(store_id, hour)
        for minute in range(60):
            clock = 60 * local.hour + local.minute + minute
            for day, at in ((local.date(), clock), (local.date() - timedelta(days=1), clock + 1440)):
                store = self.store_on(store_id, day)
                if store["opens_at"] is None:
                    continue
                opens, closes = (60 * int(store[key][:2]) + int(store[key][3:]) for key in ("opens_at", "closes_at"))
                if closes <= opens:
                    closes += 1440
                if opens <= at < closes and (store_id, day) not in self.closed:
                    return True
        return False

    @cache  # noqa: B019
    def _moments(self, sensor_id: str) -> list[datetime]:
        return sorted(self.counts[sensor_id])

    def _visits(self, sensor_id: str, start: datetime, end: datetime, interval: timedelta) -> int | None:
        """The hour's count: all of its intervals were counted, and nothing was counted between them."""
        moments = self._moments(sensor_id)
        inside = moments[bisect_left(moments, start) : bisect_left(moments, end)]
        readings = {at: self.counts[sensor_id][at] for at in inside}
        expected = []
        while start < end:
            expected.append(start)
            start += interval
        if set(readings) != set(expected) or any(row["status"] != "ok" for row in readings.values()):
            return None
        return sum(int(row["visits"]) for row in readings.values())

    def _hours(self) -> list[SensorHour]:
        rows = []
        for store_id in self.first:
            devices = [sensor for sensor, places in self.places.items() if any(p.store_id == store_id for p in places)]
            for hour, end in self.hours_of(store_id):
                self.newest[store_id] = hour
                local = self.local(store_id, hour)
                for sensor_id in devices:
                    place = self.place(sensor_id, hour)
                    # Installed in the middle of an hour, it counts from there: the hour is its first.
                    removed = place.service["removed_at"]
                    if (
                        place.store_id != store_id
                        or end <= instant(place.service["installed_at"])
                        or (removed and hour >= instant(removed))
                    ):
                        continue
                    door = place.version.get("door")
                    rows.append(
                        SensorHour(
                            sensor_id=sensor_id,
                            store_id=store_id,
                            door=f"{store_id}/{door}" if door is not None else f"{store_id}/sensor {sensor_id}",
                            hour=hour,
                            day=local.date(),
                            local_hour=local.hour,
                            is_open=self.is_open(store_id, hour),
                            visits=self._visits(sensor_id, hour, end, place.interval),
                        )
                    )
        return rows

    def _expect(self) -> None:
        seen: dict[tuple[str, date, int], list[int]] = defaultdict(list)
        for row in self.hours:
            if row.visits is not None:
                seen[row.door, row.day, row.local_hour].append(row.visits)
        own: dict[int, Decimal | None] = {}
        at: dict[tuple[str, datetime], list[SensorHour]] = defaultdict(list)
        for row in self.hours:
            history = [
                v for weeks in (1, 2, 3, 4) for v in seen.get((row.door, row.day - weeks * WEEK, row.local_hour), [])
            ]
            own[id(row)] = thousandths(Fraction(sum(history), len(history))) if history else None
            at[row.store_id, row.hour].append(row)
        for row in self.hours:
            others = [o for o in at[row.store_id, row.hour] if o.door != row.door and o.visits is not None]
            mine = own[id(row)]
            if mine is not None:
                pairs = [(o.visits or 0, Fraction(mean)) for o in others if (mean := own[id(o)]) is not None]
                usual = sum((mean for _, mean in pairs), Fraction(0))
                factor = Fraction(sum(v for v, _ in pairs)) / usual if usual else Fraction(1)
                row.expected = thousandths(Fraction(mine) * factor)
            elif others:
                row.expected = thousandths(Fraction(sum(o.visits or 0 for o in others), len(others)))

    def _days(self, key: Any) -> dict[tuple[Any, date], Day]:
        groups: dict[tuple[Any, date], list[SensorHour]] = defaultdict(list)
        for row in self.hours:
            groups[key(row), row.day].append(row)
        days = {}
        for (name, day), rows in groups.items():
            store_id = rows[0].store_id
            last = self.last_hour(store_id, day)
            seen = [row.visits for row in rows if row.visits is not None]
            estimates = [row.estimated for row in rows]
            days[name, day] = Day(
                open_hours=sum(row.is_open for row in rows),
                observed_hours=sum(row.is_open and row.visits is not None for row in rows),
                is_complete=self.newest[store_id] >= last,
                is_closed=(store_id, day) in self.closed,
                visits=sum(seen) if seen else None,
                estimated=None if None in estimates else sum((e for e in estimates if e is not None), Decimal(0)),
                imputed_hours=sum(row.is_open and row.visits is None and row.expected is not None for row in rows),
            )
        for (name, day), figures in days.items():
            by_weeks = {
                weeks: Fraction(d.estimated)
                for weeks in range(5)
                if (d := days.get((name, day - weeks * WEEK)))
                and d.is_complete
                and d.is_open
                and d.estimated is not None
            }
            before = [estimate for weeks, estimate in by_weeks.items() if weeks > 0]
            figures.weeks_in_usual = len(before)
            if figures.is_open and before:
                figures.usual = sum(before, Fraction(0)) / len(before)
                if figures.usual and figures.is_complete and figures.estimated is not None:
                    figures.versus_usual = 100 * (Fraction(figures.estimated) / figures.usual - 1)
            usable = [estimate for weeks, estimate in by_weeks.items() if weeks < 4]
            figures.weeks = len(usable)
            if figures.is_complete and figures.is_open and usable:
                figures.average = sum(usable, Fraction(0)) / len(usable)
                if figures.average and figures.estimated is not None:
                    figures.versus = 100 * (Fraction(figures.estimated) - figures.average) / figures.average
        for (name, day), figures in days.items():
            earlier = days.get((name, day - WEEK))
            if figures.average is not None and earlier is not None and earlier.average:
                figures.change = 100 * (figures.average - earlier.average) / earlier.average
        return days
