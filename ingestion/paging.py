"""Answers in pages with an opaque cursor, read until there is no next one or the provider goes in circles."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import orjson

from ingestion.arrow import page_from_rows
from ingestion.errors import SourceError
from ingestion.http import JSON, Client, Response
from ingestion.schemas import Entity, Page

MOST_EMPTY_PAGES = 100

Parsed = tuple[Page, str | None, bytes]
"""A page, the next cursor, and the page's last row as bytes (empty where the page is)."""


def json_page(entity: Entity, answer: Response) -> Parsed:
    """A page from `{"data": [...], "next_cursor": text or null}`.

    Raises:
        SourceError: the answer is JSON of another shape.
    """
    content = answer.json()
    rows = content.get("data") if isinstance(content, dict) else None
    if not isinstance(rows, list):
        raise SourceError(f"{answer.url} answered without a list named data: is this the right address?")
    cursor = content.get("next_cursor")
    if cursor is not None and not isinstance(cursor, str):
        raise SourceError(f"{answer.url} answered with a next_cursor that is not text")
    return page_from_rows(entity, rows), cursor or None, orjson.dumps(rows[-1]) if rows else b""


def pages(
    client: Client,
    url: str,
    entity: Entity,
    params: dict[str, str],
    accept: str = JSON,
    parse: Callable[[Entity, Response], Parsed] = json_page,
) -> Iterator[Page]:
    """Page after page of an answer that serves the newest version of each row, once.

    Raises:
        SourceError: the provider cannot be reached, refuses, goes in circles, or never ends.
    """
    seen: set[bytes] = set()
    empty = 0
    cursor: str | None = None
    while True:
        asked = params | ({"cursor": cursor} if cursor else {})
        page, cursor, mark = client.get(url, lambda answer: parse(entity, answer), asked, {"Accept": accept})
        yield page
        if cursor is None:
            return
        # Each row comes once: the same last row twice means going in circles.
        marks = {b"cursor " + cursor.encode(), mark} - {b""}
        if seen & marks:
            raise SourceError(f"{entity.name}: the provider serves the same page again and again; its cursor is broken")
        seen |= marks
        empty = 0 if mark else empty + 1
        if empty >= MOST_EMPTY_PAGES:
            raise SourceError(f"{entity.name}: the provider sent {empty} empty pages in a row; its cursor never ends")


def rfc3339(moment: datetime) -> str:
    """A moment as the contracts write it, to the microsecond."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
