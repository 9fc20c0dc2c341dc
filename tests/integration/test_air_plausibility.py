"""Air as networks really serve it: values that cannot be, a clock that jumped, spellings, a station that moves.

Four stations, one for each of the cases in tests/cases, in one warehouse.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from tests import flow
from tests.air_provider import AirProvider

SENTINELS, FUTURE, SPELLINGS, MOVES = "301", "311", "331", "341"
CASES = {
    SENTINELS: "30-sentinels/air", FUTURE: "31-future-hour/air", SPELLINGS: "33-spellings/air", MOVES: "34-station-moves/s1/air",
}  # fmt: skip
FOLDER = Path(__file__).parents[1] / "cases"
NOW = "2026-11-13T00:30:00+00:00"


def serve(provider: AirProvider, station_id: str, folder: str) -> None:
    """What the case's file says, under a number of our own."""
    content = json.loads((FOLDER / folder / "283164601.json").read_text("utf-8"))
    header = content["header"]
    provider.put_station(station_id, header["station_name"], header["station_lat"], header["station_lon"])
    provider.appended[station_id] = content["data"]


@dataclass(frozen=True)
class Street:
    warehouse: Path
    provider: AirProvider


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    warehouse = tmp_path_factory.mktemp("plausible") / "warehouse.duckdb"
    with AirProvider() as provider, pytest.MonkeyPatch.context() as patch:
        for station_id, folder in CASES.items():
            serve(provider, station_id, folder)
        patch.setenv("TALLY_WAREHOUSE", str(warehouse))
        patch.setenv("TALLY_NOW", NOW)
        for name, value in provider.environment().items():
            patch.setenv(name, value)
        flow.ingest("air_quality")
        serve(provider, MOVES, "34-station-moves/s2/air")
        flow.ingest("air_quality")
        flow.build("--select", "+tag:air_quality", "+fct_rejected_records")
        yield Street(warehouse, provider)


def rejected(street: Street, station_id: str) -> dict[str, str]:
    """Reasons, by the records' ids."""
    return dict(
        flow.query(
            street.warehouse,
            "select record_id, string_agg(reason, '; ' order by reason) from marts.fct_rejected_records "
            f"where source = 'air_quality' and starts_with(record_id, '{station_id}') group by record_id",
        )
    )


def test_values_that_cannot_be_are_null_and_rejected(street: Street) -> None:
    days = flow.records(
        street.warehouse,
        f"select * from marts.fct_air_quality_daily where station_id = '{SENTINELS}' order by measured_date",
    )

    assert {row["measured_date"]: row["pm2_5_mean"] for row in days} == {row["measured_date"]: 10.0 for row in days}
    assert [row["measured_date"] for row in days] == [date(2026, 11, day) for day in range(1, len(days) + 1)]
    in_micrograms = date(2026, 11, 8)
    for row in days:
        if row["measured_date"] == in_micrograms:
            assert (row["co_mean"], row["co_hours"], row["is_valid"]) == (None, 0, False)
        else:
            assert row["co_mean"] == pytest.approx(0.4)
            assert row["is_valid"]
    # Four hours of each sentinel have no value; the hour's others have theirs.
    hours = flow.query(
        street.warehouse,
        f"select count(*), count(pm2_5), count(co), count(temperature) from marts.fct_air_quality_hourly where station_id = '{SENTINELS}' "
        "and measured_date between '2026-11-03' and '2026-11-07'",
    )
    assert hours == [(120, 104, 112, 120)]

    said = rejected(street, SENTINELS)
    assert sorted(
        reason.split(" is outside")[0]
        for reasons in said.values()
        for reason in reasons.split("; ")
        if "outside" in reason
    ) == sorted(
        [
            *["PM2.5 -999.0", "PM2.5 9999.0", "PM2.5 999.9", "PM2.5 -1.0", "CO -999.0", "CO 9999.0", "PM10 1999.9"] * 4,
            *["CO 400.0"] * 24,
        ]
    )
    assert said[f"{SENTINELS}, 2026-11-08"].startswith(
        "the unit of CO seems to have changed: its median of the day, 400.0, is 1000.0 times"
    )
    assert [record_id for record_id, reason in said.items() if "unit" in reason] == [f"{SENTINELS}, 2026-11-08"]
    summed = flow.records(
        street.warehouse, "select * from marts.agg_air_quality_rejected_values order by station_id, parameter"
    )
    assert [(row["station_id"], row["parameter"], row["rejected_values"], row["first_measured_at"].date()) for row in summed] == [
        (SENTINELS, "co", 32, date(2026, 11, 4)), (SENTINELS, "pm10", 4, date(2026, 11, 5)), (SENTINELS, "pm2_5", 16, date(2026, 11, 3)),
    ]  # fmt: skip


