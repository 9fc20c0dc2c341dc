"""The client's products and stores."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Product:
    """A product; `popularity` is its share of the lines sold, `delivered` what is on the shelves on Monday morning."""

    product_id: str
    name: str
    price: Decimal
    popularity: float
    delivered: int


@dataclass(frozen=True)
class Store:
    """A store; `lines_a_day` is how many lines it sells on an ordinary day."""

    store_id: int
    city: str
    employees: int
    lines_a_day: float


PRODUCTS = (
    Product("REF001", "Produit A", Decimal("49.99"), 0.22, 250),
    Product("REF002", "Produit B", Decimal("19.99"), 0.30, 350),
    Product("REF003", "Produit C", Decimal("29.99"), 0.21, 250),
    Product("REF004", "Produit D", Decimal("79.99"), 0.10, 120),
    Product("REF005", "Produit E", Decimal("39.99"), 0.17, 200),
)

STORES = (
    Store(1, "Paris", 14, 11.0),
    Store(2, "Marseille", 8, 6.0),
    Store(3, "Lyon", 9, 6.5),
    Store(4, "Bordeaux", 6, 4.5),
    Store(5, "Lille", 6, 4.5),
    Store(6, "Nantes", 5, 4.0),
    Store(7, "Strasbourg", 5, 3.5),
)
