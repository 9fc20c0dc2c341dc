"""The shop's customers: one registers every so often, some move, one in a hundred has another one's name."""

import threading
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from mock_api.orders.log import NEVER, Ints, Log, Versions
from mock_api.randomness import uniforms

CUSTOMERS_A_BLOCK = 168
LONGEST_STAY = 60 * 24 * 3600  # seconds from registering to moving, for those who move
SHARE_MOVING = 0.1

# Locale, country, share of the customers in a hundred.
LOCALES = (
    ("en_GB", "United Kingdom", 60),
    ("fr_FR", "France", 11),
    ("de_DE", "Germany", 10),
    ("es_ES", "Spain", 6),
    ("pl_PL", "Poland", 5),
    ("el_GR", "Greece", 2),
    ("uk_UA", "Ukraine", 3),
    ("ja_JP", "Japan", 2),
    ("zh_CN", "China", 1),
)
_SHARES = np.cumsum([share for _, _, share in LOCALES]) / 100
APOSTROPHES = ("O'Neill", "O'Connor", "D'Arcy", "O'Sullivan")
NAMESAKE = 13  # a customer who shares a name shares it with the one registered so many before
_faker = threading.Lock()


@dataclass(frozen=True)
class Person:
    """A customer as the shop knows them after registering, or after moving."""

    name: str
    address: str
    email: str
    phone_number: str
    country: str


class People:
    """Customers by number (their id), from the seed, one `every` so many seconds. Times are seconds since the epoch."""

    def __init__(self, seed: int, every: int) -> None:
        self.seed = seed
        self.every = every
        self._block_seconds = CUSTOMERS_A_BLOCK * every
        self.log = Log(self._block_seconds, self._written_in)

    def number_at(self, second: int) -> int:
        """The customer in whose time to register that second lies."""
        return second // self.every

    def person(self, number: int, has_moved: bool) -> Person:
        """Who a customer is. Faker's random numbers are its own, so all of it depends on the number."""
        at_home = self._locale(number, "orders/homes")
        here = self._locale(number, "orders/moves") if has_moved else at_home
        with _faker:
            fake = _fake(LOCALES[here][0])
            fake.seed_instance(f"{self.seed}/{number}/{has_moved}")
            address, phone_number = str(fake.address()), str(fake.phone_number())
            fake = _fake(LOCALES[at_home][0])
            fake.seed_instance(f"{self.seed}/{number}")
            email = f"{number}.{fake.ascii_safe_email()}"
            name = self._name(number)
        return Person(name, address, email, phone_number, LOCALES[here][1])

    def _name(self, number: int) -> str:
        kind = uniforms(self.seed, "orders/names", number, 1)[0]
        if kind < 0.01 and number >= NAMESAKE:
            return self._own_name(number - NAMESAKE)
        return self._own_name(number)

    def _own_name(self, number: int) -> str:
        locale = self._locale(number, "orders/homes")
        fake = _fake(LOCALES[locale][0])
        fake.seed_instance(f"{self.seed}/{number}/name")
        name = str(fake.name())
        pick = uniforms(self.seed, "orders/apostrophes", number, 1)[0]
        if LOCALES[locale][0] == "en_GB" and pick < 0.05:
            return f"{fake.first_name()} {APOSTROPHES[int(pick / 0.05 * len(APOSTROPHES))]}"
        return name

    def _locale(self, number: int, stream: str) -> int:
        return int(np.searchsorted(_SHARES, uniforms(self.seed, stream, number, 1)[0]))

    def _written_in(self, block: int) -> Versions:
        """Registrations and moves in a block of time. `details`: registered_at, and 1 after moving."""
        parts = [
            self._of_block(number)
            for number in range(max(0, block - LONGEST_STAY // self._block_seconds - 1), block + 1)
        ]
        whole = Versions.joined(parts)
        return whole.take(whole.written_at // self._block_seconds == block)

    def _of_block(self, block: int) -> Versions:
        """All versions of the customers who register in a block."""
        draws = uniforms(self.seed, "orders/customers", block, 3 * CUSTOMERS_A_BLOCK).reshape(3, -1)
        number: Ints = block * CUSTOMERS_A_BLOCK + np.arange(CUSTOMERS_A_BLOCK)
        registered = number * self.every + (draws[0] * self.every).astype(np.int64)
        stay = 24 * 3600 + (draws[2] * (LONGEST_STAY - 24 * 3600)).astype(np.int64)
        moved = np.where(draws[1] < SHARE_MOVING, registered + stay, NEVER)
        moves = moved < NEVER
        return Versions.joined(
            [
                Versions(number, registered, moved, np.stack([registered, np.zeros_like(number)], axis=1), registered),
                Versions(
                    number[moves],
                    moved[moves],
                    np.full(int(moves.sum()), NEVER),
                    np.stack([registered[moves], np.ones(int(moves.sum()), dtype=np.int64)], axis=1),
                    moved[moves],
                ),
            ]
        )


@cache
def _fake(locale: str) -> Any:
    from faker import Faker

    return Faker(locale)