def test_an_hour_of_the_future_is_rejected_and_moves_nothing(street: Street) -> None:
    (station,) = flow.records(street.warehouse, f"select * from marts.dim_stations where station_id = '{FUTURE}'")
    assert station["newest_measured_at"] == datetime(2026, 11, 12, 23)
    assert rejected(street, FUTURE) != {}
    assert all(
        "is more than a day later than the clock of the run" in each for each in rejected(street, FUTURE).values()
    )
    forecasts = flow.query(
        street.warehouse,
        f"select max(issued_at), max(target_at) from marts.fct_air_quality_forecasts where station_id = '{FUTURE}'",
    )
    assert forecasts == [(datetime(2026, 11, 12, 23), datetime(2026, 11, 13, 1))]
    assert flow.query(
        street.warehouse, f"select max(measured_date) from marts.fct_air_quality_daily where station_id = '{FUTURE}'"
    ) == [(date(2026, 11, 12),)]


def test_the_alert_of_a_silent_station_fires_although_it_once_served_the_future(
    street: Street, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = flow.copied(street.warehouse, tmp_path / "alerts")
    monkeypatch.setenv("TALLY_WAREHOUSE", str(copy))
    with duckdb.connect(str(copy)) as connection:
        # Its newest hour is of 12 November; the newest ingestion was four days later.
        connection.execute(
            "update raw_operations.runs set ended_at = '2026-11-16 12:00:00+00' where what = 'ingestion'"
        )
    flow.build("--select", "tag:alerts")
    alerts = flow.query(copy, "select entity, closed_at from marts.fct_alerts where kind = 'feed_old'")
    assert any(FUTURE in entity for entity, closed_at in alerts if closed_at is None), alerts


def test_times_and_numbers_are_read_or_rejected_with_a_reason(street: Street) -> None:
    rows = {
        row["measured_at"]: row
        for row in flow.records(
            street.warehouse, f"select * from marts.fct_air_quality_hourly where station_id = '{SPELLINGS}'"
        )
    }

    first = datetime(2026, 11, 1)
    read = [0, 1, 2, 3, 4, 10, 11, 13, 14, 15]
    assert sorted(rows) == [first + timedelta(hours=hour) for hour in read]
    assert {hour: rows[first + timedelta(hours=hour)]["pm2_5"] for hour in (12 + 1, 14, 15)} == {
        13: 10.5,
        14: None,
        15: None,
    }
    assert {rows[first + timedelta(hours=hour)]["co"] for hour in read} == {0.4}
    said = rejected(street, SPELLINGS)
    assert len(said) == 7
    assert said[f"{SPELLINGS}, 2026-11-01 14:00:00"] == "PM2.5 is not a number"
    assert said[f"{SPELLINGS}, 2026-11-01 15:00:00"] == "PM2.5 is not a number"
    assert said[f"{SPELLINGS}, 01/11/2026 05:00:00"] == "measured_at is not a timestamp"


def test_a_station_that_moves_keeps_its_earlier_hours_where_they_were_measured(street: Street) -> None:
    days = flow.query(
        street.warehouse,
        "select versions.station_name, versions.latitude, count(distinct measured_date), min(measured_date) "
        "from marts.fct_air_quality_hourly as hours "
        "join marts.dim_station_versions as versions on hours.station_id = versions.station_id and station_version = version_number "
        f"where hours.station_id = '{MOVES}' group by all order by 4",
    )

    assert [(name, count) for name, _, count, _ in days] == [("SMART188", 5), (days[1][0], 3)]
    assert days[0][0] != days[1][0]
    assert days[0][1] == pytest.approx(5.36)
    assert days[1][1] == pytest.approx(43.77, abs=0.1)
    (today,) = flow.records(street.warehouse, f"select * from marts.dim_stations where station_id = '{MOVES}'")
    assert today["station_name"] == days[1][0]
    flow.ingest("air_quality")
    assert flow.query(street.warehouse, "select count(*) from raw_air_quality.stations") == [(5,)]


def test_a_changed_range_counts_for_all_hours_from_the_next_build_on(
    street: Street, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = flow.copied(street.warehouse, tmp_path / "copy")
    monkeypatch.setenv("TALLY_WAREHOUSE", str(copy))
    with_seed = "update reference.air_quality_limits set lowest = -2 where parameter = 'pm2_5' and averaging_hours = 1"
    with duckdb.connect(str(copy)) as connection:
        connection.execute(with_seed)
    flow.build(
        "--select",
        "int_air_quality__plausible_hours+",
        "--exclude",
        "int_air_quality__forecasts+",
        "int_air_quality__forecast_fits+",
        "tag:alerts",
    )
    assert flow.query(
        copy,
        f"select pm2_5_mean from marts.fct_air_quality_daily where station_id = '{SENTINELS}' and measured_date = '2026-11-06'",
    )[0][0] == pytest.approx((20 * 10 - 4) / 24)
    shutil.rmtree(copy.parent)
