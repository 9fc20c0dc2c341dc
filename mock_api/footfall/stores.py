"""The client's stores, their doors, and the devices that hang there one after another."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from mock_api.randomness import uniforms
from mock_api.times import END, HOUR, count

WEAR = 0.4  # a device fails (1 - WEAR) times as often as its store's average when new, (1 + WEAR) times at its end
SHORTEST_LIFE_DAYS = 2 * 365
LONGEST_LIFE_DAYS = 5 * 365


@dataclass(frozen=True)
class Sensor:
    """One device at one door, from the hour it was installed to the hour its replacement took over."""

    sensor_id: str
    store_id: str
    door: int
    installed_at: datetime
    removed_at: datetime
    replaces_sensor_id: str | None = None

    @cached_property
    def first_hour(self) -> int:
        """First hour it can count, in hours since the simulation's epoch."""
        return count(self.installed_at, HOUR)

    @cached_property
    def end_hour(self) -> int:
        """First hour that is its replacement's."""
        return count(self.removed_at, HOUR)

    def wear(self, hours: NDArray[np.int64]) -> NDArray[np.float64]:
        """Failures relative to the store's average, by hour: a straight line over the device's life whose mean is 1."""
        age = (hours - self.first_hour) / (self.end_hour - self.first_hour)
        return np.asarray(1.0 + WEAR * (2.0 * age - 1.0), dtype=np.float64)


@dataclass(frozen=True)
class Store:
    """One store. Its figures follow from `level`, the client's k."""

    store_id: str
    name: str
    country_code: str
    timezone: str
    opened_on: date
    doors: int
    opens_at: time = time(8)
    closes_at: time = time(18)

    @property
    def city(self) -> str:
        """The stores bear their cities' names."""
        return self.name

    @property
    def door_numbers(self) -> range:
        """1 to the number of doors."""
        return range(1, self.doors + 1)

    @property
    def level(self) -> int:
        """The client's k: 2024 - opening year + 1."""
        return 2024 - self.opened_on.year + 1

    @property
    def mean_visits(self) -> float:
        """Mean visits of a sensor in an open hour."""
        return self.level * 1000.0

    @property
    def failure_probability(self) -> float:
        """Mean probability that a sensor fails in an open hour."""
        return self.level * 0.01

    @property
    def anomaly_probability(self) -> float:
        """Probability that a sensor sees a tenth of the expected traffic in an open hour."""
        return self.level * 0.001

    @property
    def interval_minutes(self) -> int:
        """How long one reading of its sensors counts: 60, or 15."""
        return 60

    @property
    def door_shares(self) -> list[float]:
        """Each door's traffic beside the mean door's; the client's doors are alike."""
        return [1.0] * self.doors

    @cached_property
    def zone(self) -> ZoneInfo:
        """The store's time zone."""
        return ZoneInfo(self.timezone)

    @cached_property
    def opened_at(self) -> datetime:
        """Local midnight of the opening day: the first hour that the first sensors can count."""
        return datetime.combine(self.opened_on, time(), tzinfo=self.zone)

    def upload_delay(self, seed: int) -> int:
        """Seconds after the full hour at which the store's counts reach the provider: the same for all its doors."""
        return 120 + int(480 * uniforms(seed, f"footfall/upload/{self.store_id}", 0, 1)[0])

    def sensors(self, seed: int) -> list[Sensor]:
        """Every device of every door until simulated time ends, replaced after two to five years, before opening."""
        return [sensor for door in range(1, self.doors + 1) for sensor in self._devices(seed, door)]

    def _devices(self, seed: int, door: int) -> list[Sensor]:
        lives = uniforms(seed, f"footfall/life/{self.store_id}-{door}", 0, 64)
        devices: list[Sensor] = []
        installed, day = self.opened_at, self.opened_on
        while installed < END:
            number = len(devices)
            day += timedelta(days=SHORTEST_LIFE_DAYS + int((LONGEST_LIFE_DAYS - SHORTEST_LIFE_DAYS) * lives[number]))
            removed = datetime.combine(day, time(6), tzinfo=self.zone)
            previous = devices[-1].sensor_id if devices else None
            sensor_id = f"{self.store_id}-{door}{_suffix(number)}"
            devices.append(Sensor(sensor_id, self.store_id, door, installed, removed, previous))
            installed = removed
        return devices


def _suffix(number: int) -> str:
    """Nothing for a door's first device, then b, c … z, ab, bb …"""
    letters = ""
    while number:
        number, letter = divmod(number, 26)
        letters += chr(ord("a") + letter)
    return letters


CLIENT_STORES = (
    Store("madrid", "Madrid", "ES", "Europe/Madrid", date(2024, 1, 1), doors=1),
    Store("paris", "Paris", "FR", "Europe/Paris", date(2018, 1, 1), doors=20),
    Store("berlin", "Berlin", "DE", "Europe/Berlin", date(2022, 1, 1), doors=6),
    Store("roma", "Roma", "IT", "Europe/Rome", date(2019, 1, 1), doors=4),
    Store("london", "London", "GB", "Europe/London", date(2014, 1, 1), doors=8),
)
