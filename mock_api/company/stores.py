"""The chain's five stores: their doors, their tills' number in the retail files, and the streets they stand in."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from mock_api.footfall.stores import Sensor, Store
from mock_api.settings import Case, Cases
from mock_api.times import END

CASES_FROM = datetime(2026, 11, 2, 6, tzinfo=UTC)

WIDEST_DOOR = 1.3  # of the mean door of its store


@dataclass(frozen=True)
class ChainStore(Store):
    """A store of the chain.

    `visits_an_hour` is the mean of an open hour through all doors, `conversion` the lines sold per visit. `store_number`
    is the store's id in the retail files.
    """

    visits_an_hour: float = 0.0
    conversion: float = 0.0
    store_number: int = 0
    employees: int = 0
    street: str = ""
    latitude: float = 0.0
    longitude: float = 0.0
    interval: int = 60
    leaves_from: int | None = None  # the door whose device is taken away at CASES_FROM, and replaced
    arriving: Sensor | None = None  # a device that hangs at the last door from CASES_FROM on

    @property
    def interval_minutes(self) -> int:
        """How long one reading of its sensors counts."""
        return self.interval

    @property
    def mean_visits(self) -> float:
        """Mean visits of a door in an open hour."""
        return self.visits_an_hour / (self.doors if self.arriving is None else self.doors - 1)

    @property
    def failure_probability(self) -> float:
        """Mean probability that a sensor fails in an open hour."""
        return 0.01

    @property
    def anomaly_probability(self) -> float:
        """Probability that a sensor sees a tenth of the expected traffic in an open hour."""
        return 0.001

    @property
    def door_shares(self) -> list[float]:
        """Each door's traffic beside the mean door's; the first one is the main door."""
        if self.arriving is not None:
            return [*replace(self, doors=self.doors - 1, arriving=None).door_shares, 0.5]
        if self.doors == 1:
            return [1.0]
        step = 2 * (WIDEST_DOOR - 1.0) / (self.doors - 1)
        return [WIDEST_DOOR - step * place for place in range(self.doors)]

    def sensors(self, seed: int) -> list[Sensor]:
        """Every device of every door, those that move included."""
        devices = super().sensors(seed)
        if self.arriving is not None:
            devices = [each for each in devices if each.door < self.doors]
            return [*devices, replace(self.arriving, store_id=self.store_id, door=self.doors, installed_at=CASES_FROM)]
        if self.leaves_from is None:
            return devices
        leaving = self.in_service(seed, self.leaves_from)
        new = replace(
            leaving,
            sensor_id=f"{leaving.sensor_id}-new",
            installed_at=CASES_FROM,
            replaces_sensor_id=leaving.sensor_id,
        )
        return [replace(each, removed_at=CASES_FROM) if each == leaving else each for each in devices] + [new]

    def in_service(self, seed: int, door: int) -> Sensor:
        """The device that hangs at a door at CASES_FROM."""
        return next(
            each
            for each in super().sensors(seed)
            if each.door == door and each.installed_at <= CASES_FROM < each.removed_at
        )


# Paris is store 1 in the seven French stores' files as well; the others' numbers are none of theirs.
STORES = (
    ChainStore(
        "madrid", "Madrid", "ES", "Europe/Madrid", date(2024, 1, 1), doors=1,
        visits_an_hour=28, conversion=0.235, store_number=11, employees=6,
        street="Madrid, Gran Vía", latitude=40.42, longitude=-3.70,
    ),
    ChainStore(
        "paris", "Paris", "FR", "Europe/Paris", date(2018, 1, 1), doors=20,
        visits_an_hour=260, conversion=0.19, store_number=1, employees=42,
        street="Paris, rue de Rivoli", latitude=48.86, longitude=2.35,
    ),
    ChainStore(
        "berlin", "Berlin", "DE", "Europe/Berlin", date(2022, 1, 1), doors=6,
        visits_an_hour=95, conversion=0.215, store_number=9, employees=17,
        street="Berlin, Kurfürstendamm", latitude=52.50, longitude=13.33,
    ),
    ChainStore(
        "roma", "Roma", "IT", "Europe/Rome", date(2019, 1, 1), doors=4,
        visits_an_hour=65, conversion=0.225, store_number=10, employees=12,
        street="Roma, Via del Corso", latitude=41.90, longitude=12.48,
    ),
    ChainStore(
        "london", "London", "GB", "Europe/London", date(2014, 1, 1), doors=8,
        visits_an_hour=130, conversion=0.205, store_number=8, employees=23,
        street="London, Oxford Street", latitude=51.52, longitude=-0.15,
    ),
)  # fmt: skip


def chain(seed: int, cases: Cases) -> tuple[ChainStore, ...]:
    """The chain's stores. With `MOVED_SENSOR`, the device at London's last door hangs at a new one in Madrid from CASES_FROM on;
    with `QUARTER_HOURS`, Roma's sensors count quarters of an hour."""
    stores = {store.store_id: store for store in STORES}
    if Case.QUARTER_HOURS in cases:
        stores["roma"] = replace(stores["roma"], interval=15)
    if Case.MOVED_SENSOR in cases:
        london, madrid = stores["london"], stores["madrid"]
        device = replace(london.in_service(seed, london.doors), removed_at=END)
        stores["london"] = replace(london, leaves_from=london.doors)
        stores["madrid"] = replace(madrid, doors=madrid.doors + 1, arriving=device)
    return tuple(stores.values())
