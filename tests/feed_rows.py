"""Rows of a feed, put into the raw tables through ingestion's own reader, difference and loader, as a run of the feed does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ingestion import rejections, sources
from ingestion.arrow import page_from_rows
from ingestion.difference import difference
from ingestion.load import Loader
from ingestion.schemas import Entity
from warehouse.database import Warehouse

Row = dict[str, Any]
Feeds = Mapping[str, tuple[str, Sequence[str]]]
LATEST = datetime(2026, 11, 30, tzinfo=UTC)


def load(warehouse: Path, feeds: Feeds, feed: str, rows: Mapping[str, list[Row]], error: str | None = None) -> None:
    """Load rows, by entity, of one of the feeds, the first from line 2 of its file; those that cannot be read are rejected.

    `feeds` are all that there are: the domain and the entities that each fills. With an `error` the run fails.
    """
    domain, _ = feeds[feed]
    source = replace(sources.source(domain), name=feed, domain=domain)
    entities = {entity.name: entity for entity in source.entities}
    with Warehouse(warehouse, 30) as opened:
        opened.ledger.save_feeds(feeds)
        run_id = opened.ledger.start_run(feed)
        found: dict[Entity, Any] = {}
        rejected = []
        for name, given in rows.items():
            origin = {"feed": feed, "feed_file": f"inbox/{feed}.csv"}
            placed = [row | origin | {"feed_line": line} for line, row in enumerate(given, start=2)]
            page = page_from_rows(entities[name], placed, LATEST, of_feed=True)
            rejected += page.rejected
            found[entities[name]] = difference(opened, source, entities[name], page.rows).rows
        new = sum(map(len, found.values()))
        if rejected:
            found[rejections.REJECTED] = rejections.unknown(opened, source, rejected, datetime.now(UTC))
        if found:
            Loader(opened, source).load(found)
        opened.ledger.end_run(run_id, error, new, 0, len(rejected))
