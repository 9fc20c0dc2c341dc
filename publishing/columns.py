"""What the published columns mean: `columns.json` beside the Parquet files, and the same inside each file.

Descriptions are the comments that dbt leaves in the database (`persist_docs`), so that publishing needs nothing but the warehouse.
"""

import json
from pathlib import Path

import duckdb
from pydantic import BaseModel

from warehouse.sql import literal

COLUMNS = "columns.json"


class Reference(BaseModel):
    """The mart and column in which a column's values are found."""

    mart: str
    column: str


class Column(BaseModel):
    """A column of a mart.

    Attributes:
        name: as in the Parquet file.
        type: DuckDB's name of the type, such as `DECIMAL(18,3)`.
        description: what it means; null in a warehouse that an older Tally built.
        refers_to: where its values are tested to be found; null where they refer to no other mart.
    """

    name: str
    type: str
    description: str | None
    refers_to: Reference | None


class Mart(BaseModel):
    """A mart, as `columns.json` describes it under its name.

    Attributes:
        description: begins with the grain; null in a warehouse that an older Tally built.
        grain: what one row is: `one row per …`.
        key: the columns that identify a row; empty where no test says which.
        columns: in the order of the Parquet file.
    """

    description: str | None
    grain: str | None
    key: list[str]
    columns: list[Column]


def grain_of(description: str) -> str:
    """What one row is, without the full stop: the first sentence of a model's description, which begins with `Grain:`."""
    first = _one_line(description).removeprefix("Grain:").strip().partition(". ")[0]
    return first.rstrip(".")


def describe(connection: duckdb.DuckDBPyConnection, names: list[str], keys: dict[str, list[str]]) -> dict[str, Mart]:
    """Describe marts from the comments in the database.

    Args:
        connection: to the warehouse.
        names: the marts.
        keys: each mart's key, where one is known.
    """
    comments = dict(
        connection.execute("""
            select table_name, comment from duckdb_tables()
            where database_name = current_database() and schema_name = 'marts'
            union all
            select view_name, comment from duckdb_views()
            where database_name = current_database() and schema_name = 'marts'
        """).fetchall()
    )
    references = _references(connection)
    columns: dict[str, list[Column]] = {}
    for mart, name, data_type, comment in connection.execute("""
        select table_name, column_name, data_type, comment
        from duckdb_columns()
        where database_name = current_database() and schema_name = 'marts'
        order by table_name, column_index
    """).fetchall():
        description = _one_line(comment) if comment else None
        refers_to = references.get((mart, name))
        columns.setdefault(mart, []).append(
            Column(name=name, type=data_type, description=description, refers_to=refers_to)
        )
    described = {}
    for mart in names:
        text = comments.get(mart)
        described[mart] = Mart(
            description=_one_line(text) if text else None,
            grain=grain_of(text) if text else None,
            key=keys.get(mart, []),
            columns=columns[mart],
        )
    return described


def metadata_sql(mart: Mart) -> str:
    """The mart's description and columns as `kv_metadata` of `copy … (format parquet, …)`; the columns are JSON."""
    columns = json.dumps([column.model_dump() for column in mart.columns], ensure_ascii=False)
    return f"{{description: {literal(mart.description or '')}, columns: {literal(columns)}}}"


def write_columns(version: Path, marts: dict[str, Mart]) -> None:
    """Write `columns.json` into a version that is not published yet."""
    content = {name: mart.model_dump() for name, mart in marts.items()}
    (version / COLUMNS).write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _references(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], Reference]:
    """Where each column's values are found, as dbt knows it from the tests; none in a warehouse that an older Tally built."""
    try:
        found = connection.execute("""
            select mart, column_name, other_mart, other_column_name from intermediate.int_operations__mart_references
        """).fetchall()
    except duckdb.CatalogException:
        return {}
    return {(mart, column): Reference(mart=other, column=key) for mart, column, other, key in found}


def _one_line(text: str) -> str:
    return " ".join(text.split())
