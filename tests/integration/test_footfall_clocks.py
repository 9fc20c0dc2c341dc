"""Clocks and reference data as stores have them, through ingestion and `dbt build`: zones with half hours, quarter hours, opening
hours and time zones in many spellings, hours of the future, numbers as other programs write them.

What each provider sends is drawn on its own clock, so that the right figures are known by heart.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests import flow
from tests.provider import Provider

FIRST = date(2026, 11, 2)

# Time zone, opening and closing as providers spell them, and what is to be said of the store: nothing where it is read.
SPELLINGS: dict[str, tuple[Any, Any, Any, str | None]] = {
    "windows": (
        "W. Europe Standard Time",
        "08:00",
        "18:00",
        "timezone 'W. Europe Standard Time' is not an IANA time zone",
    ),
    "offset": ("+01:00", "08:00", "18:00", "timezone '+01:00' is not an IANA time zone such as Europe/Paris"),
    "french": ("Europe/Berlin", "8h30", "19h", None),
    "ampm": ("Europe/Berlin", "9:00 AM", "6:00 PM", None),
    "seconds": ("europe/berlin", "09:00:00", "24:00", None),
    "empty": ("Europe/Berlin", "", "", "opens_at '' is not a time of day such as 09:00"),
    "closed": ("Europe/Berlin", None, None, None),
    "half": ("Europe/Berlin", "09:00", None, "one of opens_at and closes_at is null"),
    "number": ("Europe/Berlin", 9, "18:00", "opens_at is not text"),
}


def days(
    provider: Provider, sensor_id: str, zone: str, count: int, visits: dict[int, int], *, minutes: int = 60
) -> None:
    """`count` days of readings from FIRST on, by the hour of the store's own clock; an hour's visits come in its first interval."""
    rows = []
    clock = datetime.combine(FIRST, datetime.min.time(), ZoneInfo(zone)).astimezone(UTC)
    for _ in range(count * 24 * 60 // minutes):
        local = clock.astimezone(ZoneInfo(zone))
        counted = visits.get(local.hour, 0) if local.minute < minutes else 0
        rows.append({"sensor_id": sensor_id, "hour_start": clock, "visits": counted})
        clock += timedelta(minutes=minutes)
    provider.put_readings(rows)


def put(provider: Provider, store_id: str, zone: Any, opens: Any, closes: Any, **sensor: Any) -> None:
    provider.put_store(store_id, country_code="XX", timezone=zone, opens_at=opens, closes_at=closes)
    provider.put_sensor(f"{store_id}-1", store_id, **sensor)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One warehouse of all of these stores, loaded from JSON and built once."""
    with Provider(arrow=False) as provider, pytest.MonkeyPatch.context() as patch:
        put(provider, "bandra", "Asia/Kolkata", "10:00", "21:00")
        days(provider, "bandra-1", "Asia/Kolkata", 14, dict.fromkeys(range(10, 21), 150))
        put(provider, "rundle", "Australia/Adelaide", "09:00", "17:00")
        days(provider, "rundle-1", "Australia/Adelaide", 14, dict.fromkeys(range(9, 17), 125))
        put(provider, "grafton", "Europe/Dublin", "09:00", "19:00")
        days(provider, "grafton-1", "Europe/Dublin", 14, dict.fromkeys(range(9, 19), 125))
        put(provider, "patan", "Asia/Kathmandu", "10:00", "20:00", interval_minutes=15)
        days(provider, "patan-1", "Asia/Kathmandu", 3, dict.fromkeys(range(10, 20), 7), minutes=15)
        # Quarters whose provider does not say that they are: none of them may pass for an hour.
        put(provider, "unsaid", "Europe/Paris", "08:00", "18:00")
        days(provider, "unsaid-1", "Europe/Paris", 1, dict.fromkeys(range(8, 18), 10), minutes=15)

        put(provider, "lille", "Europe/Paris", "08:00", "18:00")
        days(provider, "lille-1", "Europe/Paris", 10, dict.fromkeys(range(8, 18), 10))
        for name, (zone, opens, closes, _) in SPELLINGS.items():
            put(provider, name, zone, opens, closes)
            days(provider, f"{name}-1", "Europe/Berlin", 10, dict.fromkeys(range(9, 18), 20))

        put(provider, "odd", "Europe/Paris", "08:00", "18:00")
        days(provider, "odd-1", "Europe/Paris", 1, dict.fromkeys(range(8, 18), 10))
        for hour, visits in ((9, float("nan")), (10, float("inf")), (11, "25"), (12, "a few")):
            moment = datetime(2026, 11, 2, hour, tzinfo=ZoneInfo("Europe/Paris"))
            provider.put_readings([{"sensor_id": "odd-1", "hour_start": moment, "visits": visits, "status": "ok"}])
        far = {"sensor_id": "odd-1", "visits": 999, "updated_at": "2026-11-03T00:00:00Z"}
        provider.put_readings(
            [far | {"hour_start": "2031-01-01T09:00:00Z"}, far | {"hour_start": "1970-01-01T00:00:00Z"}]
        )

        warehouse = tmp_path_factory.mktemp("clocks") / "warehouse.duckdb"
        patch.setenv("TALLY_WAREHOUSE", str(warehouse))
        patch.setenv("SOURCES__FOOTFALL__BASE_URL", provider.base_url)
        patch.setenv("TALLY_NOW", "2026-11-17T12:00:00Z")
        flow.ingest("footfall")
        flow.build("--select", "+marts.footfall", "+fct_rejected_records", "--indirect-selection", "buildable")
        yield warehouse


