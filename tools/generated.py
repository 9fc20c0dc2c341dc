"""Files that are committed and made from others; a test holds each against what is made now."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tools import diagram, feeds_page, holidays, messages, metrics_page, raw_tables, seeds_page, settings_page
from tools.project import read_manifest
from warehouse.paths import PROJECT

# What dbt reads comes first: the others are made from the project as dbt parses it.
FILES: dict[str, Callable[[], str]] = {
    "macros/operations/raw_tables.sql": raw_tables.macro,
    "warehouse/raw_tables.py": raw_tables.module,
    "macros/operations/messages.sql": messages.macro,
    "seeds/holidays.csv": holidays.csv_text,
    "docs/marts.md": lambda: diagram.page(read_manifest()),
    "docs/metrics.md": metrics_page.page,
    "docs/seeds.md": lambda: seeds_page.page(read_manifest()),
    "docs/settings.md": settings_page.page,
    "docs/your-own-data.md": feeds_page.page,
    "feeds/feed.schema.json": feeds_page.schema,
}
"""Each file's path in the project, and what makes its text."""


def stale() -> Iterator[tuple[str, str]]:
    """The files that are not what would be made now, or are not there, each with the text that it should have.

    A file is looked at once the one before has been dealt with: where that one is written, what is made from it is new.
    """
    for name, make in FILES.items():
        text = make()
        if _held(name) != text:
            yield name, text


def write(name: str, text: str) -> None:
    """Put the text into a file of the project."""
    (PROJECT / name).write_text(text, encoding="utf-8", newline="")


def _held(name: str) -> str | None:
    path = PROJECT / name
    # Bytes, so that line ends count.
    return path.read_bytes().decode("utf-8") if path.exists() else None
