"""Whom a feed asks in place of reading files: a database (`ingestion/feeds/sql.py`) or a public API (`ingestion/feeds/rest.py`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ingestion.feeds.asked import Answer, Since
from ingestion.feeds.config import Feed


def provider(name: str, feed: Feed) -> str:
    """What identifies that which a cursor is of: where it is asked, and for what; it can be shown."""
    return str(_module(feed).provider(name, feed))


def answers(name: str, feed: Feed, since: Since) -> Iterator[Answer]:
    """The rows of a feed that asks a database or an API.

    Raises:
        SourceError: it cannot be reached, does not answer in time, or lacks a column; the parts before are good.
    """
    found: Iterator[Answer] = _module(feed).answers(name, feed, since)
    return found


def _module(feed: Feed) -> Any:
    """Who asks, imported when there is someone to ask."""
    if feed.sql is not None:
        from ingestion.feeds import sql

        return sql
    from ingestion.feeds import rest

    return rest
