"""The simulated air-quality network, as a client sees it and as it must be behind."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import numpy as np
import pytest

from mock_api.app import create_app
from mock_api.clock import Clock
from mock_api.server import running
from mock_api.settings import Settings, World

KEYS = {"CO", "T", "T. int.", "NO2", "O3", "PM10", "PM2.5", "RH"}
ONE, OTHER = "283164601", "283181971"
NOON = datetime(2024, 6, 10, 12, 0, tzinfo=UTC)

Row = dict[str, Any]


class Network:
    """The mock over HTTP under a clock that the test moves."""

    def __init__(self, client: httpx.Client, clock: list[datetime]) -> None:
        self.client = client
        self.clock = clock

    def get(self, station_id: str, moment: datetime = NOON) -> httpx.Response:
        self.clock[0] = moment
        return self.client.get(f"/air/v3/getStationHourlyAvg/{station_id}")

    def rows(self, station_id: str, moment: datetime = NOON) -> list[Row]:
        data: list[Row] = self.get(station_id, moment).json()["data"]
        return data

    def by_hour(self, station_id: str, moment: datetime = NOON) -> dict[str, Row]:
        return {row["timestamp"]: row for row in self.rows(station_id, moment)}


@pytest.fixture(scope="module")
def network() -> Iterator[Network]:
    clock = [NOON]
    app = create_app(Settings(world=World.SEEDS, seed=42), Clock(lambda: clock[0]))
    with running(app) as address, httpx.Client(base_url=address, timeout=60) as client:
        yield Network(client, clock)


def series(rows: list[Row], key: str) -> np.ndarray[Any, Any]:
    return np.array([row.get(key, np.nan) for row in rows], dtype=float)


def test_an_answer_has_the_contracts_shape(network: Network) -> None:
    answer = network.get(ONE).json()

    assert answer["header"] == {"station_name": "SMART188", "station_lat": "5.36", "station_lon": "-3.98"}
    assert set(answer) == {"header", "data"}
    for row in answer["data"]:
        assert set(row) <= KEYS | {"timestamp"}
        assert all(isinstance(value, float) for key, value in row.items() if key != "timestamp")
        assert datetime.strptime(row["timestamp"], "%Y-%m-%d %H:%M:%S").minute == 0
    assert network.get(OTHER).json()["header"]["station_name"] == "SMART189"


def test_the_window_is_the_last_8760_hours_oldest_first_with_some_missing(network: Network) -> None:
    for station_id in (ONE, OTHER, "283190017"):
        stamps = [row["timestamp"] for row in network.rows(station_id)]

        assert stamps == sorted(set(stamps))
        assert NOON - timedelta(hours=8761) < datetime.fromisoformat(stamps[0]).replace(tzinfo=UTC)
        assert datetime.fromisoformat(stamps[-1]).replace(tzinfo=UTC) <= NOON
        assert 0.03 < 1 - len(stamps) / 8760 < 0.16


def test_the_world_follows_from_the_seed_alone(network: Network) -> None:
    def another(seed: int) -> list[Row]:
        app = create_app(Settings(world=World.SEEDS, seed=seed, now=NOON))
        with running(app) as address:
            rows: list[Row] = httpx.get(f"{address}/air/v3/getStationHourlyAvg/{OTHER}", timeout=60).json()["data"]
            return rows

    assert another(42) == network.rows(OTHER)
    assert another(43) != network.rows(OTHER)


def test_an_hour_is_the_same_whenever_it_is_asked_for_once_it_is_over(network: Network) -> None:
    early, late = network.by_hour(OTHER), network.by_hour(OTHER, NOON + timedelta(days=20, hours=7))
    newest = max(early)
    common = sorted(set(early) & set(late) - {newest})

    assert len(common) > 7000
    assert set(early) - {newest} - set(common) == {stamp for stamp in early if stamp < min(late)}
    for stamp in common:
        for key in KEYS - {"CO"}:  # a past CO may be restated
            assert early[stamp].get(key) == late[stamp].get(key)


def test_the_newest_hour_is_partial_and_completed_an_hour_later(network: Network) -> None:
    changed, checked = 0, 0
    for hours in range(24):
        moment = NOON + timedelta(hours=hours)
        rows = network.rows(ONE, moment)
        newest = rows[-1]
        later = network.by_hour(ONE, moment + timedelta(hours=1))[newest["timestamp"]]
        last = network.by_hour(ONE, moment + timedelta(hours=2))[newest["timestamp"]]
        assert later == last
        checked += 1
        changed += newest != later
    assert changed > 0.8 * checked


def test_the_newest_hour_grows_with_the_clock(network: Network) -> None:
    values = {network.rows(ONE, NOON + timedelta(minutes=minutes))[-1]["timestamp"] for minutes in range(0, 60, 5)}

    assert len(values) == 2  # the hour under way, and from some minute on the next


def test_values_rise_and_fall_as_streets_do(network: Network) -> None:
    for station_id in (ONE, OTHER):
        rows = network.rows(station_id)
        particles = series(rows, "PM2.5")
        hours = np.array([int(row["timestamp"][11:13]) for row in rows])
        assert 8 < np.nanmedian(particles) < 50
        assert np.nanmin(particles) >= 0
        assert np.nanmax(particles) > 4 * np.nanmedian(particles)  # plumes
        by_hour = np.array([np.nanmean(particles[hours == hour]) for hour in range(24)])
        assert by_hour[7:9].mean() > 1.3 * by_hour[13:15].mean()  # the morning's traffic in the night's air
        known = ~np.isnan(particles[1:]) & ~np.isnan(particles[:-1])
        assert 0.75 < np.corrcoef(particles[1:][known], particles[:-1][known])[0, 1] < 0.97
        assert (series(rows, "O3") < 0).any()
        assert np.nanmin(series(rows, "T")) > 15 and np.nanmax(series(rows, "T")) < 40
        assert np.nanmax(series(rows, "RH")) <= 100


def test_keys_are_missing_here_and_there_and_sensors_stick_for_hours(network: Network) -> None:
    rows = network.rows(ONE) + network.rows(OTHER)
    for key in KEYS:
        assert 0.001 < np.isnan(series(rows, key)).mean() < 0.08
    particles = series(rows, "PM2.5")
    same = np.diff(particles) == 0
    longest = max(len(run) for run in "".join("x" if each else " " for each in same).split())
    assert longest >= 5


def test_no_two_stations_are_alike(network: Network) -> None:
    one, other = network.by_hour(ONE), network.by_hour(OTHER)
    common = sorted(set(one) & set(other))
    pairs = [(one[s]["PM2.5"], other[s]["PM2.5"]) for s in common if "PM2.5" in one[s] and "PM2.5" in other[s]]

    correlation = np.corrcoef(np.log(np.array(pairs) + 1).T)[0, 1]
    assert 0.4 < correlation < 0.97  # a city's weather, and streets of their own


def test_now_and_then_months_of_negative_co_are_set_to_zero(network: Network) -> None:
    restated = 0
    for station_id in (ONE, OTHER):
        before = network.by_hour(station_id, NOON)
        for days in range(30, 360, 30):
            after = network.by_hour(station_id, NOON + timedelta(days=days))
            common = set(before) & set(after) - {max(before)}
            changed = {
                s: (before[s].get("CO"), after[s].get("CO"))
                for s in common
                if before[s].get("CO") != after[s].get("CO")
            }
            assert all(old is not None and old < 0 and new == 0 for old, new in changed.values())
            restated += len(changed)
            before = after
    assert restated > 50


@pytest.mark.parametrize("station_id", ["1", "283191000", "SMART188", "²", "283164601.0", "99999999999999999999"])
def test_an_unknown_station_is_404_in_words(network: Network, station_id: str) -> None:
    answer = network.get(station_id)

    assert answer.status_code == 404
    assert "283164601" in answer.json()["detail"]


def test_many_stations_can_be_had(network: Network) -> None:
    names = {network.get(str(283190001 + place)).json()["header"]["station_name"] for place in (0, 5, 998)}

    assert names == {"SMART201", "SMART206", "SMART1199"}


def test_the_key_is_asked_for_where_there_is_one() -> None:
    with running(create_app(Settings(world=World.SEEDS, api_key="k", now=NOON))) as address:
        url = f"{address}/air/v3/getStationHourlyAvg/{ONE}"
        assert httpx.get(url, timeout=60).status_code == 401
        assert httpx.get(url, headers={"X-API-Key": "k"}, timeout=60).status_code == 200


def test_the_clock_may_stand_at_either_end_of_simulated_time(network: Network) -> None:
    assert network.rows(ONE, datetime(2010, 1, 1, 0, 0, tzinfo=UTC))[-1]["timestamp"] <= "2010-01-01 00:00:00"
    assert network.rows(ONE, datetime(2068, 12, 31, 23, 0, tzinfo=UTC))[-1]["timestamp"] >= "2068-12-31 00:00:00"
