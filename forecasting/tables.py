"""What dbt's Python models share: the table that each of them made before is its memory."""

from __future__ import annotations

from typing import Any

import pyarrow as pa


def stored(session: Any, table: Any, schema: pa.Schema) -> pa.Table:
    """What a model's table holds before it is made again; nothing where it is not there, or had other columns."""
    found = session.execute(
        "select column_name from duckdb_columns() where schema_name = ? and table_name = ? "
        "and database_name = current_database()",
        [table.schema, table.identifier],
    ).fetchall()
    if not set(schema.names) <= {name for (name,) in found}:
        return schema.empty_table()
    columns = ", ".join(schema.names)
    return session.execute(f"select {columns} from {table}").to_arrow_table().cast(schema)
