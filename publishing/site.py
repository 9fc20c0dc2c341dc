"""Writes the rows of the site's pages from the published marts: what its server serves as `/data`.

A page names the SQL files whose answers it shows in its front matter (`sql`). They are run here, over the marts, and
no page's rows are part of the built site: new figures reach the readers as soon as this has run. What reads nothing that has
changed is taken over from the version before (`kept.py`). `/data` holds

- `site.json`: when the marts were published, the pages that have something to show, the language and the time zone;
- `phrases.ftl`: the phrases of that language;
- `rows/<page>.json`: the answers of a page's queries, each a list a column;
- `rows/<page>/key=<entity>/rows0.json`: the same, of one entity, for a page whose front matter names its `entity`;
- `calendars/<store>.ics`: the staffing plan of a store, as a calendar;
- `written.json`: how each of these was written;
- `tables/<table>.parquet` and `manifest.json`: the tables that queries in the browser read (`reports/sources`), and the
  macros that they use (`reports/macros.sql`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import yaml
from filelock import FileLock, Timeout
from pydantic import TypeAdapter, ValidationError

from publishing.calendars import write_calendars
from publishing.kept import Written, digest, take_over, written
from publishing.parquet import Progress, StaleError, publish
from publishing.publication import Publication, PublishingError, read_publication
from warehouse.connection import connect_memory
from warehouse.errors import first_line
from warehouse.language import Language, phrases_of, store_timezones
from warehouse.paths import PROJECT, WarehousePaths
from warehouse.published_versions import new_version, swap
from warehouse.settings import Site, lock_timeout
from warehouse.sql import literal, quoted

REPORTS = PROJECT / "reports"
OVERVIEW = "overview"
"""The name that the first page's rows go by; the other pages' go by their folders."""

_WRITTEN = "written.json"
_RECORDS = TypeAdapter(dict[str, Written])


@dataclass(frozen=True)
class SitePage:
    """What the front matter of a page says about its rows.

    Attributes:
        name: the page's folder under `reports/pages`, which is its address.
        queries: the SQL file of each query.
        entity: the column that says which entity a row is about, on a page about one; null on any other.
        sources: the tables (`reports/sources`) that its queries in the browser read.
        marts: the page has something to show where one of them has rows; none where it always has.
    """

    name: str
    queries: dict[str, Path]
    entity: str | None = None
    marts: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


def publish_all(warehouse: Path, progress: Progress | None = None) -> Publication:
    """Publish the marts, then the rows of the site's pages; where the marts are refused, the pages say so.

    Raises:
        PublishingError: as `publish` and `publish_site` do.
    """
    try:
        publication = publish(warehouse, progress)
    except StaleError:
        publish_site(warehouse)
        raise
    publish_site(warehouse)
    return publication


def publish_site(warehouse: Path, reports: Path = REPORTS) -> None:
    """Write the rows of the site's pages from what is published; the rows before stay where it fails.

    Args:
        warehouse: the DuckDB file; the rows go to `<warehouse without .duckdb>.site/`.
        reports: the folder of the pages and their SQL.

    Raises:
        PublishingError: a query fails, a published mart cannot be read, or the rows cannot be written.
    """
    paths = WarehousePaths(warehouse)
    try:
        with FileLock(paths.site.with_name(paths.site.name + ".lock")).acquire(timeout=lock_timeout()):
            version = new_version(paths.site)
            # One publication from the first file to the last, even if another takes its place.
            write_site(
                paths.marts.resolve() if paths.marts.exists() else paths.marts, version, reports, before=paths.site
            )
            swap(paths.site, version)
    except Timeout:
        raise PublishingError(
            f"Another process is writing {paths.site}: wait until it has ended, or raise TALLY_LOCK_TIMEOUT."
        ) from None
    except OSError as error:
        raise PublishingError(f"{paths.site} could not be written; the site's rows before stay: {error}") from None


def write_site(
    marts: Path, folder: Path, reports: Path = REPORTS, only: str | None = None, before: Path | None = None
) -> None:
    """Write all that `/data` holds into `folder`.

    Args:
        marts: a folder of published marts.
        folder: where to write; files that are there are replaced.
        reports: the folder of the pages and their SQL.
        only: the name of the one page whose rows to write; all of them without it.
        before: what was written last, if it is there.

    Raises:
        PublishingError: a query fails or a published mart cannot be read.
        SettingsError: a setting SITE__… cannot be used.
    """
    publication = read_publication(marts)
    pages = list(read_pages(reports))
    with connect_memory() as connection, connect_memory() as empty:
        _create_views(connection, marts, publication, reports)
        language = Language.load(store_timezones(connection))
        inputs = _Inputs(empty, reports, marts, publication)
        version = _Version(folder, before)
        for page in pages:
            if only is None or page.name == only:
                place = f"rows/{page.name}" if page.entity else f"rows/{page.name}.json"
                read = inputs.of(*page.queries.values())
                version.put(place, digest(repr(page), read), partial(_write_page, connection, page))
        if (
            only is None
            and publication.built_at
            and {"fct_staffing_plan_hourly", "dim_stores"} <= publication.marts.keys()
        ):
            plan = inputs.of_tables({"fct_staffing_plan_hourly", "dim_stores"})
            write = partial(write_calendars, connection, language=language, written_at=publication.built_at)
            version.put("calendars", digest(language.locale, plan), write)
        if only is None or any(page.sources for page in pages if page.name == only):
            files = []
            for source in sorted((reports / "sources").glob("*.sql")):
                if not _missing(connection, source):
                    place = f"tables/{source.stem}.parquet"
                    version.put(place, inputs.of(source), partial(_write_table, connection, source))
                    files.append(f"/data/{place}")
            macros = (reports / "macros.sql").read_text("utf-8")
            manifest = {"renderedFiles": {"tables": files} if files else {}, "macros": macros}
            (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
        version.write_records()
    state = {
        "published_at": _time(publication.published_at),
        "stale_since": _time(publication.stale_since),
        "stale_reason": publication.stale_reason,
        "pages": [
            page.name for page in pages if not page.marts or any(publication.marts.get(mart) for mart in page.marts)
        ],
        "locale": language.locale,
        "timezone": str(language.timezone),
    }
    (folder / "site.json").write_text(json.dumps(state), encoding="utf-8")
    (folder / "phrases.ftl").write_text(phrases_of(language.locale), encoding="utf-8")


class _Version:
    """The version that is being written: what is in it, and what it took over from the one before."""

    def __init__(self, folder: Path, before: Path | None) -> None:
        self._folder = folder
        self._before = before
        self._records: dict[str, Written] = {}
        self._records_before: dict[str, Written] = {}
        if before:
            with suppress(FileNotFoundError, ValidationError):  # an older Tally's, or damaged: all is written anew
                self._records_before = _RECORDS.validate_json((before / _WRITTEN).read_bytes())

    def put(self, place: str, inputs: str, write: Callable[[Path], None]) -> None:
        """Have a file or folder at `place`: that of the version before where the inputs are the same, or `write` it."""
        path = self._folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        record = self._records_before.get(place)
        if self._before and record and take_over(self._before / place, path, record, inputs):
            self._records[place] = record
            return
        write(path)
        self._records[place] = written(path, inputs)

    def write_records(self) -> None:
        (self._folder / _WRITTEN).write_bytes(_RECORDS.dump_json(self._records))


class _Inputs:
    """Digests of all that the answers of SQL files depend on.

    Args:
        empty: a connection that gets the macros and not the views, which DuckDB would look through: a query would read no table.
    """

    def __init__(self, empty: duckdb.DuckDBPyConnection, reports: Path, marts: Path, publication: Publication) -> None:
        self._empty = empty
        macros = (reports / "macros.sql").read_text("utf-8")
        _run(empty, reports / "macros.sql", macros)
        self._views = {file.stem: file for file in (reports / "views").glob("*.sql")}
        self._tables = {name: record.content for name, record in publication.files.items()}
        for name in publication.marts.keys() - publication.files.keys():  # an older Tally's
            self._tables[name] = written(marts / f"{name}.parquet", "").content
        self._tables["publication"] = str(publication.built_at)
        self._tables["settings"] = Site.load().currency
        # The way in which answers are written is part of them.
        self._always = digest(Path(__file__).read_text("utf-8"), macros)

    def of(self, *files: Path) -> str:
        """Of files: their text, and what they read, from view to view down to the marts."""
        tables: set[str] = set()
        for file in files:
            tables |= _read_by(self._empty, file)
        return digest(self._always, *(file.read_text("utf-8") for file in files), self.of_tables(tables))

    def of_tables(self, tables: set[str]) -> str:
        """Of tables, views or marts, by their names."""
        for name in sorted(tables):
            if name not in self._tables and (file := self._views.get(name)):
                self._tables[name] = self.of(file)
        return digest(*(text for name in sorted(tables) for text in (name, self._tables.get(name, ""))))


def read_pages(reports: Path) -> Iterator[SitePage]:
    """What each page's front matter says about its rows."""
    for file in sorted((reports / "pages").rglob("*.md")):
        front = re.match(r"---\n(.*?)\n---\n", file.read_text("utf-8"), re.DOTALL)
        said: dict[str, Any] = yaml.safe_load(front[1]) if front else {}
        queries = {query: reports / "queries" / path for query, path in said.get("sql", {}).items()}
        name = file.parent.relative_to(reports / "pages").as_posix()
        yield SitePage(
            OVERVIEW if name == "." else name,
            queries,
            said.get("entity"),
            tuple([mart] if isinstance(mart := said.get("mart", []), str) else mart),
            tuple(said.get("sources", ())),
        )


