"""The simulated doors: pure, and as the client describes them.

Statistical bounds are four standard errors worked out from the distributions in the issue,
never from what the code gives.
"""

from __future__ import annotations

import math
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from functools import cache, partial
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from mock_api.footfall.calendar import is_open, local_hours, public_holidays
from mock_api.footfall.feed import Feed, Query
from mock_api.footfall.simulation import Simulation
from mock_api.footfall.stores import CLIENT_STORES, Sensor, Store
from mock_api.footfall.traffic import PROFILE, ClientTraffic, expected_visits, season, trend
from mock_api.footfall.truth import truth as truth_of
from mock_api.settings import World
from mock_api.times import END, EPOCH, HOUR, count
from mock_api.worlds import doors

SEED = 42
STORES = {store.store_id: store for store in CLIENT_STORES}
truth = partial(truth_of, world=World.SEEDS)
YEAR = (datetime(2025, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC))


@cache
def year(store_id: str) -> pa.Table:
    return truth(SEED, *YEAR, store_id=store_id)


def column(table: pa.Table, name: str) -> NDArray[Any]:
    values: NDArray[Any] = table[name].to_numpy()
    return values


def open_hours(store_id: str) -> pa.Table:
    table = year(store_id)
    return table.filter(table["is_open"])


def deviations(store_id: str) -> NDArray[np.float64]:
    """Doors by open hours: how far a true count is from its expectation, in client's units."""
    table = open_hours(store_id).sort_by([("door", "ascending"), ("hour_start", "ascending")])
    z = (column(table, "true_count") / column(table, "expected") - 1) / 0.15
    return np.asarray(z, dtype=np.float64).reshape(STORES[store_id].doors, -1)


# The client's chain


def test_the_chain_is_the_clients() -> None:
    chain = {s.name: (s.doors, s.opened_on, s.level) for s in CLIENT_STORES}
    assert chain == {
        "Madrid": (1, date(2024, 1, 1), 1),
        "Paris": (20, date(2018, 1, 1), 7),
        "Berlin": (6, date(2022, 1, 1), 3),
        "Roma": (4, date(2019, 1, 1), 6),
        "London": (8, date(2014, 1, 1), 11),
    }
    assert STORES["london"].failure_probability == pytest.approx(0.11)
    assert STORES["madrid"].anomaly_probability == pytest.approx(0.001)


def test_a_replacement_takes_over_its_door_in_the_same_hour() -> None:
    for store in CLIENT_STORES:
        by_door: dict[int, list[Sensor]] = {}
        for sensor in store.sensors(SEED):
            by_door.setdefault(sensor.door, []).append(sensor)
        assert sorted(by_door) == list(range(1, store.doors + 1))
        for door, devices in by_door.items():
            name = f"{store.store_id}-{door}"
            assert [d.sensor_id for d in devices[:3]] == [name, f"{name}b", f"{name}c"]
            assert devices[0].installed_at == store.opened_at
            assert devices[-1].removed_at >= END
            for old, new in pairwise(devices):
                assert new.installed_at == old.removed_at
                assert new.replaces_sensor_id == old.sensor_id
                life = (old.removed_at - old.installed_at).days
                assert 2 * 365 - 1 <= life <= 5 * 365 + 1


def test_wear_grows_with_age_and_averages_to_one() -> None:
    sensor = STORES["paris"].sensors(SEED)[0]
    wear = sensor.wear(np.arange(sensor.first_hour, sensor.end_hour))
    assert (np.diff(wear) > 0).all()
    assert wear.mean() == pytest.approx(1, abs=1e-4)
    assert wear[-1] > 2 * wear[0]


