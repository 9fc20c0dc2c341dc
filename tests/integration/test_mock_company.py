"""The chain that the mock serves by default: its doors, tills, web shop and street air belong together."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import holidays
import httpx
import numpy as np
import pyarrow as pa
import pytest

from ingestion.sources import source
from mock_api.app import create_app
from mock_api.clock import Clock
from mock_api.company.truth import orders as orders_truth
from mock_api.company.truth import sales as sales_truth
from mock_api.company.truth import store_days
from mock_api.footfall.truth import truth as doors_truth
from mock_api.server import running
from mock_api.settings import Case, Settings
from mock_api.settings import World as Worlds
from tests import flow

NOW = datetime(2026, 11, 22, 18, 30, tzinfo=UTC)
ARROW = {"Accept": "application/vnd.apache.arrow.stream"}
Row = dict[str, Any]


class World:
    """A client of a mock server."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client

    def get(self, path: str, **params: Any) -> httpx.Response:
        return self.client.get(path, params=params).raise_for_status()

    def csv(self, name: str) -> list[dict[str, str]]:
        return list(csv.DictReader(io.StringIO(self.get(f"/retail/{name}").text)))

    def rows(self, path: str, **params: Any) -> list[Row]:
        found: list[Row] = []
        cursor: dict[str, str] = {}
        while True:
            answer = self.get(path, **params, **cursor).json()
            found += answer["data"]
            if answer["next_cursor"] is None:
                return found
            cursor = {"cursor": answer["next_cursor"]}

    def readings(self) -> pa.Table:
        """All readings, with the store of each."""
        stores = {sensor["sensor_id"]: sensor["store_id"] for sensor in self.rows("/footfall/v1/sensors")}
        pages: list[pa.Table] = []
        cursor: dict[str, str] = {}
        while True:
            answer = self.client.get("/footfall/v1/readings", params={"limit": 100_000, **cursor}, headers=ARROW)
            pages.append(pa.ipc.open_stream(answer.content).read_all())
            if "X-Next-Cursor" not in answer.headers:
                whole = pa.concat_tables(pages)
                return whole.append_column(
                    "store_id", pa.array([stores[each] for each in whole["sensor_id"].to_pylist()])
                )
            cursor = {"cursor": answer.headers["X-Next-Cursor"]}

    def visits(self) -> dict[str, dict[date, int]]:
        """Counted visits by store and local day."""
        zones = {store["store_id"]: ZoneInfo(store["timezone"]) for store in self.rows("/footfall/v1/stores")}
        hours = self.readings().group_by(["store_id", "hour_start"]).aggregate([("visits", "sum")]).to_pylist()
        found: dict[str, Counter[date]] = defaultdict(Counter)
        for hour in hours:
            day = hour["hour_start"].astimezone(zones[hour["store_id"]]).date()
            found[hour["store_id"]][day] += hour["visits_sum"] or 0
        return {store: dict(days) for store, days in found.items()}

    def orders(self) -> list[Row]:
        """All orders."""
        return self.rows("/orders/v1/orders", limit=10_000)

    def sales(self) -> dict[str, Counter[date]]:
        """Lines sold by store (of the counting provider) and day."""
        store_of = {number: store_id for store_id, number in mapping().items()}
        found: dict[str, Counter[date]] = defaultdict(Counter)
        for line in self.csv("ventes.csv"):
            if int(line["Quantité"]) > 0:
                found[store_of[line["ID Magasin"]]][date.fromisoformat(line["Date"])] += 1
        return found


@contextmanager
def served(case: str | None = None, **settings: Any) -> Iterator[World]:
    settings = {"now": NOW, "cases": [case] if case else []} | settings
    with (
        running(create_app(Settings.model_validate(settings))) as address,
        httpx.Client(base_url=address, timeout=120) as client,
    ):
        yield World(client)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with served() as found:
        found.visits = cache(found.visits)  # type: ignore[method-assign]
        found.sales = cache(found.sales)  # type: ignore[method-assign]
        found.orders = cache(found.orders)  # type: ignore[method-assign]
        yield found


def mapping() -> dict[str, str]:
    """The number of each store in the retail files, as the seed says."""
    with (flow.PROJECT / "seeds" / "store_mapping.csv").open(encoding="utf-8") as file:
        return {row["store_id"]: row["retail_store_id"] for row in csv.DictReader(file)}


