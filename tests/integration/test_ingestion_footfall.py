"""Footfall through the HTTP contract and the command line, into a warehouse of the test's own.

What a warehouse should hold is the provider's own list, never what the code under test says.
"""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from ingestion.runner import run
from ingestion.schemas import RunResult
from tests import flow
from tests.http_server import Answer, Request, as_json
from tests.provider import LAUNCH, LIES, Provider, Row, instant

ROOT = Path(__file__).resolve().parents[2]
HOUR = timedelta(hours=1)


@pytest.fixture
def store(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> Provider:
    """A provider with one store of two doors and 100 hours of readings, which every command finds."""
    monkeypatch.setenv("SOURCES__FOOTFALL__BASE_URL", provider.base_url)
    monkeypatch.setenv("RUNTIME__REQUEST_BACKOFF_FACTOR", "0.01")
    provider.put_store("paris")
    provider.put_sensor("paris-1", "paris", door=1)
    provider.put_sensor("paris-2", "paris")
    provider.put_readings(hours("paris-1", 0, 100))
    provider.put_readings(hours("paris-2", 0, 100))
    return provider


def hours(sensor_id: str, first: int, count: int, **fields: Any) -> list[Row]:
    """Readings of consecutive hours; every tenth is a failure."""
    return [
        {"sensor_id": sensor_id, "hour_start": LAUNCH + number * HOUR, "visits": None if number % 10 == 9 else number}
        | fields
        for number in range(first, first + count)
    ]


def ingest(warehouse: Path, **options: Any) -> RunResult:
    """One run in this process that must go well."""
    (result,) = run(["footfall"], warehouse, lock_timeout=0, **options)
    assert result.error is None, result.error
    return result


def failed(warehouse: Path) -> str:
    """The one line of a run in this process that must fail."""
    (result,) = run(["footfall"], warehouse, lock_timeout=0)
    assert result.error is not None
    assert "\n" not in result.error
    return result.error


def command(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command line, as a user runs it."""
    return flow.run(sys.executable, "-m", "ingestion", *arguments, **environment)


def rows(warehouse: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("set timezone = 'UTC'")
        found: list[tuple[Any, ...]] = connection.execute(sql).fetchall()
        return found


def held(warehouse: Path) -> list[tuple[Any, ...]]:
    """The warehouse's readings, in key order."""
    return rows(
        warehouse,
        "select sensor_id, hour_start, visits, status, updated_at from raw_footfall.readings "
        "order by sensor_id, hour_start, updated_at",
    )


def served(provider: Provider) -> list[tuple[Any, ...]]:
    """The provider's readings that can be read, in key order."""
    readable = [row for row in provider.readings() if isinstance(row, dict) and isinstance(row.get("status"), str)]
    return sorted(
        (r["sensor_id"], instant(r["hour_start"]), r["visits"], r["status"], instant(r["updated_at"])) for r in readable
    )


def loads(warehouse: Path) -> list[tuple[Any, ...]]:
    """Every raw row's key with its load id, and dlt's list of loads."""
    return rows(
        warehouse,
        "select 'reading', sensor_id, hour_start::varchar, _dlt_load_id from raw_footfall.readings "
        "union all select 'sensor', sensor_id, '', _dlt_load_id from raw_footfall.sensors "
        "union all select 'store', store_id, '', _dlt_load_id from raw_footfall.stores "
        "union all select 'load', load_id, '', '' from raw_footfall._dlt_loads order by all",
    )


# What a run takes.


@pytest.mark.parametrize("speaks_arrow", [True, False], ids=["arrow", "json"])
def test_the_first_run_takes_everything_page_by_page(store: Provider, warehouse: Path, speaks_arrow: bool) -> None:
    store.arrow = speaks_arrow
    store.page_limit = 7

    result = ingest(warehouse)

    assert held(warehouse) == served(store)
    assert (result.new, result.changed, result.rejected) == (203, 0, 0)
    assert result.newest == LAUNCH + 99 * HOUR
    assert len([r for r in store.requests if r.path == "/readings"]) == 29  # 200 readings, 7 a page
    assert rows(warehouse, "select sensor_id, store_id, door, removed_at from raw_footfall.sensors order by 1") == [
        ("paris-1", "paris", 1, None),
        ("paris-2", "paris", None, None),
    ]


def test_the_raw_tables_have_the_agreed_columns_and_types(store: Provider, warehouse: Path) -> None:
    store.put_unreadable(7)
    store.arrow = False
    ingest(warehouse)

    found = rows(
        warehouse,
        "select table_name, string_agg(column_name || ' ' || lower(data_type), ', ' order by column_index) "
        "from duckdb_columns() where schema_name = 'raw_footfall' and not starts_with(table_name, '_dlt') group by 1",
    )

    when = "timestamp with time zone"
    of_a_feed = "feed varchar, feed_file varchar, feed_sheet varchar, feed_line bigint, _dlt_load_id varchar"
    assert dict(found) == {
        "stores": "store_id varchar, name varchar, city varchar, country_code varchar, timezone varchar, "
        f"opened_on date, opens_at varchar, closes_at varchar, updated_at {when}, {of_a_feed}",
        "sensors": "sensor_id varchar, store_id varchar, door bigint, interval_minutes bigint, "
        f"installed_at {when}, removed_at {when}, updated_at {when}, {of_a_feed}",
        "readings": f"sensor_id varchar, hour_start {when}, visits bigint, status varchar, updated_at {when}, "
        f"store_id varchar, {of_a_feed}",
        "rejected_records": "source varchar, entity varchar, record_id varchar, reason varchar, payload varchar, payload_hash varchar, "
        f"first_seen_at {when}, _dlt_load_id varchar",
    }


def test_an_unchanged_provider_loads_nothing(store: Provider, warehouse: Path) -> None:
    ingest(warehouse)
    before = loads(warehouse)

    for options in ({}, {"full_refresh": True}, {"since": datetime(2024, 1, 1).date()}):
        result = ingest(warehouse, **options)
        assert (result.new, result.changed, result.rejected) == (0, 0, 0)

    assert loads(warehouse) == before


def test_later_runs_ask_from_the_cursor_less_an_overlap(store: Provider, warehouse: Path) -> None:
    ingest(warehouse)
    ingest(warehouse)

    assert "updated_since" not in next(r for r in store.requests if r.path == "/readings").params
    asked = [r for r in store.requests if r.path == "/readings"][-1].params["updated_since"]
    assert LAUNCH + 90 * HOUR < instant(asked) < LAUNCH + 100 * HOUR


def test_a_correction_with_an_equal_updated_at_is_loaded(store: Provider, warehouse: Path) -> None:
    ingest(warehouse)
    before = {row[:3]: row[3] for row in loads(warehouse)}
    store.put_readings([{"sensor_id": "paris-1", "hour_start": LAUNCH + 99 * HOUR, "visits": 4321}])

    result = ingest(warehouse)

    assert (result.new, result.changed) == (0, 1)
    assert held(warehouse) == served(store)
    after = {row[:3]: row[3] for row in loads(warehouse)}
    moved = {key[1:] for key in before if before[key] != after[key]}
    assert moved == {("paris-1", "2024-01-05 03:00:00+00")}


def test_late_and_corrected_readings_are_caught_whatever_their_age(store: Provider, warehouse: Path) -> None:
    ingest(warehouse)
    now = LAUNCH + 101 * HOUR
    store.put_readings(hours("paris-1", -500, 3, updated_at=now))
    store.put_readings(hours("paris-2", 0, 2, visits=8, updated_at=now))

    result = ingest(warehouse)

    assert (result.new, result.changed) == (3, 2)
    assert held(warehouse) == served(store)


def test_a_changed_updated_at_alone_is_a_change(store: Provider, warehouse: Path) -> None:
    ingest(warehouse)
    store.put_store("paris", updated_at=LAUNCH + HOUR)
    store.put_sensor("paris-2", "paris", removed_at=LAUNCH + 100 * HOUR)

    result = ingest(warehouse)

    # A later `updated_at` is another version, and the one before is kept.
    assert (result.new, result.changed) == (1, 1)
    assert rows(warehouse, "select updated_at from raw_footfall.stores order by 1") == [(LAUNCH,), (LAUNCH + HOUR,)]
    assert (LAUNCH + 100 * HOUR,) in rows(warehouse, "select removed_at from raw_footfall.sensors")


def test_a_reading_that_changes_while_pages_are_read_is_held_once_in_its_newest_version(
    store: Provider, warehouse: Path
) -> None:
    store.page_limit = 50

    def correct_after_the_first_page(request: Request) -> Answer | None:
        answer = store.honest_answer(request)
        if request.path == "/readings" and "cursor" not in request.params:
            store.put_readings([hours("paris-1", 3, 1, visits=777, updated_at=LAUNCH + 200 * HOUR)[0]])
        return answer

    store.intercept = correct_after_the_first_page

    ingest(warehouse)

    assert held(warehouse) == served(store)
    assert ("paris-1", LAUNCH + 3 * HOUR, 777, "ok", LAUNCH + 200 * HOUR) in held(warehouse)


def test_an_older_version_does_not_replace_a_newer_one_unless_everything_is_taken_again(
    store: Provider, warehouse: Path
) -> None:
    hour = LAUNCH + 99 * HOUR
    store.put_readings([{"sensor_id": "paris-1", "hour_start": hour, "visits": 9, "updated_at": hour + 2 * HOUR}])
    ingest(warehouse)
    newest = held(warehouse)
    store.put_readings([{"sensor_id": "paris-1", "hour_start": hour, "visits": 8, "updated_at": hour + 1.5 * HOUR}])

    assert ingest(warehouse).changed == 0
    assert held(warehouse) == newest

    assert ingest(warehouse, full_refresh=True).changed == 1
    assert held(warehouse) == served(store)


# --since and the cursor.


def test_since_first_and_then_a_plain_run_bring_everything(store: Provider, warehouse: Path) -> None:
    since = (LAUNCH + 48 * HOUR).date()

    ingest(warehouse, since=since)

    assert held(warehouse) == [row for row in served(store) if row[1] >= LAUNCH + 48 * HOUR]
    ingest(warehouse)
    assert held(warehouse) == served(store)


def test_since_between_two_runs_leaves_the_cursor_alone(store: Provider, warehouse: Path) -> None:
    ingest(warehouse)
    late = LAUNCH + 300 * HOUR
    store.put_readings(hours("paris-1", 0, 5, visits=5, updated_at=late))
    store.put_readings(hours("paris-1", 100, 200))

    ingest(warehouse, since=(LAUNCH + 240 * HOUR).date())
    ingest(warehouse)

    assert held(warehouse) == served(store)


def test_a_row_from_later_today_does_not_hide_what_is_written_until_then(store: Provider, warehouse: Path) -> None:
    ahead = datetime.now(UTC) + timedelta(hours=20)
    store.put_readings([{"sensor_id": "paris-1", "hour_start": LAUNCH, "visits": 1, "updated_at": ahead}])
    ingest(warehouse)
    store.put_readings([{"sensor_id": "paris-1", "hour_start": LAUNCH + HOUR, "visits": 2, "updated_at": _now()}])

    ingest(warehouse)

    assert held(warehouse) == served(store)


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def test_another_provider_behind_the_same_source_is_taken_from_the_start(
    store: Provider, warehouse: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest(warehouse)
    with Provider() as other:
        other.put_store("lyon")
        other.put_sensor("lyon-1", "lyon")
        other.put_readings(hours("lyon-1", -1000, 10))
        monkeypatch.setenv("SOURCES__FOOTFALL__BASE_URL", other.base_url)
        ingest(warehouse)
        assert held(warehouse) == sorted(served(store) + served(other))


def test_a_deleted_warehouse_begins_anew(store: Provider, warehouse: Path) -> None:
    ingest(warehouse)
    warehouse.unlink()

    result = ingest(warehouse)  # its dlt folder is still there

    assert result.new == 203
    assert held(warehouse) == served(store)


# Types and rows that cannot be read.


def test_arrow_of_other_types_that_say_the_same_is_cast(store: Provider, warehouse: Path) -> None:
    store.arrow_schema = pa.schema(
        [
            ("updated_at", pa.timestamp("ns", tz="Europe/Paris")),
            ("sensor_id", pa.dictionary(pa.int32(), pa.string())),
            ("hour_start", pa.timestamp("s", tz="UTC")),
            ("visits", pa.int32()),
            ("status", pa.large_string()),
        ]
    )

    ingest(warehouse)

    assert held(warehouse) == served(store)


def test_arrow_whose_visits_became_text_is_read_where_the_text_is_a_number(store: Provider, warehouse: Path) -> None:
    ingest(warehouse)
    store.arrow_schema = store.arrow_schema.set(2, pa.field("visits", pa.string()))
    late = hours("paris-1", 100, 5)
    store.put_readings([*late[:4], late[4] | {"visits": "a lot"}])

    result = ingest(warehouse)

    assert (result.new, result.rejected) == (4, 1)
    assert rows(warehouse, "select distinct reason from raw_footfall.rejected_records") == [
        ("visits is not an integer",)
    ]
    store.put_readings(late)
    store.arrow_schema = store.arrow_schema.set(2, pa.field("visits", pa.int64()))
    ingest(warehouse)
    assert held(warehouse) == served(store)


def test_arrow_without_a_column_is_one_clear_error(store: Provider, warehouse: Path) -> None:
    store.arrow_schema = store.arrow_schema.remove(2)

    assert "no column visits" in failed(warehouse)


WRITTEN = "2024-01-02T00:00:00Z"
GOOD = {"sensor_id": "x", "hour_start": "2024-02-01T00:00:00Z", "visits": 1, "status": "ok", "updated_at": WRITTEN}
UNREADABLE: list[tuple[Any, str]] = [
    (7, "the row is not an object"),
    (None, "the row is not an object"),
    ([GOOD], "the row is not an object"),
    ({"visits": 1}, "sensor_id is missing"),
    (GOOD | {"sensor_id": None}, "sensor_id is null"),
    (GOOD | {"sensor_id": ""}, "sensor_id is empty"),
    (GOOD | {"sensor_id": 12}, "sensor_id is not text"),
    (GOOD | {"hour_start": "soon"}, "hour_start is not a timestamp"),
    (GOOD | {"hour_start": "2024-02-30T00:00:00Z"}, "hour_start is not a timestamp"),
    (GOOD | {"hour_start": 1706745600}, "hour_start is not a timestamp"),
    (GOOD | {"hour_start": "1989-12-31T23:00:00Z"}, "hour_start is before 1990"),
    (GOOD | {"hour_start": "2024-01-01T00:00:00"}, "hour_start has no time zone"),
    (GOOD | {"visits": "abc"}, "visits is not an integer"),
    (GOOD | {"visits": "12,5"}, "visits is not an integer"),
    (GOOD | {"visits": 3.7}, "visits is not an integer"),
    (GOOD | {"visits": True}, "visits is not an integer"),
    (GOOD | {"visits": [1]}, "visits is not an integer"),
    (GOOD | {"visits": 2**63}, "visits is out of range"),
    (GOOD | {"status": None}, "status is null"),
    ({name: value for name, value in GOOD.items() if name != "visits"}, "visits is missing"),
]


# All in one small answer, and one to every second large answer, whose rows are parsed into their types where that is possible.
BESIDE = pytest.mark.parametrize("beside", [5, 1000], ids=["in a small answer", "each in a large answer"])


@BESIDE
def test_rows_that_cannot_be_read_are_rejected_once_and_the_good_ones_beside_them_load(
    store: Provider, warehouse: Path, beside: int
) -> None:
    store.arrow = False
    if beside > 100:
        store.put_readings(hours("paris-1", 0, beside * len(UNREADABLE)))
        store.page_limit = beside // 2
    expected = served(store)
    for number, (row, _) in enumerate(UNREADABLE):
        store.put_unreadable(row, updated_at=LAUNCH + beside * number * HOUR)

    assert ingest(warehouse).rejected == len(UNREADABLE)
    assert ingest(warehouse).rejected == 0
    assert ingest(warehouse, full_refresh=True).rejected == 0

    assert held(warehouse) == expected
    found = rows(
        warehouse,
        "select source, entity, reason, payload, payload_hash, first_seen_at from raw_footfall.rejected_records",
    )
    assert {row[:2] for row in found} == {("footfall", "readings")}
    assert sorted((repr(json.loads(row[3])), row[2]) for row in found) == sorted(
        (repr(_sorted(row)), reason) for row, reason in UNREADABLE
    )
    assert len({row[4] for row in found}) == len(UNREADABLE)
    assert all(abs(row[5] - datetime.now(UTC)) < timedelta(minutes=5) for row in found)


def _sorted(row: Any) -> Any:
    if isinstance(row, list):
        return [_sorted(part) for part in row]
    return dict(sorted(row.items())) if isinstance(row, dict) else row


@BESIDE
def test_what_can_be_read_in_another_spelling_is_read(store: Provider, warehouse: Path, beside: int) -> None:
    store.arrow = False
    store.put_readings(hours("paris-1", 0, beside))
    stamp = {"status": "ok", "updated_at": "2024-01-05t06:00:00.123456789z"}
    store.put_unreadable({"sensor_id": "a", "hour_start": "2024-01-05T06:00:00+02:00", "visits": 12.0, **stamp})
    store.put_unreadable({"sensor_id": "b", "hour_start": "2024-01-05T04:00:00.000Z", "visits": "0", "new": 1, **stamp})

    assert ingest(warehouse).rejected == 0

    at, written = datetime(2024, 1, 5, 4, tzinfo=UTC), datetime(2024, 1, 5, 6, 0, 0, 123456, tzinfo=UTC)
    assert [row for row in held(warehouse) if len(row[0]) == 1] == [
        ("a", at, 12, "ok", written),
        ("b", at, 0, "ok", written),
    ]


# Providers that fail or lie.


def test_passing_failures_are_survived(store: Provider, warehouse: Path) -> None:
    store.page_limit = 20
    failures = [
        Answer(429, {"Retry-After": "0"}),
        Answer(500),
        Answer(503),
        Answer(headers={"Content-Type": "application/json"}, body=b'{"data": [', length=5000),
        Answer(headers={"Content-Type": "application/json"}, body=b'{"data": ['),
        Answer(headers={"Content-Type": "application/vnd.apache.arrow.stream"}, body=b"\xff\xff\xff\xff\x10"),
    ]
    dice = random.Random(7)

    def sometimes(request: Request) -> Answer | None:
        return dice.choice(failures) if dice.random() < 0.4 else None

    store.intercept = sometimes

    ingest(warehouse)

    assert held(warehouse) == served(store)


@pytest.mark.parametrize("as_date", [False, True], ids=["seconds", "date"])
def test_retry_after_is_honoured(store: Provider, warehouse: Path, as_date: bool) -> None:
    moment = datetime.now(UTC) + timedelta(seconds=2)
    value = moment.strftime("%a, %d %b %Y %H:%M:%S GMT") if as_date else "1"
    asked: list[datetime] = []

    def busy_at_first(request: Request) -> Answer | None:
        asked.append(datetime.now(UTC))
        return Answer(429, {"Retry-After": value}) if len(asked) == 1 else None

    store.intercept = busy_at_first

    ingest(warehouse)

    wanted = moment.replace(microsecond=0) if as_date else asked[0] + timedelta(seconds=1)
    assert asked[1] >= wanted


def test_a_retry_after_that_does_not_fit_ends_at_once(store: Provider, warehouse: Path) -> None:
    store.intercept = lambda request: Answer(429, {"Retry-After": "3600"})

    assert "429" in (line := failed(warehouse)) and "3600 s" in line
    assert len(store.requests) == 1


@pytest.mark.parametrize(("status", "says"), [(401, "API_KEY"), (403, "API_KEY"), (404, "address"), (422, "bad limit")])
def test_a_refusal_fails_at_once(store: Provider, warehouse: Path, status: int, says: str) -> None:
    store.intercept = lambda request: as_json({"detail": "bad limit"}, status)

    assert says in failed(warehouse)
    assert len(store.requests) == 1


EXPECTED_LINE = {
    "same page for ever": "again and again",
    "cursor stands still": "again and again",
    "cursor loops": "again and again",
    "endless empty pages": "empty pages",
    "html": "HTML",
    "empty body": "an empty body",
    "invalid json": "not valid JSON",
    "no data": "without a list named data",
    "data is not a list": "without a list named data",
    "cursor is not text": "not text",
    "broken arrow": "not an Arrow stream",
    "truncated": "cut the connection",
    "gigabyte": "more than 64 MB",
}


@pytest.mark.parametrize("lie", LIES)
def test_a_provider_that_lies_is_one_clear_error(store: Provider, warehouse: Path, lie: str) -> None:
    store.page_limit = 30
    store.lie(lie)

    assert EXPECTED_LINE[lie] in failed(warehouse)


def test_after_a_lie_everything_is_taken(store: Provider, warehouse: Path) -> None:
    store.page_limit = 30
    store.lie("cursor loops")
    failed(warehouse)

    store.intercept = None
    ingest(warehouse)

    assert held(warehouse) == served(store)


def test_nothing_listens(warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Provider() as gone:
        monkeypatch.setenv("SOURCES__FOOTFALL__BASE_URL", gone.base_url)
    monkeypatch.setenv("RUNTIME__REQUEST_BACKOFF_FACTOR", "0")

    assert "nothing answers there" in failed(warehouse)


def test_the_key_is_sent_and_never_shown(warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Provider(api_key="s3cret-key") as provider:
        provider.put_store("paris")
        host = provider.base_url.removeprefix("http://")
        url = f"http://someone:pass-w0rd@{host}?token=t0ken-in-url"
        missing = command("footfall", SOURCES__FOOTFALL__BASE_URL=url)
        wrong = command("footfall", SOURCES__FOOTFALL__BASE_URL=url, SOURCES__FOOTFALL__API_KEY="wr0ng")
        right = command("footfall", SOURCES__FOOTFALL__BASE_URL=url, SOURCES__FOOTFALL__API_KEY="s3cret-key")

    assert (missing.returncode, wrong.returncode, right.returncode) == (1, 1, 0)
    assert "set SOURCES__FOOTFALL__API_KEY" in missing.stderr
    assert "not accepted" in wrong.stderr
    stored = rows(
        warehouse, "select provider from raw_operations.cursors union select message from raw_operations.runs"
    )
    output = "".join(result.stdout + result.stderr for result in (missing, wrong, right)) + str(stored)
    for secret in ("s3cret-key", "wr0ng", "pass-w0rd", "t0ken-in-url"):
        assert secret not in output


# Runs, killed ones and second processes.


def test_every_run_writes_one_row(store: Provider, warehouse: Path) -> None:
    ingest(warehouse)
    store.intercept = lambda request: as_json({}, 404)
    failed(warehouse)

    found = rows(
        warehouse,
        "select what, source, outcome, rows_new, rows_changed, rows_rejected, message is null, "
        "ended_at >= started_at, count(*) over (partition by run_id) from raw_operations.runs order by started_at",
    )

    assert found == [
        ("ingestion", "footfall", "ok", 203, 0, 0, True, True, 1),
        ("ingestion", "footfall", "failed", 0, 0, 0, False, True, 1),
    ]


def test_the_command_line_reports_and_fails_in_plain_words(store: Provider, warehouse: Path) -> None:
    well = command("footfall")
    store.lie("html")
    ill = command("footfall")
    unknown = command("footfal")

    assert (well.returncode, ill.returncode, unknown.returncode) == (0, 1, 2)
    assert "203" in well.stdout and "2024-01-05 03:00" in well.stdout
    assert "footfall" in ill.stderr and "HTML" in ill.stderr
    assert "footfall" in unknown.stderr
    assert "Traceback" not in well.stderr + ill.stderr + unknown.stderr


@pytest.mark.parametrize("seed", range(3))
def test_a_killed_run_loses_and_doubles_nothing(store: Provider, warehouse: Path, seed: int) -> None:
    store.put_readings(hours("paris-1", 100, 3000))
    store.page_limit = 1000
    # The kill comes a drawn while after the last page was served: from then on the run compares, loads and merges.
    delay = random.Random(seed).uniform(0.0, 2.5)
    process = subprocess.Popen(
        [sys.executable, "-m", "ingestion", "footfall"], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _wait(lambda: len([r for r in store.requests if r.path == "/readings"]) >= 4, process)
    try:
        process.wait(delay)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait()

    ingest(warehouse)

    assert held(warehouse) == served(store)
    assert rows(warehouse, "select count(*), count(distinct sensor_id) from raw_footfall.sensors") == [(2, 2)]
    assert rows(warehouse, "select count(*) from raw_operations.runs where outcome = 'running'") == [(0,)]
    before = loads(warehouse)
    ingest(warehouse)
    assert loads(warehouse) == before


def _wait(condition: Callable[[], bool], process: subprocess.Popen[Any]) -> None:
    import time

    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.005)


def test_the_next_run_goes_on_where_a_failed_one_stood(
    store: Provider, warehouse: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingestion.runner.ROWS_A_LOAD", 50)
    store.page_limit = 50

    def out_of_order_at_the_end(request: Request) -> Answer | None:
        pages = [r for r in store.requests if r.path == "/readings"]
        return as_json({"detail": "no"}, 404) if len(pages) == 4 else None

    store.intercept = out_of_order_at_the_end
    failed(warehouse)
    stood = len(held(warehouse))
    store.intercept = None
    ingest(warehouse)

    assert 50 <= stood <= 150
    last = [r for r in store.requests if r.path == "/readings"]
    assert "updated_since" in last[4].params
    assert held(warehouse) == served(store)


def test_a_load_that_another_run_left_unfinished_does_not_block(store: Provider, warehouse: Path) -> None:
    import dlt

    ingest(warehouse)
    store.put_readings(hours("paris-1", 100, 5))
    pipeline = dlt.pipeline(
        "tally_footfall",
        pipelines_dir=str(warehouse.with_suffix(".dlt")),
        destination="duckdb",
        dataset_name="raw_footfall",
    )
    pipeline.extract([{"sensor_id": "ghost"}], table_name="readings")
    assert pipeline.has_pending_data

    ingest(warehouse)

    assert held(warehouse) == served(store)


def test_a_damaged_working_folder_does_not_block(store: Provider, warehouse: Path) -> None:
    ingest(warehouse)
    for path in warehouse.with_suffix(".dlt").rglob("*"):
        if path.is_file():
            path.write_bytes(b"\x00 not what it was")
    store.put_readings(hours("paris-1", 100, 5))

    ingest(warehouse)

    assert held(warehouse) == served(store)


def test_a_clock_behind_the_newest_load_is_said(store: Provider, warehouse: Path) -> None:
    ingest(warehouse)
    rows(warehouse, "update raw_footfall._dlt_loads set load_id = '99999999999.5' returning 1")
    store.put_readings(hours("paris-1", 100, 1))
    before = held(warehouse)

    assert "clock is behind" in failed(warehouse)
    assert held(warehouse) == before


def test_whoever_comes_second_waits_and_then_says_who_holds_the_file(store: Provider, warehouse: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print(); input()", str(warehouse)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert holder.stdout is not None and holder.stdin is not None
    holder.stdout.readline()
    try:
        second = command("footfall", TALLY_LOCK_TIMEOUT="0.5")
    finally:
        holder.communicate(b"\n")

    assert second.returncode == 1
    assert str(holder.pid) in second.stderr
    assert "waiting" in second.stderr
    assert command("footfall").returncode == 0


def test_two_runs_at_once_both_end_well(store: Provider, warehouse: Path) -> None:
    both = [
        subprocess.Popen(
            [sys.executable, "-m", "ingestion", "footfall"], cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.PIPE
        )
        for _ in range(2)
    ]
    for process in both:
        process.communicate(timeout=60)

    assert [process.returncode for process in both] == [0, 0]
    assert held(warehouse) == served(store)


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_stopped_run_ends_with_one_line(store: Provider, warehouse: Path, sent: signal.Signals, code: int) -> None:
    store.page_limit = 10
    import time

    def slowly(request: Request) -> Answer | None:
        time.sleep(0.2)
        return None

    store.intercept = slowly
    process = subprocess.Popen(
        [sys.executable, "-m", "ingestion", "footfall"], cwd=ROOT, stderr=subprocess.PIPE, text=True
    )
    _wait(lambda: len(store.requests) >= 5, process)
    process.send_signal(sent)
    _, output = process.communicate(timeout=20)

    assert process.returncode == code
    assert "stopped" in output and "Traceback" not in output
    store.intercept = None
    assert rows(warehouse, "select outcome, message from raw_operations.runs") == [("failed", "interrupted")]
    ingest(warehouse)
    assert held(warehouse) == served(store)


def test_a_file_that_is_no_warehouse_is_said(store: Provider, warehouse: Path) -> None:
    warehouse.write_text("this is not a database\n" * 500)

    result = command("footfall")

    assert result.returncode == 1
    assert "cannot be opened" in result.stderr and "Traceback" not in result.stderr
