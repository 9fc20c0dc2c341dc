"""The tables that ingestion writes, from the entities of its sources and from the ledger: for dbt, and for migrations.

`macros/operations/raw_tables.sql` and `warehouse/raw_tables.py` are made here.
"""

from __future__ import annotations

import pyarrow as pa

from ingestion import sources
from ingestion.rejections import REJECTED
from ingestion.schemas import Source
from warehouse.ledger import KEYS, SCHEMA, TABLES

HEAD = """\
{#
    Made by `python -m tools generate` from the sources' entities (ingestion/sources/) and the ledger (warehouse/ledger.py): do not edit.
    The tables that ingestion writes, as it writes them: schema, then table, then columns.
#}
{% macro raw_tables() %}
    {{ return({
"""
FOOT = """\
    }) }}
{% endmacro %}
"""
SOURCES = """\

{# Every source. Its rejected records are in `stg_<source>__rejected_records`. #}
{% macro source_names() %}{{ return(NAMES) }}{% endmacro %}

{# Of each source the raw table and column that show how far its data reaches, and whether the column is a date. #}
{% macro source_newest() %}
    {{ return([
NEWEST    ]) }}
{% endmacro %}
"""
MODULE = """\
\"\"\"Made by `python -m tools generate` from the sources' entities (ingestion/sources/): do not edit.

The raw tables as ingestion writes them: schema, then table, then columns and their DuckDB types.
\"\"\"

RAW_TABLES: dict[str, dict[str, dict[str, str]]] = {
"""
LOAD_ID = {"_dlt_load_id": "varchar"}


def module() -> str:
    """The text of `warehouse/raw_tables.py`: the ground floor imports no other package, so it is written out there."""
    lines = [MODULE]
    for schema, tables in _raw_schemas().items():
        lines.append(f'    "{schema}": {{\n')
        for table, columns in tables.items():
            lines.append(f'        "{table}": {{\n')
            lines += [f'            "{column}": "{kind}",\n' for column, kind in columns.items()]
            lines.append("        },\n")
        lines.append("    },\n")
    return "".join([*lines, "}\n"])


def _raw_schemas() -> dict[str, dict[str, dict[str, str]]]:
    """The tables of each source's schema."""
    found = {}
    for name in sources.NAMES:
        source = sources.source(name)
        entities = [*source.entities, REJECTED]
        found[source.dataset] = {entity.name: _columns(entity.schema) | LOAD_ID for entity in entities}
    return found


def macro() -> str:
    """The macro's text."""
    # A ledger table with a key is ingestion's own: no model reads it.
    schemas = {SCHEMA: {name: columns for name, columns in TABLES.items() if name not in KEYS}} | _raw_schemas()
    tables = "".join(_schema(name, each) for name, each in schemas.items())
    newest = "".join(f"        ({_newest(sources.source(name))}),\n" for name in sources.NAMES)
    return HEAD + tables + FOOT + SOURCES.replace("NAMES", repr(list(sources.NAMES))).replace("NEWEST", newest)


def _newest(source: Source) -> str:
    table, column = source.newest
    kind = next(entity for entity in source.entities if entity.name == table).schema.field(column).type
    return f"{source.name!r}, {table!r}, {column!r}, {'true' if pa.types.is_date(kind) else 'false'}"


def _schema(name: str, tables: dict[str, dict[str, str]]) -> str:
    lines = [f"        {name!r}: {{\n"]
    for table, columns in tables.items():
        lines.append(f"            {table!r}: {{\n")
        lines += [f"                {column!r}: {kind!r},\n" for column, kind in columns.items()]
        lines.append("            },\n")
    return "".join([*lines, "        },\n"])


def _columns(schema: pa.Schema) -> dict[str, str]:
    return {field.name: _duckdb_type(field.type) for field in schema}


def _duckdb_type(kind: pa.DataType) -> str:
    """DuckDB's name for the type that dlt makes of an Arrow type.

    Raises:
        ValueError: no raw table has had such a column yet.
    """
    if pa.types.is_decimal(kind):
        return f"decimal({kind.precision},{kind.scale})"
    if pa.types.is_timestamp(kind):
        return "timestamp with time zone" if kind.tz else "timestamp"
    names = {
        pa.string(): "varchar",
        pa.int64(): "bigint",
        pa.float64(): "double",
        pa.bool_(): "boolean",
        pa.date32(): "date",
    }
    if kind not in names:
        raise ValueError(f"{kind}: say in tools/raw_tables.py what DuckDB calls it")
    return names[kind]
