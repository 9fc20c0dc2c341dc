"""The SQL of the site's pages (`reports/`), run over a folder of published marts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from publishing.kept import digest, written
from publishing.publication import Publication, PublishingError
from warehouse.connection import connect_memory
from warehouse.errors import first_line
from warehouse.paths import PROJECT
from warehouse.settings import Site
from warehouse.sql import literal, quoted

_READ: dict[tuple[str, str], set[str]] = {}
"""What each query reads, by its macros and its text, for the life of the process: the loop would parse a hundred of them each time."""


class SiteSql:
    """What a file of SQL may read: the marts by their names, `publication` (when it was built), `settings` (the owner's
    currency), the macros, and the views on them.

    Attributes:
        connection: where it is run.
        macros: the macros' SQL, which the browser has as well.
    """

    @classmethod
    @contextmanager
    def opened(cls, marts: Path, publication: Publication, reports: Path) -> Iterator[SiteSql]:
        """For the length of a block.

        Raises:
            PublishingError: a published mart, a macro or a view cannot be read.
        """
        with connect_memory() as connection, connect_memory() as parser:
            yield cls(connection, parser, marts, publication, reports)

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        parser: duckdb.DuckDBPyConnection,
        marts: Path,
        publication: Publication,
        reports: Path,
    ) -> None:
        self.connection = connection
        self.macros = (reports / "macros.sql").read_text("utf-8")
        # Has the macros and not the views: DuckDB would look through these, and a query would read no table.
        self._parser = parser
        for each in (connection, parser):
            try:
                each.execute(self.macros)
            except duckdb.Error as error:
                raise _failure(reports / "macros.sql", error) from None
        self._contents: dict[str, str] = {}
        self._texts: dict[Path, str] = {}
        self._views = {file.stem: file for file in sorted((reports / "views").glob("*.sql"))}
        # Of the tables that the browser's database has, those that are not yet tables here.
        self._shown = {file.stem for file in (reports / "sources").glob("*.sql")}
        for mart in publication.marts:
            record = publication.files.get(mart)
            self._create_mart(mart, marts / f"{mart}.parquet", record.content if record else None)
        built_at = f"{publication.built_at:%Y-%m-%d %H:%M}" if publication.built_at else None
        self._create_fact("publication", "built_at", "timestamp", built_at)
        self._create_fact("settings", "currency", "varchar", Site.load().currency)
        self._create_views()

    def missing(self, file: Path) -> set[str]:
        """The tables that a query reads and that are not there: of a source that was never loaded, or views to come."""
        return self._reads(file) - self._contents.keys()

    def run(self, file: Path, before: str, after: str = "") -> None:
        """Run the query in `file` as a part of a statement, with what stands before and after it.

        Raises:
            PublishingError: it fails.
        """
        self._compute(self._reads(file))
        self._execute(file, before, after)

    def _execute(self, file: Path, before: str, after: str = "") -> None:
        try:
            self.connection.execute(f"{before}{self._text(file)}{after}")
        except duckdb.Error as error:
            raise _failure(file, error) from None

    def _compute(self, names: set[str]) -> None:
        """Have the views among `names` that are tables of the browser's too as tables here: many queries read them."""
        for name in sorted(names & self._views.keys()):
            self._compute(self._reads(self._views[name]))
            if name in self._shown:
                self._shown.remove(name)
                self._execute(self._views[name], f"create temp table {quoted(name)} as ")

    def inputs(self, *files: Path) -> str:
        """A digest of all that the answers of queries depend on: their text, the macros, and what they read, from view to view down to the marts."""
        read = sorted(set().union(*(self._reads(file) for file in files)))
        contents = (text for name in read for text in (name, self._contents.get(name, "")))
        return digest(self.macros, *(self._text(file) for file in files), *contents)

    def _text(self, file: Path) -> str:
        if file not in self._texts:
            self._texts[file] = file.read_text("utf-8")
        return self._texts[file]

    def _reads(self, file: Path) -> set[str]:
        """The tables and views that a query reads."""
        query = self.macros, self._text(file)
        if query not in _READ:
            try:
                _READ[query] = self._parser.get_table_names(query[1])
            except duckdb.Error as error:
                raise _failure(file, error) from None
        return _READ[query]

    def _create_mart(self, mart: str, file: Path, content: str | None) -> None:
        try:
            self.connection.execute(f"create view {quoted(mart)} as from read_parquet({literal(file)})")
        except duckdb.Error as error:  # DuckDB has no class of its own for a damaged file
            raise PublishingError(f"{file} cannot be read ({first_line(error)}): publish again.") from None
        # An older Tally says nothing of what it wrote.
        self._contents[mart] = content or written(file, "").content

    def _create_fact(self, view: str, column: str, kind: str, value: str | None) -> None:
        """A view of one row and one column."""
        self.connection.execute(f"create view {view} as select {literal(value)}::{kind} as {column}")
        self._contents[view] = str(value)

    def _create_views(self) -> None:
        """Each view after those that it reads; none of a source that was never loaded."""
        waiting = dict(self._views)
        while ready := [name for name, file in waiting.items() if not self.missing(file)]:
            for name in ready:
                file = waiting.pop(name)
                self._execute(file, f"create view {quoted(name)} as ")
                self._contents[name] = self.inputs(file)


def _failure(file: Path, error: duckdb.Error) -> PublishingError:
    shown = file.relative_to(PROJECT) if file.is_relative_to(PROJECT) else file
    return PublishingError(f"The query in {shown} failed; the site's rows before stay: {first_line(error)}")
