"""The sources, by name. Each module holds one `SOURCE`: its entities, and how its provider is read."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ingestion.schemas import Source
    from warehouse.purge import EventTable

NAMES = ("footfall", "retail", "air_quality", "orders")


def source(name: str) -> Source:
    """The source of that name (one of `NAMES`)."""
    found: Source = import_module(f"ingestion.sources.{name}").SOURCE
    return found


def event_tables() -> list[EventTable]:
    """The raw tables whose rows age, which retention may purge."""
    from warehouse.purge import EventTable

    return [
        EventTable(name, entity.name, entity.happened_at)
        for name in NAMES
        for entity in source(name).entities
        if entity.happened_at
    ]
