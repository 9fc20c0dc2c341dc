"""`make diff`: what differs between two publications, on marts of a few rows whose differences are known."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner, Result

from publishing.__main__ import app
from publishing.parquet import publish
from tests.integration.test_publishing import record_build


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["diff", *arguments])


def cells(result: Result, mart: str) -> list[list[str]]:
    """The lines of a mart in the Markdown tables."""
    lines = [line for line in result.stdout.splitlines() if line.startswith(f"| `{mart}` |")]
    return [[cell.strip(" `") for cell in line.split("|")[1:-1]] for line in lines]


@pytest.fixture
def published_twice(warehouse: Path) -> Path:
    """Days whose visits were corrected, one lost and one new; stores that got a column; runs, which have no key."""
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create schema marts; create schema intermediate")
        connection.execute("""
            create table intermediate.int_operations__mart_keys as
            select * from (values ('fct_days', 'store_id', 1), ('fct_days', 'day', 2), ('dim_stores', 'store_id', 1), ('dim_same', 'id', 1))
                as keys (mart, column_name, position)
        """)
        connection.execute("""
            create table marts.fct_days as
            select 'paris' as store_id, date '2026-11-01' + day::integer as day, 100::bigint as visits, 0.5::double as share, 'ok' as note
            from range(4) as days (day);
            insert into marts.fct_days values (null, date '2026-11-01', null, null, null);
            create table marts.dim_stores as select 'paris' as store_id, 7 as doors, 'FR' as country;
            create table marts.fct_log as select * from (values ('begun'), ('begun'), ('ended')) as log (line);
            create table marts.dim_same as select 1 as id, null::varchar as name;
            create table marts.agg_gone as select 1 as n
        """)
    record_build(warehouse, 3)
    publish(warehouse)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("""
            update marts.fct_days set visits = 130, share = 0.75 where day = date '2026-11-02';
            update marts.fct_days set visits = 90 where day = date '2026-11-03';
            update marts.fct_days set note = null where day = date '2026-11-03';
            delete from marts.fct_days where day = date '2026-11-04';
            insert into marts.fct_days values ('paris', date '2026-11-05', 1000, 1, 'ok'), ('roma', date '2026-11-05', 1, 1, 'ok');
            alter table marts.dim_stores add column city varchar;
            alter table marts.dim_stores drop column country;
            delete from marts.fct_log where line = 'begun';
            insert into marts.fct_log values ('begun'), ('failed');
            drop table marts.agg_gone;
            create table marts.agg_come as select 1 as n
        """)
    record_build(warehouse, 5)
    publish(warehouse)
    return warehouse


def test_rows_and_columns_that_differ_are_counted_by_the_marts_keys(published_twice: Path) -> None:
    done = run("--markdown")
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("5 marts differ, 1 are equal.")
    days, *columns = cells(done, "fct_days")
    # rows before and now, only before, only now, changed; the null key of both is one row, and equal
    assert days == ["fct_days", "5", "6", "1", "2", "2", "visits, share, note"]
    assert columns == [
        ["fct_days", "visits", "2", "30", "+20"],
        ["fct_days", "share", "1", "0.25", "+0.25"],
        ["fct_days", "note", "1", "", ""],
    ]
    assert cells(done, "dim_stores") == [["dim_stores", "1", "1", "0", "0", "0", "new: city; gone: country"]]
    assert cells(done, "fct_log") == [["fct_log", "3", "3", "1", "1", "0", ""]]
    assert cells(done, "agg_gone") == [["agg_gone", "1", "–", "1", "0", "0", ""]]
    assert cells(done, "agg_come") == [["agg_come", "–", "1", "0", "1", "0", ""]]
    ignoring = run("--markdown", "--ignore", "sh*", "--ignore", "note", "--ignore", "line", "--ignore", "city")
    assert cells(ignoring, "fct_days")[0] == ["fct_days", "5", "6", "1", "2", "2", "visits"]
    assert cells(ignoring, "fct_log") == []
    assert cells(ignoring, "dim_stores") == cells(done, "dim_stores")
    table = run("--select", "fct_*", "--exit-code")
    assert table.exit_code == 3
    assert re.search(r"fct_days +5 +6 +1 +2 +2 +visits, share, note", table.stdout)
    assert re.search(r"2 +visits, by at most 30, \+20 in all", table.stdout)
    assert table.stdout.rstrip().endswith("2 marts differ, 0 are equal.")
    # Of the five days 1 + 2 + 2 rows differ, of the three lines of the log 1 + 1; a column and a mart are gone.
    for limit, beyond in (
        ("66", "agg_gone, dim_stores, fct_days, fct_log"),
        ("99.9", "agg_gone, dim_stores, fct_days"),
        ("100", "agg_gone, dim_stores"),
    ):
        held_back = run("--limit", limit)
        assert held_back.exit_code == 3
        assert held_back.stdout.endswith(f"Beyond the limit of {limit} %: {beyond}.\n")
    let_pass = run("--limit", "100", "--exclude", "agg_gone", "--exclude", "dim_*")
    assert let_pass.exit_code == 0, let_pass.output
    assert let_pass.stdout.rstrip().endswith("3 marts differ, 0 are equal.")
    assert "Every mart is excluded" in run("--exclude", "*").output


def test_a_publication_that_was_kept_is_compared_with_another(published_twice: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    shutil.copytree(published_twice.with_suffix(".marts"), kept)
    done = run(str(kept), str(published_twice), "--exit-code", "--markdown")
    assert (done.exit_code, done.stdout) == (0, "No mart differs: 5 are equal, row for row.\n")
    (kept / "fct_days.parquet").write_bytes(b"PAR1")
    damaged = run(str(kept))
    assert damaged.exit_code == 1
    assert "diff: fct_days cannot be compared" in damaged.stderr


def test_what_cannot_be_compared_says_what_to_name(warehouse: Path, tmp_path: Path) -> None:
    nowhere = run(str(tmp_path))
    assert nowhere.exit_code == 1
    assert "name a folder such as data/warehouse.marts" in nowhere.stderr
    assert "Nothing is published in" in run().stderr
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create schema marts; create table marts.dim_stores as select 1 as store_id")
    record_build(warehouse, 3)
    publish(warehouse)
    first = run()
    assert first.exit_code == 1
    assert "There is no publication before the one in" in first.stderr
    other = run(str(warehouse), "--select", "fct_*")
    assert "No mart is called fct_*: the marts are dim_stores" in other.stderr
