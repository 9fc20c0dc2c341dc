"""Air quality end to end, from a provider's HTTP answers to the marts, against figures worked out in plain Python.

One story: four stations, one of them with a month's gap, a stuck sensor and negative CO, one that began yesterday, one whose
values never change. A first build, an hour later (the newest hour completed, the past restated), a full refresh.

Another: one station, a warehouse that pauses for three months and then for nine, and a new one beside it each time.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests import flow
from tests.air_provider import AirProvider

HOUR = timedelta(hours=1)
FIRST = datetime(2024, 1, 1)
NEWEST = datetime(2024, 4, 30, 15)
PLAIN, ODD, YOUNG, FLAT = "101", "102", "103", "104"
COLUMNS = {"CO": "co", "PM2.5": "pm2_5", "NO2": "no2", "O3": "o3", "PM10": "pm10", "T": "temperature", "RH": "humidity"}
MARTS = [
    "dim_stations", "fct_air_quality_hourly", "fct_air_quality_daily", "fct_air_quality_restatements",
    "fct_air_quality_forecasts", "agg_forecast_accuracy",
]  # fmt: skip
FORECASTS = "select * from marts.fct_air_quality_forecasts order by station_id, pollutant, issued_at, horizon_hours"

Row = dict[str, Any]


def stamp(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"


class Street:
    """Hours of a street with a rhythm and weather, drawn from a seed; a fifteenth of them missing."""

    def __init__(self, provider: AirProvider, seed: int = 11) -> None:
        self.provider = provider
        self.random = random.Random(seed)
        self.weather = 0.0

    def values(self, moment: datetime) -> dict[str, float]:
        self.weather = 0.93 * self.weather + self.random.gauss(0, 0.12)
        rhythm = math.cos(2 * math.pi * (moment.hour - 8) / 24) + 0.6 * math.cos(4 * math.pi * (moment.hour - 7) / 24)
        level = math.exp(0.35 * rhythm + self.weather + self.random.gauss(0, 0.06))
        values = {"PM2.5": round(17 * level, 1), "CO": round(0.5 * level - 0.3, 2), "O3": round(30 / level - 9, 1)}
        values |= {
            "T": round(25 + 3 * rhythm, 1),
            "RH": 70.0,
            "NO2": round(11 * level, 1),
            "PM10": round(30 * level, 1),
        }
        return {key: value for key, value in values.items() if self.random.random() > 0.01}

    def give(self, until: datetime) -> None:
        """All four stations up to and with `until`."""
        for station_id, name in ((PLAIN, "Plain"), (ODD, "Odd"), (YOUNG, "Young"), (FLAT, "Flat")):
            self.provider.put_station(station_id, name)
        moment = FIRST
        while moment <= until:
            values, other = self.values(moment), self.values(moment)
            if self.random.random() > 1 / 15 or moment == until:
                self.provider.put(PLAIN, stamp(moment), values)
            in_gap = datetime(2024, 2, 3) <= moment < datetime(2024, 3, 4)
            if datetime(2024, 4, 10) <= moment < datetime(2024, 4, 11):
                other |= {"PM2.5": 13.3}  # stuck
            if not in_gap and self.random.random() > 1 / 15:
                self.provider.put(ODD, stamp(moment), other)
            if moment > until - 40 * HOUR:
                self.provider.put(YOUNG, stamp(moment), values)
            self.provider.put(FLAT, stamp(moment), {"PM2.5": 5.0, "CO": 0.0})
            moment += HOUR


@dataclass(frozen=True)
class Story:
    """The warehouse, and its forecasts after each of the three builds."""

    warehouse: Path
    provider: AirProvider
    first: list[Row]
    later: list[Row]
    refreshed: list[Row]
    restated: dict[tuple[str, datetime, str], tuple[float, float]]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    warehouse = tmp_path_factory.mktemp("air") / "warehouse.duckdb"
    with AirProvider() as provider, pytest.MonkeyPatch.context() as patch:
        street = Street(provider)
        street.give(NEWEST)
        patch.setenv("TALLY_WAREHOUSE", str(warehouse))
        for name, value in provider.environment().items():
            patch.setenv(name, value)
        whole = provider.hours[PLAIN][stamp(NEWEST)]
        provider.put(PLAIN, stamp(NEWEST), {"PM2.5": 3.0, "CO": 0.1})  # under way
        flow.ingest("air_quality")
        build()
        first = flow.records(warehouse, FORECASTS)

        provider.put(PLAIN, stamp(NEWEST), whole)
        restated: dict[tuple[str, datetime, str], tuple[float, float]] = {}
        for text, values in list(provider.hours[ODD].items()):
            moment = datetime.fromisoformat(text)
            if values.get("CO", 0) < 0 and moment < datetime(2024, 4, 20):
                restated[ODD, moment, "co"] = (values["CO"], 0.0)
                provider.put(ODD, text, dict(values) | {"CO": 0.0})
        for station_id in (PLAIN, YOUNG):
            provider.put(station_id, stamp(NEWEST + HOUR), street.values(NEWEST + HOUR) | {"PM2.5": 20.0, "CO": 0.4})
        flow.ingest("air_quality")
        build()
        later = flow.records(warehouse, FORECASTS)

        build("--full-refresh")
        yield Story(warehouse, provider, first, later, flow.records(warehouse, FORECASTS), restated)


def build(*arguments: str) -> None:
    flow.build("--select", "tag:air_quality", "air_quality_limits", "thresholds", *arguments)


def given(story: Story, station_id: str) -> dict[datetime, dict[str, float]]:
    return {datetime.fromisoformat(text): dict(values) for text, values in story.provider.hours[station_id].items()}


def key(row: Row) -> tuple[Any, ...]:
    return row["station_id"], row["pollutant"], row["issued_at"], row["horizon_hours"]


# Hours, days, stations, restatements.


def test_hours_are_those_that_the_network_gave_last(story: Story) -> None:
    rows = flow.records(story.warehouse, "select * from marts.fct_air_quality_hourly")

    found = {(row["station_id"], row["measured_at"]): tuple(row[column] for column in COLUMNS.values()) for row in rows}
    assert found == {
        (station_id, moment): tuple(values.get(name) for name in COLUMNS)
        for station_id in story.provider.hours
        for moment, values in given(story, station_id).items()
    }
    newest = {row["station_id"]: row["measured_at"] for row in rows if row["is_newest"]}
    assert newest == {station_id: max(given(story, station_id)) for station_id in story.provider.hours}


def test_daily_means_and_their_verdicts_are_those_of_the_reported_hours(story: Story) -> None:
    rows = flow.records(story.warehouse, "select * from marts.fct_air_quality_daily")
    found = {(row["station_id"], row["measured_date"]): row for row in rows}

    expected_days = 0
    for station_id in story.provider.hours:
        hours = given(story, station_id)
        day = min(hours).date()
        while day <= max(hours).date():
            expected_days += 1
            row = found[station_id, day]
            of_day = [values for moment, values in hours.items() if moment.date() == day]
            for name, column, limit in (("PM2.5", "pm2_5", 15.0), ("CO", "co", 4.0)):
                values = [each[name] for each in of_day if name in each]
                assert row[f"{column}_hours"] == len(values)
                assert row[f"is_valid_{column}"] == (len(values) >= 18)
                if values:
                    assert row[f"{column}_mean"] == pytest.approx(math.fsum(values) / len(values), rel=1e-12)
                else:
                    assert row[f"{column}_mean"] is None
                verdict = math.fsum(values) / len(values) > limit if len(values) >= 18 else None
                assert row[f"exceeds_who_{column}"] is verdict
            assert row["is_valid"] == (row["is_valid_co"] and row["is_valid_pm2_5"])
            assert row["is_complete"] == (max(hours).date() > day)
            day += timedelta(days=1)
    assert len(found) == expected_days
    verdicts = {row["exceeds_who_pm2_5"] for row in rows}
    assert verdicts == {True, False, None}


def test_stations_say_how_much_of_their_data_came(story: Story) -> None:
    rows = {row["station_id"]: row for row in flow.records(story.warehouse, "select * from marts.dim_stations")}

    assert {row["station_name"] for row in rows.values()} == {"Plain", "Odd", "Young", "Flat"}
    for station_id, row in rows.items():
        hours = given(story, station_id)
        expected = (max(hours) - min(hours)) // HOUR + 1
        assert (row["hours_expected"], row["hours_reported"]) == (expected, len(hours))
        assert row["reported_pct"] == pytest.approx(100 * len(hours) / expected)
        assert row["pm2_5_hours"] == sum("PM2.5" in values for values in hours.values())
        assert (row["first_measured_at"], row["newest_measured_at"]) == (min(hours), max(hours))


def test_what_was_restated_is_listed_and_the_completion_of_an_hour_is_not(story: Story) -> None:
    rows = flow.records(story.warehouse, "select * from marts.fct_air_quality_restatements")

    found = {(r["station_id"], r["measured_at"], r["parameter"]): (r["old_value"], r["new_value"]) for r in rows}
    assert found == story.restated
    assert len(found) > 100
    assert flow.query(story.warehouse, "select count(*) from raw_air_quality.superseded where is_completion") != [(0,)]


# Forecasts.


def test_a_first_build_forecasts_from_every_hour_of_sixty_days(story: Story) -> None:
    since = NEWEST - timedelta(days=60)
    for station_id in (PLAIN, ODD):
        for pollutant in ("pm2_5", "co"):
            for horizon in (1, 2):
                made = {
                    key(row)[2]
                    for row in story.first
                    if key(row)[:2] == (station_id, pollutant) and key(row)[3] == horizon
                }
                hours = {moment for moment in given(story, station_id) if since < moment <= NEWEST}
                known_before = {moment for moment in hours if moment > datetime(2024, 3, 5) or station_id == PLAIN}
                assert known_before <= made <= hours
    newest = {
        station_id: max(moment for moment in given(story, station_id) if moment <= NEWEST)
        for station_id in story.provider.hours
    }
    for row in story.first:
        assert row["target_at"] == row["issued_at"] + row["horizon_hours"] * HOUR
        assert row["lower_90"] <= row["value"] <= row["upper_90"]
        assert row["fitted_until"] is None or row["fitted_until"] <= row["issued_at"]
        assert row["is_backtest"] == (row["issued_at"] != newest[row["station_id"]])


def test_the_last_value_is_what_was_known_then(story: Story) -> None:
    """The newest hour was under way when the first build met it."""
    (row,) = [row for row in story.first if key(row) == (PLAIN, "pm2_5", NEWEST, 1)]
    assert row["last_value"] == 3.0
    assert given(story, PLAIN)[NEWEST]["PM2.5"] != 3.0


def test_series_that_say_nothing_get_the_baseline_and_the_reason(story: Story) -> None:
    reasons = {
        station_id: {row["reason"] for row in story.first if row["station_id"] == station_id}
        for station_id in (YOUNG, FLAT)
    }

    assert reasons == {YOUNG: {"the series is too short"}, FLAT: {"the series is constant"}}
    for row in story.first:
        assert (row["model"] == "persistence") == (row["reason"] is not None)
        if row["model"] == "persistence":
            floor = 0.0 if row["pollutant"] == "pm2_5" else -math.inf
            assert row["value"] == max(row["last_value"], floor)
    stuck = [row for row in story.first if row["reason"] == "the instrument repeats its last value"]
    assert stuck and {row["station_id"] for row in stuck} == {ODD}
    assert all(
        datetime(2024, 4, 10, 6) <= row["issued_at"] < datetime(2024, 4, 11, 8)
        for row in stuck
        if row["pollutant"] == "pm2_5"
    )


def test_an_hour_later_only_new_hours_are_forecast_and_the_others_stay_as_they_were(story: Story) -> None:
    assert [row for row in story.later if row["issued_at"] <= NEWEST] == story.first
    new = [key(row) for row in story.later if row["issued_at"] > NEWEST]
    assert sorted(new) == sorted(
        (station_id, pollutant, NEWEST + HOUR, horizon)
        for station_id in (PLAIN, YOUNG)
        for pollutant in ("pm2_5", "co")
        for horizon in (1, 2)
    )


def test_a_full_refresh_leaves_the_forecasts_as_they_were(story: Story) -> None:
    assert story.refreshed == story.later


def test_the_accuracy_is_that_of_the_forecasts_against_what_was_measured(story: Story) -> None:
    rows = flow.records(story.warehouse, "select * from marts.agg_forecast_accuracy")
    found = {(row["station_id"], row["pollutant"], row["horizon_hours"], row["model"]): row for row in rows}

    expected = set()
    for station_id in story.provider.hours:
        hours = given(story, station_id)
        newest = max(hours)
        for pollutant, name in (("pm2_5", "PM2.5"), ("co", "CO")):
            measured = {moment: values[name] for moment, values in hours.items() if name in values and moment < newest}
            for horizon in (1, 2):
                made = [
                    row for row in story.later if key(row)[:2] == (station_id, pollutant) and key(row)[3] == horizon
                ]
                scored = [
                    r for r in made if r["target_at"] in measured and r["target_at"] > newest - timedelta(days=60)
                ]
                if not scored:
                    continue
                truth = [measured[row["target_at"]] for row in scored]
                issued = mean(abs(row["value"] - true) for row, true in zip(scored, truth, strict=True))
                last = mean(abs(row["last_value"] - true) for row, true in zip(scored, truth, strict=True))
                day_before = [measured.get(row["target_at"] - 24 * HOUR) for row in scored]
                yesterday = mean(
                    abs(old - true) for old, true in zip(day_before, truth, strict=True) if old is not None
                )
                covered = mean(
                    float(r["lower_90"] <= true <= r["upper_90"]) for r, true in zip(scored, truth, strict=True)
                )
                chosen = "ensemble" if any(row["model"] == "ensemble" for row in scored) else "persistence"
                for model, mae in (("yesterday", yesterday), ("persistence", last), (chosen, issued)):
                    if mae is None:
                        continue
                    row = found[station_id, pollutant, horizon, model]
                    expected.add((station_id, pollutant, horizon, model))
                    assert row["mae"] == pytest.approx(mae, rel=1e-9, abs=1e-12)
                    assert row["is_chosen"] == (model == chosen)
                row = found[station_id, pollutant, horizon, chosen]
                assert row["hours"] == len(scored)
                assert row["coverage_90"] == pytest.approx(covered)
                if last:
                    assert issued is not None
                    assert row["skill_vs_persistence_pct"] == pytest.approx(100 * (1 - issued / last))
                else:
                    assert row["skill_vs_persistence_pct"] is None
    assert expected == set(found)


def mean(values: Iterator[float]) -> float | None:
    listed = list(values)
    return math.fsum(listed) / len(listed) if listed else None


def test_the_marks_are_met_on_the_plain_street(story: Story) -> None:
    """A first build on four months: skill and coverage as the project promises."""
    for horizon, least in ((1, 15.0), (2, 25.0)):
        (row,) = flow.records(
            story.warehouse,
            f"select * from marts.agg_forecast_accuracy where station_id = '{PLAIN}' and pollutant = 'pm2_5' and is_chosen "
            f"and horizon_hours = {horizon}",
        )
        assert row["skill_vs_persistence_pct"] >= least
        assert row["skill_vs_yesterday_pct"] > 0
        assert 0.87 <= row["coverage_90"] <= 0.93


# After a pause.


WINDOW = timedelta(days=130)  # that the provider of this story serves, less than a year to keep the story short
PAUSED, RESUMED, RESUMED_AGAIN = datetime(2024, 2, 7, 15), datetime(2024, 5, 9, 15), datetime(2025, 2, 9, 9)


@dataclass(frozen=True)
class Pause:
    """A warehouse that was built, and built again after each of two pauses; and a new one beside it each time.

    - At the end of the first pause, of three months, the provider still serves all that the warehouse had loaded: both
      warehouses hold the same hours.
    - The second, of nine months, is longer than what the provider serves: the hours between are lost.

    Each is what the forecasts and the accuracy were then.
    """

    before: tuple[list[Row], list[Row]]
    resumed: tuple[list[Row], list[Row]]
    new: tuple[list[Row], list[Row]]
    resumed_again: tuple[list[Row], list[Row]]
    newer: tuple[list[Row], list[Row]]


@pytest.fixture(scope="module")
def pause(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pause]:
    folder = tmp_path_factory.mktemp("pause")
    with AirProvider() as provider, pytest.MonkeyPatch.context() as patch:
        provider.window = WINDOW // HOUR
        provider.put_station(PLAIN)
        for name, value in provider.environment().items():
            patch.setenv(name, value)
        street, moments = Street(provider), iter(FIRST + hours * HOUR for hours in range(24 * 500))

        def measure(until: datetime) -> None:
            for moment in moments:
                provider.put(PLAIN, stamp(moment), street.values(moment))
                if moment == until:
                    break

        def run(name: str) -> tuple[list[Row], list[Row]]:
            warehouse = folder / name / "warehouse.duckdb"
            warehouse.parent.mkdir(exist_ok=True)
            patch.setenv("TALLY_WAREHOUSE", str(warehouse))
            flow.ingest("air_quality")
            flow.build("--select", "+agg_forecast_accuracy", "--exclude-resource-type", "test")
            accuracy = "select * from marts.agg_forecast_accuracy order by station_id, pollutant, horizon_hours, model"
            return flow.records(warehouse, FORECASTS), flow.records(warehouse, accuracy)

        measure(PAUSED)
        before = run("paused")
        measure(RESUMED)
        resumed, new = run("paused"), run("new")
        measure(RESUMED_AGAIN)
        yield Pause(before, resumed, new, run("paused"), run("newer"))


def issued_after(rows: list[Row], since: datetime) -> list[Row]:
    return [row for row in rows if row["issued_at"] > since]


def test_after_a_pause_forecasts_and_accuracy_are_those_of_a_new_warehouse(pause: Pause) -> None:
    (resumed, resumed_accuracy), (new, accuracy) = pause.resumed, pause.new

    assert issued_after(resumed, RESUMED - timedelta(days=60)) == new
    assert resumed_accuracy == accuracy
    assert len(new) > 2 * 2 * 24 * 55
    assert {row["model"] for row in new} == {"ensemble"}
    skills = [row["skill_vs_persistence_pct"] for row in accuracy if row["is_chosen"]]
    assert len(skills) == 2 * 2
    assert min(skills) > 10


def test_after_a_pause_longer_than_what_the_provider_serves_forecasts_are_as_good_as_a_new_warehouses(
    pause: Pause,
) -> None:
    """Not the same: the warehouse that paused has more hours to fit on, those of before the pause."""
    (resumed, resumed_accuracy), (new, accuracy) = pause.resumed_again, pause.newer
    same = ("station_id", "pollutant", "issued_at", "horizon_hours", "model", "reason", "last_value", "fitted_until")

    of_both = issued_after(resumed, RESUMED_AGAIN - timedelta(days=60))
    assert [[row[name] for name in same] for row in of_both] == [[row[name] for name in same] for row in new]
    assert {row["model"] for row in new} == {"ensemble"}
    for ours, theirs in zip(resumed_accuracy, accuracy, strict=True):
        for name in ("station_id", "pollutant", "horizon_hours", "model", "hours"):
            assert ours[name] == theirs[name]
        assert ours["mae"] <= 1.01 * theirs["mae"]


def test_forecasts_made_before_a_pause_stay_as_they_were(pause: Pause) -> None:
    assert [row for row in pause.resumed[0] if row["issued_at"] <= PAUSED] == pause.before[0]
    assert [row for row in pause.resumed_again[0] if row["issued_at"] <= RESUMED] == pause.resumed[0]


# Raw tables, and none at all.


def test_an_empty_warehouse_builds_to_empty_marts(empty_build: Path) -> None:
    for mart in MARTS:
        assert flow.query(empty_build, f"select count(*) from marts.{mart}") == [(0,)]


def test_raw_tables_made_by_dbt_are_those_that_ingestion_makes(
    warehouse: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    columns = (
        "select table_name, column_name, data_type from information_schema.columns "
        "where table_schema = 'raw_air_quality' and table_name not like '\\_dlt%' escape '\\' order by all"
    )
    with AirProvider() as provider:
        provider.put_station(PLAIN)
        provider.put(PLAIN, "2024-01-01 00:00:00", {"CO": 1.0, "O3": "?"})
        for name, value in provider.environment().items():
            monkeypatch.setenv(name, value)
        assert flow.dbt("run-operation", "create_missing_tables").success
        made_by_dbt = flow.query(warehouse, columns)
        flow.ingest("air_quality")
        provider.put(PLAIN, "2024-01-01 00:00:00", {"CO": 2.0})
        flow.ingest("air_quality")
        assert flow.query(warehouse, columns) == made_by_dbt
        assert flow.query(warehouse, "select co from raw_air_quality.hourly") == [(2.0,)]

        other = tmp_path / "other.duckdb"
        monkeypatch.setenv("TALLY_WAREHOUSE", str(other))
        flow.ingest("air_quality")
        provider.put(PLAIN, "2024-01-01 00:00:00", {"CO": 3.0, "O3": "?"})
        flow.ingest("air_quality")
        # Measurements of less than an hour are what a feed brings, and no provider.
        assert flow.query(other, columns) == [row for row in made_by_dbt if row[0] != "measurements"]
