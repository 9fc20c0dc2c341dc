"""What a database or a public API answers, in place of files; `ingestion/feeds/ask.py` asks."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa

from ingestion.feeds.tables import Cells
from warehouse.connection import connect_memory


@dataclass(frozen=True)
class Since:
    """From where to ask: after a cursor, as the answer before wrote it (None: from the beginning); with `reconcile_days` also so many days
    before `now`."""

    cursor: str | None
    reconcile_days: int | None
    now: datetime


@dataclass
class Answer:
    """Rows as they came.

    Attributes:
        path: what they are known by and shown as: a table, a query, or a resource of an API.
        cells: the rows.
        is_whole: whether they are all there is, as a file has them; else only what is newer.
        cursor: how far they go, for the next run to ask from; None where it is not to be moved.
    """

    path: str
    cells: Cells
    is_whole: bool
    cursor: str | None = None

    def cells_size(self) -> int:
        """Bytes of the cells."""
        return sum(column.nbytes for column in self.cells.columns)

    def content_hash(self) -> str:
        """What identifies the rows, in whichever order they came."""
        names = [f"c{place}" for place in range(len(self.cells.columns))]
        found: Any = ()
        with connect_memory() as connection:
            connection.register("answered", pa.table(self.cells.columns, names=names))
            if names:
                hashed = f"sum(hash({', '.join(names)})::hugeint)"
                found = connection.execute(f"select count(*), {hashed} from answered").fetchone()
        said = json.dumps([self.path, self.cells.titles, *map(str, found)])
        return hashlib.sha256(said.encode()).hexdigest()