def by_day(warehouse: Path, store_id: str) -> list[Any]:
    sql = f"select visits from marts.fct_store_visits_daily where store_id = '{store_id}' order by visit_date"
    return [row[0] for row in flow.query(warehouse, sql)]


@pytest.mark.parametrize(
    ("store_id", "count", "visits"), [("bandra", 14, 1650), ("rundle", 14, 1000), ("grafton", 14, 1250)]
)
def test_a_store_counts_hours_of_its_own_clock(built: Path, store_id: str, count: int, visits: int) -> None:
    assert by_day(built, store_id) == [visits] * count
    first, last, hours, coverage = flow.query(
        built,
        "select min(visit_date), max(visit_date), sum(open_hours), min(coverage_pct) from marts.fct_store_visits_daily "
        f"where store_id = '{store_id}'",
    )[0]
    assert (first, last) == (FIRST, FIRST + timedelta(days=count - 1))
    assert (hours, coverage) == (count * {"bandra": 11, "rundle": 8, "grafton": 10}[store_id], 100)


def test_local_hours_of_a_half_hour_zone_are_whole(built: Path) -> None:
    """At half past in UTC, ten in Mumbai is ten, with the visits of ten."""
    sql = (
        "select local_hour, hour_start_at, visits from marts.fct_store_visits_hourly "
        "where store_id = 'bandra' and visit_date = '2026-11-05' and visits > 0 order by hour_start_at"
    )
    assert flow.query(built, sql) == [
        (hour, datetime(2026, 11, 5, 4, 30) + timedelta(hours=hour - 10), 150) for hour in range(10, 21)
    ]
    assert flow.query(
        built, "select newest_local_hour, newest_date, newest_hour_at from marts.dim_stores where store_id = 'bandra'"
    ) == [(23, date(2026, 11, 15), datetime(2026, 11, 15, 17, 30))]


def test_quarters_are_added_up_to_hours(built: Path) -> None:
    assert by_day(built, "patan") == [70, 70, 70]
    sql = (
        "select count(*), count(distinct local_hour), bool_and(is_observed), max(visits), min(hour_start_at) "
        "from marts.fct_sensor_visits_hourly where store_id = 'patan'"
    )
    assert flow.query(built, sql) == [(72, 24, True, 7, datetime(2026, 11, 1, 18, 15))]


