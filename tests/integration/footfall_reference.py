"""DESIGN's footfall figures worked out in plain Python from a provider's lists, hour by hour, with no SQL and no windows.

Slow and literal on purpose: it is what the marts are held against.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

HOUR = timedelta(hours=1)
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
    visits: int | None
    estimated: Decimal | None
    imputed_hours: int
    average: Fraction | None = None
    weeks: int = 0
    versus: Fraction | None = None
    change: Fraction | None = None

    @property
    def is_usable(self) -> bool:
        """Counts in the averages of its weekday."""
        return self.is_complete and self.estimated is not None


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def thousandths(value: Fraction) -> Decimal:
    return (Decimal(value.numerator) / Decimal(value.denominator)).quantize(Decimal("0.001"), ROUND_HALF_UP)


class Footfall:
    """All figures of one state of the provider.

    closed: the (store_id, date) pairs that the seeds close.
    """

    def __init__(
        self, stores: Sequence[Row], sensors: Sequence[Row], readings: Sequence[Row], closed: set[tuple[str, date]]
    ) -> None:
        self.stores = {store["store_id"]: store for store in stores}
        self.sensors = {s["sensor_id"]: s for s in sensors if s["store_id"] in self.stores}
        self.closed = closed
        self.readings = {(r["sensor_id"], instant(r["hour_start"])): r for r in readings}
        self.first: dict[str, datetime] = {}
        self.newest: dict[str, datetime] = {}
        for sensor_id, hour in self.readings:
            if sensor_id in self.sensors:
                store_id = self.sensors[sensor_id]["store_id"]
                self.first[store_id] = min(hour, self.first.get(store_id, hour))
                self.newest[store_id] = max(hour, self.newest.get(store_id, hour))
        self.hours = self._hours()
        self._expect()
        self.sensor_days = self._days(lambda hour: (hour.sensor_id, hour.day))
        self.store_days = self._days(lambda hour: (hour.store_id, hour.day))

    def local(self, store_id: str, hour: datetime) -> datetime:
        return hour.astimezone(ZoneInfo(self.stores[store_id]["timezone"]))

    @cache  # noqa: B019 (it lives as long as one check)
    def last_hour(self, store_id: str, day: date) -> datetime:
        around = (datetime.combine(day, time(), UTC) + n * HOUR for n in range(-30, 60))
        return max(hour for hour in around if self.local(store_id, hour).date() == day)

    @cache  # noqa: B019
    def is_open(self, store_id: str, hour: datetime) -> bool:
        """Any of the hour's sixty minutes lies in the opening of this local day or of the one before."""
        store = self.stores[store_id]
        local = self.local(store_id, hour)
        opens, closes = (60 * int(store[key][:2]) + int(store[key][3:]) for key in ("opens_at", "closes_at"))
        if closes <= opens:
            closes += 1440
        for minute in range(60):
            clock = 60 * local.hour + local.minute + minute
            for day, at in ((local.date(), clock), (local.date() - timedelta(days=1), clock + 1440)):
                if opens <= at < closes and (store_id, day) not in self.closed:
                    return True
        return False

    def _hours(self) -> list[SensorHour]:
        rows = []
        for sensor_id, sensor in self.sensors.items():
            store_id = sensor["store_id"]
            if store_id not in self.first:
                continue
            # Installed in the middle of an hour, it counts from there: the hour is its first.
            installed = instant(sensor["installed_at"]).replace(minute=0, second=0, microsecond=0)
            hour = max(installed, self.first[store_id])
            removed = instant(sensor["removed_at"]) if sensor["removed_at"] else None
            while hour <= self.newest[store_id] and (removed is None or hour < removed):
                local = self.local(store_id, hour)
                reading = self.readings.get((sensor_id, hour))
                observed = reading is not None and reading["status"] == "ok"
                rows.append(
                    SensorHour(
                        sensor_id=sensor_id,
                        store_id=store_id,
                        door=f"{store_id}/{sensor['door']}" if sensor.get("door") is not None else sensor_id,
                        hour=hour,
                        day=local.date(),
                        local_hour=local.hour,
                        is_open=self.is_open(store_id, hour),
                        visits=reading["visits"] if reading is not None and observed else None,
                    )
                )
                hour += HOUR
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

    def _days(self, key: Any) -> dict[tuple[str, date], Day]:
        groups: dict[tuple[str, date], list[SensorHour]] = defaultdict(list)
        for row in self.hours:
            groups[key(row)].append(row)
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
                visits=sum(seen) if seen else None,
                estimated=None if None in estimates else sum((e for e in estimates if e is not None), Decimal(0)),
                imputed_hours=sum(row.is_open and row.visits is None and row.expected is not None for row in rows),
            )
        for (name, day), figures in days.items():
            dates = [days.get((name, day - weeks * WEEK)) for weeks in (0, 1, 2, 3)]
            usable = [
                Fraction(d.estimated) for d in dates if d is not None and d.is_complete and d.estimated is not None
            ]
            figures.weeks = len(usable)
            if figures.is_complete and usable:
                figures.average = sum(usable, Fraction(0)) / len(usable)
                if figures.average and figures.estimated is not None:
                    figures.versus = 100 * (Fraction(figures.estimated) - figures.average) / figures.average
        for (name, day), figures in days.items():
            before = days.get((name, day - WEEK))
            if figures.average is not None and before is not None and before.average:
                figures.change = 100 * (figures.average - before.average) / before.average
        return days
