"""The published marts as a database that can be read and nothing else, within limits of time, memory and rows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Timer
from typing import Any

import duckdb

from metrics.errors import MetricsError
from publishing.columns import COLUMNS, Mart
from publishing.publication import Publication, read_publication
from warehouse.connection import connect_memory
from warehouse.errors import first_line
from warehouse.paths import WarehousePaths
from warehouse.sql import literal
from warehouse.text import one_line

SECONDS = 30.0
MEMORY = "1GB"
LONGEST = 2_000_000
"""How many characters of answer there may be."""


@dataclass(frozen=True)
class Answer:
    """Rows that answer a question.

    Attributes:
        columns: their names.
        rows: at most as many as were asked for.
        is_cut: whether there were more.
        published_at: when the marts were published that were asked (UTC, ISO).
        stale_since: since when builds have failed (UTC, ISO); None where these are the newest figures.
    """

    columns: list[str]
    rows: list[tuple[Any, ...]]
    is_cut: bool
    published_at: str
    stale_since: str | None


@dataclass(frozen=True)
class Published:
    """One publication: it stays the same while it is asked, whatever is published meanwhile."""

    folder: Path
    publication: Publication

    def described(self) -> dict[str, Mart]:
        """What each mart and its columns mean.

        Raises:
            MetricsError: the descriptions cannot be read.
        """
        try:
            content = json.loads((self.folder / COLUMNS).read_text("utf-8"))
            return {name: Mart.model_validate(mart) for name, mart in content.items()}
        except (OSError, ValueError) as error:
            raise MetricsError(
                f"{self.folder / COLUMNS} cannot be read ({first_line(error)}): publish again."
            ) from None

    def ask(self, sql: str, marts: Iterable[str], *, limit: int, seconds: float = SECONDS) -> Answer:
        """Run one query, which may read these marts, by name or as `warehouse.marts.<mart>`.

        Raises:
            MetricsError: it fails, takes too long or too much memory, or its answer is too long.
        """
        with self._connection(marts) as connection:
            timer = Timer(seconds, connection.interrupt)
            timer.start()
            try:
                cursor = connection.execute(sql)
                names = [column[0] for column in cursor.description or []]
                rows = cursor.fetchmany(limit + 1)
            except duckdb.InterruptException:
                raise MetricsError(f"The query took over {seconds:g} seconds: ask for fewer days or rows.") from None
            except duckdb.OutOfMemoryException:
                raise MetricsError(f"The query needs over {MEMORY} of memory: ask for fewer days or columns.") from None
            except duckdb.Error as error:
                raise MetricsError(_shown(error)) from None
            finally:
                timer.cancel()
        if sum(len(value) for row in rows for value in row if isinstance(value, str | bytes)) > LONGEST:
            raise MetricsError("The answer is too long: ask for fewer rows or shorter columns.")
        state = self.publication
        return Answer(
            names,
            rows[:limit],
            len(rows) > limit,
            f"{state.published_at:%Y-%m-%dT%H:%M:%SZ}",
            f"{state.stale_since:%Y-%m-%dT%H:%M:%SZ}" if state.stale_since else None,
        )

    @contextmanager
    def _connection(self, marts: Iterable[str]) -> Iterator[duckdb.DuckDBPyConnection]:
        with connect_memory() as connection:
            connection.execute("attach ':memory:' as warehouse; create schema warehouse.marts; use warehouse.marts")
            for mart in sorted(set(marts)):
                if mart not in self.publication.marts:
                    raise MetricsError(f"The mart {mart} is not published: run `make build publish`.")
                file = self.folder / f"{mart}.parquet"
                try:
                    connection.execute(f'create view "{mart}" as from read_parquet({literal(file)})')
                except duckdb.Error as error:
                    raise MetricsError(f"{mart}.parquet cannot be read ({first_line(error)}): publish again.") from None
            # From here on the published files are all that there is, and no statement can change that.
            connection.execute(f"set allowed_directories = ['{str(self.folder).replace(chr(39), chr(39) * 2)}']")
            for setting in (
                f"memory_limit = '{MEMORY}'",
                "threads = 2",
                "temp_directory = ''",
                "python_enable_replacements = false",
                "enable_external_access = false",
                "lock_configuration = true",
            ):
                connection.execute(f"set {setting}")
            yield connection


def read_published(warehouse: Path) -> Published:
    """The newest publication of a warehouse; its file is not opened, and no lock is waited for.

    Raises:
        MetricsError: nothing has been published.
    """
    folder = WarehousePaths(warehouse).marts
    found = folder.resolve()
    publication = read_publication(found)
    if publication.published_at is None:
        raise MetricsError(f"Nothing is published in {folder}: run `make run`, or `make build publish`.")
    return Published(found, publication)


def _shown(error: duckdb.Error) -> str:
    """DuckDB's message with what it suggests (`Candidate bindings: …`), without its picture of where in the query."""
    return one_line(str(error).partition("\nLINE ")[0], 1000)