def test_every_door_has_one_reading_an_hour_across_a_replacement() -> None:
    devices = STORES["paris"].sensors(SEED)
    old = next(s for s in devices if datetime(2025, 2, 1, tzinfo=UTC) < s.removed_at < YEAR[1])
    two_days = timedelta(days=2)
    table = truth(SEED, old.removed_at - two_days, old.removed_at + two_days, "paris")
    both = table.filter(pa.compute.equal(table["door"], old.door)).sort_by("hour_start")
    assert len(set(both["hour_start"].to_pylist())) == both.num_rows == 96
    new = next(s for s in devices if s.replaces_sensor_id == old.sensor_id)
    assert both["sensor_id"].to_pylist() == [old.sensor_id] * 48 + [new.sensor_id] * 48


# Purity


def test_a_reading_does_not_depend_on_order_or_range() -> None:
    start, end = datetime(2025, 3, 1, tzinfo=UTC), datetime(2025, 5, 10, tzinfo=UTC)
    whole = truth(SEED, start, end)
    backwards = doors(World.SEEDS, SEED)
    for number in range(180, 165, -1):
        late, early = backwards.span(number), doors(World.SEEDS, SEED).span(number)
        for name in ("visits", "first_visits", "written_at", "corrected_at", "sensor"):
            assert (getattr(late, name) == getattr(early, name)).all()
    day = truth(SEED, datetime(2025, 4, 9, tzinfo=UTC), datetime(2025, 4, 10, tzinfo=UTC), "roma")
    within = whole.filter(
        pa.compute.and_(
            pa.compute.equal(whole["store_id"], "roma"),
            pa.compute.and_(
                pa.compute.greater_equal(whole["hour_start"], day["hour_start"][0]),
                pa.compute.less_equal(whole["hour_start"], pa.compute.max(day["hour_start"])),
            ),
        )
    )
    assert day.num_rows == 4 * 24
    assert within.equals(day)


def test_a_reading_does_not_depend_on_the_process() -> None:
    program = (
        "from datetime import UTC, datetime; from mock_api.footfall.truth import truth; from mock_api.settings import World; "
        "start, end = datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 2, 8, tzinfo=UTC); "
        "print(truth(42, start, end, world=World.SEEDS).to_pydict())"
    )
    other = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONHASHSEED": "1", "PYTHONPATH": "."},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    start, end = datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 2, 8, tzinfo=UTC)
    assert other.strip() == str(truth(SEED, start, end).to_pydict())


def test_a_store_does_not_depend_on_the_other_stores() -> None:
    together = doors(World.SEEDS, SEED)
    alone = Simulation(SEED, (STORES["paris"],), ClientTraffic())
    rows = [together.row("paris", door) for door in range(1, 21)]
    assert (together.span(170).visits[rows] == alone.span(170).visits).all()


def test_another_seed_is_another_world_and_no_two_doors_are_alike() -> None:
    month = (datetime(2025, 6, 1, tzinfo=UTC), datetime(2025, 7, 1, tzinfo=UTC))
    one, two = truth(1, *month), truth(2, *month)
    opened = column(one, "is_open").astype(bool)
    same = column(one, "true_count")[opened] == column(two, "true_count")[opened]
    # Counts of some hundreds at least differ by chance but for a few in a thousand.
    assert same.mean() < 0.01
    doors: dict[str, list[int]] = {}
    for sensor_id, visits in zip(one["sensor_id"].to_pylist(), one["true_count"].to_pylist(), strict=True):
        doors.setdefault(sensor_id, []).append(visits)
    assert len({tuple(series) for series in doors.values()}) == len(doors) >= 39


# Expectation


def test_profile_season_and_trend_average_to_one() -> None:
    assert PROFILE[:, 8:18].mean() == pytest.approx(1)
    assert PROFILE.sum() == pytest.approx(70)  # nothing outside the seven times ten hours
    assert PROFILE[5, 8:18].mean() > PROFILE[1, 8:18].mean()  # Saturday, Tuesday
    assert season(np.linspace(2024, 2025, 1000, endpoint=False)).mean() == pytest.approx(1)
    period = np.linspace(2018, 2026, 1000, endpoint=False)
    assert trend(STORES["paris"], period).mean() == pytest.approx(1)


