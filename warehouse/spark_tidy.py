"""What `make compact` does on Spark: many small files become few, and the tables' earlier states are deleted with the files that only they need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
from filelock import FileLock, Timeout

from warehouse import copied, iceberg
from warehouse.database import Warehouse
from warehouse.errors import WarehouseError, first_line
from warehouse.ledger import SCHEMA
from warehouse.paths import WarehousePaths
from warehouse.spark import Spark, Table, literal

FEWEST_FILES = 5
"""From so many small files on a table's part is written anew: Iceberg's own default."""
_EVER = "timestamp '9999-12-31 00:00:00'"


@dataclass(frozen=True)
class Tidied:
    """What was done.

    Attributes:
        small: how many small files were written anew, and `large` into how many.
        states: earlier states of tables that were deleted.
        files: files that were deleted with them.
        left: tables that were left alone, because a build of theirs has not been shown yet.
    """

    small: int = 0
    large: int = 0
    states: int = 0
    files: int = 0
    left: int = 0

    def __str__(self) -> str:
        said = (
            f"{self.small:,} small files on Spark written into {self.large:,}, "
            f"{self.states:,} earlier states of its tables deleted with {self.files:,} files."
        )
        if self.left:
            said += f" Tables left alone until a build that did not end is run again: {self.left:,}."
        return said


def tidy(path: Path, spark: Spark, schemas: tuple[str, ...], lock_timeout: float) -> Tidied:
    """Tidy Spark's tables: those that the file's views show, and those of the raw `schemas`.

    The views are put on the new files before the earlier states go. Nobody else may build or read meanwhile.

    Raises:
        WarehouseError: Spark refuses it or is gone, the file cannot be written, or another process takes rows to Spark.
    """
    try:
        with FileLock(WarehousePaths(path).spark_lock).acquire(timeout=lock_timeout):
            return _tidy(path, spark, schemas, lock_timeout)
    except Timeout:
        raise WarehouseError(f"another process takes the rows of {path} to Spark: wait until it has ended") from None
    except duckdb.Error as error:
        raise WarehouseError(f"Spark's tables cannot be tidied: {first_line(error)}") from None


def _tidy(path: Path, spark: Spark, schemas: tuple[str, ...], lock_timeout: float) -> Tidied:
    with Warehouse(path, lock_timeout) as warehouse:
        shown = iceberg.shown_snapshots(warehouse.connection)
    before = _tables(spark, (*iceberg.SHOWN, SCHEMA, *schemas))
    # A view on an earlier state is that of a build that was killed: it needs that state's files until the build is run again.
    left = {name for name, table in before.items() if name in shown and shown[name] != table.snapshot}
    done = Tidied(left=len(left))
    for name in sorted(before.keys() - left):
        if before[name].files >= FEWEST_FILES:
            ((rewritten, added, *_),) = spark.rows(f"call system.rewrite_data_files(table => {literal(name)})")
            done = replace(done, small=done.small + rewritten, large=done.large + added)
    after = _tables(spark, tuple({name.partition(".")[0] for name in before}))
    _follow(path, {name: table for name, table in before.items() if name not in left}, after, lock_timeout)
    for name in sorted(before.keys() - left):
        if (states := after[name].snapshots) > 1:
            (deleted,) = spark.rows(
                f"call system.expire_snapshots(table => {literal(name)}, older_than => {_EVER}, retain_last => 1)"
            )
            done = replace(done, states=done.states + states - 1, files=done.files + sum(each or 0 for each in deleted))
    return done


def _tables(spark: Spark, schemas: tuple[str, ...]) -> dict[str, Table]:
    return {f"{schema}.{name}": table for schema in schemas for name, table in spark.tables(schema).items()}


def _follow(path: Path, before: Mapping[str, Table], after: Mapping[str, Table], lock_timeout: float) -> None:
    """The views show, and the notes name, the states in which the same rows are in fewer files."""
    changed = {name: after[name] for name, table in before.items() if after[name].snapshot != table.snapshot}
    with Warehouse(path, lock_timeout) as warehouse:
        connection = warehouse.connection
        connection.begin()
        for note in copied.notes(connection).values():
            if note.relation in changed and note.snapshot == before[note.relation].snapshot:
                copied.save(connection, replace(note, snapshot=changed[note.relation].snapshot))
        iceberg.show_again(connection, changed)
        connection.commit()
