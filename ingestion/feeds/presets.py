"""The presets that we ship in feeds/presets: feeds of well-known exports, and how a file is recognised as one of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ingestion.errors import SourceError
from ingestion.feeds.config import Feed, load, nearest
from ingestion.feeds.mapping import wanted_titles
from ingestion.feeds.words import plain
from warehouse.paths import PROJECT

FOLDER = PROJECT / "feeds" / "presets"
FEWEST_TITLES = 3
"""With fewer columns than this a preset is not recognised by them: `Time` is in many files."""


@dataclass(frozen=True)
class Preset:
    """A preset: its feed, and the feeds that come with it, such as the stores of a counter."""

    name: str
    feed: Feed
    path: Path
    companions: tuple[Path, ...]


def names() -> list[str]:
    """The presets' names."""
    return sorted(path.parent.name for path in FOLDER.glob("*/feed.toml"))


def preset(name: str) -> Preset:
    """One of them.

    Raises:
        SourceError: there is none of this name.
    """
    path = FOLDER / name / "feed.toml"
    if name not in names():
        raise SourceError(f"there is no preset {name!r}{nearest(name, names())}")
    others = tuple(sorted(each for each in path.parent.glob("*.toml") if each != path))
    return Preset(name, load(path), path, others)


def recognised(rows: Sequence[Sequence[str]]) -> Preset | None:
    """The preset all of whose columns stand in one of a file's first rows: that with the most; None where there is none or are two."""
    headers = [{plain(cell) for cell in row if cell} for row in rows]
    fitting: list[tuple[int, Preset]] = []
    for name in names():
        found = preset(name)
        wanted = {plain(title) for title in wanted_titles(found.feed)}
        if found.feed.is_asked:
            continue
        if len(wanted) >= FEWEST_TITLES and any(wanted <= header for header in headers):
            fitting.append((len(wanted), found))
    most = max((size for size, _ in fitting), default=0)
    best = [found for size, found in fitting if size == most]
    return best[0] if len(best) == 1 else None
