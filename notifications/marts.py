"""The published marts, as the digest and the report read them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from publishing.publication import Publication, PublishingError
from warehouse.errors import first_line

Rows = list[dict[str, Any]]


@contextmanager
def readable(folder: Path) -> Iterator[None]:
    try:
        yield
    except (duckdb.BinderException, duckdb.CatalogException, duckdb.ParserException):  # our own SQL
        raise
    except duckdb.Error as error:
        raise PublishingError(
            f"A published file in {folder} cannot be read ({first_line(error)}): `python -m publishing` writes it again."
        ) from None


class Marts:
    """The published marts, by name; a mart that is not among them is empty."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, folder: Path, publication: Publication) -> None:
        self._connection = connection
        self.names = set(publication.marts)
        for name in self.names:
            connection.read_parquet(str(folder / f"{name}.parquet")).create_view(name)

    def rows(self, sql: str, *needs: str) -> Rows:
        if not self.names.issuperset(needs):
            return []
        answer = self._connection.execute(sql)
        names = [column[0] for column in answer.description or []]
        return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]
