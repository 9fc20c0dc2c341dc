"""Files that are committed and made from others; a test holds each against what is made now."""

from __future__ import annotations

from collections.abc import Callable

from tools import diagram, holidays, raw_tables, seeds_page, settings_page
from tools.project import read_manifest
from warehouse.paths import PROJECT

FILES: dict[str, Callable[[], str]] = {
    "docs/marts.md": lambda: diagram.page(read_manifest()),
    "docs/seeds.md": lambda: seeds_page.page(read_manifest()),
    "docs/settings.md": settings_page.page,
    "macros/operations/raw_tables.sql": raw_tables.macro,
    "seeds/holidays.csv": holidays.csv_text,
}
"""Each file's path in the project, and what makes its text."""


def stale() -> list[str]:
    """The files that are not what would be made now, or are not there."""
    return [name for name, make in FILES.items() if _held(name) != make()]


def write(name: str) -> None:
    """Make a file anew."""
    (PROJECT / name).write_text(FILES[name](), encoding="utf-8", newline="")


def _held(name: str) -> str | None:
    path = PROJECT / name
    # Bytes, so that line ends count.
    return path.read_bytes().decode("utf-8") if path.exists() else None
