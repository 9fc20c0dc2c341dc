"""Air quality through the HTTP contract into a warehouse of the test's own.

What a warehouse should hold is the provider's own list, never what the code under test says.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ingestion.errors import SourceError
from ingestion.load import Loader
from ingestion.runner import run
from ingestion.schemas import RunResult
from tests import flow
from tests.air_provider import KEYS, AirProvider
from tests.http_server import as_json

ONE, OTHER = "283164601", "283181971"
FIRST = datetime(2024, 5, 1, tzinfo=UTC)
COLUMNS = ("co", "temperature", "internal_temperature", "no2", "o3", "pm10", "pm2_5", "humidity")


def stamp(hour: int) -> str:
    return f"{FIRST + timedelta(hours=hour):%Y-%m-%d %H:%M:%S}"


def values(hour: int) -> dict[str, float]:
    """An hour's values: some keys are missing in some hours, CO is negative in many."""
    present = [key for place, key in enumerate(KEYS) if (hour + place) % 11]
    return {
        key: round((hour * 7 + place * 13) % 50 / 10 - (1.5 if key == "CO" else 0), 2)
        for place, key in enumerate(present)
    }


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> Iterator[AirProvider]:
    """Two stations with a hundred hours less some, which every command finds."""
    with AirProvider() as provider:
        for station_id, name in ((ONE, "SMART188"), (OTHER, "SMART189")):
            provider.put_station(station_id, name)
            for hour in range(100):
                if hour % 17 != 3:
                    provider.put(station_id, stamp(hour), values(hour))
        for name, value in provider.environment().items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("RUNTIME__REQUEST_BACKOFF_FACTOR", "0.001")
        yield provider


def ingest(warehouse: Path, **options: Any) -> RunResult:
    """One run in this process that must go well."""
    (result,) = run(["air_quality"], warehouse, lock_timeout=0, **options)
    assert result.error is None, result.error
    return result


def failed(warehouse: Path) -> RunResult:
    """One run in this process that must fail, in one line."""
    (result,) = run(["air_quality"], warehouse, lock_timeout=0)
    assert result.error is not None
    assert "\n" not in result.error
    return result


def counts(result: RunResult) -> tuple[int, int, int]:
    return result.new, result.changed, result.rejected


def expected(provider: AirProvider, *station_ids: str) -> list[tuple[Any, ...]]:
    """All that the provider has ever been given, as rows of raw_air_quality.hourly."""
    return sorted(
        (station_id, timestamp, *(given.get(key) for key in KEYS))
        for station_id in station_ids or (ONE, OTHER)
        for timestamp, given in provider.hours[station_id].items()
    )


def held(warehouse: Path) -> list[tuple[Any, ...]]:
    sql = f"select station_id, strftime(measured_at, '%Y-%m-%d %H:%M:%S'), {', '.join(COLUMNS)} from raw_air_quality.hourly"
    return sorted(flow.query(warehouse, sql))


def superseded(warehouse: Path) -> list[tuple[Any, ...]]:
    return flow.query(
        warehouse,
        "select station_id, strftime(measured_at, '%Y-%m-%d %H:%M:%S'), parameter, old_value, new_value, is_completion "
        "from raw_air_quality.superseded order by all",
    )


def load_ids(warehouse: Path) -> list[tuple[Any, ...]]:
    return flow.query(
        warehouse,
        "select station_id, measured_at, _dlt_load_id from raw_air_quality.hourly "
        "union all select station_id, null, _dlt_load_id from raw_air_quality.stations order by all",
    )


# What comes.


def test_every_hour_and_every_value_arrives(network: AirProvider, warehouse: Path) -> None:
    result = ingest(warehouse)

    hours = expected(network)
    assert held(warehouse) == hours
    assert counts(result) == (len(hours) + 2, 0, 0)
    assert result.newest == FIRST + timedelta(hours=99)
    assert flow.query(warehouse, "select station_id, station_name, latitude, longitude from raw_air_quality.stations order by 1") == [
        (ONE, "SMART188", 5.36, -3.98),
        (OTHER, "SMART189", 5.36, -3.98),
    ]  # fmt: skip
    assert superseded_tables(warehouse) == 0


