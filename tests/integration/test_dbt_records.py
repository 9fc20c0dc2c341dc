"""What each dbt command leaves in raw_operations: its run, what it began and has not ended well, and the newest result of each test."""

from __future__ import annotations

import sys
from itertools import pairwise
from pathlib import Path

import duckdb
import pytest

from tests import flow

STORES = ("--select", "stg_footfall__stores", "--exclude-resource-type", "unit_test")


def execute(warehouse: Path, *statements: str) -> None:
    with duckdb.connect(str(warehouse)) as connection:
        for statement in statements:
            connection.execute(statement)


def runs(warehouse: Path) -> list[tuple[str, str, str | None]]:
    return flow.query(warehouse, "select what, outcome, message from raw_operations.runs order by started_at")


def unfinished(warehouse: Path) -> set[str]:
    """Names without dbt's hash."""
    rows = flow.query(warehouse, "select node_id from raw_operations.unfinished_nodes")
    return {node_id.split(".")[2] for (node_id,) in rows}


def test_what_fails_stays_unfinished_until_it_ends_well(warehouse: Path) -> None:
    assert flow.dbt("build", *STORES).success
    assert unfinished(warehouse) == set()
    execute(warehouse, "insert into raw_footfall.stores (store_id) values ('twice'), ('twice')")
    assert not flow.dbt("build", *STORES).success
    assert unfinished(warehouse) == {"stg_footfall__stores_keeps_its_rules"}
    # A build of something else says nothing about it, and neither does a seed.
    assert flow.dbt("seed", "--select", "alert_rules").success
    assert unfinished(warehouse) == {"stg_footfall__stores_keeps_its_rules"}
    assert not flow.dbt("build", *STORES, "--write-json").success  # `dbt retry` reads it
    execute(warehouse, "delete from raw_footfall.stores")
    # What failed is tried again, as the command that it was part of. In a process of its own: dbt keeps the selection of the one before.
    flow.put_parsed(warehouse.parent / "target")
    places = ("--target-path", str(warehouse.parent / "target"), "--log-path", str(warehouse.parent / "logs"))
    done = flow.run(str(Path(sys.executable).with_name("dbt")), "retry", *places)
    assert done.returncode == 0, done.stdout
    assert unfinished(warehouse) == set()
    assert runs(warehouse) == [
        ("dbt build", "ok", None),
        ("dbt build", "failed", "1 of 2 nodes failed: stg_footfall__stores_keeps_its_rules"),
        ("dbt seed", "ok", None),
        ("dbt build", "failed", "1 of 2 nodes failed: stg_footfall__stores_keeps_its_rules"),
        ("dbt build", "ok", None),
    ]
    times = flow.query(warehouse, "select started_at, ended_at from raw_operations.runs order by started_at")
    assert all(started < ended for started, ended in times)
    assert all(before[1] <= after[0] for before, after in pairwise(times))


def test_a_killed_run_leaves_what_it_began_unfinished(warehouse: Path) -> None:
    """The rows as a killed run leaves them: neither dbt nor anybody else came to end them."""
    assert flow.dbt("run", "--select", "stg_footfall__stores").success
    execute(
        warehouse,
        "insert into raw_operations.runs (run_id, what, started_at, outcome) values ('killed', 'dbt build', now() - interval 1 hour, 'running')",
        "insert into raw_operations.unfinished_nodes values ('model.tally.stg_footfall__stores', 'killed'), "
        "('model.tally.stg_footfall__sensors', 'killed'), ('model.tally.no_longer_there', 'killed')",
    )
    assert flow.dbt("run", "--select", "stg_footfall__readings").success
    assert ("dbt build", "failed", "killed before it ended") in runs(warehouse)
    assert unfinished(warehouse) == {"stg_footfall__stores", "stg_footfall__sensors"}
    assert flow.dbt("run", "--select", "stg_footfall__stores").success
    assert unfinished(warehouse) == {"stg_footfall__sensors"}


@pytest.mark.parametrize(
    "command",
    [
        ("compile", "--select", "stg_footfall__stores"),
        ("ls", "--select", "stg_footfall__stores"),
        ("show", "--select", "stg_footfall__stores"),
        ("docs", "generate", "--select", "stg_footfall__stores"),
        ("source", "freshness", "--select", "source:footfall"),
    ],
    ids=lambda command: command[0],
)
def test_a_command_that_only_reads_leaves_nothing(command: tuple[str, ...], warehouse: Path) -> None:
    assert flow.dbt("run", "--select", "stg_footfall__stores").success
    tables = ("runs", "unfinished_nodes", "test_results", "sizes")
    before = [flow.query(warehouse, f"from raw_operations.{table} order by all") for table in tables]
    result = flow.dbt(*command)
    assert result.exception is None
    assert [flow.query(warehouse, f"from raw_operations.{table} order by all") for table in tables] == before


def test_a_test_remembers_since_when_it_fails(warehouse: Path) -> None:
    results = (
        "select outcome, failures, tested_model, tested_column, failing_since from raw_operations.test_results "
        "where name = 'stg_footfall__stores_keeps_its_rules'"
    )
    assert flow.dbt("build", *STORES).success
    assert flow.query(warehouse, results) == [("pass", 0, "stg_footfall__stores", None, None)]
    execute(warehouse, "insert into raw_footfall.stores (store_id) values ('it''s'), ('it''s')")
    since = set()
    for _ in range(2):
        assert not flow.dbt("test", *STORES).success
        ((outcome, failures, *_, failing_since),) = flow.query(warehouse, results)
        assert (outcome, failures) == ("fail", 1)
        since.add(failing_since)
    assert len(since) == 1
    assert None not in since
    execute(
        warehouse,
        "delete from raw_footfall.stores",
        "insert into raw_operations.test_results (node_id, name, outcome) values ('test.tally.gone.1', 'gone', 'fail')",
    )
    assert flow.dbt("test", *STORES).success
    assert flow.query(warehouse, results) == [("pass", 0, "stg_footfall__stores", None, None)]
    assert flow.query(warehouse, "select * from raw_operations.test_results where name = 'gone'") == []
