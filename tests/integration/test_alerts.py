"""Alerts from marts of a few rows, in January whatever the machine's clock says, held against what was worked out by hand.

The rules are those of the project's seed; what the build would have made stands in the marts as made here.
"""

from __future__ import annotations

import csv
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration import steps
from tests import flow
from tests.smtp import Inbox
from warehouse.dbt_runner import Dbt

# Tuesday, 6 January 2026: Epiphany, on which Madrid is closed and Paris is not.
CHECKED = datetime(2026, 1, 6, 16, 5, tzinfo=UTC)
SELECTION = ("build", "--select", "tag:alerts", "--exclude-resource-type", "unit_test")
MARTS = """
create schema marts;
create table marts.dim_stores as
select *, timestamp '2026-01-02' as updated_at
from (values
    ('paris', 'Paris', 'Europe/Paris', '08:00', '18:00', timestamp '2026-01-06 15:00', date '2026-01-05', null),
    ('madrid', 'Madrid', 'Europe/Madrid', '08:00', '18:00', timestamp '2026-01-06 15:00', date '2026-01-05', null),
    ('oslo', 'Oslo', 'Europe/Oslo', '08:00', '18:00', timestamp '2026-01-04 20:00', date '2026-01-03', null),
    -- these never delivered: one since it opened, one is to open, one has had a sensor for longer than it is known
    ('bergen', 'Bergen', 'Europe/Oslo', '08:00', '18:00', null, null, date '2026-01-05'),
    ('turku', 'Turku', 'Europe/Helsinki', '08:00', '18:00', null, null, date '2026-01-06'),
    ('nice', 'Nice', 'Europe/Paris', '08:00', '18:00', null, null, null)
) as t (store_id, store_name, timezone, opens_at, closes_at, newest_hour_at, latest_complete_date, opened_on);
create table marts.dim_sensors as select *, timestamp '2020-01-01' as installed_at, 0::bigint as open_hours_silent from (values
    ('paris-1', 'paris', true, timestamp '2026-01-06 15:00'),
    ('paris-3', 'paris', true, timestamp '2026-01-06 07:00'),  -- 08:00 at the door: silent from 09:00 on
    ('paris-4', 'paris', true, timestamp '2026-01-06 11:00'),  -- three hours are a hiccup
    ('paris-9', 'paris', false, timestamp '2024-01-06 11:00'), -- replaced
    ('madrid-1', 'madrid', true, timestamp '2026-01-05 16:00'), -- until closing time, then the holiday
    ('oslo-1', 'oslo', true, timestamp '2026-01-04 20:00'),     -- the whole store is silent
    ('nice-1', 'nice', true, null)
) as t (sensor_id, store_id, is_in_service, newest_observed_hour_at);
create table marts.fct_sensor_visits_hourly as select *, 'paris' as store_id, true as is_observed from (values
    ('paris-1', timestamp '2026-01-05 09:00', true, 2), ('paris-1', timestamp '2026-01-05 10:00', true, 0),
    ('paris-1', timestamp '2026-01-05 11:00', true, 1), ('paris-1', timestamp '2026-01-05 12:00', true, 50),
    ('paris-1', timestamp '2026-01-05 22:00', false, 0), ('paris-1', timestamp '2026-01-06 14:00', true, 60),
    ('paris-1', timestamp '2026-01-06 15:00', true, 1), ('paris-1', timestamp '2025-12-29 10:00', true, 1)
) as t (sensor_id, hour_start_at, is_open, visits);
create table marts.fct_store_visits_daily as
select
    *, dayofweek(visit_date) as iso_weekday, true as is_complete
from (values
    -- 25 % are the rule's limit, and not above it; of what is older than a week nothing is said
    ('paris', date '2026-01-04', 80.0, false, -25.0, 4), ('paris', date '2025-12-29', 100.0, false, -70.0, 4),
    ('paris', date '2026-01-05', 79.9, false, 60.125, 3), ('paris', date '2026-01-02', 90.0, false, null, 4),
    -- two weeks are too few to call a day unusual
    ('madrid', date '2026-01-05', 100.0, false, 90.0, 2), ('madrid', date '2025-12-22', null, true, null, 4)
) as t (store_id, visit_date, coverage_pct, is_closed_day, visits_vs_usual_pct, weeks_in_usual);
create table marts.dim_stations as select 7::bigint as station_id, 'Oxford Street' as station_name, timestamp '2026-01-06 14:00' as newest_measured_at;
create table marts.fct_air_quality_daily as
select 7::bigint as station_id, *, 1.0 as co_mean, true as is_valid_co, 4.0::double as co_limit, 15.0::double as pm2_5_limit
from (values
    (date '2026-01-03', 15.0::double, true, true), (date '2026-01-04', 16.0, true, true), (date '2026-01-05', 17.5, true, true),
    (date '2026-01-06', 3.0, true, false)
) as t (measured_date, pm2_5_mean, is_valid_pm2_5, is_complete);
create table marts.agg_orders_hourly as select timestamp '2026-01-06 14:00' as hour_start_at;
create table marts.fct_rejected_records as
select 'orders' as source, timestamp '2026-01-06 15:00' as first_seen_at from range(3)
union all select 'orders', timestamp '2026-01-02 15:00' from range(300);
"""


