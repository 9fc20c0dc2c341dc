"""The chain that the mock serves by default: its doors, tills, web shop and street air belong together."""

from __future__ import annotations

import csv
import io
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
from mock_api.company.truth import store_days
from mock_api.server import running
from mock_api.settings import Settings
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

    def sales(self) -> dict[str, Counter[date]]:
        """Lines sold by store (of the counting provider) and day."""
        store_of = {number: store_id for store_id, number in mapping().items()}
        found: dict[str, Counter[date]] = defaultdict(Counter)
        for line in self.csv("ventes.csv"):
            if int(line["Quantité"]) > 0:
                found[store_of[line["ID Magasin"]]][date.fromisoformat(line["Date"])] += 1
        return found


@contextmanager
def served(**settings: Any) -> Iterator[World]:
    with (
        running(create_app(Settings.model_validate({"now": NOW} | settings))) as address,
        httpx.Client(base_url=address, timeout=120) as client,
    ):
        yield World(client)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with served() as found:
        found.visits = cache(found.visits)  # type: ignore[method-assign]
        found.sales = cache(found.sales)  # type: ignore[method-assign]
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
    days = Counter(row["ordered_at"][:10] for row in world.rows("/orders/v1/orders", limit=10_000))
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