def complete_days(world: World) -> list[date]:
    """Those before yesterday that both feeds have: what is typed in late may be missing after that."""
    return [day for day in world.visits()["paris"] if day < NOW.date() - timedelta(days=2)]


def test_the_client_s_cities_keep_their_doors(world: World) -> None:
    doors: dict[str, set[int]] = defaultdict(set)
    for sensor in world.rows("/footfall/v1/sensors"):
        doors[sensor["store_id"]].add(sensor["door"])
    assert {store: len(numbers) for store, numbers in doors.items()} == {
        "madrid": 1, "paris": 20, "berlin": 6, "roma": 4, "london": 8,
    }  # fmt: skip


def test_the_largest_store_has_some_hundreds_of_visits_in_its_best_hours(world: World) -> None:
    hours = world.readings().group_by(["store_id", "hour_start"]).aggregate([("visits", "sum")]).to_pylist()
    best = {store: max(hour["visits_sum"] or 0 for hour in hours if hour["store_id"] == store) for store in mapping()}
    assert max(best, key=lambda store: best[store]) == "paris"
    assert 300 <= best["paris"] < 1000
    assert all(30 <= visits < best["paris"] for store, visits in best.items() if store != "paris")


def test_visits_and_sales_reach_thirteen_months_back_and_air_a_year(world: World) -> None:
    thirteen_months = date(2025, 10, 22)
    for store, days in world.visits().items():
        assert min(days) == thirteen_months, store
        assert min(world.sales()[store]) <= thirteen_months
    hours = world.get("/air/v3/getStationHourlyAvg/283164601").json()["data"]
    assert hours[0]["timestamp"][:10] in ("2025-11-22", "2025-11-23")  # the contract's 8,760 hours


def test_every_store_sells_to_15_to_30_in_a_hundred_visitors(world: World) -> None:
    days = complete_days(world)
    for store, visits in world.visits().items():
        sold = sum(world.sales()[store][day] for day in days)
        conversion = 100 * sold / sum(visits[day] for day in days)
        assert 15 <= conversion <= 30, (store, conversion)


def test_sales_move_with_visits(world: World) -> None:
    days = complete_days(world)
    for store, visits in world.visits().items():
        sold = [world.sales()[store][day] for day in days if visits[day]]
        came = [visits[day] for day in days if visits[day]]
        assert np.corrcoef(came, sold)[0, 1] > 0.75, store
    # The weather, holidays and events are the same for all: two stores' days go together beyond the weekday.
    paris, london = ({day: world.visits()[store][day] for day in days} for store in ("paris", "london"))
    changes = [
        (paris[day] / paris[before], london[day] / london[before])
        for day in days
        if (before := day - timedelta(days=7)) in paris
        and all((paris[day], paris[before], london[day], london[before]))
    ]
    assert np.corrcoef(np.array(changes).T)[0, 1] > 0.6


def test_nobody_comes_or_buys_on_a_closed_day(world: World) -> None:
    countries = {store["store_id"]: store["country_code"] for store in world.rows("/footfall/v1/stores")}
    closed = {store: holidays.country_holidays(code, years=(2025, 2026)) for store, code in countries.items()}
    seen = 0
    for store, visits in world.visits().items():
        for day in complete_days(world):
            if day in closed[store]:
                seen += 1
                assert visits[day] == world.sales()[store][day] == 0, (store, day)
            else:
                assert visits[day] > 0, (store, day)
                assert world.sales()[store][day] > 0, (store, day)
    assert seen > 40


def test_the_tills_and_the_web_shop_sell_the_same_products_at_the_same_prices(world: World) -> None:
    tills = {row["Nom"]: Decimal(row["Prix"]) for row in world.csv("produits.csv")}
    shop = {row["name"]: Decimal(row["price"]) for row in world.rows("/orders/v1/products")}
    assert tills == shop
    assert len(tills) == 18
    known = {row["ID Référence produit"] for row in world.csv("produits.csv")}
    assert {line["ID Référence produit"] for line in world.csv("ventes.csv")} == known


def test_the_retail_files_have_the_stores_of_the_doors_and_each_a_region(world: World) -> None:
    cities = {row["ID Magasin"]: row["Ville"] for row in world.csv("magasins.csv")}
    stores = {row["store_id"]: row["city"] for row in world.rows("/footfall/v1/stores")}
    assert {store: cities[number] for store, number in mapping().items()} == stores
    with (flow.PROJECT / "seeds" / "regions.csv").open(encoding="utf-8") as file:
        regions = {row["city"]: row["region"] for row in csv.DictReader(file)}
    assert all(regions[city] for city in cities.values())