@pytest.mark.parametrize("store", CLIENT_STORES, ids=lambda store: store.store_id)
def test_expectation_over_eight_years_is_the_clients_mean(store: Store) -> None:
    hours = np.arange(count(store.opened_at, HOUR), count(store.opened_at, HOUR) + 8 * 8766)
    local = local_hours(store, hours)
    opened = is_open(store, local)
    # Public holidays fall on some weekdays and seasons more than on others: within 1 %.
    mean = expected_visits(store, local, opened)[opened].mean()
    assert mean == pytest.approx(store.level * 1000, rel=0.01)


@pytest.mark.parametrize("store_id", STORES)
def test_mean_and_deviation_are_the_clients(store_id: str) -> None:
    z = deviations(store_id)
    doors, hours = z.shape
    # A store-hour's mean has variance 0.8 + 0.2 / doors.
    assert abs(z.mean()) < 4 * math.sqrt((0.8 + 0.2 / doors) / hours)
    # Each door's own variance estimate has standard error sqrt(2 / hours), however correlated.
    assert abs(z.var() - 1) < 4 * math.sqrt(2 / hours)


@pytest.mark.parametrize("store_id", ["paris", "berlin", "london"])
def test_four_fifths_of_the_variance_is_the_stores(store_id: str) -> None:
    z = deviations(store_id)
    doors, hours = z.shape
    covariance = z @ z.T / hours
    shared = covariance[~np.eye(doors, dtype=bool)].mean()
    # One pair's covariance has variance (1 + 0.8²) / hours; their mean has less.
    assert abs(shared - 0.8) < 4 * math.sqrt(1.64 / hours)


# Opening


def test_public_holidays_are_known_ones() -> None:
    assert public_holidays("FR", 2026)[date(2026, 5, 14)] == "Ascension Day"
    assert date(2026, 12, 8) in public_holidays("IT", 2026)
    assert date(2026, 8, 31) not in public_holidays("GB", 2026)  # not in Scotland
    assert date(2026, 10, 3) in public_holidays("DE", 2026)


def test_a_holiday_closes_the_country_and_nobody_else() -> None:
    day = (datetime(2025, 7, 14, tzinfo=UTC), datetime(2025, 7, 15, tzinfo=UTC))
    paris, london = truth(SEED, *day, "paris"), truth(SEED, *day, "london")
    assert paris.num_rows == 20 * 24
    assert set(paris["true_count"].to_pylist()) == {0}
    assert not any(paris["is_failed"].to_pylist())
    assert sum(london["is_open"].to_pylist()) == 8 * 10


@pytest.mark.parametrize(
    ("day", "first_utc"),
    [("2026-03-28", 7), ("2026-03-29", 6), ("2026-10-24", 6), ("2026-10-25", 7)],
)
def test_opening_hours_are_local_when_the_clocks_change(day: str, first_utc: int) -> None:
    start = datetime.fromisoformat(day).replace(tzinfo=UTC)
    table = truth(SEED, start, start + timedelta(days=1), "paris")
    opened = {
        hour.hour
        for hour, is_open in zip(table["hour_start"].to_pylist(), table["is_open"].to_pylist(), strict=True)
        if is_open
    }
    assert opened == set(range(first_utc, first_utc + 10))


def test_nothing_happens_when_the_store_is_closed() -> None:
    table = year("london")
    closed = table.filter(pa.compute.invert(table["is_open"]))
    zone = ZoneInfo("Europe/London")
    holidays = public_holidays("GB", 2025)
    for moment in closed["hour_start"].to_pylist():
        local = moment.astimezone(zone)
        assert not 8 <= local.hour < 18 or local.date() in holidays
    assert set(closed["true_count"].to_pylist()) == {0}
    assert not any(closed["is_failed"].to_pylist())
    assert not any(closed["is_anomaly"].to_pylist())


