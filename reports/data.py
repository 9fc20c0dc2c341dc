"""Writes Evidence's data files from the published marts, in the layout that `evidence sources` would leave."""

import json
from datetime import datetime
from pathlib import Path

import duckdb

from publishing.publication import Publication
from reports.errors import SiteError
from reports.tables import TABLES, Kind, Table
from warehouse.connection import connect_memory

SOURCE = "tally"

# An id as the last part of an address: as it is where that is safe, otherwise with a digest that keeps it unique.
_PAGE = """case
    when regexp_full_match({0}, '[A-Za-z0-9][A-Za-z0-9._-]*') then {0}
    else regexp_replace({0}, '[^A-Za-z0-9]+', '-', 'g') || '-' || left(md5({0}), 8)
end"""


def write_data(marts: Path, publication: Publication, data: Path) -> dict[str, int]:
    """Write every table of the site, and `publication` (one row), as Parquet under `data`.

    Args:
        marts: the folder of the published Parquet files; a mart that is not there becomes an empty table.
        publication: its state.
        data: Evidence's data folder, `.evidence/template/static/data`.

    Returns:
        The rows of each table.

    Raises:
        SiteError: a published mart cannot be read or lacks a column.
    """
    rows: dict[str, int] = {}
    with connect_memory() as connection:
        connection.execute("set timezone = 'UTC'")
        for table in TABLES:
            select = _select(connection, table, marts / f"{table.name}.parquet")
            columns = table.columns | ({"page": Kind.TEXT} if table.page_of else {})
            rows[table.name] = _write(connection, table.name, columns, select, data)
        state = {
            "published_at": _time(publication.published_at),
            "built_at": _time(publication.built_at),
            "stale_since": _time(publication.stale_since),
            "stale_reason": publication.stale_reason,
        }
        select = "select " + ", ".join(f"{_literal(value)}::varchar as {name}" for name, value in state.items())
        rows["publication"] = _write(connection, "publication", dict.fromkeys(state, Kind.TEXT), select, data)
    files = [f"static/data/{SOURCE}/{name}/{name}.parquet" for name in rows]
    (data / "manifest.json").write_text(json.dumps({"renderedFiles": {SOURCE: files}}), encoding="utf-8")
    return rows


def _select(connection: duckdb.DuckDBPyConnection, table: Table, file: Path) -> str:
    """The query whose answer is the table as the site holds it."""
    if not file.exists():
        columns = ", ".join(f"null::{kind.sql_type} as {name}" for name, kind in table.columns.items())
        columns += ", null::varchar as page" if table.page_of else ""
        return f"select {columns} where false"
    mart = f"read_parquet({_literal(str(file))})"
    try:
        published = {row[0] for row in connection.execute(f"describe select * from {mart}").fetchall()}
    except duckdb.Error as error:
        raise SiteError(f"{file} cannot be read ({str(error).splitlines()[0]}): publish again.") from None
    missing = sorted(set(table.columns) - published)
    if missing:
        raise SiteError(
            f"The published {table.name} has no {', '.join(missing)}, which the pages show: "
            "run `make build` and `make publish` again."
        )
    columns = ", ".join(f"{kind.expression.format(name)} as {name}" for name, kind in table.columns.items())
    if table.page_of:
        columns += f", {_PAGE.format(f'{table.page_of}::varchar')} as page"
    sort = ", ".join(f"mart.{column.strip()}" for column in table.sort.split(","))
    return f"select {columns} from {mart} as mart where {table.where.format(mart=mart)} order by {sort}"


def _write(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    columns: dict[str, Kind],
    select: str,
    data: Path,
) -> int:
    folder = data / SOURCE / name
    folder.mkdir(parents=True)
    file = folder / f"{name}.parquet"
    # Small row groups: the browser fetches only those that a page asks for.
    written = connection.execute(
        f"copy ({select}) to {_literal(str(file))} (format parquet, compression snappy, row_group_size 8192)"
    ).fetchone()
    schema = [
        {"name": column, "evidenceType": kind.evidence_type, "typeFidelity": "precise"}
        for column, kind in columns.items()
    ]
    (folder / f"{name}.schema.json").write_text(json.dumps(schema), encoding="utf-8")
    return int(written[0]) if written else 0


def _time(time: datetime | None) -> str | None:
    return f"{time:%Y-%m-%d %H:%M}" if time else None


def _literal(value: str | None) -> str:
    return "null" if value is None else "'" + value.replace("'", "''") + "'"