def test_the_stations_that_are_asked_for_stand_in_the_streets_of_stores(world: World) -> None:
    cities = {row["city"] for row in world.rows("/footfall/v1/stores")}
    station_ids = source("air_quality").settings.load().station_ids  # type: ignore[attr-defined]
    assert len(station_ids) == 2
    found = set()
    for station_id in station_ids:
        answer = world.get(f"/air/v3/getStationHourlyAvg/{station_id}").json()
        city = answer["header"]["station_name"].split(",")[0]
        assert city in cities
        assert 40 < float(answer["header"]["station_lat"]) < 55
        found.add(city)
        january, july = (
            np.mean([hour["T"] for hour in answer["data"] if hour["timestamp"][5:7] == month and "T" in hour])
            for month in ("01", "07")
        )
        assert january < 12 < july
    assert len(found) == 2


def test_the_web_shop_has_some_hundreds_of_orders_a_day(world: World) -> None:
    days = Counter(row["ordered_at"][:10] for row in world.orders())
    whole = sorted(days)[1:-1]
    assert len(whole) > 390
    assert 200 <= np.mean([days[day] for day in whole]) <= 450


def test_the_world_follows_from_the_seed(world: World) -> None:
    paths = ("/retail/ventes.csv", "/footfall/v1/readings?limit=2000", "/orders/v1/orders?limit=200")
    with served() as again, served(seed=43) as other:
        for path in paths:
            first = world.get(path).content
            assert again.get(path).content == first
            assert other.get(path).content != first


def test_a_later_clock_adds_to_what_was_served() -> None:
    moment = [datetime(2026, 11, 20, 11, 5, tzinfo=UTC)]
    settings = Settings(history=date(2026, 10, 20))
    with (
        running(create_app(settings, Clock(lambda: moment[0]))) as address,
        httpx.Client(base_url=address, timeout=60) as client,
    ):
        world = World(client)

        def answers() -> tuple[list[str], dict[tuple[str, str], Row], dict[str, Row]]:
            lines = world.get("/retail/ventes.csv").text.splitlines()
            readings = {(row["sensor_id"], row["hour_start"]): row for row in world.rows("/footfall/v1/readings")}
            return lines, readings, {str(row["order_id"]): row for row in world.rows("/orders/v1/orders")}

        lines, readings, orders = answers()
        moment[0] += timedelta(days=2)
        later_lines, later_readings, later_orders = answers()

    assert later_lines[: len(lines)] == lines
    assert len(later_lines) > len(lines)
    assert readings.keys() < later_readings.keys()
    for key, row in readings.items():  # a changed reading says so
        assert later_readings[key] == row or later_readings[key]["updated_at"] > row["updated_at"]
    assert len(later_orders) > len(orders)


def test_a_restart_a_month_later_keeps_every_line_of_the_sales_file() -> None:
    with served(now=NOW) as before, served(now=NOW + timedelta(days=30)) as after:
        lines = before.get("/retail/ventes.csv").text
        assert after.get("/retail/ventes.csv").text.startswith(lines)


def test_the_truth_s_expectation_is_what_the_doors_count_on_the_mean(world: World) -> None:
    first, end = date(2025, 10, 22), date(2026, 11, 20)
    counted = world.visits()
    errors = {}
    for horizon in (None, 7, 1):
        truth = store_days(42, first, end, horizon).to_pylist()
        days = [row for row in truth if not row["is_closed"]]
        assert all(row["expected"] == row["true_count"] == 0 for row in truth if row["is_closed"])
        # A percent of the hours fails and so is not counted, a few are anomalies.
        share = sum(counted[row["store_id"]][row["visit_date"]] for row in days) / sum(
            row["true_count"] for row in days
        )
        assert 0.95 < share < 1.0
        assert sum(row["expected"] for row in days) == pytest.approx(sum(row["true_count"] for row in days), rel=0.02)
        errors[horizon] = np.mean([abs(row["expected"] - row["true_count"]) / row["true_count"] for row in days])
    # The weather of the days before says something of a day: the nearer, the more.
    assert 0.04 < errors[1] < errors[7] <= errors[None] < 0.11
    # And all of it says more than the same weekday a week before.
    of_last_week = {(row["store_id"], row["visit_date"]): row["true_count"] for row in truth}
    naive = np.mean(
        [
            abs(before - row["true_count"]) / row["true_count"]
            for row in days
            if (before := of_last_week.get((row["store_id"], row["visit_date"] - timedelta(days=7))))
        ]
    )
    assert naive > 1.3 * errors[7]


