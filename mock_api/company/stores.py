"""The chain's five stores: their doors, their tills' number in the retail files, and the streets they stand in."""

from dataclasses import dataclass
from datetime import date

from mock_api.footfall.stores import Store

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

    @property
    def mean_visits(self) -> float:
        """Mean visits of a door in an open hour."""
        return self.visits_an_hour / self.doors

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
        if self.doors == 1:
            return [1.0]
        step = 2 * (WIDEST_DOOR - 1.0) / (self.doors - 1)
        return [WIDEST_DOOR - step * place for place in range(self.doors)]


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
