"""A shard: the share of the sources' keys that one of several machines loads, into a DuckDB file of its own.

Of a provider that is asked page by page a shard keeps the rows whose first key (a store, a sensor, an order, a station) falls to it;
what comes whole, a file or a feed, falls to one shard by its name. So no two shards hold a row of one key.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from ingestion import sources
from ingestion.errors import SourceError
from ingestion.schemas import Page
from warehouse.paths import WarehousePaths

MOST = 1000


@dataclass(frozen=True)
class Shard:
    """One of `count` shards, numbered from 1."""

    number: int
    count: int

    @classmethod
    def parse(cls, text: str) -> Shard:
        """`3/8` is the third of eight.

        Raises:
            SourceError: it is written in another way, or there is no such shard.
        """
        found = re.fullmatch(r"([0-9]{1,4})/([0-9]{1,4})", text)
        if not found or not 1 <= int(found[1]) <= int(found[2]) <= MOST:
            raise SourceError(f"--shard {text!r} is not one such as 3/8, of at most {MOST:,}")
        return cls(int(found[1]), int(found[2]))

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"

    @property
    def name(self) -> str:
        """As it stands in the names of files."""
        return f"shard-{self.number}-of-{self.count}"

    def file(self, warehouse: Path) -> Path:
        """The shard's own DuckDB file, beside the warehouse's place."""
        return warehouse.with_name(f"{WarehousePaths(warehouse).stem}.{self.name}.duckdb")

    def has(self, key: str) -> bool:
        """Whether a key falls to this shard: the same on every machine and in every version of Python."""
        return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big") % self.count == self.number - 1

    def has_source(self, name: str) -> bool:
        """Whether the shard runs a source or feed at all: what is asked page by page runs in each."""
        is_asked_by_pages = name in sources.NAMES and not sources.source(name).is_whole
        return is_asked_by_pages or self.has(name)

    def of_page(self, page: Page) -> Page:
        """The shard's rows of a page; a rejected row, whose key may be what is wrong with it, falls to a shard by all that it says."""
        column = page.rows[page.entity.key[0]]
        own = pa.array([key for key in pc.unique(column).to_pylist() if self.has(str(key))], column.type)
        rejected = [each for each in page.rejected if self.has(each.payload)]
        return replace(page, rows=page.rows.filter(pc.is_in(column, own)), rejected=rejected)