# Orders, returns


def test_an_order_says_all_of_its_money(world: World) -> None:
    orders = world.orders()
    forms: Counter[str] = Counter()
    refunded: Counter[str] = Counter()
    for order in orders:
        assert isinstance(order["order_id"], str)
        assert order.get("currency", "EUR") == "EUR"
        lines = order.get("lines") or [order | {"discount": order["discount"], "tax": None}]
        forms["flat" if "lines" not in order else "several" if len(lines) > 1 else "list of one"] += 1
        assert ("product_id" in order) != ("lines" in order)
        assert len({line["product_id"] for line in lines}) == len(lines) <= 4
        goods = sum(Decimal(line["unit_price"]) * line["quantity"] - Decimal(line["discount"]) for line in lines)
        assert sum(Decimal(line["discount"]) for line in lines) == Decimal(order["discount"])
        assert Decimal(order["shipping"]) == (0 if goods >= 60 else Decimal("4.90"))
        assert Decimal(order["bill"]) == goods + Decimal(order["shipping"])
        # A fifth on top is a sixth of the whole; each line is rounded.
        assert abs(Decimal(order["tax"]) - Decimal(order["bill"]) / 6) <= Decimal("0.03")
        assert 0 <= Decimal(order["refunded"]) <= goods
        if Decimal(order["refunded"]):
            refunded[order["status"]] += 1
        elif order["status"] == "returned":
            raise AssertionError(f"{order['order_id']} was returned and not refunded")
    assert min(forms.values()) > 0.05 * len(orders)
    assert set(forms) == {"flat", "several", "list of one"}
    assert refunded["returned"] > 0
    assert refunded["delivered"] > 0
    assert any(Decimal(order["discount"]) for order in orders)


def test_what_a_client_of_cursors_misses_is_what_came_late_was_edited_or_was_withdrawn() -> None:
    start, rate = date(2026, 10, 12), 0.004
    moment = [datetime(2026, 10, 14, tzinfo=UTC)]
    settings = Settings(history=start, orders_rate=rate)
    held: dict[str, Row] = {}
    with (
        running(create_app(settings, Clock(lambda: moment[0]))) as address,
        httpx.Client(base_url=address, timeout=60) as client,
    ):
        world = World(client)
        since = f"{start}T00:00:00Z"
        while moment[0] < NOW:
            for order in world.rows("/orders/v1/orders", limit=10_000, updated_since=since):
                held[order["order_id"]] = order
            since = f"{moment[0] - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"
            moment[0] = min(moment[0] + timedelta(hours=8), NOW)
        for order in world.rows("/orders/v1/orders", limit=10_000, updated_since=since):
            held[order["order_id"]] = order
        whole = {order["order_id"]: order for order in world.rows("/orders/v1/orders", limit=10_000)}
    truth = orders_truth(42, rate, datetime(2026, 10, 12, tzinfo=UTC), NOW).to_pylist()
    fates = {row["order_id"]: row["fate"] for row in truth}

    gone = held.keys() - whole.keys()
    assert {fates[order_id] for order_id in gone} == {"withdrawn"}
    assert gone == {row["order_id"] for row in truth if row["is_withdrawn"]}
    edited = {key for key in held.keys() & whole.keys() if held[key] != whole[key]}
    in_place = {key for key in edited if held[key]["updated_at"] == whole[key]["updated_at"]}
    assert {fates[order_id] for order_id in in_place} == {"edited"}
    assert all(
        Decimal(whole[key]["refunded"]) > Decimal(held[key]["refunded"]) or held[key]["status"] == "returned"
        for key in in_place
    )
    late = (whole.keys() - held.keys()) | (edited - in_place)
    assert {fates[order_id] for order_id in late} <= {"late"}
    assert any(fates[order_id] == "late" for order_id in whole)

    assert len(truth) == len(whole) + len(gone)
    for row in truth:
        order = whole.get(row["order_id"]) or held[row["order_id"]]
        lines = order.get("lines") or [order]
        assert row["status"] == order["status"] or row["is_withdrawn"]
        assert (row["lines"], row["units"]) == (len(lines), sum(line["quantity"] for line in lines))
        assert row["gross"] == sum(Decimal(line["unit_price"]) * line["quantity"] for line in lines)
        for name in ("discount", "shipping", "bill"):
            assert row[name] == Decimal(order[name]), (name, order)
        if not row["is_withdrawn"]:
            assert row["refunded"] == Decimal(order["refunded"])


