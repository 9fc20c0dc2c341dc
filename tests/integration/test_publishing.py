"""Publishing, through its command line: the set is whole, new only after a good build, and survives a kill."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
from filelock import FileLock
from typer.testing import CliRunner, Result

from publishing.__main__ import app
from publishing.parquet import publish
from tests import soak

PROJECT = Path(__file__).parents[2]
MARTS = ("dim_doors", "fct_days", "fct_nothing")


def make_marts(warehouse: Path, generation: int) -> None:
    """Three marts, each row of which says the generation."""
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create schema if not exists marts")
        connection.execute(f"""
            create or replace table marts.dim_doors as
            select 'door ' || i as door_id, {generation} as generation from range(5) as t (i)
        """)
        connection.execute(f"""
            create or replace table marts.fct_days as
            select
                date '2026-01-01' + i::integer as day, (i * 1.5)::decimal(18, 3) as visits, null::bigint as gap,
                timestamp '2026-01-01 00:30:00' as read_at, {generation} as generation
            from range(1000) as t (i)
        """)
        connection.execute(
            f"create or replace table marts.fct_nothing as select {generation} as generation where false"
        )


def record_build(
    warehouse: Path, hour: int, outcome: str = "ok", message: str | None = None, what: str = "dbt build"
) -> None:
    """A row in the list of runs, as dbt leaves it: begun at that hour, ended half an hour later."""
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create schema if not exists raw_operations")
        connection.execute("""
            create table if not exists raw_operations.runs (
                run_id varchar, what varchar, source varchar, started_at timestamptz, ended_at timestamptz,
                outcome varchar, rows_new bigint, rows_changed bigint, rows_rejected bigint, message varchar
            )
        """)
        ended = None if outcome == "running" else datetime(2026, 11, 22, hour, 30, tzinfo=UTC)
        connection.execute(
            "insert into raw_operations.runs (run_id, what, started_at, ended_at, outcome, message) "
            "values (?, ?, ?, ?, ?, ?)",
            [f"build {hour}", what, datetime(2026, 11, 22, hour, tzinfo=UTC), ended, outcome, message],
        )


def run(warehouse: Path, **environment: str) -> Result:
    """`python -m publishing` with its own environment, in this process."""
    return CliRunner().invoke(app, env={"TALLY_WAREHOUSE": str(warehouse), **environment})


def refused(result: Result) -> str:
    """The one line that a run which published nothing says."""
    assert result.exit_code == 1, result
    assert result.stdout == ""
    *waits, line = result.stderr.splitlines()
    assert all(wait.startswith("the warehouse is held by ") for wait in waits)
    return str(line)


def folder(warehouse: Path) -> Path:
    return warehouse.with_suffix(".marts")


def state(warehouse: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((folder(warehouse) / "publication.json").read_text("utf-8"))
    return read


def generations(warehouse: Path) -> set[int]:
    """The generations of all published rows; every mart must be there and whole."""
    found: set[int] = set()
    for mart, rows in zip(MARTS, (5, 1000, 0), strict=True):
        values = duckdb.sql(f"select generation from '{folder(warehouse)}/{mart}.parquet'").fetchall()
        assert len(values) == rows
        found |= {value for (value,) in values}
    return found


@pytest.fixture
def built(warehouse: Path) -> Path:
    """A warehouse with marts and a good build."""
    make_marts(warehouse, 1)
    record_build(warehouse, 1)
    return warehouse


def columns(warehouse: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((folder(warehouse) / "columns.json").read_text("utf-8"))
    return read


def test_comments_in_the_warehouse_are_published_with_the_rows(built: Path) -> None:
    """As DuckDB and as pyarrow read them; quotes, braces and line ends are only text."""
    with duckdb.connect(str(built)) as connection:
        connection.execute(
            'comment on table marts.fct_days is $$Grain: one row per day. The doors\' "visits",\n  {counted}.$$'
        )
        connection.execute(
            "comment on column marts.fct_days.visits is $$People who entered; 'null' where unseen, in °.$$"
        )
        connection.execute("create schema intermediate")
        connection.execute("""
            create table intermediate.int_operations__mart_references as
            select 'fct_days' as mart, 'day' as column_name, 'dim_doors' as other_mart, 'door_id' as other_column_name
        """)
        connection.execute("""
            create table intermediate.int_operations__mart_keys as
            select 'fct_days' as mart, 1 as position, 'day' as column_name
        """)

    assert run(built).exit_code == 0

    mart = columns(built)["fct_days"]
    assert mart["description"] == 'Grain: one row per day. The doors\' "visits", {counted}.'
    assert (mart["grain"], mart["key"]) == ("one row per day", ["day"])
    assert mart["columns"][:2] == [
        {"name": "day", "type": "DATE", "description": None, "refers_to": {"mart": "dim_doors", "column": "door_id"}},
        {
            "name": "visits",
            "type": "DECIMAL(18,3)",
            "description": "People who entered; 'null' where unseen, in °.",
            "refers_to": None,
        },
    ]
    file = folder(built) / "fct_days.parquet"
    metadata = pq.read_schema(file).metadata
    held = dict(duckdb.sql(f"select key, value from parquet_kv_metadata('{file}')").fetchall())
    for read in (metadata, held):
        assert read[b"description"].decode("utf-8") == mart["description"]
        assert json.loads(read[b"columns"]) == mart["columns"]


def test_a_warehouse_without_comments_is_published_all_the_same(built: Path) -> None:
    """An earlier Tally left none."""
    assert run(built).exit_code == 0

    assert set(columns(built)) == set(MARTS)
    mart = columns(built)["dim_doors"]
    assert (mart["description"], mart["grain"], mart["key"]) == (None, None, [])
    assert [(column["name"], column["description"]) for column in mart["columns"]] == [
        ("door_id", None),
        ("generation", None),
    ]
    assert generations(built) == {1}


def test_the_command_publishes_and_says_so(built: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "publishing", "--warehouse", str(built)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == f"Published 3 marts (1,005 rows) to {folder(built)}.\n"


def test_every_mart_is_published_as_it_is(built: Path) -> None:
    result = run(built)

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == f"Published 3 marts (1,005 rows) to {folder(built)}.\n"
    assert {file.name for file in folder(built).iterdir()} == {f"{mart}.parquet" for mart in MARTS} | {
        "publication.json",
        "columns.json",
    }
    with duckdb.connect(str(built), read_only=True) as connection:
        for mart in MARTS:
            published = f"'{folder(built)}/{mart}.parquet'"
            described = [
                connection.sql(f"describe from {source}").fetchall() for source in (f"marts.{mart}", published)
            ]
            assert [row[:2] for row in described[0]] == [row[:2] for row in described[1]]
            assert connection.sql(f"from marts.{mart}").fetchall() == connection.sql(f"from {published}").fetchall()


def test_the_state_says_which_build_made_the_files(built: Path) -> None:
    before = datetime.now(UTC)
    run(built)

    read = state(built)
    assert before <= datetime.fromisoformat(read.pop("published_at")) <= datetime.now(UTC)
    assert read.pop("files").keys() == set(MARTS)
    assert read == {
        "build_run_id": "build 1",
        "built_at": "2026-11-22T01:30:00Z",
        "marts": {"dim_doors": 5, "fct_days": 1000, "fct_nothing": 0},
        "keys": {},
        "stale_since": None,
        "stale_reason": None,
    }


def test_a_new_publication_replaces_the_old_whole(built: Path) -> None:
    run(built)
    with duckdb.connect(str(built)) as connection:
        connection.execute("alter table marts.fct_days rename to fct_dates")
    record_build(built, 2)
    run(built)

    assert {file.stem for file in folder(built).glob("*.parquet")} == {"dim_doors", "fct_dates", "fct_nothing"}


def test_a_reader_in_the_middle_of_the_old_set_can_finish_it(built: Path) -> None:
    run(built)
    reader = folder(built).resolve()
    make_marts(built, 2)
    record_build(built, 2)
    run(built)

    assert generations(built) == {2}
    assert duckdb.sql(f"select distinct generation from '{reader}/fct_days.parquet'").fetchall() == [(1,)]


def test_a_mart_that_did_not_change_keeps_its_file(built: Path) -> None:
    """Told by its rows in any order, its columns and what is said about them."""
    run(built)
    changes = {
        "dim_doors": "update marts.dim_doors set generation = 2 where door_id = 'door 3'",
        "fct_days": "create or replace table marts.fct_days as from marts.fct_days order by day desc",
        "fct_nothing": "comment on table marts.fct_nothing is 'Grain: one row per nothing.'",
    }
    first = {mart: (folder(built) / f"{mart}.parquet").stat().st_ino for mart in MARTS}
    with duckdb.connect(str(built)) as connection:
        for change in changes.values():
            connection.execute(change)
    record_build(built, 2)
    result = run(built)

    assert result.stdout.startswith("Published 3 marts (1,005 rows)")
    same = {mart for mart in MARTS if (folder(built) / f"{mart}.parquet").stat().st_ino == first[mart]}
    assert same == {"fct_days"}
    assert duckdb.sql(f"select sum(generation) from '{folder(built)}/dim_doors.parquet'").fetchall() == [(6,)]
    assert columns(built)["fct_nothing"]["description"] == "Grain: one row per nothing."
    metadata = pq.read_schema(folder(built) / "fct_nothing.parquet").metadata
    assert metadata[b"description"] == b"Grain: one row per nothing."


def test_a_damaged_file_is_written_again_though_its_mart_did_not_change(built: Path) -> None:
    run(built)
    file = folder(built) / "fct_days.parquet"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(bytes(content))
    run(built)

    assert generations(built) == {1}
    assert file.read_bytes() != bytes(content)


def test_old_versions_do_not_pile_up(built: Path) -> None:
    sizes = []
    for hour in range(2, 6):
        record_build(built, hour)
        run(built)
        sizes.append(len(list(Path(f"{folder(built)}.versions").iterdir())))

    assert sizes == [1, 2, 2, 2]


def test_what_a_killed_build_left_behind_is_no_mart(built: Path) -> None:
    with duckdb.connect(str(built)) as connection:
        connection.execute("create table marts.fct_days__dbt_tmp as from marts.fct_days")
    run(built)

    assert {file.stem for file in folder(built).glob("*.parquet")} == set(MARTS)


@pytest.mark.parametrize("what", ["dbt build", "dbt run"])
def test_a_failed_build_keeps_yesterdays_and_says_so(built: Path, what: str) -> None:
    run(built)
    published = state(built)
    make_marts(built, 2)
    record_build(built, 2, "failed", "2 of 90 nodes failed: fct_days, unique_dim_doors", what)
    line = refused(run(built))

    reason = "the dbt build of 2026-11-22 02:00 UTC failed (2 of 90 nodes failed: fct_days, unique_dim_doors)"
    published_at = datetime.fromisoformat(published["published_at"])
    assert line == (
        f"publishing: Not published, the marts of {published_at:%Y-%m-%d %H:%M} UTC stay: {reason}. "
        "Fix it and run `make build` again."
    )
    assert generations(built) == {1}
    assert state(built) == {**published, "stale_since": "2026-11-22T02:30:00Z", "stale_reason": reason}


def test_marts_are_stale_since_the_first_failure(built: Path) -> None:
    run(built)
    record_build(built, 2, "failed", "first")
    record_build(built, 3, "failed", "second")
    refused(run(built))

    assert state(built)["stale_since"] == "2026-11-22T02:30:00Z"
    assert state(built)["stale_reason"] == "the dbt build of 2026-11-22 03:00 UTC failed (second)"


def test_a_good_build_after_a_failed_one_is_published(built: Path) -> None:
    run(built)
    record_build(built, 2, "failed", "broken")
    refused(run(built))
    make_marts(built, 3)
    record_build(built, 3)
    assert run(built).exit_code == 0

    assert generations(built) == {3}
    assert state(built)["stale_since"] is None
    assert state(built)["stale_reason"] is None


def leave_unfinished(warehouse: Path, hour: int, *nodes: str) -> None:
    """Nodes that the run of that hour began and that nothing has ended well since, as dbt's hooks leave them."""
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(
            "create table if not exists raw_operations.unfinished_nodes (node_id varchar, run_id varchar)"
        )
        connection.executemany(
            "insert into raw_operations.unfinished_nodes values (?, ?)", [[node, f"build {hour}"] for node in nodes]
        )