def superseded_tables(warehouse: Path) -> int:
    sql = "select count(*) from duckdb_tables() where schema_name = 'raw_air_quality' and table_name = 'superseded'"
    return int(flow.query(warehouse, sql)[0][0])


def test_an_unchanged_network_writes_nothing(network: AirProvider, warehouse: Path) -> None:
    ingest(warehouse)
    before = load_ids(warehouse)

    assert counts(ingest(warehouse)) == (0, 0, 0)
    assert counts(ingest(warehouse, full_refresh=True)) == (0, 0, 0)
    assert load_ids(warehouse) == before


def test_hours_that_left_the_window_stay(network: AirProvider, warehouse: Path) -> None:
    network.window = 60
    ingest(warehouse)
    seen = held(warehouse)
    assert len(seen) == 120
    untouched = [row for row in load_ids(warehouse) if row[1] is not None and row[1] < FIRST + timedelta(hours=98)]

    for hour in range(100, 130):
        network.put(ONE, stamp(hour), values(hour))
    result = ingest(warehouse)

    assert counts(result) == (30, 0, 0)
    assert held(warehouse) == sorted(seen + [row for row in expected(network, ONE) if row[1] >= stamp(100)])
    assert [
        row for row in load_ids(warehouse) if row[1] is not None and row[1] < FIRST + timedelta(hours=98)
    ] == untouched


def test_only_days_since_a_date_are_taken_where_that_is_asked(network: AirProvider, warehouse: Path) -> None:
    ingest(warehouse, since=date(2024, 5, 4))

    assert held(warehouse) == [row for row in expected(network) if row[1] >= "2024-05-04 00:00:00"]
    ingest(warehouse)
    assert held(warehouse) == expected(network)


# A past that changes.


def test_the_newest_hour_is_completed_and_that_is_no_restatement(network: AirProvider, warehouse: Path) -> None:
    network.put(ONE, stamp(99), {"CO": 0.5, "PM2.5": 20.0, "RH": 60.0})
    ingest(warehouse)

    network.put(ONE, stamp(99), {"CO": 0.7, "PM2.5": 24.0, "RH": 60.0, "NO2": 3.0})
    network.put(ONE, stamp(100), {"CO": 0.6})
    result = ingest(warehouse)

    assert counts(result) == (1, 1, 0)
    assert held(warehouse) == expected(network)
    assert superseded(warehouse) == [
        (ONE, stamp(99), "co", 0.5, 0.7, True),
        (ONE, stamp(99), "no2", None, 3.0, True),
        (ONE, stamp(99), "pm2_5", 20.0, 24.0, True),
    ]

    network.put(ONE, stamp(99), {"CO": 0.8, "PM2.5": 24.0, "RH": 60.0, "NO2": 3.0})
    ingest(warehouse)
    assert superseded(warehouse)[1] == (ONE, stamp(99), "co", 0.7, 0.8, False)


def test_of_an_hour_that_stays_the_newest_only_the_first_change_is_its_completion(
    network: AirProvider, warehouse: Path
) -> None:
    network.put(ONE, stamp(99), {"CO": 0.5})
    ingest(warehouse)
    network.put(ONE, stamp(99), {"CO": 0.6})
    ingest(warehouse)
    network.put(ONE, stamp(99), {"CO": 0.0})
    ingest(warehouse)

    assert superseded(warehouse) == [
        (ONE, stamp(99), "co", 0.5, 0.6, True),
        (ONE, stamp(99), "co", 0.6, 0.0, False),
    ]


def test_a_restatement_of_the_past_replaces_it_and_keeps_what_it_was(network: AirProvider, warehouse: Path) -> None:
    ingest(warehouse)
    before = {(row[0], row[1]): row[2] for row in held(warehouse)}
    changed = []
    for hour in range(90):
        given = network.hours[ONE].get(stamp(hour))
        if given is not None and given.get("CO", 0) < 0:
            network.put(ONE, stamp(hour), dict(given) | {"CO": 0.0})
            changed.append(hour)
    assert len(changed) > 10

    result = ingest(warehouse)

    assert counts(result) == (0, len(changed), 0)
    assert held(warehouse) == expected(network)
    assert superseded(warehouse) == [
        (ONE, stamp(hour), "co", before[ONE, stamp(hour)], 0.0, False) for hour in changed
    ]  # fmt: skip


