"""The footfall provider over real HTTP: its contract, value for value."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pyarrow as pa
import pytest

from mock_api.app import create_app
from mock_api.clock import Clock
from mock_api.server import running
from mock_api.settings import Settings, World

NOW = datetime(2026, 11, 22, 5, tzinfo=UTC)
ARROW = "application/vnd.apache.arrow.stream"
READINGS = "/footfall/v1/readings"
Reading = dict[str, Any]


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    """A server that stands at NOW and goes back to March, so that it has both clock changes."""
    settings = Settings(world=World.SEEDS, now=NOW, history=date(2026, 3, 1))
    with running(create_app(settings)) as address, httpx.Client(base_url=address) as client:
        yield client


def pages(client: httpx.Client, **parameters: Any) -> Iterator[list[Reading]]:
    """Every page of an answer, as a client asks for them."""
    cursor: str | None = None
    while True:
        asked = {**parameters, **({"cursor": cursor} if cursor else {})}
        answer = client.get(READINGS, params=asked).raise_for_status().json()
        yield answer["data"]
        cursor = answer["next_cursor"]
        if cursor is None:
            return


def readings(client: httpx.Client, **parameters: Any) -> list[Reading]:
    return [row for page in pages(client, **parameters) for row in page]


def order(row: Reading) -> tuple[str, str, str]:
    return row["updated_at"], row["sensor_id"], row["hour_start"]


def key(row: Reading) -> tuple[str, str]:
    return row["sensor_id"], row["hour_start"]


def time(text: str) -> datetime:
    return datetime.fromisoformat(text)


# Lists


def test_stores_are_the_contracts(client: httpx.Client) -> None:
    answer = client.get("/footfall/v1/stores").json()
    assert answer["next_cursor"] is None
    assert {row["store_id"] for row in answer["data"]} == {
        "madrid",
        "paris",
        "berlin",
        "roma",
        "london",
    }
    assert next(row for row in answer["data"] if row["store_id"] == "roma") == {
        "store_id": "roma",
        "name": "Roma",
        "city": "Roma",
        "country_code": "IT",
        "timezone": "Europe/Rome",
        "opened_on": "2019-01-01",
        "opens_at": "08:00",
        "closes_at": "18:00",
        "updated_at": "2018-12-31T23:00:00Z",
    }


def test_39_sensors_are_in_service_and_readings_come_from_sensors_in_service(
    client: httpx.Client,
) -> None:
    sensors = client.get("/footfall/v1/sensors").json()["data"]
    assert sum(row["removed_at"] is None for row in sensors) == 39
    assert all(time(row["updated_at"]) <= NOW for row in sensors)
    life = {row["sensor_id"]: (row["installed_at"], row["removed_at"] or "9999") for row in sensors}
    for row in readings(client, limit=100_000):
        installed, removed = life[row["sensor_id"]]
        assert installed <= row["hour_start"] < removed


# Readings


def test_pages_of_any_size_are_one_ordered_answer(client: httpx.Client) -> None:
    asked = {"from": "2026-11-01", "to": "2026-11-08"}
    whole = readings(client, limit=100_000, **asked)
    assert len(whole) > 39 * 7 * 24 * 0.99
    assert whole == sorted(whole, key=order)
    assert len({key(row) for row in whole}) == len(whole)
    for limit in (7, 500):
        some = {"from": "2026-11-01", "to": "2026-11-02", "limit": limit}
        by_page = list(pages(client, **some))
        assert {len(page) for page in by_page[:-1]} == {limit}
        assert [row for page in by_page for row in page] == readings(client, **{**some, "limit": 100_000})
    assert {row["hour_start"] for row in whole} >= {"2026-11-01T00:00:00Z", "2026-11-07T23:00:00Z"}
    assert all("2026-11-01T00" <= row["hour_start"] < "2026-11-08T00" for row in whole)


def test_a_full_last_page_ends_the_answer(client: httpx.Client) -> None:
    asked = {"from": "2026-11-10", "to": "2026-11-11", "store_id": "madrid"}
    total = len(readings(client, **asked))
    assert total >= 20
    answer = client.get(READINGS, params={**asked, "limit": total}).json()
    assert len(answer["data"]) == total
    assert answer["next_cursor"] is None


def test_every_row_is_plausible(client: httpx.Client) -> None:
    rows = readings(client, limit=100_000)
    assert len(rows) > 200_000
    for row in rows:
        assert set(row) == {"sensor_id", "hour_start", "visits", "status", "updated_at"}
        assert (row["visits"] is None) == (row["status"] == "failed")
        assert row["status"] in ("ok", "failed")
        assert row["visits"] is None or row["visits"] >= 0
        end = time(row["hour_start"]) + timedelta(hours=1)
        assert end <= time(row["updated_at"]) <= NOW


def test_filters_agree_with_the_whole(client: httpx.Client) -> None:
    whole = readings(client, limit=100_000)
    since = "2026-11-20T12:02:30Z"  # a moment at which a store's readings were written
    assert readings(client, updated_since=since, limit=100_000) == [row for row in whole if row["updated_at"] >= since]
    assert any(row["updated_at"] == since for row in whole)
    assert readings(client, store_id="roma", limit=100_000) == [
        row for row in whole if row["sensor_id"].startswith("roma-")
    ]
    late = {"updated_since": "2026-11-10", "from": "2026-11-01", "to": "2026-11-08"}
    chosen = readings(client, store_id="paris", **late)
    assert chosen == [
        row
        for row in whole
        if row["sensor_id"].startswith("paris-")
        and row["updated_at"] >= "2026-11-10"
        and "2026-11-01" <= row["hour_start"] < "2026-11-08"
    ]
    assert chosen  # late and corrected readings
    offset = readings(client, **{"from": "2026-11-20T01:30:00+02:00", "to": "2026-11-20T03:00:00+02:00"})
    assert {row["hour_start"] for row in offset} == {"2026-11-20T00:00:00Z"}
    assert readings(client, **{"from": "2026-11-02", "to": "2026-11-01"}) == []
    assert readings(client, updated_since="9999-12-31T23:59:59-23:59") == []
    assert len(readings(client, updated_since="0001-01-01T00:00:00+23:59", limit=100_000)) == len(whole)


def test_arrow_equals_json(client: httpx.Client) -> None:
    asked: dict[str, Any] = {"from": "2026-11-01", "to": "2026-11-08", "limit": 2500}
    tables, cursor = [], None
    while True:
        answer = client.get(
            READINGS,
            params={**asked, **({"cursor": cursor} if cursor else {})},
            headers={"Accept": f"{ARROW}, application/json;q=0.5"},
        )
        assert answer.headers["content-type"] == ARROW
        tables.append(pa.ipc.open_stream(answer.content).read_all())
        cursor = answer.headers.get("X-Next-Cursor")
        if cursor is None:
            break
    table = pa.concat_tables(tables)
    stamp = pa.timestamp("us", tz="UTC")
    assert table.schema == pa.schema(
        {
            "sensor_id": pa.string(),
            "hour_start": stamp,
            "visits": pa.int64(),
            "status": pa.string(),
            "updated_at": stamp,
        }
    )
    assert len(tables) > 2
    assert table.to_pylist() == [
        {**row, "hour_start": time(row["hour_start"]), "updated_at": time(row["updated_at"])}
        for row in readings(client, **asked)
    ]


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("*/*", "application/json"),
        ("text/html", "application/json"),
        (ARROW, ARROW),
        (f"application/json, {ARROW};q=0.5", "application/json"),
        (f"{ARROW};q=0", "application/json"),
        (f"{ARROW};q=x", "application/json"),
    ],
)
def test_the_format_is_what_the_client_prefers(client: httpx.Client, accept: str, expected: str) -> None:
    answer = client.get(READINGS, params={"limit": 1}, headers={"Accept": accept})
    assert answer.headers["content-type"] == expected


def test_an_empty_arrow_answer_has_the_columns(client: httpx.Client) -> None:
    answer = client.get(READINGS, params={"from": "2030-01-01"}, headers={"Accept": ARROW})
    table = pa.ipc.open_stream(answer.content).read_all()
    assert (table.num_rows, table.num_columns) == (0, 5)
    assert "X-Next-Cursor" not in answer.headers


# Single values


@pytest.mark.parametrize("day", ["2026-03-28", "2026-03-29", "2026-10-25", "2026-11-17"])
@pytest.mark.parametrize(("store", "zone", "doors"), [("Berlin", "Europe/Berlin", 6), ("London", "Europe/London", 8)])
def test_single_values_agree_with_readings(client: httpx.Client, store: str, zone: str, doors: int, day: str) -> None:
    start = time(day).replace(tzinfo=ZoneInfo(zone))
    end = start + timedelta(days=1)
    door_of = {row["sensor_id"]: row["door"] for row in client.get("/footfall/v1/sensors").json()["data"]}
    expected: dict[int, dict[int, list[int]]] = {hour: {} for hour in range(24)}
    shown = set()
    rows = readings(
        client,
        store_id=store.lower(),
        **{"from": start.isoformat(), "to": end.isoformat()},
    )
    for row in rows:
        hour = time(row["hour_start"]).astimezone(ZoneInfo(zone)).hour
        shown.add(hour)
        if row["visits"] is not None:
            expected[hour].setdefault(door_of[row["sensor_id"]], []).append(row["visits"])
    assert len(shown) == (23 if day == "2026-03-29" else 24)
    year, month, of_month = (int(part) for part in day.split("-"))
    for hour in range(24):
        at: dict[str, Any] = {"store_name": store, "year": year, "month": month, "day": of_month, "hour": hour}
        if hour not in shown:
            assert client.get("/", params=at).status_code == 422
            continue
        values = [value for door in expected[hour].values() for value in door]
        assert client.get("/", params=at).raise_for_status().json() == (sum(values) if values else None)
        for door in (1, doors):
            answer = client.get("/", params={**at, "sensor_id": door}).raise_for_status()
            one = expected[hour].get(door)
            assert answer.json() == (sum(one) if one else None)


def test_a_failed_sensor_answers_null(client: httpx.Client) -> None:
    failed = next(row for row in readings(client, store_id="madrid", limit=100_000) if row["status"] == "failed")
    local = time(failed["hour_start"]).astimezone(ZoneInfo("Europe/Madrid"))
    answer = client.get(
        "/",
        params={
            "store_name": "Madrid",
            "year": local.year,
            "month": local.month,
            "day": local.day,
            "hour": local.hour,
            "sensor_id": 1,
        },
    )
    assert (answer.status_code, answer.text) == (200, "null")


# Errors


NOON: dict[str, Any] = {"store_name": "Paris", "year": 2026, "month": 7, "day": 30, "hour": 12}


@pytest.mark.parametrize(
    ("parameters", "status", "says"),
    [
        ({**NOON, "store_name": "Oslo"}, 404, "No store"),
        ({**NOON, "sensor_id": 21}, 404, "no door 21"),
        ({**NOON, "year": 2017}, 404, "opened on 2018-01-01"),
        ({**NOON, "year": 2025}, 404, "no readings before 2026-03-01"),
        ({**NOON, "month": 11, "day": 22, "hour": 6}, 404, "not over"),
        ({**NOON, "year": 2027}, 404, "not over"),
        ({**NOON, "year": 9999}, 404, "not over"),
        ({**NOON, "year": 1}, 404, "opened on"),
        ({**NOON, "month": 2, "day": 30}, 422, "2026-02-30 is not a date"),
        ({**NOON, "year": 2023, "month": 2, "day": 29}, 422, "not a date"),
        ({**NOON, "month": 13}, 422, "month"),
        ({**NOON, "hour": 24}, 422, "hour"),
        ({**NOON, "hour": "noon"}, 422, "hour"),
        ({**NOON, "year": "9" * 5000}, 422, "year"),
        ({**NOON, "sensor_id": 0}, 422, "sensor_id"),
        ({**NOON, "store_name": "Pa\x00ris"}, 422, "store_name"),
        ({}, 422, "store_name"),
    ],
)
def test_single_value_errors(client: httpx.Client, parameters: dict[str, Any], status: int, says: str) -> None:
    answer = client.get("/", params=parameters)
    assert answer.status_code == status
    assert set(answer.json()) == {"detail"}
    assert says in answer.json()["detail"]


@pytest.mark.parametrize(
    ("parameters", "status", "says"),
    [
        ({"store_id": "oslo"}, 404, "No store 'oslo'"),
        ({"store_id": "pa\x00ris"}, 422, "store_id"),
        ({"store_id": ""}, 422, "store_id"),
        ({"limit": 0}, 422, "limit"),
        ({"limit": 100_001}, 422, "limit"),
        ({"limit": "1e99"}, 422, "limit"),
        ({"limit": 10**400}, 422, "limit"),
        ({"from": "2026-02-30"}, 422, "from"),
        ({"to": "yesterday"}, 422, "to"),
        ({"to": ""}, 422, "to"),
        ({"updated_since": "2026-11-01T00:00:00"}, 422, "updated_since"),
        ({"updated_since": "1700000000"}, 422, "updated_since"),
        ({"cursor": "abc"}, 422, "cursor"),
        ({"cursor": ""}, 422, "cursor"),
        ({"cursor": "\x00é"}, 422, "cursor"),
        ({"cursor": "A" * 32}, 422, "cursor"),
    ],
)
def test_reading_errors(client: httpx.Client, parameters: dict[str, Any], status: int, says: str) -> None:
    answer = client.get(READINGS, params=parameters)
    assert answer.status_code == status
    assert says in answer.json()["detail"]


def test_a_cursor_goes_with_its_parameters(client: httpx.Client) -> None:
    asked: dict[str, Any] = {"store_id": "paris", "limit": 5, "from": "2026-11-01"}
    cursor = client.get(READINGS, params=asked).json()["next_cursor"]
    same = {**asked, "from": "2026-11-01T00:00:00Z", "cursor": cursor}
    assert client.get(READINGS, params=same).status_code == 200
    for change in (
        {"store_id": "roma"},
        {"from": "2026-11-02"},
        {"limit": 6},
        {"updated_since": "2026-11-01"},
    ):
        answer = client.get(READINGS, params={**asked, "cursor": cursor, **change})
        assert answer.status_code == 422
        assert "start again" in answer.json()["detail"]


def test_an_api_key_is_asked_for_where_there_is_one() -> None:
    with running(create_app(Settings(world=World.SEEDS, now=NOW, api_key="sesame"))) as address:
        paths = ("/footfall/v1/stores", "/footfall/v1/sensors", READINGS, "/")
        for path in paths:
            for headers in ({}, {"X-API-Key": "wrong"}, {"X-API-Key": "sésame".encode()}):
                answer = httpx.get(address + path, headers=headers)  # type: ignore[arg-type]
                assert answer.status_code == 401
                assert "X-API-Key" in answer.json()["detail"]
        known = httpx.get(address + paths[0], headers={"X-API-Key": "sesame"})
        assert known.status_code == 200
        assert httpx.get(address + "/openapi.json").status_code == 200


def test_the_openapi_page_declares_every_status_with_examples(client: httpx.Client) -> None:
    page = client.get("/openapi.json").json()
    others = ("/retail/", "/air/", "/orders/")
    paths = {path: item["get"] for path, item in page["paths"].items() if not path.startswith(others)}
    assert {path: set(item["responses"]) for path, item in paths.items()} == {
        "/": {"200", "401", "404", "422"},
        "/footfall/v1/stores": {"200", "401"},
        "/footfall/v1/sensors": {"200", "401"},
        READINGS: {"200", "401", "404", "422"},
    }
    for item in paths.values():
        for status, response in item["responses"].items():
            if status != "200":
                example = response["content"]["application/json"]["example"]
                assert set(example) == {"detail"}
        for parameter in item.get("parameters", []):
            schema = parameter["schema"]
            assert {"examples", "default"} & (set(schema) | set(parameter)) or parameter["name"] == "cursor"
    assert client.get("/docs").status_code == 200


# Clock


class Hands:
    """A clock that a test moves."""

    def __init__(self, time: datetime) -> None:
        self.time = time

    def __call__(self) -> datetime:
        return self.time


def test_a_frozen_clock_gives_the_same_bytes_again() -> None:
    bodies = []
    for _ in range(2):
        with running(create_app(Settings(world=World.SEEDS, now=NOW))) as address:
            bodies.append(httpx.get(address + READINGS, params={"limit": 50_000}).content)
    assert bodies[0] == bodies[1]
    assert len(bodies[0]) > 5_000_000


def test_a_later_clock_only_adds_and_corrects() -> None:
    hands = Hands(NOW)
    settings = Settings(world=World.SEEDS, history=date(2026, 10, 1))
    changed = 0
    with (
        running(create_app(settings, Clock(hands))) as address,
        httpx.Client(base_url=address) as client,
    ):
        before = {key(row): row for row in readings(client, limit=100_000)}
        for hours in (1, 23, 24, 24):
            seen = hands.time
            hands.time += timedelta(hours=hours)
            after = {key(row): row for row in readings(client, limit=100_000)}
            assert before.keys() < after.keys()
            moved = {key: row for key, row in after.items() if before.get(key) != row}
            assert all(seen < time(row["updated_at"]) <= hands.time for row in moved.values())
            changed += len(moved.keys() & before.keys())
            # What a client that knows the past asks for is all that it needs.
            newest = max(row["updated_at"] for row in before.values())
            changed_rows = readings(client, updated_since=newest, limit=100_000)
            assert {**before, **{key(row): row for row in changed_rows}} == after
            before = after
    assert changed >= 3  # some nine are expected: 39 doors, 30 open hours, 0.8 %


def test_a_client_that_pages_while_the_clock_moves_misses_and_doubles_nothing() -> None:
    hands = Hands(NOW)
    settings = Settings(world=World.SEEDS, history=date(2026, 11, 10))
    with (
        running(create_app(settings, Clock(hands))) as address,
        httpx.Client(base_url=address) as client,
    ):
        still = readings(client, limit=100_000)
        moving: list[Reading] = []
        for page in pages(client, limit=1000):
            moving += page
            hands.time += timedelta(hours=5)
        assert moving == still
        changed = readings(client, updated_since=still[-1]["updated_at"], limit=100_000)
        together = {key(row): row for row in still + changed}
        assert together == {key(row): row for row in readings(client, limit=100_000)}


def test_the_window_does_not_change_what_is_in_it() -> None:
    wide, narrow = Settings(world=World.SEEDS, now=NOW, history=date(2026, 6, 1)), Settings(world=World.SEEDS, now=NOW)
    answers = []
    for settings in (wide, narrow):
        with running(create_app(settings)) as address, httpx.Client(base_url=address) as client:
            answers.append(readings(client, limit=100_000))
    start = "2026-07-25T00:00:00Z"  # 120 days before
    assert answers[1] == [row for row in answers[0] if row["hour_start"] >= start]
    assert min(row["hour_start"] for row in answers[1]) == start


def test_before_the_first_opening_there_is_nothing() -> None:
    settings = Settings(world=World.SEEDS, now=datetime(2013, 6, 1, tzinfo=UTC))
    with running(create_app(settings)) as address:
        for path in ("/footfall/v1/stores", "/footfall/v1/sensors", READINGS):
            answer = httpx.get(address + path)
            assert answer.json() == {"data": [], "next_cursor": None}


# Chaos


def outcome(client: httpx.Client, path: str) -> str:
    try:
        answer = client.get(path)
    except httpx.RemoteProtocolError as error:
        return "truncated" if "incomplete" in str(error) or "without sending complete" in str(error) else "cut"
    if answer.status_code == 429:
        assert answer.headers["Retry-After"] == "1"
    return str(answer.status_code)


def test_chaos_strikes_the_share_it_was_told_in_four_ways() -> None:
    requests, rate = 1000, 0.2
    with (
        running(create_app(Settings(world=World.SEEDS, now=NOW, chaos=rate))) as address,
        httpx.Client(base_url=address) as client,
    ):
        outcomes = [outcome(client, "/footfall/v1/stores") for _ in range(requests)]
    counts = {kind: outcomes.count(kind) for kind in set(outcomes)}
    assert set(counts) == {"200", "429", "500", "cut", "truncated"}
    failed = requests - counts.pop("200")
    assert abs(failed - rate * requests) < 4 * (requests * rate * (1 - rate)) ** 0.5
    for number in counts.values():
        share = rate / 4
        assert abs(number - share * requests) < 4 * (requests * share * (1 - share)) ** 0.5


def test_a_client_that_tries_again_gets_everything() -> None:
    settings = Settings(world=World.SEEDS, now=NOW, history=date(2026, 11, 15))
    with running(create_app(settings)) as address, httpx.Client(base_url=address) as calm:
        expected = readings(calm, limit=100_000)
    rows: list[Reading] = []
    cursor, failures = None, 0
    stormy = settings.model_copy(update={"chaos": 0.4})
    with running(create_app(stormy)) as address, httpx.Client(base_url=address) as client:
        while True:
            asked = {"limit": "300", **({"cursor": cursor} if cursor else {})}
            try:
                answer = client.get(READINGS, params=asked)
            except httpx.RemoteProtocolError:
                failures += 1
                continue
            if answer.status_code != 200:
                failures += 1
                continue
            rows += answer.json()["data"]
            cursor = answer.json()["next_cursor"]
            if cursor is None:
                break
    assert rows == expected
    assert failures > 3


# Command line


def test_the_command_line_serves_and_stops() -> None:
    command = [sys.executable, "-m", "mock_api", "--port", "0", "--world", "seeds", "--now", "2026-11-22T05:00:00Z"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        match = re.fullmatch(r"Mock API ready on (http://127\.0\.0\.1:\d+)\n", line)
        assert match
        rows = httpx.get(match[1] + READINGS, params={"limit": 1}).json()["data"]
        assert rows[0]["hour_start"] == "2026-07-25T00:00:00Z"
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--now", "yesterday"], "--now"),
        (["--now", "1999-01-01"], "simulated time"),
        (["--history", "2026-02-30"], "--history"),
        (["--now", "2026-01-01", "--history", "2027-01-01"], "--history"),
        (["--host", "no.such.host.invalid"], "cannot listen"),
    ],
)
def test_a_wrong_option_is_one_clear_line(options: list[str], says: str) -> None:
    command = [sys.executable, "-m", "mock_api", "--port", "0", *options]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert result.returncode == 2
    assert says in result.stderr
    assert result.stderr.count("\n") == 1
    assert "Traceback" not in result.stderr
