"""Writes every mart as Parquet beside the old ones and swaps them whole, only after a build without errors."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
from filelock import FileLock, Timeout

from publishing.columns import describe, metadata_sql, write_columns
from publishing.publication import Publication, PublishingError, read_publication, write_state
from warehouse.connection import opened
from warehouse.ledger import columns
from warehouse.paths import WarehousePaths
from warehouse.settings import lock_timeout
from warehouse.versions import new_version, swap

Progress = Callable[[str, int, int], None]
"""Called with a mart's name, its position from 0 and the number of marts, before it is written."""


@dataclass(frozen=True)
class _Build:
    """A run of dbt as `raw_operations.runs` has it."""

    run_id: str
    started_at: datetime
    ended_at: datetime | None
    outcome: str
    message: str | None


@dataclass(frozen=True)
class _Unfinished:
    """The first run that left something undone, and what, in a line."""

    run: _Build
    reason: str


class StaleError(PublishingError):
    """The newest build is not one to publish; what was published stays and is marked as stale."""


def publish(warehouse: Path, progress: Progress | None = None) -> Publication:
    """Publish the marts of a warehouse and return what is published now.

    Args:
        warehouse: the DuckDB file; the Parquet files go to `<warehouse without .duckdb>.marts/`.
        progress: called before each mart.

    Raises:
        StaleError: the newest `dbt build` (or `dbt run`) in `raw_operations.runs` did not end well, or an earlier one
            began models or tests that none has ended well since.
        PublishingError: the warehouse cannot be read, or the files cannot be written.
    """
    folder = WarehousePaths(warehouse).marts
    lock = FileLock(folder.with_name(folder.name + ".lock"))
    try:
        with opened(warehouse) as connection, lock.acquire(timeout=lock_timeout()):
            builds = _builds_since_the_last_good_one(connection)
            if builds[-1].outcome != "ok":
                first_bad = next(build for build in builds if build.outcome != "ok")
                raise _keep(folder, first_bad, _reason(builds[-1]))
            if unfinished := _unfinished(connection):
                raise _keep(folder, unfinished.run, unfinished.reason)
            return _write(connection, folder, builds[-1], progress)
    except Timeout:
        raise PublishingError(
            f"Another process is publishing to {folder}: wait until it has ended, or raise TALLY_LOCK_TIMEOUT."
        ) from None
    except (OSError, duckdb.Error) as error:
        reason = str(error).splitlines()[0]
        raise PublishingError(
            f"The marts could not be written to {folder}; what was published stays: {reason}"
        ) from None


def _write(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    build: _Build,
    progress: Progress | None,
) -> Publication:
    marts = _marts(connection)
    keys = _keys(connection)
    described = describe(connection, marts, keys)
    version = new_version(folder)
    rows: dict[str, int] = {}
    for position, mart in enumerate(marts):
        if progress:
            progress(mart, position, len(marts))
        file = str(version / f"{mart}.parquet").replace("'", "''")
        written = connection.execute(
            f"copy (from marts.{_quoted(mart)}) to '{file}' "
            f"(format parquet, compression zstd, kv_metadata {metadata_sql(described[mart])})"
        ).fetchone()
        rows[mart] = int(written[0]) if written else 0
    publication = Publication(
        published_at=datetime.now(UTC),
        build_run_id=build.run_id,
        built_at=build.ended_at,
        marts=rows,
        keys=keys,
    )
    write_columns(version, described)
    write_state(version, publication)
    swap(folder, version)
    return publication


def _keep(folder: Path, first_bad: _Build, reason: str) -> StaleError:
    """Leave what is published as it is, but for the note that it is stale."""
    publication = read_publication(folder).model_copy(
        update={
            "stale_since": first_bad.ended_at or first_bad.started_at,
            "stale_reason": reason,
        }
    )
    if folder.exists():
        write_state(folder.resolve(), publication)
    else:
        version = new_version(folder)
        write_state(version, publication)
        swap(folder, version)
    if publication.published_at:
        kept = f"the marts of {publication.published_at:%Y-%m-%d %H:%M} UTC stay"
    else:
        kept = "nothing has been published yet"
    return StaleError(f"Not published, {kept}: {reason}. Mend it and run `make build` again.")


def _reason(build: _Build) -> str:
    started = f"the dbt build of {build.started_at:%Y-%m-%d %H:%M} UTC"
    if build.outcome == "running":
        return f"{started} did not end"
    message = (build.message or "").strip().splitlines()
    # The pages show this line: of a path on this machine they name the file alone.
    detail = re.sub(r"(?<![\w./])/(?:[^\s/:'\"]+/)*", "", message[0]).rstrip(".") if message else ""
    return f"{started} failed" + (f" ({detail})" if detail else "")


def _builds_since_the_last_good_one(
    connection: duckdb.DuckDBPyConnection,
) -> list[_Build]:
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
        _Build(run_id, _utc(started) or datetime.min, _utc(ended), outcome, message)
        for run_id, started, ended, outcome, message in found
    ]


def _unfinished(connection: duckdb.DuckDBPyConnection) -> _Unfinished | None:
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
    run = _Build(run_id, _utc(started) or datetime.min, _utc(ended), outcome, message)
    name = found[0][0].split(".")[2]
    others = f" and {len(found) - 1} more" if len(found) > 1 else ""
    verb = "have" if others else "has"
    return _Unfinished(
        run, f"{name}{others} {verb} not been built well since the run of {run.started_at:%Y-%m-%d %H:%M} UTC"
    )


def _marts(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """The marts by name; `__dbt_` marks what a killed build left behind."""
    found = connection.execute("""
        select table_name from information_schema.tables
        where table_schema = 'marts' and not contains(table_name, '__dbt_')
        order by table_name
    """).fetchall()
    if not found:
        raise PublishingError("The warehouse has no marts: run `make build` first.")
    return [name for (name,) in found]


def _keys(connection: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    """Each mart's key as dbt knows it from the tests; none in a warehouse that an older Tally built."""
    if not columns(connection, "intermediate", "int_operations__mart_keys"):
        return {}
    found = connection.execute("""
            select mart, list(column_name order by position)
            from intermediate.int_operations__mart_keys
            group by mart order by mart
        """).fetchall()
    return dict(found)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _utc(microseconds: int | None) -> datetime | None:
    """Exact, where `fromtimestamp` rounds."""
    if microseconds is None:
        return None
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
