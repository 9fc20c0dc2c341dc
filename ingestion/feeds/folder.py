"""The folder of the owner's feeds: TALLY_FEEDS, by default `feeds`."""

from __future__ import annotations

from pathlib import Path

from ingestion import sources
from ingestion.errors import SourceError
from ingestion.feeds.config import Feed, load, nearest
from warehouse.errors import SettingsError
from warehouse.settings import feeds_path


def names() -> list[str]:
    """The names of the owner's feeds, by which they are run; none where there is no folder."""
    folder = feeds_path()
    return sorted(path.name.removesuffix(".toml") for path in folder.glob("*.toml")) if folder.is_dir() else []


def root() -> Path:
    """Where relative paths in feeds begin: the folder above that of the feeds."""
    return feeds_path().absolute().parent


def feed(name: str) -> Feed:
    """One of them.

    Raises:
        SourceError: it is not there, or cannot be read.
    """
    path = feeds_path() / f"{name}.toml"
    if not path.exists():
        raise SourceError(f"there is no feed {name!r}{nearest(name, names()) if names() else ''}")
    return load(path)


def all_feeds() -> dict[str, Feed]:
    """Every feed that can be read; one that cannot says why when it is run."""
    found: dict[str, Feed] = {}
    for name in names():
        try:
            found[name] = feed(name)
        except SourceError:
            continue
    return found


def sources_to_ask() -> list[str]:
    """The built-in sources that a run asks where none is named: all, or, as soon as there is a feed, those whose address is not the shipped one."""
    if not names():
        return list(sources.NAMES)
    return [name for name in sources.NAMES if _has_own_address(name)]


def that_fill(domain: str) -> list[str]:
    """The feeds that fill the raw tables of a built-in source, and the source itself where it is to be asked."""
    feeds = [name for name, feed in all_feeds().items() if feed.target.source_name == domain]
    return feeds + [name for name in sources_to_ask() if name == domain]


def _has_own_address(name: str) -> bool:
    try:
        settings = sources.source(name).settings.load()
    except SettingsError:
        # Its own run says what is wrong.
        return True
    shipped = settings.shipped()
    return any(str(value) != str(shipped.get(field)) for field, value in settings if field.endswith("_url"))
