"""Orders as a pure function of the seed: who ordered what when, and each order's later statuses.

Time is cut into slots, each of which may hold one order, and slots into blocks that are drawn together. An order takes
one of a few itineraries; each stage of one comes a fixed time after the order, and a delay of its own of up to an hour
after that, which is no longer than a block. So the orders that write something in a block of time lie in a few blocks, at any rate.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from mock_api.orders.catalogue import Catalogue
from mock_api.orders.log import NEVER, Ints, Log, Versions
from mock_api.randomness import uniforms

STATUSES = ("placed", "paid", "shipped", "delivered", "cancelled", "returned")
PLACED, PAID, SHIPPED, DELIVERED, CANCELLED, RETURNED = range(6)

MINUTE, HOUR, DAY = 60, 3600, 86400

# Share of the orders, and what follows on being placed: status, seconds later (and up to an hour more).
ITINERARIES = (
    (0.30, ((PAID, MINUTE), (SHIPPED, 5 * HOUR), (DELIVERED, 30 * HOUR))),
    (0.25, ((PAID, 5 * MINUTE), (SHIPPED, 20 * HOUR), (DELIVERED, 55 * HOUR))),
    (0.20, ((PAID, 2 * MINUTE), (SHIPPED, 30 * HOUR), (DELIVERED, 100 * HOUR))),
    (0.08, ((PAID, 30 * MINUTE), (SHIPPED, 50 * HOUR), (DELIVERED, 140 * HOUR))),
    (0.04, ((CANCELLED, 10 * MINUTE),)),
    (0.04, ((PAID, 3 * MINUTE), (CANCELLED, 8 * HOUR))),
    (0.05, ((PAID, 2 * MINUTE), (SHIPPED, 9 * HOUR), (DELIVERED, 40 * HOUR), (RETURNED, 40 * HOUR + 9 * DAY))),
    (0.04, ((PAID, 2 * MINUTE), (SHIPPED, 22 * HOUR), (DELIVERED, 80 * HOUR), (RETURNED, 80 * HOUR + 14 * DAY))),
)
_ITINERARY_SHARES = np.cumsum([share for share, _ in ITINERARIES])

# How much is ordered in each hour of the day (UTC), beside the mean.
_BY_NIGHT = [0.35, 0.2, 0.15, 0.1, 0.1, 0.2]
_BY_DAY = [0.4, 0.7, 1.0, 1.2, 1.3, 1.35, 1.4, 1.35, 1.25, 1.2, 1.25, 1.4, 1.6, 1.75, 1.8, 1.6, 1.3, 0.95]
_BY_HOUR = np.array([*_BY_NIGHT, *_BY_DAY])
BY_HOUR = _BY_HOUR / _BY_HOUR.mean()

SLOTS_A_BLOCK = 4096
LONGEST_BLOCK = 3600.0
LONGEST_DELAY = 3600.0
REGULARS = 2000  # an order comes from one of the customers registered last, the newest most often
SHARE_BEFORE_CUSTOMER = 0.003
QUANTITIES = np.cumsum([0.62, 0.22, 0.09, 0.04, 0.03])
CACHED_ORDERS = 1_000_000


@dataclass(frozen=True)
class Block:
    """The orders of a block of slots, in the order of their ids. `details`: ordered_at, customer, product, quantity, cents."""

    order_id: Ints
    delay: Ints
    details: Ints
    of_itinerary: tuple[Ints, ...]


class Orders:
    """Every order that a shop gets, at `rate` orders a second, a new customer `customer_every` so many seconds.

    Times are seconds since the epoch, prices cents.
    """

    def __init__(
        self,
        seed: int,
        rate: float,
        catalogue: Catalogue,
        customer_every: int = 3600,
        longest_block: float = LONGEST_BLOCK,
    ) -> None:
        self.seed = seed
        self.rate = rate
        self.catalogue = catalogue
        self.customer_every = customer_every
        self.slot = 1.0 / (rate * BY_HOUR.max())
        self.slots = max(1, min(SLOTS_A_BLOCK, int(longest_block / self.slot)))
        self.span = self.slots * self.slot
        self.log = Log(self.span, lru_cache(maxsize=8)(self._written_in))
        self._block = lru_cache(maxsize=max(128, CACHED_ORDERS // self.slots))(self._make_block)

    def _make_block(self, number: int) -> Block:
        draws = uniforms(self.seed, "orders/orders", number, 9 * self.slots).reshape(9, -1)
        slot = number * self.slots + np.arange(self.slots)
        placed = ((slot + draws[0]) * self.slot).astype(np.int64)
        is_order = draws[1] * BY_HOUR.max() < BY_HOUR[placed // HOUR % 24]
        slot, placed, draws = slot[is_order], placed[is_order], draws[:, is_order]

        product = self.catalogue.chosen(draws[2])
        quantity = np.searchsorted(QUANTITIES, draws[3]).clip(max=len(QUANTITIES) - 1) + 1
        newest = placed // self.customer_every - 1
        customer = np.maximum(newest - (REGULARS * draws[4] ** 2).astype(np.int64), 0)
        customer = np.where(draws[5] < SHARE_BEFORE_CUSTOMER, newest + 2, customer)
        itinerary = np.searchsorted(_ITINERARY_SHARES, draws[6]).clip(max=len(ITINERARIES) - 1)
        details = np.stack([placed, customer, product, quantity, self.catalogue.cents(product, placed)], axis=1)
        return Block(
            order_id=(slot + 1).astype(np.int64),
            delay=(draws[7] * min(self.span, LONGEST_DELAY)).astype(np.int64),
            details=details.astype(np.int64),
            of_itinerary=tuple(np.flatnonzero(itinerary == each) for each in range(len(ITINERARIES))),
        )

    def _written_in(self, block: int) -> Versions:
        """All that was written in a block of time. `details`: those of the order, and its status."""
        parts: list[Versions] = []
        for itinerary, (_, stages) in enumerate(ITINERARIES):
            path = ((PLACED, 0), *stages)
            for stage, (status, later) in enumerate(path):
                following = path[stage + 1][1] if stage + 1 < len(path) else None
                parts += self._stage(block, itinerary, status, later, following)
        return Versions.joined(parts)

    def _stage(self, block: int, itinerary: int, status: int, later: int, following: int | None) -> list[Versions]:
        # Whole seconds: what is placed in a block may be written a second before it begins.
        first = int(np.floor((block * self.span - later) / self.span)) - 1
        last = int(np.floor(((block + 1) * self.span - later + 1) / self.span))
        parts: list[Versions] = []
        for number in range(max(0, first), last + 1):
            orders = self._block(number)
            which = orders.of_itinerary[itinerary]
            placed, delay = orders.details[which, 0], orders.delay[which]
            written = placed + (later + delay if later else 0)
            inside: NDArray[np.bool_] = np.floor(written / self.span) == block
            which, written = which[inside], written[inside]
            next_at = np.full(len(which), NEVER) if following is None else placed[inside] + following + delay[inside]
            details = np.column_stack([orders.details[which], np.full(len(which), status)])
            parts += self._versions(orders.order_id[which], written, next_at, details)
        return parts

    def _versions(self, key: Ints, written_at: Ints, next_at: Ints, details: Ints) -> list[Versions]:
        """The versions of one status: each is served as soon as it is written."""
        return [Versions(key, written_at, next_at, details, written_at)]