def put_run(connection: duckdb.DuckDBPyConnection, source: str, ended: str, outcome: str, rows: int = 0) -> None:
    connection.execute(
        "insert into raw_operations.runs (run_id, what, source, started_at, ended_at, outcome, rows_new, rows_changed, rows_rejected, message) "
        "values (?, 'ingestion', ?, ?::timestamptz - interval 1 minute, ?::timestamptz, ?, ?, 0, 0, ?)",
        [f"{source} {ended}", source, ended, ended, outcome, rows, "down" if outcome == "failed" else None],
    )


def put_test(warehouse: Path, outcome: str, tested: str) -> None:
    """A dbt test's newest result, as the hook leaves it."""
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("set timezone = 'UTC'")
        connection.execute("delete from raw_operations.test_results where node_id = 'unit_test.tally.sums'")
        connection.execute(
            "insert into raw_operations.test_results values ('unit_test.tally.sums', 'sums_agree', 'unit_test', null, null, ?, ?, 0.1, 'r', "
            "?::timestamptz, case when ? = 'fail' then timestamptz '2026-01-06 16:10:00Z' end)",
            [outcome, 12 if outcome == "fail" else 0, tested, outcome],
        )


@pytest.fixture
def alerted(warehouse: Path) -> Path:
    """A warehouse in which much is the matter; alerts have not been computed yet."""
    closed_days = (
        *("holidays", "holiday_openings", "closures", "stg_footfall__stores"),
        *("int_footfall__store_versions", "int_footfall__store_periods", "int_footfall__closed_days"),
    )
    assert flow.dbt("build", "--select", *closed_days, "--exclude-resource-type", "test").success
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("set timezone = 'UTC'")
        connection.execute(MARTS)
        connection.execute(
            "insert into raw_footfall.stores (store_id, country_code) values ('paris', 'FR'), ('madrid', 'ES'), ('oslo', 'NO')"
        )
        put_run(connection, "footfall", "2026-01-06 16:05:00Z", "ok", 100)
        put_run(connection, "orders", "2026-01-06 15:30:00Z", "ok", 200)
        put_run(connection, "retail", "2026-01-04 16:05:00Z", "ok")
        put_run(connection, "retail", "2026-01-05 16:05:00Z", "failed")
        put_run(connection, "retail", "2026-01-06 16:01:00Z", "failed")
    put_test(warehouse, "fail", "2026-01-06 16:10:00Z")
    return warehouse


def compute(*arguments: str) -> None:
    result = flow.dbt(*SELECTION, *arguments)
    assert result.success, [f"{node.node.name}: {node.message}" for node in result.result if node.status != "success"]


def alerts(warehouse: Path, where: str = "true") -> dict[tuple[str, str], tuple[Any, ...]]:
    """By rule and entity: opened, closed, value; each at most once."""
    columns = "rule_id, entity, opened_at, closed_at, round(value, 3)"
    rows = flow.query(warehouse, f"select {columns} from marts.fct_alerts where {where}")
    found = {(rule, entity): tuple(rest) for rule, entity, *rest in rows}
    assert len(found) == len(rows)
    return found


