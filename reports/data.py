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

# An id as the last part of an address and the name of a folder, different from every other id's where case is ignored:
# the id itself where it is short and plain, else a readable beginning and a hash. No plain id ends as those do.
_PAGE = """case
    when
        regexp_full_match({0}, '[a-z0-9][a-z0-9_-]{{0,63}}')
        and not regexp_matches({0}, '-[0-9a-f]{{12}}$')
        -- the folder's own page, and devices, whose names no file has on Windows
        and not regexp_full_match({0}, 'index|con|prn|aux|nul|com[0-9]|lpt[0-9]')
        then {0}
    else
        coalesce(nullif(trim(left(regexp_replace(lower({0}), '[^a-z0-9]+', '-', 'g'), 40), '-'), ''), 'id')
        || '-' || left(sha256({0}), 12)
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
            file = marts / f"{table.name}.parquet"
            columns = table.columns | ({"page": Kind.TEXT} if table.page_of else {})
            try:
                rows[table.name] = _write(connection, table.name, columns, _select(connection, table, file), data)
            except duckdb.Error as error:  # DuckDB has no class of its own for a damaged file
                cause = str(error).splitlines()[0]
                raise SiteError(f"{file} cannot be copied into the site ({cause}): publish again.") from error
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
    published = {row[0] for row in connection.execute(f"describe select * from {mart}").fetchall()}
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
