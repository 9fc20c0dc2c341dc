"""The footfall provider: what it answers at the clock's time, apart from HTTP."""

from datetime import UTC, datetime, timedelta

import numpy as np

from mock_api.clock import Clock
from mock_api.footfall.feed import Feed, Query, Readings
from mock_api.footfall.schemas import SensorItem, StoreItem
from mock_api.footfall.simulation import Simulation
from mock_api.footfall.stores import Sensor, Store
from mock_api.paging import decode_cursor, encode_cursor
from mock_api.times import END, EPOCH, HOUR, count, rfc_3339


class Footfall:
    """A world's stores under one seed, seen at the clock's time."""

    def __init__(self, simulation: Simulation, clock: Clock, history_start: datetime) -> None:
        self.seed = simulation.seed
        self.clock = clock
        self.history_start = history_start
        self.simulation = simulation
        self.feed = Feed(simulation, history_start)
        self.sensor_ids = np.array([sensor.sensor_id for sensor in self.simulation.sensors], dtype=object)

    def now(self) -> datetime:
        """The clock's time, held within simulated time."""
        return min(max(self.clock.now(), EPOCH), END - timedelta(hours=1))

    def stores(self) -> list[StoreItem]:
        """The stores that have opened."""
        now = self.now()
        return [_store(s) for s in self.simulation.stores if s.opened_at <= now]

    def sensors(self) -> list[SensorItem]:
        """The devices that have been installed."""
        now = self.now()
        newest: dict[str, Sensor] = {}  # of a device that was moved, where it hangs now
        first: dict[str, datetime] = {}
        for sensor in self.simulation.sensors:
            if sensor.installed_at <= now:
                newest[sensor.sensor_id] = sensor
                first.setdefault(sensor.sensor_id, sensor.installed_at)
        intervals = {store.store_id: store.interval_minutes for store in self.simulation.stores}
        return [_sensor(s, first[s.sensor_id], intervals[s.store_id], now) for s in newest.values()]

    def find_store(self, store_id: str) -> Store:
        """A store that has opened. Raises LookupError with a sentence for any other."""
        now = self.now()
        opened = {s.store_id: s for s in self.simulation.stores if s.opened_at <= now}
        if store_id not in opened:
            known = ", ".join(opened) or "none yet"
            raise LookupError(f"No store {store_id!r}. There are: {known}.")
        return opened[store_id]

    def readings(self, query: Query, cursor: str | None, limit: int) -> tuple[Readings, str | None]:
        """A page and the cursor of the next one.

        The cursor remembers when the first page was asked for, and all pages show the
        readings as they stood then. Raises ValueError for a cursor that does not fit.
        """
        parameters = ("footfall/readings", self.seed, query, limit)
        as_of, position = count(self.now(), 1), -1
        if cursor is not None:
            first_as_of, position = decode_cursor(cursor, parameters)
            as_of = min(as_of, first_as_of)
        page = self.feed.page(query, as_of, position, limit)
        if page.next_position is None:
            return page, None
        return page, encode_cursor((as_of, page.next_position), parameters)

    def single_value(self, store: Store, local: datetime, door: int | None) -> int | None:
        """Visits of a door, or of all, in a local hour; None if nothing was observed.

        An hour that the clocks show twice counts twice. Raises LookupError for a time that
        has no reading, ValueError for one that the clocks never showed.
        """
        now = self.now()
        hours = _utc_hours(store, local)
        if not hours:
            raise ValueError(f"the clocks in {store.name} went forward past that hour")
        start = max(store.opened_at, self.history_start)
        if hours[0] < count(start, HOUR):
            raise LookupError(f"{store.name} has no readings before {rfc_3339(start)}.")
        if (hours[-1] + 1) * HOUR > count(now, 1):
            raise LookupError(f"That hour is not over: it is {rfc_3339(now)}.")
        as_of = count(now, 1)
        doors = store.door_numbers if door is None else [door]
        values = [self.feed.value(store.store_id, each, hour, as_of) for each in doors for hour in hours]
        observed = [value for value in values if value is not None]
        return sum(observed) if observed else None


def _utc_hours(store: Store, local: datetime) -> list[int]:
    """The hours since the epoch at which the store's clocks show a time: one, none or two."""
    moments = {local.replace(tzinfo=store.zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
    return [
        count(moment, HOUR) for moment in sorted(moments) if moment.astimezone(store.zone).replace(tzinfo=None) == local
    ]


def _store(store: Store) -> StoreItem:
    return StoreItem(
        store_id=store.store_id,
        name=store.name,
        city=store.city,
        country_code=store.country_code,
        timezone=store.timezone,
        opened_on=store.opened_on.isoformat(),
        opens_at=store.opens_at.isoformat("minutes"),
        closes_at=store.closes_at.isoformat("minutes"),
        updated_at=rfc_3339(store.opened_at),
    )


def _sensor(sensor: Sensor, installed_at: datetime, interval_minutes: int, now: datetime) -> SensorItem:
    is_removed = sensor.removed_at <= now
    last_change = sensor.removed_at if is_removed else sensor.installed_at
    item = SensorItem(
        sensor_id=sensor.sensor_id,
        store_id=sensor.store_id,
        door=sensor.door,
        installed_at=rfc_3339(installed_at),
        removed_at=rfc_3339(sensor.removed_at) if is_removed else None,
        updated_at=rfc_3339(last_change),
    )
    if interval_minutes != 60:
        item.interval_minutes = interval_minutes
    return item