def _create_views(connection: duckdb.DuckDBPyConnection, marts: Path, publication: Publication, reports: Path) -> None:
    """What the pages' SQL may read: the marts by their names, `publication` (when it was built), `settings` (the owner's currency), the macros, and the views on them."""
    for mart in publication.marts:
        file = marts / f"{mart}.parquet"
        try:
            connection.execute(f"create view {quoted(mart)} as from read_parquet({literal(file)})")
        except duckdb.Error as error:  # DuckDB has no class of its own for a damaged file
            raise PublishingError(f"{file} cannot be read ({first_line(error)}): publish again.") from None
    connection.execute(
        f"create view publication as select {literal(_time(publication.built_at))}::timestamp as built_at"
    )
    connection.execute(f"create view settings as select {literal(Site.load().currency)} as currency")
    _run(connection, reports / "macros.sql", (reports / "macros.sql").read_text("utf-8"))
    waiting = {file.stem: file for file in sorted((reports / "views").glob("*.sql"))}
    while ready := [name for name, file in waiting.items() if not _missing(connection, file)]:
        for name in ready:
            file = waiting.pop(name)
            _run(connection, file, f"create view {quoted(name)} as {file.read_text('utf-8')}")


def _missing(connection: duckdb.DuckDBPyConnection, file: Path) -> set[str]:
    """The tables that a query reads and that are not there: of a source that was never loaded, or views to come."""
    there = {name for (name,) in connection.execute("select view_name from duckdb_views()").fetchall()}
    return _read_by(connection, file) - there


