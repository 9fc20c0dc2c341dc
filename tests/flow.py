"""The flow's commands as tests call them: ingestion, dbt, and a look into the warehouse."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
from typer.testing import CliRunner, Result

from tests import preloaded
from tests.once import made_once_in, shared_by_all
from warehouse import dbt_runner

PROJECT = Path(__file__).resolve().parent.parent
UNTESTED = ("--exclude-resource-type", "test")
"""Of a build: without the data tests, for a step on the way to what is tested."""


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A command of the project's, from its root, with the test's environment and `environment` on top."""
    if Path(command[0]).name == "dbt":
        parse_once()
    if preloaded.is_preloaded(command):
        return preloaded.run(command, PROJECT, os.environ | environment, timeout=300)
    return subprocess.run(
        command,
        cwd=PROJECT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=300,
        stdin=subprocess.DEVNULL,
        check=False,
    )


def ingest(*arguments: str, **environment: str) -> Result:
    """`python -m ingestion …`, which must end well; in this process, because starting one costs ten times the load."""
    from ingestion.__main__ import app

    done = CliRunner().invoke(app, list(arguments), env=environment)
    assert done.exit_code == 0, (done.output, done.exception)
    return done


def dbt(*arguments: str, on_event: Callable[[Any], None] | None = None) -> Any:
    """`dbt …` in this process, on TALLY_WAREHOUSE, with everything it writes beside the warehouse; dbt's result.

    `on_event` is called with every event of dbt's.
    """
    warehouse = Path(os.environ["TALLY_WAREHOUSE"])
    beside = warehouse.parent
    places = ["--target-path", str(beside / "target"), "--log-path", str(beside / "logs")]
    is_parsed = arguments[0] in ("build", "compile", "ls", "run", "run-operation", "seed", "show", "source", "test")
    if arguments[0] in ("build", "test"):
        # What fails is in the result. Files and logs are a quarter of the time; a test that needs them says `--write-json`.
        quick = ["--no-write-json", "--log-level", "none", "--log-level-file", "none", "--cache-selected-only"]
        arguments = (arguments[0], *quick, *arguments[1:])
    return dbt_runner.dbt(*arguments, *places, manifest=manifest() if is_parsed else None, on_event=on_event)


@cache
def manifest() -> Any:
    """The project, parsed, once a process: it knows nothing of the warehouse that it is built in."""
    parse_once()
    parsed = dbt_runner.dbt("parse")
    assert parsed.success, parsed.exception
    return parsed.result


@cache
def parse_once() -> Path:
    """What dbt parsed, by one worker for all: dbt need not parse again what is the same file.

    It lies in DBT_TARGET_PATH, where a dbt in a process of its own finds it.
    """

    def parse(folder: Path) -> None:
        if (set_up := PROJECT / "target" / "partial_parse.msgpack").exists():  # dbt parses again what has changed since
            shutil.copy(set_up, folder)
        parsed = dbt_runner.dbt("parse", "--target-path", str(folder))
        assert parsed.success, parsed.exception

    target = Path(os.environ["DBT_TARGET_PATH"])
    folder = made_once_in(shared_by_all(target.parent), "parsed", parse)
    target.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copy(folder / "partial_parse.msgpack", target))


def put_parsed(target: Path) -> None:
    """Put the parsed project into a target folder."""
    parsed = parse_once()
    target.mkdir(parents=True, exist_ok=True)
    shutil.copy(parsed, target)


def build(*arguments: str, on_event: Callable[[Any], None] | None = None) -> None:
    """`dbt build …`, all of which must be well. Unit tests look at no warehouse: the tested site's build runs them."""
    result = dbt("build", *arguments, "--exclude-resource-type", "unit_test", on_event=on_event)
    failed = [
        f"{node.node.name}: {node.message}"
        for node in result.result or []
        if node.status in ("error", "fail", "runtime error")
    ]
    assert result.success, failed or result.exception


def rejected_of(source: str) -> tuple[str, str]:
    """The selection of `fct_rejected_records` and of what it reads of one source: nothing of the others that were built before."""
    return "fct_rejected_records", f"+fct_rejected_records,tag:{source}"


def copied(warehouse: Path, folder: Path) -> Path:
    """A copy of a warehouse's file in a new folder, under the name that its views know, so that dbt need not parse again."""
    folder.mkdir()
    return Path(shutil.copy(warehouse, folder))


def query(warehouse: Path, sql: str) -> list[tuple[Any, ...]]:
    """The rows of a query, read-only."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        rows: list[tuple[Any, ...]] = connection.execute(sql).fetchall()
        return rows


def records(warehouse: Path, sql: str) -> list[dict[str, Any]]:
    """The rows of a query as dictionaries, read-only."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        answer = connection.execute(sql)
        names = [column[0] for column in answer.description or []]
        return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]


def differences(one: Path, other: Path, marts: list[str]) -> dict[str, list[tuple[Any, ...]]]:
    """Rows of each mart that one warehouse has and the other has not, all columns compared; none where all are equal."""
    found = {}
    with duckdb.connect() as connection:
        connection.execute(f"attach '{one}' as one (read_only); attach '{other}' as other (read_only)")
        for mart in marts:
            columns = [
                row[0]
                for row in connection.execute(
                    "select column_name from duckdb_columns() where database_name = 'one' and schema_name = 'marts' "
                    "and table_name = ? order by column_name",
                    [mart],
                ).fetchall()
            ]
            listed = ", ".join(columns)
            assert listed, f"{mart} is not there"
            # `except all` keeps count of equal rows.
            rows = connection.execute(
                f"(select 'one' as only_in, * from (select {listed} from one.marts.{mart} except all select {listed} from other.marts.{mart})) union all "
                f"(select 'other', * from (select {listed} from other.marts.{mart} except all select {listed} from one.marts.{mart}))"
            ).fetchall()
            if rows:
                found[mart] = rows[:5]
    return found