def test_a_value_that_is_taken_back_and_one_that_comes_later_are_kept_as_such(
    network: AirProvider, warehouse: Path
) -> None:
    network.put(OTHER, stamp(50), {"CO": 0.5})
    ingest(warehouse)
    network.put(OTHER, stamp(50), {"O3": 40.0})
    ingest(warehouse)

    assert held(warehouse) == expected(network)
    assert superseded(warehouse) == [
        (OTHER, stamp(50), "co", 0.5, None, False),
        (OTHER, stamp(50), "o3", None, 40.0, False),
    ]


def test_a_run_that_died_between_its_two_loads_leaves_each_change_once(
    network: AirProvider, warehouse: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network.put(ONE, stamp(99), {"CO": 0.5})
    ingest(warehouse)
    network.put(ONE, stamp(99), {"CO": 0.6})
    network.put(ONE, stamp(40), {"CO": 9.0})
    was = next(row for row in held(warehouse) if row[:2] == (ONE, stamp(40)))
    loads: list[object] = []
    whole = Loader.load

    def dies_at_the_second(*arguments: Any) -> None:
        loads.append(arguments)
        if len(loads) == 2:
            raise SourceError("died")
        whole(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr(Loader, "load", dies_at_the_second)
        failed(warehouse)
    ingest(warehouse)

    assert held(warehouse) == expected(network)
    known = dict(zip(COLUMNS, was[2:], strict=True))
    lost = [
        (ONE, stamp(40), name, value, None, False)
        for name, value in known.items()
        if name != "co" and value is not None
    ]
    assert superseded(warehouse) == sorted(
        [(ONE, stamp(99), "co", 0.5, 0.6, True), (ONE, stamp(40), "co", known["co"], 9.0, False), *lost],
        key=lambda row: row[:3],
    )


# Failures.


def test_one_station_that_is_down_does_not_stop_the_other(network: AirProvider, warehouse: Path) -> None:
    network.fail(ONE, as_json({}, 503))

    result = failed(warehouse)

    assert held(warehouse) == expected(network, OTHER)
    assert result.new == len(expected(network, OTHER)) + 1
    assert result.error is not None and f"station {ONE}" in result.error and "503" in result.error
    assert str(OTHER) not in result.error
    assert flow.query(warehouse, "select outcome, rows_new from raw_operations.runs") == [("failed", result.new)]

    network.intercept = None
    ingest(warehouse)
    assert held(warehouse) == expected(network)


def test_the_command_line_ends_with_an_error_and_names_the_station(network: AirProvider, warehouse: Path) -> None:
    del network.headers[OTHER]

    done = flow.run(sys.executable, "-m", "ingestion", "air_quality")

    assert done.returncode == 1
    assert f"station {OTHER}" in done.stderr and "404" in done.stderr
    assert "Traceback" not in done.stderr
    assert held(warehouse) == expected(network, ONE)


@pytest.mark.parametrize("answer", [as_json({"data": []}), as_json([1, 2]), as_json({"header": {}, "data": {}})])
def test_an_answer_of_another_shape_is_refused(network: AirProvider, warehouse: Path, answer: Any) -> None:
    network.fail(ONE, answer)

    result = failed(warehouse)

    assert result.error is not None and "AirQino" in result.error
    assert held(warehouse) == expected(network, OTHER)


def test_a_value_that_is_not_a_number_is_rejected_and_the_hours_others_load(
    network: AirProvider, warehouse: Path
) -> None:
    network.put(ONE, stamp(5), {"CO": "n/a", "PM2.5": 11.0, "O3": True, "RH": None})

    result = ingest(warehouse)
    again = ingest(warehouse)

    assert (result.rejected, again.rejected) == (2, 0)
    row = next(row for row in held(warehouse) if row[:2] == (ONE, stamp(5)))
    assert dict(zip(COLUMNS, row[2:], strict=True)) == dict.fromkeys(COLUMNS) | {"pm2_5": 11.0}
    assert flow.query(
        warehouse, "select entity, reason, payload from raw_air_quality.rejected_records order by reason"
    ) == [
        ("hourly", "CO is not a number", f'{{"CO":"n/a","station_id":"{ONE}","timestamp":"{stamp(5)}"}}'),
        ("hourly", "O3 is not a number", f'{{"O3":true,"station_id":"{ONE}","timestamp":"{stamp(5)}"}}'),
    ]


def test_rows_without_a_readable_full_hour_are_rejected(network: AirProvider, warehouse: Path) -> None:
    network.appended[OTHER] = [
        {"CO": 1.0},
        {"timestamp": "yesterday", "CO": 1.0},
        {"timestamp": "2024-05-01 08:30:00", "CO": 1.0},
        "an hour",
    ]

    result = ingest(warehouse)

    assert result.rejected == 4
    assert held(warehouse) == expected(network)
    reasons = [
        reason for (reason,) in flow.query(warehouse, "select reason from raw_air_quality.rejected_records order by 1")
    ]
    assert reasons == [
        "measured_at is not a timestamp",
        "measured_at is null",
        "the row is not an object",
        "timestamp is not a full hour",
    ]


def test_of_an_hour_given_twice_in_an_answer_the_last_counts(network: AirProvider, warehouse: Path) -> None:
    network.appended[ONE] = [{"timestamp": stamp(7), "CO": 4.25}]

    ingest(warehouse)

    row = next(row for row in held(warehouse) if row[:2] == (ONE, stamp(7)))
    assert dict(zip(COLUMNS, row[2:], strict=True)) == dict.fromkeys(COLUMNS) | {"co": 4.25}
    assert counts(ingest(warehouse)) == (0, 0, 0)


def test_a_header_that_cannot_be_read_does_not_keep_the_hours_out(network: AirProvider, warehouse: Path) -> None:
    network.headers[ONE]["station_lat"] = "north"

    result = ingest(warehouse)

    assert result.rejected == 1
    assert held(warehouse) == expected(network)
    stations = flow.query(warehouse, "select station_id, latitude, longitude from raw_air_quality.stations order by 1")
    assert stations == [(ONE, None, -3.98), (OTHER, 5.36, -3.98)]
    assert flow.query(warehouse, "select reason, payload from raw_air_quality.rejected_records") == [
        ("station_lat is not a number of degrees from -90 to 90", f'{{"station_id":"{ONE}","station_lat":"north"}}')
    ]


def test_a_station_without_hours_is_known_all_the_same(network: AirProvider, warehouse: Path) -> None:
    network.hours[ONE] = {}

    assert ingest(warehouse).newest == FIRST + timedelta(hours=99)
    assert flow.query(warehouse, "select count(*) from raw_air_quality.stations") == [(2,)]


# Settings.


@pytest.mark.parametrize("text", [f"[{ONE}]", f"{ONE}", f" {ONE}, {ONE} "])
def test_stations_are_a_setting(
    network: AirProvider, warehouse: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("SOURCES__AIR_QUALITY__STATION_IDS", text)

    ingest(warehouse)

    assert held(warehouse) == expected(network, ONE)
    assert len(network.requests) == 1


@pytest.mark.parametrize("text", ["[SMART188]", "[1.5]", "283164601;283181971", "[-1]"])
def test_stations_that_are_not_numbers_are_refused_in_words(
    network: AirProvider, warehouse: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("SOURCES__AIR_QUALITY__STATION_IDS", text)

    result = failed(warehouse)

    assert result.error is not None and "SOURCES__AIR_QUALITY__STATION_IDS" in result.error
    assert not network.requests


def test_no_station_is_no_failure(network: AirProvider, warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCES__AIR_QUALITY__STATION_IDS", "[]")

    assert counts(ingest(warehouse)) == (0, 0, 0)


def test_the_key_is_sent_and_its_lack_is_told(
    network: AirProvider, warehouse: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network.api_key = "s3cret"
    refused = failed(warehouse)
    assert refused.error is not None and "SOURCES__AIR_QUALITY__API_KEY" in refused.error

    monkeypatch.setenv("SOURCES__AIR_QUALITY__API_KEY", "s3cret")
    ingest(warehouse)
    assert held(warehouse) == expected(network)