def _read_by(connection: duckdb.DuckDBPyConnection, file: Path) -> set[str]:
    """The tables and views that a query reads."""
    try:
        found: set[str] = connection.get_table_names(file.read_text("utf-8"))
    except duckdb.Error as error:
        raise _failure(file, error) from None
    return found


def _write_page(connection: duckdb.DuckDBPyConnection, page: SitePage, path: Path) -> None:
    if page.entity:
        _write_entities(connection, page, page.entity, path)
        return
    answers: dict[str, str] = {}
    for name, file in page.queries.items():
        if columns := _answer(connection, file):
            row = connection.execute(f"select {_lists(columns)} from answer").fetchone()
            answers[name] = row[0] if row else "{}"
    said = ",".join(f"{json.dumps(name)}:{answer}" for name, answer in answers.items())
    path.write_text("{" + said + "}", encoding="utf-8")


def _write_entities(connection: duckdb.DuckDBPyConnection, page: SitePage, entity: str, folder: Path) -> None:
    """A file for each entity of the page's first query."""
    for position, (name, file) in enumerate(page.queries.items()):
        columns = _answer(connection, file)
        if not columns:
            if position == 0:
                return
            continue
        if entity not in columns:
            raise PublishingError(f"The query {name} of the page {page.name} has no column {entity}.")
        if position > 0:  # only the first says which entity it is
            del columns[entity]
        # One row a file: rows of one entity would be in several, were there as many threads.
        connection.execute(f"""
            create temp table {quoted(f"page_{name}")} as
            select url_key({entity}) as key, {_lists(columns)} as answer from answer group by {entity}
        """)
    written = [name for name in page.queries if _exists(connection, f"page_{name}")]
    joins = " ".join(f"left join {quoted(f'page_{name}')} as {quoted(name)} using (key)" for name in written[1:])
    parts = ", ".join(
        f"{literal(json.dumps(name) + ':')} || coalesce({quoted(name)}.answer::varchar, '{{}}')" for name in written
    )
    connection.execute(f"""
        copy (
            select key, '{{' || concat_ws(',', {parts}) || '}}' as answers
            from {quoted(f"page_{written[0]}")} as {quoted(written[0])} {joins}
        ) to {literal(folder)} (
            format csv, header false, delimiter '\\t', quote '', escape '',
            partition_by (key), filename_pattern 'rows', file_extension 'json', overwrite
        )
    """)
    for name in written:
        connection.execute(f"drop table {quoted(f'page_{name}')}")