def test_some_of_the_lines_sold_come_back(world: World) -> None:
    lines = world.csv("ventes.csv")
    quantities = [int(line["Quantité"]) for line in lines]
    assert 0.02 < sum(quantity < 0 for quantity in quantities) / len(lines) < 0.06
    assert set(quantities) == {-1, 1, 2, 3, 4, 5}
    found: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for line, quantity in zip(lines, quantities, strict=True):
        sums = found[line["Date"], line["ID Magasin"], line["ID Référence produit"]]
        sums[0] += quantity > 0
        sums[1] += quantity
        sums[2] -= min(quantity, 0)
    truth = sales_truth(42, date(2025, 10, 1), NOW)
    assert {
        (row["sale_date"].isoformat(), row["retail_store_id"], row["product_id"]): [
            row["sales"],
            row["units"],
            row["returned_units"],
        ]
        for row in truth.to_pylist()
    } == found


# Cases


def hours_of(world: World) -> dict[tuple[str, str], int | None]:
    return {
        (row["sensor_id"], row["hour_start"]): row["visits"]
        for row in world.rows("/footfall/v1/readings", limit=100_000)
    }


SINCE = date(2026, 10, 26)
MOVED_AT = "2026-11-02T06:00:00Z"


@pytest.fixture(scope="module")
def recent() -> Iterator[World]:
    """The last weeks without any case."""
    with served(history=SINCE) as found:
        yield found


def test_a_sensor_moves_to_another_store_and_counts_there_from_then_on(recent: World) -> None:
    with served(history=SINCE, now=datetime(2026, 11, 1, tzinfo=UTC), case="moved-sensor") as before:
        doors = {row["sensor_id"]: row for row in before.rows("/footfall/v1/sensors")}
    with served(history=SINCE, case="moved-sensor") as after:
        items = after.rows("/footfall/v1/sensors")
        moved = [row for row in items if row["store_id"] != doors.get(row["sensor_id"], row)["store_id"]]
        (sensor,) = moved
        assert len({row["sensor_id"] for row in items}) == len(items)
        assert (doors[sensor["sensor_id"]]["store_id"], sensor["store_id"], sensor["door"]) == ("london", "madrid", 2)
        assert sensor["updated_at"] == MOVED_AT > doors[sensor["sensor_id"]]["updated_at"]
        assert sensor["installed_at"] == doors[sensor["sensor_id"]]["installed_at"]
        (new,) = [row for row in items if row["installed_at"] == MOVED_AT]
        assert (new["store_id"], new["door"]) == ("london", 8)
        ours, plain = hours_of(after), hours_of(recent)
        # London's door goes on under its new device, which fails in hours of its own; nothing else has changed.
        is_after = {key: key[0] == sensor["sensor_id"] and key[1] >= MOVED_AT for key in plain}
        expected = {(new["sensor_id"], key[1]) if is_after[key] else key: visits for key, visits in plain.items()}
        at_madrid = {key[1]: visits for key, visits in ours.items() if is_after.get(key)}
        others = {key: visits for key, visits in ours.items() if not is_after.get(key)}
        assert others.keys() == expected.keys()
        differing = {key for key, visits in others.items() if visits != expected[key]}
        assert len(differing) < 0.05 * sum(is_after.values())
        assert all(key[0] == new["sensor_id"] and None in (others[key], expected[key]) for key in differing)
        assert len(at_madrid) > 0.9 * sum(is_after.values())
        noon = "2026-11-12T11:00:00Z"
        answer = after.get("/", store_name="Madrid", year=2026, month=11, day=12, hour=12, sensor_id=2).json()
        assert at_madrid[noon] == answer
    table = doors_truth(
        42,
        datetime(2026, 10, 26, tzinfo=UTC),
        NOW,
        sensor_id=sensor["sensor_id"],
        world=Worlds.COMPANY,
        cases=frozenset([Case.MOVED_SENSOR]),
    )
    for row in table.to_pylist():
        is_moved = f"{row['hour_start']:%Y-%m-%dT%H:%M:%SZ}" >= MOVED_AT
        assert row["store_id"] == ("madrid" if is_moved else "london")


