"""The shop's products and their prices, which change every so often, each product's on a day of its own."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from mock_api.orders.log import Ints
from mock_api.randomness import uniforms

DAY = 24 * 3600
LEAST, MOST = 500, 5000  # cents


@dataclass(frozen=True)
class Product:
    """A product: what it is, its usual price in cents, and how often it is asked for beside the others."""

    name: str
    description: str
    cents: int
    weight: float


PRODUCTS = (
    Product("Linen cushion", "A cushion of washed linen, 45 × 45 cm.", 1900, 9),
    Product("Wool throw", "A throw of lambswool with a fringe.", 4500, 5),
    Product("Oak stool", "A three-legged stool of oiled oak.", 4800, 3),
    Product("Pine shelf", "A wall shelf of pine, 80 cm.", 2900, 5),
    Product("Table lamp", "A lamp with a paper shade.", 3400, 6),
    Product("Side table", "A round side table of birch ply.", 4900, 3),
    Product("Coat hooks", "A rail with five hooks of brass.", 2200, 4),
    Product("Rush basket", "A basket woven by hand.", 1600, 7),
    Product("Door mat", "A mat of coir, 60 × 40 cm.", 1400, 6),
    Product("Cotton T-shirt", "A T-shirt of organic cotton.", 1500, 14),
    Product("Striped shirt", "A shirt with sailor's stripes.", 3200, 9),
    Product("Merino socks", "Two pairs of merino socks.", 1200, 12),
    Product("Rain jacket", "A light jacket that packs into its pocket.", 4900, 4),
    Product("Knitted hat", "A hat of recycled wool.", 1700, 8),
    Product("Canvas trousers", "Trousers of hard-wearing canvas.", 3900, 6),
    Product("Leather belt", "A belt of vegetable-tanned leather.", 2700, 4),
    Product("Linen apron", "An apron with two pockets.", 2400, 4),
    Product("Tea towel", "A tea towel of half-linen.", 700, 10),
)


class Catalogue:
    """Prices by time, from the seed. Times are seconds since the epoch, products numbers from 0.

    A price stands for `days` and lies within `spread` of the usual one, as a share of it.
    """

    def __init__(self, seed: int, days: int = 30, spread: float = 0.2) -> None:
        self.seed = seed
        self.period = days * DAY
        self.spread = spread
        self.phase: Ints = (uniforms(seed, "orders/price days", 0, len(PRODUCTS)) * self.period).astype(np.int64)
        weights = np.array([product.weight for product in PRODUCTS])
        self._shares: NDArray[np.float64] = np.cumsum(weights / weights.sum())
        self._prices = lru_cache(maxsize=64)(self._make_prices)

    def chosen(self, uniform: NDArray[np.float64]) -> Ints:
        """The products that as many uniform numbers stand for."""
        return np.minimum(np.searchsorted(self._shares, uniform), len(PRODUCTS) - 1).astype(np.int64)

    def cents(self, product: Ints, second: Ints) -> Ints:
        """What each product cost at each second."""
        version = (second - self.phase[product]) // self.period
        cents = np.empty(len(product), dtype=np.int64)
        for number in np.unique(version).tolist():
            which = version == number
            cents[which] = self._prices(number)[product[which]]
        return cents

    def newest(self, second: int) -> list[tuple[int, int, int]]:
        """(written_at, product, cents) of every product as it was at a second, in the order of writing."""
        product = np.arange(len(PRODUCTS))
        version = (second - self.phase) // self.period
        written = version * self.period + self.phase
        cents = self.cents(product, written)
        return sorted(zip(written.tolist(), product.tolist(), cents.tolist(), strict=True))

    def _make_prices(self, version: int) -> Ints:
        # A price before the epoch has a negative number, a place in the random numbers has not.
        change = 1 - self.spread + 2 * self.spread * uniforms(self.seed, "orders/prices", version + 1, len(PRODUCTS))
        usual = np.array([product.cents for product in PRODUCTS])
        cents: Ints = np.clip(np.rint(usual * change / 10) * 10 - 5, LEAST, MOST).astype(np.int64)
        return cents
