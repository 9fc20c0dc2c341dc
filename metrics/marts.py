"""SQL on the published marts, for whoever asks: one query, of the marts and of nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from metrics.errors import MetricsError, unknown
from metrics.published import SECONDS, Answer, read_published
from warehouse.connection import connect_memory

_ROWS_FROM = {"range", "generate_series", "unnest"}
"""The functions that may stand in place of a table: they make rows of their arguments."""
_TELLING = {"current_setting", "getenv", "getvariable", "current_database", "current_schemas", "pg_typeof", "error"}
"""Functions that tell of the machine or its settings instead of the rows."""
_TABLES = {"BASE_TABLE", "TABLE_FUNCTION", "JOIN", "SUBQUERY", "EMPTY", "EXPRESSION_LIST"}
_QUERIES = {"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"}


def query_marts(warehouse: Path, sql: str, *, limit: int = 1_000, seconds: float = SECONDS) -> Answer:
    """The rows of one `select` on the newest publication.

    What it reads is found in DuckDB's own parse of it, before anything runs: marts, and tables that it makes itself. The
    connection that runs it cannot read or write anything else either.

    Args:
        warehouse: the DuckDB file beside which the marts are published; it is not opened.
        sql: in DuckDB's dialect; a mart by its name, or as `marts.<mart>`.
        limit: how many rows at most.
        seconds: how long it may run.

    Raises:
        MetricsError: it is not one query, reads something else, fails, or is too much.
    """
    published = read_published(warehouse)
    return published.ask(sql, marts_read(sql, set(published.publication.marts)), limit=limit, seconds=seconds)


def marts_read(sql: str, marts: set[str]) -> set[str]:
    """The marts that a query reads.

    Raises:
        MetricsError: it is not one query, or reads something else.
    """
    with connect_memory() as connection:
        row = connection.execute("select json_serialize_sql(?::varchar, skip_null := true)", [sql]).fetchone()
    parsed: dict[str, Any] = json.loads(row[0]) if row else {}
    if parsed.get("error"):
        said = parsed.get("error_message", "")
        if parsed.get("error_type") == "not implemented":
            said = "only a query (select, from, with) can be asked"
        raise MetricsError(f"This is no query that can be asked: {said}.")
    if len(parsed["statements"]) != 1:
        raise MetricsError("Ask one query at a time.")
    nodes = list(_objects(parsed["statements"][0]))
    own = {_own_name(name) for node in nodes for name in _names_of_ctes(node)}
    read = set()
    for node in nodes:
        kind = node.get("type")
        if kind == "SHOW_REF":
            raise MetricsError("describe, show and summarize cannot be asked: describe_mart has the columns.")
        if kind == "BASE_TABLE":
            name = node["table_name"]
            if node.get("catalog_name") or node.get("schema_name", "") not in ("", "marts"):
                raise MetricsError(f"{node.get('schema_name')}.{name} cannot be read: only the published marts can.")
            if name in marts:
                read.add(name)
            elif name.lower() not in own:
                raise unknown("mart", name, marts, "list_marts shows them all.")
        elif kind == "TABLE_FUNCTION" and node["function"].get("function_name", "").lower() not in _ROWS_FROM:
            called = node["function"].get("function_name")
            raise MetricsError(f"{called}() cannot be read from: only the published marts can.")
        elif node.get("class") == "FUNCTION" and node.get("function_name", "").lower() in _TELLING:
            raise MetricsError(f"{node['function_name']}() cannot be asked.")
        elif "class" not in node and isinstance(kind, str) and kind.isupper() and _is_unknown_source(node, kind):
            raise MetricsError(f"{kind.lower().replace('_', ' ')} cannot be asked: read marts by select.")
    return read


def _is_unknown_source(node: dict[str, Any], kind: str) -> bool:
    """Whether a node stands where rows come from, and is of no kind that is known to be harmless."""
    return kind not in _TABLES | _QUERIES and ("from_table" in node or "table_name" in node or "subquery" in node)


def _names_of_ctes(node: dict[str, Any]) -> Iterator[str]:
    if isinstance(node.get("cte_map"), dict):
        for entry in node["cte_map"].get("map", []):
            yield entry["key"]
    if "cte_name" in node:
        yield node["cte_name"]


def _own_name(name: str) -> str:
    # DuckDB reads a table whose name is a path as a file.
    if not re.fullmatch(r"\w+", name):
        raise MetricsError(f"{name!r} is no name for a table: take letters, digits and underscores.")
    return name.lower()


def _objects(tree: Any) -> Iterator[dict[str, Any]]:
    """Every object of a parse, wherever it stands."""
    waiting = [tree]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            yield one
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)