def _answer(connection: duckdb.DuckDBPyConnection, file: Path) -> dict[str, str]:
    """Run a query into the table `answer`; its columns and their types, none where a table is not there that it reads."""
    connection.execute("reset threads")
    if _missing(connection, file):
        return {}
    _run(connection, file, f"create or replace temp table answer as {file.read_text('utf-8')}")
    connection.execute("set threads = 1")  # what is read from `answer` comes in its order
    return {name: kind for name, kind, *_ in connection.execute("describe answer").fetchall()}


def _lists(columns: dict[str, str]) -> str:
    """SQL for an answer as JSON: an object of one list a column, in the order of the rows."""
    values = {}
    for name, kind in columns.items():
        column = quoted(name)
        if kind.startswith("TIMESTAMP"):
            column = f"strftime({column}, '%Y-%m-%d %H:%M')"
        elif kind in ("DOUBLE", "FLOAT"):
            column = f"if(isfinite({column}), {column}, null)"  # JSON knows no other numbers
        values[name] = f"list({column})"
    return "to_json({" + ", ".join(f"{literal(name)}: {value}" for name, value in values.items()) + "})::varchar"


def _write_table(connection: duckdb.DuckDBPyConnection, source: Path, path: Path) -> None:
    """A table that queries in the browser read."""
    connection.execute("reset threads")
    # Small row groups: the browser fetches only those that a query asks for.
    options = "format parquet, compression snappy, row_group_size 8192"
    _run(connection, source, f"copy ({source.read_text('utf-8')}) to {literal(path)} ({options})")


def _run(connection: duckdb.DuckDBPyConnection, file: Path, sql: str) -> None:
    try:
        connection.execute(sql)
    except duckdb.Error as error:
        raise _failure(file, error) from None


def _failure(file: Path, error: duckdb.Error) -> PublishingError:
    shown = file.relative_to(PROJECT) if file.is_relative_to(PROJECT) else file
    return PublishingError(f"The query in {shown} failed; the site's rows before stay: {first_line(error)}")


def _exists(connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    return bool(connection.execute("select 1 from duckdb_tables() where table_name = ?", [table]).fetchone())


def _time(time: datetime | None) -> str | None:
    return f"{time:%Y-%m-%d %H:%M}" if time else None
