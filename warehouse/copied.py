"""What Spark holds of each table of the DuckDB file: noted in the file itself, so that a note is never newer than its rows.

Whoever changes raw rows in place, so that no load id moves, removes the notes: the tables are then copied whole.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from warehouse.ledger import SCHEMA, columns

TABLE = f"{SCHEMA}.spark_copies"
_NAME = "spark_copies"


@dataclass(frozen=True)
class Note:
    """A table as Spark holds it.

    Attributes:
        relation: such as `raw_orders.orders`.
        snapshot: the Iceberg table's after it was written; where it is another now, something else has written it.
        state: of a raw table its newest load id; of one of the ledger's a hash of its rows.
        shape: its columns and types.
    """

    relation: str
    snapshot: int | None
    state: str
    shape: str


def notes(connection: duckdb.DuckDBPyConnection) -> dict[str, Note]:
    """The notes by relation."""
    if not columns(connection, SCHEMA, _NAME):
        return {}
    found = connection.execute(f"select relation, snapshot, state, shape from {TABLE}").fetchall()
    return {row[0]: Note(*row) for row in found}


def save(connection: duckdb.DuckDBPyConnection, note: Note) -> None:
    """Note what Spark holds now."""
    connection.execute(
        f"create table if not exists {TABLE} (relation varchar, snapshot bigint, state varchar, shape varchar)"
    )
    connection.execute(f"delete from {TABLE} where relation = ?", [note.relation])
    connection.execute(
        f"insert into {TABLE} values (?, ?, ?, ?)", [note.relation, note.snapshot, note.state, note.shape]
    )


def forget(connection: duckdb.DuckDBPyConnection, schema: str | None = None) -> None:
    """Remove the notes of a schema, or all."""
    if columns(connection, SCHEMA, _NAME):
        connection.execute(f"delete from {TABLE} where starts_with(relation, ?)", [f"{schema}." if schema else ""])