def test_a_part_built_well_after_a_failed_build_is_not_published(built: Path) -> None:
    run(built)
    make_marts(built, 2)
    record_build(built, 2, "failed", "2 of 90 nodes failed: fct_days, unique_dim_doors")
    leave_unfinished(built, 2, "test.tally.unique_dim_doors.1", "model.tally.fct_days")
    record_build(built, 3)
    line = refused(run(built))

    reason = "fct_days and 1 more have not been built well since the run of 2026-11-22 02:00 UTC"
    assert reason in line
    assert generations(built) == {1}
    assert (state(built)["stale_since"], state(built)["stale_reason"]) == ("2026-11-22T02:30:00Z", reason)

    with duckdb.connect(str(built)) as connection:
        connection.execute("delete from raw_operations.unfinished_nodes")
    record_build(built, 4)
    assert run(built).exit_code == 0
    assert generations(built) == {2}
    assert state(built)["stale_since"] is None


def test_other_runs_do_not_count_as_builds(built: Path) -> None:
    record_build(built, 2, "failed", "the provider is down", "ingestion")
    record_build(built, 3, "failed", "a test failed", "dbt test")

    assert run(built).exit_code == 0


def test_a_build_that_did_not_end_is_not_published(built: Path) -> None:
    record_build(built, 2, "running")
    line = refused(run(built))

    assert line == (
        "publishing: Not published, nothing has been published yet: the dbt build of 2026-11-22 02:00 UTC did not end. "
        "Fix it and run `make build` again."
    )
    assert list(folder(built).iterdir()) == [folder(built) / "publication.json"]
    assert state(built)["published_at"] is None