# Faults


@pytest.mark.parametrize("store_id", STORES)
def test_anomalies_are_a_tenth_of_the_expected_traffic(store_id: str) -> None:
    table = open_hours(store_id)
    probability = STORES[store_id].level * 0.001
    share = column(table, "is_anomaly").mean()
    assert abs(share - probability) < 4 * math.sqrt(probability / table.num_rows)
    seen = table.filter(pa.compute.and_(table["is_anomaly"], pa.compute.is_valid(table["visits"])))
    error = column(seen, "visits") - 0.1 * column(seen, "expected")
    assert np.abs(error).max() <= 0.5  # rounding to whole people


def test_an_ordinary_observed_count_is_the_true_one() -> None:
    table = open_hours("paris")
    seen = table.filter(pa.compute.and_(pa.compute.invert(table["is_anomaly"]), pa.compute.is_valid(table["visits"])))
    assert seen.num_rows > 0.9 * table.num_rows
    assert seen["visits"].equals(seen["true_count"])


@pytest.mark.parametrize("store_id", ["paris", "london", "berlin", "roma"])
def test_failures_have_the_clients_probability(store_id: str) -> None:
    """Over seven years, in which devices of every age hang at the doors."""
    store = STORES[store_id]
    start = max(store.opened_at, datetime(2019, 1, 1, tzinfo=UTC))
    table = truth(SEED, start, start + timedelta(days=7 * 365), store_id)
    table = table.filter(table["is_open"])
    probability = store.level * 0.01
    # A third of the failures come in outages of 3 to 12 hours, of which at most ten in a row
    # are open: an effective size of 1 / (2/3 + 1/3 * E[L²] / E[L]), E[L²] / E[L] = 8.6.
    error = 4 * math.sqrt(probability * (2 / 3 + 8.6 / 3) / table.num_rows)
    # The devices' ages are a sample, too: wear has deviation 0.4 / sqrt(3) over a life, and
    # seven years hold about two lives a door.
    error += 4 * probability * 0.4 / math.sqrt(3) / math.sqrt(2 * store.doors)
    assert abs(column(table, "is_failed").mean() - probability) < error


def test_devices_fail_more_in_their_last_year_than_in_their_first() -> None:
    failures = {"first": [0, 0], "last": [0, 0]}
    table = truth(SEED, datetime(2018, 1, 1, tzinfo=UTC), YEAR[1], "paris")
    table = table.filter(table["is_open"])
    ids, hours = column(table, "sensor_id"), column(table, "hour_start")
    failed = column(table, "is_failed").astype(bool)
    for sensor in STORES["paris"].sensors(SEED):
        if sensor.removed_at > YEAR[1]:
            continue
        installed = np.datetime64(sensor.installed_at.replace(tzinfo=None), "us")
        removed = np.datetime64(sensor.removed_at.replace(tzinfo=None), "us")
        span = np.timedelta64(365, "D")
        mine = ids == sensor.sensor_id
        for name, part in (
            ("first", mine & (hours < installed + span)),
            ("last", mine & (hours >= removed - span)),
        ):
            failures[name][0] += int(failed[part].sum())
            failures[name][1] += int(part.sum())
    first, last = (bad / total for bad, total in failures.values())
    # Lives are 2 to 5 years: wear averages 0.6 + 0.4/life in the first, 1.4 - 0.4/life in the
    # last year, so at most 0.8 and at least 1.2.
    assert last > 1.3 * first


def test_outages_last_several_hours() -> None:
    """Runs of three failed hours and more: far more than single failures would give."""
    runs, hours = 0, 0
    table = open_hours("berlin").sort_by([("door", "ascending"), ("hour_start", "ascending")])
    failed = column(table, "is_failed").astype(int).reshape(6, -1)
    for door in failed:
        bounds = np.flatnonzero(np.diff(np.concatenate([[0], door, [0]])))
        runs += int((bounds[1::2] - bounds[::2] >= 3).sum())
        hours += len(door)
    by_chance = 0.03**3 * hours
    assert runs > 5 * by_chance
    assert runs >= 5


