"""Answers in pages with an opaque cursor, read until there is no next one or the provider goes in circles."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, TypeVar

from ingestion import typed_json
from ingestion.arrow import ROWS_A_PAGE, page_from_objects, pages_from_rows
from ingestion.errors import SourceError
from ingestion.http import JSON, Client, Response
from ingestion.prefetch import prefetch
from ingestion.schemas import Entity, Page
from warehouse.rejected import payload_of

MOST_EMPTY_PAGES = 100
ANSWERS_AHEAD = 1

T = TypeVar("T")

Parsed = tuple[Iterable[T], str | None, bytes]
"""The parts of an answer, the next cursor, and the answer's last row as bytes (empty where there is none)."""


def json_page(entity: Entity, answer: Response, latest: datetime) -> Parsed[Page]:
    """An answer of the form `{"data": [...], "next_cursor": text or null}`, none of its rows later than `latest`.

    Raises:
        SourceError: the answer is JSON of another shape.
    """
    if (typed := typed_json.read(entity, answer)) is None:
        (rows,), cursor, mark = json_rows(answer)
        return pages_from_rows(entity, rows, latest), cursor, mark
    mark = repr(typed.data[-1]).encode() if typed.data else b""
    return _typed_pages(entity, answer, typed.data, latest), typed.next_cursor or None, mark


def _typed_pages(entity: Entity, answer: Response, rows: list[Any], latest: datetime) -> Iterator[Page]:
    """Pages from the answer's rows as `typed_json` has read them, which are used up; from the first value on that cannot be used as it is, from parsed JSON."""
    done = 0
    while True:
        chunk = rows[:ROWS_A_PAGE]
        del rows[:ROWS_A_PAGE]
        page = page_from_objects(entity, chunk, latest)
        if page is None:
            (parsed,), _, _ = json_rows(answer)
            yield from pages_from_rows(entity, parsed[done:], latest)
            return
        yield page
        done += len(chunk)
        if not rows:
            return


def json_rows(answer: Response, *, is_exact: bool = False) -> Parsed[list[Any]]:
    """The same answer with its rows as they were parsed (`Response.json`), in one part.

    Raises:
        SourceError: the answer is JSON of another shape.
    """
    content = answer.json(is_exact=is_exact)
    rows = content.get("data") if isinstance(content, dict) else None
    if not isinstance(rows, list):
        raise SourceError(f"{answer.url} answered without a list named data: is this the right address?")
    cursor = content.get("next_cursor")
    if cursor is not None and not isinstance(cursor, str):
        raise SourceError(f"{answer.url} answered with a next_cursor that is not text")
    mark = payload_of(rows[-1]).encode() if rows else b""
    return [rows], cursor or None, mark


def pages(
    client: Client,
    url: str,
    entity: Entity,
    params: dict[str, str],
    latest: datetime,
    accept: str = JSON,
    parse: Callable[[Entity, Response, datetime], Parsed[Page]] = json_page,
) -> Iterator[Page]:
    """Page after page of an answer that serves the newest version of each row, once; none later than `latest`.

    Raises:
        SourceError: the provider cannot be reached, refuses, goes in circles, or never ends.
    """
    return parts(client, url, entity.name, params, lambda answer: parse(entity, answer, latest), accept)


def parts(
    client: Client,
    url: str,
    name: str,
    params: dict[str, str],
    parse: Callable[[Response], Parsed[T]],
    accept: str = JSON,
) -> Iterator[T]:
    """What `parse` makes of each answer until there is no next cursor; `name` is what the errors call the rows.

    Raises:
        SourceError: the provider cannot be reached, refuses, goes in circles, or never ends.
    """

    def answers() -> Iterator[Iterable[T]]:
        seen: set[bytes] = set()
        empty = 0
        cursor: str | None = None
        while True:
            asked = params | ({"cursor": cursor} if cursor else {})
            found, cursor, last_row = client.get(url, parse, asked, {"Accept": accept})
            yield found
            if cursor is None:
                return
            # Each row comes once: the same last row twice means going in circles.
            marks = {_mark(b"cursor " + cursor.encode(errors="surrogatepass"))}
            if last_row:
                marks.add(_mark(last_row))
            if seen & marks:
                raise SourceError(f"{name}: the provider serves the same page again and again; its cursor is broken")
            seen |= marks
            empty = 0 if last_row else empty + 1
            if empty >= MOST_EMPTY_PAGES:
                raise SourceError(f"{name}: the provider sent {empty} empty pages in a row; its cursor never ends")

    # The provider writes the next answer while the rows of this one are read.
    for found in prefetch(answers(), ANSWERS_AHEAD):
        yield from found


def rfc3339(moment: datetime) -> str:
    """A moment as the contracts write it, to the microsecond."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _mark(what: bytes) -> bytes:
    return hashlib.sha256(what).digest()
