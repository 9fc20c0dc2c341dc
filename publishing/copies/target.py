"""The interface of a destination of copies, and of the marts that it is given."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import duckdb
from pydantic import BaseModel

from warehouse.connection import connect_memory
from warehouse.sql import literal

RECORD = "_tally_copies"
"""The table (or collection) in the destination itself that says what it holds."""

BATCH = 5_000
"""Rows that travel together."""

Row = tuple[Any, ...]


class State(BaseModel):
    """What a destination says of its copy of a mart.

    Attributes:
        columns: the copy's columns and key, as `Mart.columns_text` has them.
        version: the digest of the Parquet file that was copied; null while a copy is under way.
        rows: its rows.
    """

    columns: str
    version: str | None = None
    rows: int = 0


@dataclass(frozen=True)
class Mart:
    """A published mart.

    Attributes:
        name: its name.
        file: its Parquet file.
        version: the file's digest.
        columns: DuckDB's type of each column.
        key: the columns that identify a row; empty if none is tested to.
    """

    name: str
    file: Path
    version: str
    columns: dict[str, str]
    key: tuple[str, ...]

    @property
    def columns_text(self) -> str:
        """The columns and the key in a line: two marts with equal lines have tables of one shape."""
        listed = ", ".join(f"{name} {kind}" for name, kind in self.columns.items())
        return f"{listed}; key {', '.join(self.key) or 'none'}"


@dataclass(frozen=True)
class Change:
    """What makes an older copy of a mart the newer one. Both may be read once.

    Attributes:
        removed: keys of rows that left the mart, or of which another version came.
        added: rows that came, whole.
    """

    removed: Iterable[Sequence[Row]]
    added: Iterable[Sequence[Row]]


class Target(Protocol):
    """A destination that holds copies of marts. Every method may be called again after it was killed half-way."""

    def states(self) -> dict[str, State]:
        """What it holds, by mart, each with the rows that are really there."""
        ...

    def replace(self, mart: Mart) -> int:
        """Make its copy of `mart` anew, and return the rows written."""
        ...

    def change(self, mart: Mart, change: Change) -> None:
        """Change its copy, and record that it is `mart.version` now."""
        ...


OpenTarget = AbstractContextManager[Target]


def read_rows(connection: duckdb.DuckDBPyConnection, sql: str) -> Iterator[list[Row]]:
    """A query's rows in batches."""
    answer = connection.execute(sql)
    while rows := answer.fetchmany(BATCH):
        yield rows


def mart_rows(mart: Mart) -> Iterator[list[Row]]:
    """A mart's rows in batches."""
    with connect_memory() as connection:
        connection.execute("set TimeZone = 'UTC'")
        yield from read_rows(connection, f"from {literal(mart.file)}")
