"""A public API, as dlt's `rest_api` asks it."""

from __future__ import annotations

from collections.abc import Iterator

from ingestion.errors import SourceError
from ingestion.feeds.asked import Answer, Since
from ingestion.feeds.config import Feed


def provider(name: str, feed: Feed) -> str:
    return ""


def answers(name: str, feed: Feed, since: Since) -> Iterator[Answer]:
    raise SourceError(f"{name} reads a public API, which this version cannot: export a file")
    yield
