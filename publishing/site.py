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
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import yaml
from filelock import FileLock, Timeout

from publishing.calendars import read_plan, write_calendars
from publishing.kept import Version, digest
from publishing.parquet import Progress, StaleError, publish
from publishing.publication import Publication, PublishingError, read_publication
from publishing.site_sql import SiteSql
from warehouse.language import Language, phrases_of, store_timezones
from warehouse.paths import PROJECT, WarehousePaths
from warehouse.published_versions import new_version, swap
from warehouse.settings import lock_timeout
from warehouse.sql import literal, quoted

REPORTS = PROJECT / "reports"
OVERVIEW = "overview"
"""The name that the first page's rows go by; the other pages' go by their folders."""

_CODE = "".join(file.read_text("utf-8") for file in sorted(Path(__file__).parent.glob("*.py")))
"""The way in which answers are written is part of what they depend on."""


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
    version = Version(folder, before)
    with SiteSql.opened(marts, publication, reports) as sql:
        language = Language.load(store_timezones(sql.connection))
        for page in pages:
            if only is None or page.name == only:
                place = f"rows/{page.name}" if page.entity else f"rows/{page.name}.json"
                inputs = digest(_CODE, repr(page), sql.inputs(*page.queries.values()))
                version.put(place, inputs, partial(_write_page, sql, page))
        plan = {"fct_staffing_plan_hourly", "dim_stores"}
        if only is None and publication.built_at and plan <= publication.marts.keys():
            hours = read_plan(sql.connection)
            write = partial(write_calendars, hours, language=language, written_at=publication.built_at)
            version.put("calendars", digest(_CODE, language.locale, repr(hours)), write)
        if only is None or any(page.sources for page in pages if page.name == only):
            files = []
            for source in sorted((reports / "sources").glob("*.sql")):
                if not sql.missing(source):
                    place = f"tables/{source.stem}.parquet"
                    version.put(place, digest(_CODE, sql.inputs(source)), partial(_write_table, sql, source))
                    files.append(f"/data/{place}")
            manifest = {"renderedFiles": {"tables": files} if files else {}, "macros": sql.macros}
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


def _write_page(sql: SiteSql, page: SitePage, path: Path) -> None:
    with _answered(sql, page) as answers:
        if page.entity:
            _write_entities(sql, page, page.entity, answers, path)
            return
        said = []
        for name, columns in answers.items():
            row = sql.connection.execute(f"select {_lists(columns)} from {_table(name)}").fetchone()
            said.append(f"{json.dumps(name)}:{row[0] if row else '{}'}")
    path.write_text("{" + ",".join(said) + "}", encoding="utf-8")


def _write_entities(
    sql: SiteSql, page: SitePage, entity: str, answers: dict[str, dict[str, str]], folder: Path
) -> None:
    """A file for each entity of the page's first query; none where that one reads what is not there."""
    first = next(iter(page.queries))
    if first not in answers:
        return
    grouped = []  # a row an entity, which is a file
    for name, columns in answers.items():
        if entity not in columns:
            raise PublishingError(f"The query {name} of the page {page.name} has no column {entity}.")
        # Only the first says which entity it is.
        shown = {column: kind for column, kind in columns.items() if column != entity or name == first}
        grouped.append(
            f"{quoted(name)} as materialized "
            f"(select url_key({entity}) as key, {_lists(shown)} as answer from {_table(name)} group by {entity})"
        )
    joins = " ".join(f"left join {quoted(name)} using (key)" for name in answers if name != first)
    parts = ", ".join(
        f"{literal(json.dumps(name) + ':')} || coalesce({quoted(name)}.answer, '{{}}')" for name in answers
    )
    sql.connection.execute(f"""
        copy (
            with {", ".join(grouped)}
            select key, '{{' || concat_ws(',', {parts}) || '}}' as answers
            from {quoted(first)} {joins}
        ) to {literal(folder)} (
            format csv, header false, delimiter '\\t', quote '', escape '',
            partition_by (key), filename_pattern 'rows', file_extension 'json', overwrite
        )
    """)


@contextmanager
def _answered(sql: SiteSql, page: SitePage) -> Iterator[dict[str, dict[str, str]]]:
    """Run a page's queries into tables (`_table`), for the length of a block: the columns of each and their types.

    A query that reads a table that is not there has none.
    """
    connection = sql.connection
    names = [name for name, file in page.queries.items() if not sql.missing(file)]
    connection.execute("reset threads")
    for name in names:
        sql.run(page.queries[name], f"create temp table {_table(name)} as ")
    connection.execute("set threads = 1")  # what is read from the tables comes in their order
    yield {
        name: {column: kind for column, kind, *_ in connection.execute(f"describe {_table(name)}").fetchall()}
        for name in names
    }
    for name in names:
        connection.execute(f"drop table {_table(name)}")


def _table(query: str) -> str:
    return quoted(f"answer_{query}")


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


def _write_table(sql: SiteSql, source: Path, path: Path) -> None:
    """A table that queries in the browser read."""
    sql.connection.execute("reset threads")
    # Small row groups: the browser fetches only those that a query asks for.
    options = "format parquet, compression snappy, row_group_size 8192"
    sql.run(source, "copy (", f") to {literal(path)} ({options})")


def _time(time: datetime | None) -> str | None:
    return f"{time:%Y-%m-%d %H:%M}" if time else None