def at(day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2026, 1, day, hour, minute)


THRESHOLDS = {
    row["rule_id"]: float(row["threshold"]) if row["threshold"] else None
    for row in csv.DictReader((flow.PROJECT / "seeds" / "alert_rules.csv").open(encoding="utf-8"))
}


def test_alerts_open_once_last_and_close_as_the_data_says(alerted: Path) -> None:
    # What the figures above were made for.
    assert [THRESHOLDS[rule] for rule in ("sensor_hour_low", "sensor_silent", "store_coverage_low")] == [2, 5, 80]
    compute()
    expected = {
        # Two hours of the 5th, over at 12:00, are a second alert of the sensor's: see below.
        ("sensor_silent", "paris-3"): (at(6, 8), None, 7.0),  # 09:00 to 15:59 in Paris; the hour before the check is still due
        ("store_day_far_from_usual", "paris"): (at(4, 23), None, 60.125),  # midnight in Paris
        ("store_coverage_low", "paris"): (at(4, 23), None, 79.9),
        ("footfall_feed_old", "oslo"): (at(4, 20), None, round(44 + 5 / 60, 3)),
        ("footfall_feed_old", "bergen"): (at(5), None, round(40 + 5 / 60, 3)),
        ("footfall_feed_old", "nice"): (datetime(2020, 1, 1), None, round((at(6, 16, 5) - datetime(2020, 1, 1)) / timedelta(hours=1), 3)),
        ("ingestion_failed", "retail"): (at(5, 16, 4), None, 2.0),
        ("pm2_5_limit_passed", "pm2_5 at 7"): (at(4), None, 17.5),  # 15.0 on the 3rd does not pass it
        ("records_rejected", "orders"): (at(6, 15), None, 1.5),
        ("test_failed", "sums_agree"): (at(6, 16, 10), None, 12.0),
    }  # fmt: skip
    hours = flow.query(
        alerted,
        "select entity, opened_at, closed_at, value from marts.fct_alerts where rule_id = 'sensor_hour_low' order by opened_at",
    )
    assert hours == [("paris-1", at(5, 10), at(5, 12), 1.0), ("paris-1", at(6, 15), None, 1.0)]
    assert alerts(alerted, "rule_id <> 'sensor_hour_low'") == expected

    (said,) = flow.query(alerted, "select message from marts.fct_alerts where rule_id = 'pm2_5_limit_passed'")
    assert said == ("PM2.5 at Oxford Street had a mean of 17.5 µg/m³ on 5 Jan 2026",)

    # The same data changes nothing, nor does a full refresh; what was never seen while it lasted is on record too.
    before = flow.query(alerted, "from marts.fct_alerts order by all")
    with duckdb.connect(str(alerted)) as connection:
        connection.execute("delete from marts.fct_alerts where closed_at is not null")
    compute(*flow.UNTESTED)
    assert flow.query(alerted, "from marts.fct_alerts order by all") == before
    assert flow.dbt(*SELECTION, *flow.UNTESTED, "--full-refresh").success
    assert flow.query(alerted, "from marts.fct_alerts order by all") == before
    assert len(before) == len(expected) + 2

    # A morning later: the sensor was heard, the test passes, the mean fell, retail came; the rest lasts, with newer values.
    with duckdb.connect(str(alerted)) as connection:
        connection.execute("set timezone = 'UTC'")
        put_run(connection, "footfall", "2026-01-06 18:05:00Z", "ok", 10)
        put_run(connection, "retail", "2026-01-06 18:06:00Z", "ok")
        connection.execute("""
            update marts.dim_sensors set newest_observed_hour_at = '2026-01-06 16:00' where sensor_id like 'paris-%';
            insert into marts.fct_sensor_visits_hourly values
                ('paris-1', timestamp '2026-01-06 16:00', true, 0, 'paris', true);
            update marts.fct_air_quality_daily set is_complete = true;
            -- what came late: the low counts began earlier than they seemed to, and one alert covers them
            update marts.fct_sensor_visits_hourly set visits = 1 where hour_start_at = '2026-01-06 14:00';
        """)
    put_test(alerted, "pass", "2026-01-06 18:10:00Z")
    compute(*flow.UNTESTED)
    after = alerts_by_state(alerted)
    assert after["closed"] == {
        ("sensor_hour_low", "paris-1"): at(5, 12),
        ("sensor_silent", "paris-3"): at(6, 18, 6),  # the end of the newest run
        ("pm2_5_limit_passed", "pm2_5 at 7"): at(6),
        ("ingestion_failed", "retail"): at(6, 18, 6),
        ("test_failed", "sums_agree"): at(6, 18, 10),
    }
    assert after["open"] == {
        ("sensor_hour_low", "paris-1"): (at(6, 15), 0.0),
        ("store_day_far_from_usual", "paris"): (at(4, 23), 60.125),
        ("store_coverage_low", "paris"): (at(4, 23), 79.9),
        ("footfall_feed_old", "oslo"): (at(4, 20), 46.1),
        ("footfall_feed_old", "bergen"): (at(5), 42.1),
        ("footfall_feed_old", "nice"): (
            datetime(2020, 1, 1),
            round((at(6, 18, 6) - datetime(2020, 1, 1)) / timedelta(hours=1), 3),
        ),
        ("records_rejected", "orders"): (at(6, 15), round(100 * 3 / 200, 3)),
    }

    # Silent again, from an hour before the last alert was seen to be over.
    with duckdb.connect(str(alerted)) as connection:
        connection.execute("set timezone = 'UTC'")
        put_run(connection, "footfall", "2026-01-07 14:05:00Z", "ok", 10)
        connection.execute("update marts.dim_stores set newest_hour_at = '2026-01-07 13:00' where store_id <> 'oslo'")
        connection.execute(
            "update marts.dim_sensors set newest_observed_hour_at = '2026-01-07 13:00' where sensor_id in ('paris-1', 'paris-4', 'madrid-1')"
        )
    compute(*flow.UNTESTED)
    # 17:00 to 17:59 on the 6th and 08:00 to 13:59 on the 7th in Paris.
    assert alerts_by_state(alerted)["open"]["sensor_silent", "paris-3"] == (at(6, 17), 6.0)


