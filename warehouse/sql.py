"""Text and names within DuckDB's SQL, where it takes no parameters: files to read, tables to write."""

from __future__ import annotations


def quoted(name: str) -> str:
    """A name, such as a table's or a column's."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: object) -> str:
    """A value as text, such as a path; `null` for None."""
    return "null" if value is None else "'" + str(value).replace("'", "''") + "'"