def test_a_quarter_is_never_taken_for_an_hour(built: Path) -> None:
    """Of four readings an hour three are rejected, and the fourth counts for nothing."""
    assert by_day(built, "unsaid") == [None]
    sql = "select bool_or(is_observed) from marts.fct_sensor_visits_hourly where store_id = 'unsaid'"
    assert flow.query(built, sql) == [(False,)]
    sql = "select reason, count(*) from marts.fct_rejected_records where payload like '%unsaid-1%' and entity = 'readings' group by 1"
    assert flow.query(built, sql) == [("hour_start is not the start of an hour", 3 * 24)]


def test_a_store_that_cannot_be_read_costs_no_other(built: Path) -> None:
    """Each is read for what it says, or rejected with what would be right; the store beside them has its figures."""
    assert by_day(built, "lille") == [100] * 10
    hours = dict(flow.query(built, "select store_id, opens_at || '-' || closes_at from marts.dim_stores"))
    assert {name: hours.get(name, "rejected") for name in SPELLINGS} == {
        "windows": "rejected",
        "offset": "rejected",
        "french": "08:30-19:00",
        "ampm": "09:00-18:00",
        "seconds": "09:00-24:00",
        "empty": "rejected",
        "closed": None,
        "half": "rejected",
        "number": "rejected",
    }
    said = dict(
        flow.query(
            built,
            "select json_extract_string(payload, '$.store_id'), reason from marts.fct_rejected_records where entity = 'stores'",
        )
    )
    wrong = {name: reason for name, (*_, reason) in SPELLINGS.items() if reason}
    assert said.keys() == wrong.keys()
    for name, reason in wrong.items():
        assert said[name].startswith(reason), name
    for name in SPELLINGS.keys() - wrong.keys():
        assert by_day(built, name) == [180] * 10, name
    # of a rejected store every reading is said
    sql = "select reason, count(*) from marts.fct_rejected_records where payload like '%windows-1%' group by 1"
    assert flow.query(built, sql) == [("sensor of an unknown store", 240)]


def test_open_hours_are_those_that_were_meant(built: Path) -> None:
    sql = "select store_id, min(open_hours), max(open_hours) from marts.fct_store_visits_daily where store_id in "
    sql += "('french', 'ampm', 'seconds', 'closed') group by 1"
    assert {row[0]: row[1:] for row in flow.query(built, sql)} == {
        "french": (11, 11),  # 8 to 18, any part of an hour counts
        "ampm": (9, 9),
        "seconds": (15, 15),
        "closed": (0, 0),
    }


def test_a_value_that_is_no_number_costs_its_reading_alone(built: Path) -> None:
    """9:00 NaN, 10:00 Infinity, 12:00 words: not observed; "25" at 11:00 is 25."""
    sql = (
        "select local_hour, visits from marts.fct_sensor_visits_hourly "
        "where sensor_id = 'odd-1' and is_open order by local_hour"
    )
    expected = dict.fromkeys(range(8, 18), 10) | {9: None, 10: None, 11: 25, 12: None}
    assert flow.query(built, sql) == list(expected.items())


def test_hours_that_cannot_be_change_nothing_but_the_list_of_rejected_records(built: Path) -> None:
    """A reading of 2031 and one of 1970 do not stretch the spine, and are shown with their reason and since when."""
    sql = "select first_hour_at, newest_hour_at, latest_complete_date from marts.dim_stores where store_id = 'odd'"
    assert flow.query(built, sql) == [(datetime(2026, 11, 1, 23), datetime(2026, 11, 2, 22), date(2026, 11, 2))]
    sql = (
        "select reason, count(*), bool_and(first_seen_at is not null) from marts.fct_rejected_records "
        "where entity = 'readings' and payload like '%999%' group by 1 order by 1"
    )
    assert flow.query(built, sql) == [
        ("hour_start is before 1990", 1, True),
        ("hour_start is more than a day later than the clock of the run", 1, True),
    ]