def alerts_by_state(warehouse: Path) -> dict[str, dict[tuple[str, str], Any]]:
    rows = flow.query(
        warehouse,
        "select rule_id, entity, opened_at, closed_at, round(value, 3) from marts.fct_alerts order by opened_at",
    )
    return {
        "open": {(rule, entity): (opened, value) for rule, entity, opened, closed, value in rows if closed is None},
        "closed": {(rule, entity): closed for rule, entity, _, closed, _ in rows if closed is not None},
    }


def test_a_rule_for_one_takes_the_place_of_the_rule_for_all(alerted: Path) -> None:
    compute(*flow.UNTESTED)
    with duckdb.connect(str(alerted)) as connection:
        connection.execute("""
            insert into reference.alert_rules values
                ('of_paris', 'sensor_below', 'paris', 1, 'critical'), ('of_the_door', 'sensor_below', 'paris-7', 50, 'critical');
            insert into marts.fct_sensor_visits_hourly values ('paris-7', timestamp '2026-01-06 15:00', true, 40, 'paris', true);
        """)
    names = ["int_operations__alert_measures", "int_operations__alert_episodes"]
    assert flow.dbt("build", "--select", *names).success
    found = flow.query(
        alerted,
        "select rule_id, entity, opened_at, severity from intermediate.int_operations__alert_episodes "
        "where kind = 'sensor_below' order by all",
    )
    # 1 is no longer low for Paris, 0 is; door 7 has its own.
    assert found == [("of_paris", "paris-1", at(5, 10), "critical"), ("of_the_door", "paris-7", at(6, 15), "critical")]


