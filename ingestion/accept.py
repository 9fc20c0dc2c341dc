"""Accepting: a whole answer that was refused is shown, and loaded once if its owner says that it is right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow as pa

from ingestion import sources, whole
from ingestion.difference import example_of
from ingestion.feeds import folder
from ingestion.feeds import load as feeds
from ingestion.feeds.rows import entity_of
from ingestion.http import Client
from ingestion.schemas import Entity, Mode, Page, Window
from warehouse.database import Warehouse
from warehouse.settings import Retries
from warehouse.text import one_line
from warehouse.upgrade import upgrade

MOST_ROWS_SHOWN = 10
MOST_DAYS_SHOWN = 31


@dataclass(frozen=True)
class Refused:
    """A file that a run refuses as it is now, and what loading it all the same would change: the rows that are new or differ, and those
    that no longer count. `known_as` is what the ledger knows it by: the entity, or a feed's file.
    """

    entity: Entity
    url: str
    content_hash: str
    mode: Mode
    new: pa.Table
    withdrawn: pa.Table
    known_as: str

    def lines(self) -> Iterator[str]:
        """The change in words, for its owner to judge."""
        yield f"{self.entity.name}, {self.url}, loaded as `{self.mode}`:"
        if not len(self.new) and not len(self.withdrawn):
            yield "  no row changes"
        yield from self._rows("rows that no longer count", self.withdrawn)
        yield from self._rows("rows that are new or changed", self.new)
        if day := self.entity.happened_on:
            fewer, more = (Counter(table[day].to_pylist()) for table in (self.withdrawn, self.new))
            days = sorted(fewer | more)
            for on in days[:MOST_DAYS_SHOWN]:
                yield f"  {on}: {fewer[on]:,} gone, {more[on]:,} new"
            if len(days) > MOST_DAYS_SHOWN:
                yield f"  and {len(days) - MOST_DAYS_SHOWN:,} more days"

    def _rows(self, heading: str, rows: pa.Table) -> Iterator[str]:
        if not len(rows):
            return
        yield f"  {heading} ({len(rows):,}):"
        for place in range(min(MOST_ROWS_SHOWN, len(rows))):
            yield f"    {one_line(example_of(rows.slice(place, 1), self.entity), 200)}"
        if len(rows) > MOST_ROWS_SHOWN:
            yield f"    and {len(rows) - MOST_ROWS_SHOWN:,} more"


def refused(name: str, path: Path, mode: Mode, lock_timeout: float, now: datetime) -> list[Refused]:
    """The files of a source or feed that a run refuses, each with what it changes under `mode`; nothing is loaded.

    A feed's file replaces what it brought before, whatever the mode.

    Raises:
        TallyError: a file cannot be had or read, or the warehouse cannot be opened.
    """
    upgrade(path, lock_timeout)
    if name in folder.names():
        return _refused_by_feed(name, path, lock_timeout, now)
    source = sources.source(name)
    settings = source.settings.load()
    client = Client(settings.api_key, Retries.load(), settings.variable("api_key"))
    found: list[Refused] = []
    with Warehouse(path, lock_timeout) as warehouse, closing(client):
        warehouse.drop_unfinished(source.dataset, [entity.name for entity in source.entities])
        window = Window({}, now, None, warehouse.ledger.answers(name))
        pages: Iterator[Page] = source.read(settings, client, window)
        for page in pages:
            if page.answer is None:
                continue
            entity, rows, answer = page.entity, page.rows, page.answer
            if whole.change(warehouse, source, entity, rows, answer, page.mode, now).refusal is None:
                continue
            as_mode = whole.accepted_mode(entity, mode)
            change = whole.change(warehouse, source, entity, rows, answer, as_mode, now)
            found.append(
                Refused(entity, answer.url, answer.content_hash, as_mode, change.rows, change.withdrawn, entity.name)
            )
    return found


def _refused_by_feed(name: str, path: Path, lock_timeout: float, now: datetime) -> list[Refused]:
    feed = folder.feed(name)
    entity = entity_of(feed)
    with Warehouse(path, lock_timeout) as warehouse:
        return [
            Refused(
                entity,
                file.path,
                file.content_hash,
                "replace",
                change.rows,
                change.gone,
                file.path,
            )
            for file, change in feeds.refused(warehouse, name, feed, now)
        ]


def accept(name: str, path: Path, files: Sequence[Refused], lock_timeout: float) -> None:
    """Let the next run load these files, if they still are what was shown.

    Raises:
        WarehouseError: the warehouse cannot be opened.
    """
    with Warehouse(path, lock_timeout) as warehouse:
        for file in files:
            warehouse.ledger.accept(name, file.known_as, file.content_hash, file.mode)
