"""The providers of each world, put together. What a world is made of: `company/`, and for `seeds` each provider's own module."""

from dataclasses import dataclass

from mock_api.air_quality.provider import AirQuality
from mock_api.air_quality.stations import ABIDJAN
from mock_api.clock import Clock
from mock_api.company.orders import ChainOrders
from mock_api.company.shop import ChainShop
from mock_api.company.stations import places
from mock_api.company.stores import chain
from mock_api.company.tills import Tills, begun_by
from mock_api.company.traffic import ChainTraffic, future_readings
from mock_api.footfall.provider import Footfall
from mock_api.footfall.simulation import Simulation
from mock_api.footfall.stores import CLIENT_STORES
from mock_api.footfall.traffic import ClientTraffic
from mock_api.orders.catalogue import Catalogue
from mock_api.orders.provider import Shop
from mock_api.orders.simulation import Orders
from mock_api.retail.provider import Retail
from mock_api.retail.sales import Sales
from mock_api.settings import Case, Cases, Settings, World

# The chain's prices change twice a year by some percent.
PRICE_DAYS, PRICE_SPREAD = 182, 0.05
HOUR = 3600


@dataclass(frozen=True)
class Providers:
    """What a server serves."""

    footfall: Footfall
    retail: Retail
    air_quality: AirQuality
    orders: Shop

    @classmethod
    def of(cls, settings: Settings, clock: Clock) -> "Providers":
        """The providers of the settings' world. Raises ValueError when the history would begin after the clock's time."""
        now, seed, rate = clock.now(), settings.seed, settings.orders_a_second
        history_start, orders_start = settings.history_start(now), settings.orders_start(now)
        simulation = doors(settings.world, seed, settings.cases)
        footfall = Footfall(simulation, clock, history_start)
        if settings.world is World.SEEDS:
            return cls(
                footfall,
                Retail(Sales(seed), clock, settings.chaos),
                AirQuality(seed, clock, ABIDJAN),
                Shop(Orders(seed, rate, Catalogue(seed)), clock, orders_start),
            )
        prices = chain_prices(seed)
        tills = Tills(
            seed, simulation, prices, settings.history or begun_by(now), Case.CORRECTED_SALES in settings.cases
        )
        return cls(
            footfall,
            Retail(tills, clock, settings.chaos),
            AirQuality(seed, clock, places(settings.cases)),
            ChainShop(chain_orders(seed, rate), clock, orders_start),
        )


def chain_prices(seed: int) -> Catalogue:
    """What the chain's products cost, at the tills and in the web shop."""
    return Catalogue(seed, PRICE_DAYS, PRICE_SPREAD)


def chain_orders(seed: int, rate: float) -> ChainOrders:
    """The orders of the chain's web shop."""
    return ChainOrders(seed, rate, chain_prices(seed), customer_every=3 * HOUR, longest_block=8 * 24 * HOUR)


def doors(world: World, seed: int, cases: Cases = frozenset()) -> Simulation:
    """The doors of a world's stores."""
    if world is World.SEEDS:
        return Simulation(seed, CLIENT_STORES, ClientTraffic())
    simulation = Simulation(seed, chain(seed, cases), ChainTraffic(seed))
    if Case.FUTURE_HOURS in cases:
        simulation.strays = future_readings(simulation)
    return simulation
