"""What dbt would send to Spark, without one: `python -m tests.spark_statements FOLDER`.

A stand-in for dbt-spark's connection keeps each statement and answers it with nothing, or with what says that every model's table is there. Into
FOLDER go `compiled/` as dbt writes it, of every model and data test, and `statements.json`: what building the incremental models sends,
first on top of what is there, then anew.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any, ClassVar

from dbt.adapters.contracts.connection import Connection, ConnectionState
from dbt.adapters.spark.connections import SparkConnectionManager
from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest

PROJECT = Path(__file__).resolve().parent.parent
TEXT = ("STRING_TYPE", None, None, None, None, True)


class Recorder:
    """A connection and its cursor."""

    statements: ClassVar[list[str]] = []
    tables: ClassVar[dict[str, dict[str, str]]] = {}
    """Schema, then table or view, then which of the two."""

    def __init__(self) -> None:
        self.description: list[tuple[Any, ...]] = []
        self.rows: list[tuple[Any, ...]] = []

    def cursor(self) -> Recorder:
        return self

    def execute(self, sql: str, bindings: object = None) -> None:
        statement = re.sub(r"^\s*/\*.*?\*/", "", sql, count=1, flags=re.DOTALL).strip()
        self.statements.append(statement)
        columns, self.rows = self._answer(statement)
        self.description = [(column, *TEXT) for column in columns]

    def _answer(self, statement: str) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
        words = statement.lower().split()
        if words[:2] == ["show", "databases"]:
            return ("namespace",), [(schema,) for schema in self.tables]
        if words[:2] == ["show", "tables"]:
            return ("namespace", "table", "temporary"), [
                (words[3], name, False) for name in self.tables.get(words[3], {})
            ]
        if words[:3] == ["show", "table", "extended"]:
            found = self.tables.get(words[4], {})
            return ("namespace", "table", "temporary", "information"), [
                (words[4], name, False, f"Type: {'VIEW' if kind == 'view' else 'EXTERNAL'}\ntable_type=ICEBERG\n")
                for name, kind in found.items()
            ]
        if words[:2] == ["select", "current_catalog()"]:
            return ("catalog",), [("spark_catalog",)]
        if words[0] == "describe":
            return ("col_name", "data_type", "comment"), [("one", "string", None), ("other", "string", None)]
        if words[:2] == ["select", "count(*)"]:
            return ("rows",), [(0,)]
        return ("one", "other"), []

    def fetchall(self) -> list[tuple[Any, ...]]:
        return self.rows

    def rollback(self) -> None: ...
    def cancel(self) -> None: ...
    def close(self) -> None: ...


def opened(connection: Connection) -> Connection:
    connection.handle = Recorder()
    connection.state = ConnectionState.OPEN
    return connection


def dbt(*arguments: str, folder: Path, manifest: Manifest | None = None) -> Any:
    """The result of a dbt command on the target `spark`, which must go well."""
    places = ("--project-dir", PROJECT, "--profiles-dir", PROJECT, "--target-path", folder, "--log-path", folder)
    done = dbtRunner(manifest=manifest).invoke([*arguments, "--target", "spark", "--quiet", *map(str, places)])
    if not done.success:
        sys.exit(
            "\n".join(f"{each.node.name}: {each.message}" for each in done.result or [] if each.message)
            or str(done.exception)
        )
    return done.result


def main(folder: Path) -> None:
    SparkConnectionManager.open = staticmethod(opened)
    manifest: Manifest = dbt("parse", folder=folder)
    for node in manifest.nodes.values():
        if node.resource_type in ("model", "seed"):
            Recorder.tables.setdefault(node.schema, {})[node.alias] = node.config.materialized
    # One test of each kind of rule, and all those of the project's own that are one query each.
    chosen = (
        "resource_type:model",
        "test_type:singular",
        "fct_sensor_visits_daily_keeps_its_rules",
        "fct_orders_refers_to_known_rows",
    )
    dbt("compile", "--select", *chosen, folder=folder, manifest=manifest)
    Recorder.statements.clear()
    for how in ((), ("--full-refresh",)):
        dbt("run", "--select", "config.materialized:incremental", *how, folder=folder, manifest=manifest)
    (folder / "statements.json").write_text(json.dumps(list(dict.fromkeys(Recorder.statements))), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
