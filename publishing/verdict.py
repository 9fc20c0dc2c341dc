"""Whether a build may be published: the newest ended well, and nothing that an earlier one began was left undone since."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import duckdb

from publishing.publication import PublishingError
from warehouse.ledger import columns


@dataclass(frozen=True)
class Build:
    """A run of dbt as `raw_operations.runs` has it."""

    run_id: str
    started_at: datetime
    ended_at: datetime | None
    outcome: str
    message: str | None


@dataclass(frozen=True)
class Verdict:
    """Whether the marts may be published.

    Attributes:
        build: the newest build where they may; else the first that left something undone.
        reason: why they may not, in one line; None where they may.
    """

    build: Build
    reason: str | None


def verdict(connection: duckdb.DuckDBPyConnection) -> Verdict:
    """The verdict on what is in the warehouse now.

    Raises:
        PublishingError: no dbt build is on record.
    """
    builds = _builds_since_the_last_good_one(connection)
    if builds[-1].outcome != "ok":
        first_bad = next(build for build in builds if build.outcome != "ok")
        return Verdict(first_bad, _reason(builds[-1]))
    return _unfinished(connection) or Verdict(builds[-1], None)


def _reason(build: Build) -> str:
    started = f"the dbt build of {build.started_at:%Y-%m-%d %H:%M} UTC"
    if build.outcome == "running":
        return f"{started} did not end"
    message = (build.message or "").strip().splitlines()
    # The pages show this line: of a path on this machine they name the file alone.
    detail = re.sub(r"(?<![\w./])/(?:[^\s/:'\"]+/)*", "", message[0]).rstrip(".") if message else ""
    return f"{started} failed" + (f" ({detail})" if detail else "")


def _builds_since_the_last_good_one(
    connection: duckdb.DuckDBPyConnection,
) -> list[Build]:
    """The last build that ended well, if any, and those after it, oldest first."""
    found = []
    if columns(connection, "raw_operations", "runs"):
        found = connection.execute("""
            select run_id, epoch_us(started_at), epoch_us(ended_at), outcome, message
            from raw_operations.runs
            where
                what in ('dbt build', 'dbt run')
                and started_at >= coalesce(
                    (
                        select max(started_at) from raw_operations.runs
                        where what in ('dbt build', 'dbt run') and outcome = 'ok'
                    ),
                    '-infinity'::timestamptz
                )
            order by started_at, outcome = 'ok'
        """).fetchall()
    if not found:
        raise PublishingError("No dbt build is on record in this warehouse: run `make build` first.")
    return [
        Build(run_id, _utc(started) or datetime.min, _utc(ended), outcome, message)
        for run_id, started, ended, outcome, message in found
    ]


def _unfinished(connection: duckdb.DuckDBPyConnection) -> Verdict | None:
    """What a run began, failed or never came to, and no run has ended well since; None where all is well.

    A later build of something else says nothing about it: its mart would stand beside newer ones.
    """
    if not columns(connection, "raw_operations", "unfinished_nodes"):  # the last build was an older version's
        return None
    found = connection.execute("""
            select nodes.node_id, runs.run_id, epoch_us(runs.started_at), epoch_us(runs.ended_at), runs.outcome, runs.message
            from raw_operations.unfinished_nodes as nodes
            inner join raw_operations.runs as runs on nodes.run_id = runs.run_id
            order by runs.started_at, starts_with(nodes.node_id, 'test.'), nodes.node_id
        """).fetchall()
    if not found:
        return None
    run_id, started, ended, outcome, message = found[0][1:]
    run = Build(run_id, _utc(started) or datetime.min, _utc(ended), outcome, message)
    name = found[0][0].split(".")[2]
    others = f" and {len(found) - 1} more" if len(found) > 1 else ""
    verb = "have" if others else "has"
    return Verdict(
        run, f"{name}{others} {verb} not been built well since the run of {run.started_at:%Y-%m-%d %H:%M} UTC"
    )


def _utc(microseconds: int | None) -> datetime | None:
    """Exact, where `fromtimestamp` rounds."""
    if microseconds is None:
        return None
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