def test_a_first_build_that_fails_is_reported_by_mail_and_its_fix_too(
    warehouse: Path, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No mart is there yet: the flow's steps alert and mail all the same, and no alerts' run passes for a build."""
    monkeypatch.setenv("PUBLISHING__ALERT_URLS", inbox.url)
    sensors = ("build", "--select", "stg_footfall__stores", "stg_footfall__sensors")
    assert flow.dbt(*sensors).success
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("insert into raw_footfall.sensors (sensor_id) values ('twice'), ('twice')")
    assert not flow.dbt(*sensors).success
    whole = steps.Flow(warehouse, Dbt())
    assert steps.alerts(whole) == ("1 open", None)
    assert list(alerts(warehouse)) == [("test_failed", "stg_footfall__sensors_keeps_its_rules")]
    assert steps.run_step(whole, "publish").error is not None
    assert steps.mail(whole) == ("sent to 1 of 1 addresses", None)
    ((subject, text),) = inbox.take()
    assert subject == "Tally: alerts 1 opened"
    assert "the test stg_footfall__sensors_keeps_its_rules failed (critical)" in text

    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("delete from raw_footfall.sensors")
    assert flow.dbt(*sensors).success
    assert steps.alerts(whole) == ("0 open", None)
    assert steps.mail(whole) == ("sent to 1 of 1 addresses", None)
    ((subject, _),) = inbox.take()
    assert subject == "Tally: alerts 1 closed"
    runs = flow.query(warehouse, "select what, outcome from raw_operations.runs order by started_at")
    assert runs == [
        ("dbt build", "ok"), ("dbt build", "failed"), ("alerts", "ok"), ("dbt build", "ok"), ("alerts", "ok"),
    ]  # fmt: skip


def test_a_loop_computes_the_alerts_within_the_build_until_something_fails(warehouse: Path, empty_build: Path) -> None:
    shutil.copy(empty_build, warehouse)
    loop = steps.Flow(warehouse, Dbt(is_warm=True))
    loop.dbt._manifest = flow.manifest()
    before = len(flow.query(warehouse, "from raw_operations.runs"))

    def cycle(*touched: str) -> list[str]:
        loop.unbuilt |= set(touched)
        return [outcome.name for name in ("build", "alerts") if (outcome := steps.run_step(loop, name)).error]

    assert cycle() == []
    assert cycle("footfall") == []
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("insert into raw_footfall.sensors (sensor_id) values ('twice'), ('twice')")
    assert cycle("footfall") == ["build"]
    assert list(alerts(warehouse)) == [("test_failed", "stg_footfall__sensors_keeps_its_rules")]
    runs = flow.query(warehouse, "select what, outcome from raw_operations.runs order by started_at")
    assert runs[before:] == [
        ("dbt build", "ok"), ("alerts", "ok"), ("dbt build", "ok"), ("dbt build", "failed"), ("alerts", "ok"),
    ]  # fmt: skip


def test_alerts_of_an_earlier_version_get_the_severities_of_today(alerted: Path) -> None:
    compute(*flow.UNTESTED)
    before = flow.query(alerted, "select alert_id, severity from marts.fct_alerts order by all")
    assert {severity for _, severity in before} == {"critical", "warning"}
    with duckdb.connect(str(alerted)) as connection:
        connection.execute(
            "update marts.fct_alerts set severity = case severity when 'critical' then 'act' else 'look' end"
        )
    compute(*flow.UNTESTED)
    assert flow.query(alerted, "select alert_id, severity from marts.fct_alerts order by all") == before


def test_dbt_leaves_the_newest_result_of_each_test(warehouse: Path) -> None:
    results = (
        "select name, outcome, failures, tested_model, failing_since is not null, failing_since = tested_at "
        "from raw_operations.test_results where name like 'not_null_alert_rules%' or name = 'alert_rules' order by name"
    )
    assert flow.dbt("build", "--select", "alert_rules").success
    well = [
        ("alert_rules", "pass", None, None, False, None),
        ("not_null_alert_rules_kind", "pass", 0, "alert_rules", False, None),
        ("not_null_alert_rules_rule_id", "pass", 0, "alert_rules", False, None),
        ("not_null_alert_rules_severity", "pass", 0, "alert_rules", False, None),
    ]
    assert flow.query(warehouse, results) == well
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(
            "update reference.alert_rules set kind = null where rule_id in ('test_failed', 'sensor_silent')"
        )
    for is_first in (True, False):
        assert not flow.dbt("test", "--select", "alert_rules").success
        failed = ("not_null_alert_rules_kind", "fail", 2, "alert_rules", True, is_first)
        assert flow.query(warehouse, results) == [well[0], failed, *well[2:]]
    assert flow.dbt("build", "--select", "alert_rules").success
    assert flow.query(warehouse, results) == well
