"""The sources, by name. Each module holds one `SOURCE`: its entities, and how its provider is read."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ingestion.shapes import Source

NAMES = ("footfall", "retail", "air_quality", "orders")


def source(name: str) -> Source:
    """The source of that name (one of `NAMES`)."""
    found: Source = import_module(f"ingestion.sources.{name}").SOURCE
    return found
