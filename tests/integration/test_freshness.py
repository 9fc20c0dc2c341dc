"""`dbt source freshness`, the alert of a stale source and agg_source_freshness: one measure, one limit a source."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from ingestion.sources import NAMES
from tests import flow
from tests.provider import Provider

LIMITS = {"footfall": 26, "retail": 96, "orders": 12, "air_quality": 12}
"""Hours after which each is stale."""
STALE = {"footfall": "error", "retail": "warn", "orders": "error", "air_quality": "warn"}


def test_every_source_has_a_limit() -> None:
    assert set(LIMITS) == set(STALE) == set(NAMES)


def freshness() -> dict[str, str]:
    """What `dbt source freshness` says of each source, which is the same of all its tables."""
    found: dict[str, set[str]] = {}
    results = flow.dbt("source", "freshness").result.results
    for result in [result for result in results if result.node.resource_type == "source"]:  # the others are hooks
        found.setdefault(result.node.source_name, set()).add(str(result.status))
    assert all(len(statuses) == 1 for statuses in found.values()), found
    return {source: statuses.pop() for source, statuses in found.items()}


def record_ingestion(warehouse: Path, source: str, ended_at: datetime) -> None:
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(
            "insert into raw_operations.runs (run_id, what, source, started_at, ended_at, outcome, rows_new) "
            "values (uuid(), 'ingestion', ?, ?, ?, 'ok', 0)",
            [source, ended_at, ended_at],
        )


def stale_alerts(warehouse: Path) -> dict[str, tuple[float, float, str]]:
    """The sources that are stale by the alerts: hours since the load, limit, severity."""
    assert flow.dbt("build", "--select", "tag:alerts", *flow.UNTESTED, "--exclude-resource-type", "unit_test").success
    rows = flow.query(
        warehouse,
        "select entity, round(value, 2), threshold, severity from marts.fct_alerts "
        "where kind = 'source_stale' and closed_at is null",
    )
    return {source: tuple(rest) for source, *rest in rows}


def test_what_ingestion_left_is_fresh_and_stale_after_a_pause(
    provider: Provider, warehouse: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert freshness() == dict.fromkeys(LIMITS, "error")  # on no warehouse at all: never loaded
    monkeypatch.setenv("SOURCES__FOOTFALL__BASE_URL", provider.base_url)
    flow.ingest("footfall")
    assert freshness() == dict.fromkeys(LIMITS, "error") | {"footfall": "pass"}
    # A command that only reads is no run, and none that a build or publishing could take for one.
    assert flow.query(warehouse, "select what, outcome from raw_operations.runs") == [("ingestion", "ok")]
    assert flow.query(warehouse, "select * from raw_operations.unfinished_nodes") == []

    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("update raw_operations.runs set ended_at = ended_at - interval 27 hours")
    assert freshness()["footfall"] == "error"
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("update raw_operations.runs set ended_at = ended_at + interval 2 hours")
    assert freshness()["footfall"] == "pass"

    # As soon as a feed fills it, what the source itself last brought counts no more, unless it is asked again.
    now = datetime.now(UTC)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("insert into raw_operations.feeds values ('doors', 'footfall', 'readings', ?)", [now])
    assert freshness() == dict.fromkeys(LIMITS, "error")
    record_ingestion(warehouse, "doors", now)
    assert freshness() == dict.fromkeys(LIMITS, "error") | {"footfall": "pass"}


def test_dbt_alerts_and_pages_call_the_same_sources_stale(warehouse: Path) -> None:
    """Whatever it is that a source brings: nothing of it is in the warehouse here, but that it was loaded."""
    assert flow.dbt("seed", "--select", "alert_rules").success  # makes the ledger
    now = datetime.now(UTC).replace(microsecond=0)
    for source, hours in LIMITS.items():
        record_ingestion(warehouse, source, now - timedelta(hours=hours - 1))
    # A feed that is no longer there is no source; its run says all the same when something was last asked.
    record_ingestion(warehouse, "removed_feed", now)
    assert freshness() == dict.fromkeys(LIMITS, "pass")
    assert stale_alerts(warehouse) == {}
    old = "select source from marts.agg_source_freshness where hours_since_load > limit_hours"
    assert flow.query(warehouse, old) == []

    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(
            "update raw_operations.runs set ended_at = ended_at - interval 2 hours where source <> 'removed_feed'"
        )
    assert freshness() == STALE
    assert stale_alerts(warehouse) == {source: (hours + 1, hours, "critical") for source, hours in LIMITS.items()}
    assert {source for (source,) in flow.query(warehouse, old)} == set(LIMITS)
    assert flow.query(warehouse, "select sources, sources_old from marts.agg_pipeline_state") == [(4, 4)]

    for source in ("retail", "orders"):
        record_ingestion(warehouse, source, now)
    assert set(stale_alerts(warehouse)) == {"footfall", "air_quality"}