def test_the_reason_names_no_folder_of_this_machine(built: Path) -> None:
    record_build(built, 2, "failed", f"cannot open {built}\nand more")
    refused(run(built))

    assert str(built.parent) not in state(built)["stale_reason"]


def test_without_a_warehouse_it_says_what_to_run(warehouse: Path) -> None:
    assert refused(run(warehouse)) == (
        f"publishing: There is no warehouse at {warehouse}: run `make ingest` and `make build` first."
    )


def test_a_file_that_is_no_warehouse_is_called_so(warehouse: Path) -> None:
    warehouse.write_text("visits,day\n", encoding="utf-8")

    assert refused(run(warehouse)).startswith(f"publishing: {warehouse} cannot be opened as a DuckDB database: ")


def test_a_warehouse_that_was_never_built_is_told_to_be(warehouse: Path) -> None:
    duckdb.connect(str(warehouse)).close()
    assert refused(run(warehouse)) == "publishing: No dbt build is on record in this warehouse: run `make build` first."

    record_build(warehouse, 1)
    assert refused(run(warehouse)) == "publishing: The warehouse has no marts: run `make build` first."


@contextmanager
def held(warehouse: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that has the warehouse open for writing until its standard input ends."""
    script = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('open', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", script, str(warehouse)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        try:
            yield process
        finally:
            assert process.stdin is not None
            process.stdin.close()


def test_whoever_holds_the_warehouse_is_named(built: Path) -> None:
    with held(built) as process:
        line = refused(run(built, TALLY_LOCK_TIMEOUT="0.1"))

    assert f"{built} is in use by " in line
    assert f"process {process.pid} (" in line


def test_it_waits_until_the_warehouse_is_free(built: Path) -> None:
    environment = {**os.environ, "TALLY_WAREHOUSE": str(built), "TALLY_LOCK_TIMEOUT": "60", "PYTHONUNBUFFERED": "1"}
    with held(built):
        second = subprocess.Popen(
            [sys.executable, "-m", "publishing"],
            cwd=PROJECT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert second.stderr is not None
        assert "the warehouse is held by process " in second.stderr.readline()
    output, _ = second.communicate(timeout=60)

    assert second.returncode == 0
    assert f"Published 3 marts (1,005 rows) to {folder(built)}." in output
    assert generations(built) == {1}


def test_two_publications_take_their_turns(built: Path) -> None:
    with FileLock(f"{folder(built)}.lock"):
        line = refused(run(built, TALLY_LOCK_TIMEOUT="0.1"))

    assert line.startswith(f"publishing: Another process is publishing to {folder(built)}: ")
    assert run(built).exit_code == 0


def test_it_publishes_from_a_process_that_writes_to_the_warehouse(built: Path) -> None:
    with duckdb.connect(str(built)) as connection:
        connection.execute("select 1")
        publication = publish(built)

    assert publication.marts == {"dim_doors": 5, "fct_days": 1000, "fct_nothing": 0}
    assert generations(built) == {1}


def test_a_copy_that_lost_its_link_is_replaced_as_well(built: Path) -> None:
    run(built)
    files = {file.name: file.read_bytes() for file in folder(built).iterdir()}
    folder(built).unlink()
    folder(built).mkdir()
    for name, content in files.items():
        (folder(built) / name).write_bytes(content)
    make_marts(built, 2)
    record_build(built, 2)
    assert run(built).exit_code == 0

    assert generations(built) == {2}


def test_a_folder_that_cannot_be_written_is_one_clear_line(built: Path) -> None:
    run(built)
    versions = Path(f"{folder(built)}.versions")
    make_marts(built, 2)
    record_build(built, 2)
    # A file where the next version's folder would be: works for root as well, whom permissions do not stop.
    (versions / "000002").write_text("in the way", encoding="utf-8")
    (versions / "000003").write_text("in the way", encoding="utf-8")
    versions.rename(versions.with_suffix(".aside"))
    versions.write_text("in the way", encoding="utf-8")
    line = refused(run(built))

    assert line.startswith(f"publishing: The marts could not be written to {folder(built)}; what was published stays: ")


def publish_until(step: int, warehouse: Path) -> None:
    """Publish, and be killed before the step of that number (from 1) that touches the published files."""
    seen = 0

    def hook(event: str, arguments: Any) -> None:
        nonlocal seen
        writes = event == "open" and "w" in str(arguments[1])
        if (writes or event.startswith(("os.", "shutil."))) and any(".marts" in str(each) for each in arguments):
            seen += 1
            if seen == step:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)
    publish(warehouse, lambda mart, position, count: hook("os.", [".marts"]))


def test_a_kill_at_any_step_leaves_the_old_set_or_the_new(built: Path) -> None:
    """Killed before its first touch of the files, before the second, and so on until it gets through."""
    run(built)
    published = 1
    seen = []
    for step in range(1, 200):
        make_marts(built, published + 1)
        record_build(built, 2)
        is_killed = soak.killed(partial(publish_until, step, built), None)
        (now,) = generations(built)
        assert now in (published, published + 1)
        seen.append(now - published)
        published = now
        if not is_killed:
            break

    # It was killed while the old set was in place and while the new one was, and got through in the end.
    assert seen.count(0) > 3
    assert seen[-2:] == [1, 1]
    assert len(list(Path(f"{folder(built)}.versions").iterdir())) <= 2
