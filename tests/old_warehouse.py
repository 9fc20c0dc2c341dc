"""A warehouse as an older Tally left it, and the providers that it was filled from.

`tests/data_old/7ab029f.duckdb.xz` was made by the code of that commit, ids whole numbers and no version of the warehouse yet:

    git worktree add /tmp/old 7ab029f && cd /tmp/old
    TALLY_WAREHOUSE=/tmp/old.duckdb python …/tests/old_warehouse.py && xz -9 /tmp/old.duckdb

Two ingestions and two builds: the price of a product, the address of a customer and the value of an hour changed in between.
"""

from __future__ import annotations

import lzma
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path.cwd()))

from tests.air_provider import AirProvider
from tests.orders_provider import Shop
from tests.provider import Provider
from tests.retail_provider import RetailProvider

FILE = Path(__file__).parent / "data_old" / "7ab029f.duckdb.xz"
STATIONS = (283164601, 283181971)


class Providers:
    """One provider of each kind, as they were when the older Tally last asked them."""

    def __init__(self) -> None:
        self.shop = Shop()
        self.retail = RetailProvider()
        self.air = AirProvider()
        self.footfall = Provider()

    def begin(self) -> None:
        """What they served at the first ingestion."""
        for customer in (1, 2, 3):
            self.shop.put_customer(customer)
        for product in (1, 2):
            self.shop.put_product(product, price="10.5000")
        for order in range(1001, 1021):
            self.shop.put_order(
                order,
                customer_id=order % 3 + 1,
                product_id=order % 2 + 1,
                quantity=order % 4 + 1,
                unit_price="10.5",
                ordered_at=f"2026-11-0{order % 7 + 1}T{order % 24:02}:30:00Z",
            )
        # No whole number: rejected then.
        self.shop.put_unreadable(
            "orders",
            {
                "order_id": "W-7", "ordered_at": "2026-11-05T10:00:00Z", "customer_id": 1, "product_id": 1, "quantity": 2,
                "unit_price": "10.50", "bill": "21.00", "status": "paid", "updated_at": "2026-11-05T10:00:00Z",
            },
            updated_at="2026-11-05T10:00:00Z",
        )  # fmt: skip
        for day in range(1, 8):
            for store in (1, 2, 5):
                self.retail.sell(f"2026-11-0{day}", f"REF00{store}", day, store)
        self.retail.sell("2026-11-07", "REF001", 7, 1)  # two equal lines
        self.retail.sell("2026-11-07", "REF001", 7, 1)
        for number, station in enumerate(STATIONS):
            self.air.put_station(station, name=f"SMART18{number + 8}")
            for day in range(1, 8):
                for hour in range(24):
                    at = f"2026-11-0{day} {hour:02}:00:00"
                    self.air.put(station, at, {"CO": 0.4, "PM2.5": 10.0 + hour / 2, "T": 28.5, "RH": 71.0})
        self.footfall.put_store("paris")
        self.footfall.put_sensor("paris-1", "paris")
        self.footfall.put_readings(
            {"sensor_id": "paris-1", "hour_start": f"2026-11-0{day}T{hour:02}:00:00Z", "visits": 10 + hour}
            for day in range(1, 8)
            for hour in range(8, 20)
        )

    def change(self) -> None:
        """What changed before the second."""
        self.shop.put_customer(2, country="France", address="2 rue Haute", updated_at="2026-11-08T00:00:00Z")
        self.shop.put_product(1, price="12", updated_at="2026-11-08T00:00:00Z")
        self.shop.put_order(1003, status="paid", updated_at="2026-11-08T01:00:00Z")
        self.shop.put_order(1021, customer_id=2, quantity=3, unit_price="12", ordered_at="2026-11-08T09:00:00Z")
        self.retail.prices["REF001"] = "59.99"
        self.retail.sell("2026-11-08", "REF001", 1, 1)
        self.air.put(STATIONS[0], "2026-11-03 05:00:00", {"CO": 0.0, "PM2.5": 11.0, "T": 28.5, "RH": 71.0})
        self.footfall.put_readings([{"sensor_id": "paris-1", "hour_start": "2026-11-08T10:00:00Z", "visits": 33}])

    def environment(self) -> dict[str, str]:
        """The settings that point ingestion here."""
        return {
            "SOURCES__ORDERS__BASE_URL": self.shop.base_url,
            "SOURCES__FOOTFALL__BASE_URL": self.footfall.base_url,
            **self.retail.environment(),
            **self.air.environment(),
        }


@contextmanager
def serving() -> Iterator[Providers]:
    """The providers, each on its port, as they began."""
    providers = Providers()
    with ExitStack() as stack:
        for each in (providers.shop, providers.retail, providers.air, providers.footfall):
            stack.enter_context(each)
        providers.begin()
        yield providers


def unpack(warehouse: Path) -> None:
    """Put the older warehouse at a path."""
    with lzma.open(FILE) as packed, warehouse.open("wb") as file:
        shutil.copyfileobj(packed, file)


def _make() -> None:
    import duckdb

    from tests import flow

    os.environ["TALLY_NOW"] = "2026-11-09T00:00:00+00:00"
    with serving() as providers:
        os.environ |= providers.environment()
        flow.ingest()
        flow.build()
        providers.change()
        flow.ingest()
        flow.build()
    # What the next build makes anew whatever it finds: without it the file is small.
    with duckdb.connect(os.environ["TALLY_WAREHOUSE"]) as connection:
        for schema in ("staging", "reference", "test_failures"):
            connection.execute(f"drop schema {schema} cascade")
    flow.run(sys.executable, "-m", "ingestion", "compact")


if __name__ == "__main__":
    _make()