def test_quarters_of_an_hour_sum_up_to_the_hours(recent: World) -> None:
    with served(history=SINCE, case="quarter-hours") as world:
        intervals = {row["sensor_id"]: row.get("interval_minutes") for row in world.rows("/footfall/v1/sensors")}
        assert {name.split("-")[0] for name, minutes in intervals.items() if minutes == 15} == {"roma"}
        assert all(minutes == 15 for name, minutes in intervals.items() if name.startswith("roma-"))
        quarters = hours_of(world)
        pages = world.rows("/footfall/v1/readings", limit=997)
        assert {(row["sensor_id"], row["hour_start"]): row["visits"] for row in pages} == quarters
        assert len(pages) == len(quarters)
    sums: dict[tuple[str, str], list[int | None]] = defaultdict(list)
    for (name, start), visits in quarters.items():
        sums[name, f"{start[:14]}00:00Z"].append(visits)
    found = {}
    for key, values in sums.items():
        assert len(values) == (4 if key[0].startswith("roma-") else 1), key
        found[key] = None if None in values else sum(value for value in values if value is not None)
    assert found == hours_of(recent)
    assert any(start[14:16] == "45" and visits for (_, start), visits in quarters.items())


def test_hours_of_the_future_come_once_a_clock_is_wrong(recent: World) -> None:
    path = "/air/v3/getStationHourlyAvg/283164601"
    with served(history=SINCE, case="future-hours") as world:
        ours, plain = hours_of(world), hours_of(recent)
        assert {start for _, start in ours.keys() - plain.keys()} == {
            f"2031-01-01T{hour:02}:00:00Z" for hour in (9, 10, 11)
        }
        assert {key: ours[key] for key in plain} == plain
        air, calm = (each.get(path).json()["data"] for each in (world, recent))
        assert [row["timestamp"] for row in air if row not in calm] == ["2031-01-01 09:00:00"]
    with served(history=SINCE, now=datetime(2026, 11, 1, tzinfo=UTC), case="future-hours") as world:
        assert max(start for _, start in hours_of(world)) < "2026-11-02"


def test_an_instrument_writes_a_number_for_no_value(recent: World) -> None:
    path = "/air/v3/getStationHourlyAvg/283164601"
    with served(history=SINCE, case="sentinels") as world:
        air, calm = ({row["timestamp"]: row for row in each.get(path).json()["data"]} for each in (world, recent))
    assert air.keys() == calm.keys()
    changed = {
        hour: {key: value for key, value in row.items() if calm[hour].get(key) != value} for hour, row in air.items()
    }
    said = [values for values in changed.values() if values]
    assert 70 < len(said) < 100
    assert {value for values in said for value in values.values()} == {-999.0, 9999.0, 999.9}
    assert all(len(values) == 1 for values in said)


def test_a_station_is_moved_and_bears_another_name() -> None:
    headers = []
    for now in (datetime(2026, 11, 1, tzinfo=UTC), NOW):
        with served(now=now, case="renamed-station") as world:
            headers.append(world.get("/air/v3/getStationHourlyAvg/283181971").json()["header"])
    before, after = headers
    assert before["station_name"].startswith("London")
    assert after["station_name"].startswith("Madrid")
    assert before["station_lat"] != after["station_lat"]


def test_sales_are_put_right_in_place(recent: World) -> None:
    whole = recent.get("/retail/ventes.csv").text.splitlines()
    answers = []
    for now in (NOW - timedelta(days=6), NOW):
        with served(history=SINCE, now=now, case="corrected-sales") as world:
            answers.append(world.get("/retail/ventes.csv").text.splitlines())
    first, second = answers
    put_right = [each for each in zip(first, second, whole, strict=False) if each[0] != each[1]]
    assert put_right
    for mistaken, corrected, right in put_right:
        assert corrected == right
        assert int(mistaken.split(",")[2]) == 10 * int(corrected.split(",")[2])
    # All mistakes of weeks ago are put right by now.
    old = sum(line[:10] < "2026-11-10" for line in whole[1:])
    assert second[:old] == whole[:old]


def test_a_case_of_the_other_world_is_refused_in_one_line() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mock_api", "--port", "0", "--world", "seeds", "--case", "sentinels"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr == "mock_api: --case is for --world company: leave it out, or the world\n"