def test_late_readings_come_within_a_week_and_lost_ones_never() -> None:
    simulation = doors(World.SEEDS, SEED)
    feed = Feed(simulation, datetime(2025, 1, 1, tzinfo=UTC))
    end = count(datetime(2026, 2, 1, tzinfo=UTC), 1)
    everything = Query(0, 0, count(YEAR[1], 1), None)
    page = feed.page(everything, end, -1, 10**6)
    served = {
        (simulation.sensors[s].sensor_id, start // HOUR)
        for s, start in zip(page.sensor.tolist(), page.start.tolist(), strict=True)
    }
    table = truth(SEED, *YEAR)
    hours = column(table, "hour_start").astype("datetime64[h]") - np.datetime64(EPOCH.date(), "h")
    keys = list(zip(table["sensor_id"].to_pylist(), hours.astype(int).tolist(), strict=True))
    lost = column(table, "is_lost").astype(bool)
    assert served == {key for key, gone in zip(keys, lost, strict=True) if not gone}
    assert 0 < lost.sum() < 0.002 * len(keys)
    late = column(table, "is_late").astype(bool)
    assert 0.003 < late.mean() < 0.02
    for number in range(count(YEAR[0], HOUR) // 768, count(YEAR[1], HOUR) // 768):
        span = simulation.span(number)
        delay = span.written_at - (span.hours + 1) * HOUR
        assert delay.min() >= 0
        assert delay.max() <= 7 * 86400
        assert ((delay >= HOUR) == span.is_late)[(span.sensor >= 0) & ~span.is_lost].all()


def test_a_correction_replaces_the_first_version_at_a_later_time() -> None:
    simulation = doors(World.SEEDS, SEED)
    feed = Feed(simulation, datetime(2025, 1, 1, tzinfo=UTC))
    span = simulation.span(172)
    corrected = np.argwhere((span.corrected_at > 0) & ~span.is_lost & (span.sensor >= 0))
    assert len(corrected) > 10
    for row, at in corrected[:25].tolist():
        hour, sensor = int(span.hours[at]), int(span.sensor[row, at])
        first, last = int(span.first_visits[row, at]), int(span.visits[row, at])
        written, rewritten = int(span.written_at[row, at]), int(span.corrected_at[row, at])
        assert first != last
        assert rewritten > written
        query = Query(0, hour * HOUR, (hour + 1) * HOUR, None)
        for as_of, expected in (
            (written - 1, []),
            (written, [(first, written)]),
            (rewritten - 1, [(first, written)]),
            (rewritten, [(last, rewritten)]),
        ):
            page = feed.page(query, as_of, -1, 100)
            mine = page.sensor == sensor
            versions = zip(page.visits[mine].tolist(), page.updated_at[mine].tolist(), strict=True)
            assert list(versions) == expected


def test_some_corrections_share_their_time_with_other_readings() -> None:
    feed = Feed(doors(World.SEEDS, SEED), datetime(2026, 1, 1, tzinfo=UTC))
    page = feed.page(Query(0, 0, 10**6 * HOUR, None), count(datetime(2026, 5, 1, tzinfo=UTC), 1), -1, 10**6)
    age = page.updated_at - page.start
    times, number = np.unique(page.updated_at, return_counts=True)
    shared = np.isin(page.updated_at, times[number > 1])
    old = age > 8 * 86400  # later than any first delivery
    assert (old & shared).sum() > 10
    assert (old & ~shared).sum() > 10


def test_truth_of_an_unknown_sensor_is_an_error() -> None:
    with pytest.raises(LookupError, match="nowhere"):
        truth(SEED, *YEAR, store_id="nowhere")
