"""Copies the published marts to a destination: whole the first time, then only what changed.

What was copied last is kept beside the warehouse (`<warehouse>.copies/<destination>/`), and the destination records which
version it holds. Where both agree, the difference of the two Parquet files is all that travels; where they do not
(another machine copied, a table was emptied, a copy was killed), the mart is copied whole.
"""

from __future__ import annotations

import fnmatch
import hashlib
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
from filelock import FileLock, Timeout

from publishing.copies.destinations import open_destination
from publishing.copies.target import Change, Mart, State, Target, read_rows
from publishing.publication import Publication, PublishingError, read_publication
from warehouse.connection import connect_memory
from warehouse.errors import HeldError, first_line
from warehouse.paths import WarehousePaths
from warehouse.permissions import close_to_others, owner_only
from warehouse.recovery import finish_restore
from warehouse.settings import lock_timeout
from warehouse.sql import literal, quoted
from warehouse.urls import readable_url

Progress = Callable[[str, int, int], None]
"""Called with a mart's name, its position from 0 and the number of marts, before it is copied."""


@dataclass(frozen=True)
class Copied:
    """How one mart was copied.

    Attributes:
        mart: its name.
        how: `whole`, `changes` or `unchanged`.
        added: rows written.
        removed: rows deleted, those replaced by a new version among them.
    """

    mart: str
    how: str
    added: int = 0
    removed: int = 0


def copy_marts(
    warehouse: Path,
    url: str,
    select: Sequence[str] = (),
    formats: Sequence[str] = ("parquet", "csv"),
    full: bool = False,
    progress: Progress | None = None,
) -> list[Copied]:
    """Bring the copies of the published marts at `url` up to date.

    Args:
        warehouse: the DuckDB file; only what was published beside it is read.
        url: a folder, or a URL of an object store or a database.
        select: names of marts, with * and ? as in a shell; all where it is empty.
        formats: the kinds of file in a folder or an object store.
        full: copy every mart whole, even where a copy exists.
        progress: called before each mart.

    Returns:
        How each mart was copied, in the order of their names.

    Raises:
        PublishingError: nothing is published, no mart goes by such a name, or the destination cannot be written.
    """
    _finish_restore(warehouse)
    folder = WarehousePaths(warehouse).marts.resolve()  # one publication from first mart to last
    publication = read_publication(folder)
    if publication.published_at is None:
        raise PublishingError(f"Nothing is published in {WarehousePaths(warehouse).marts}: run `make build publish`.")
    names = _selected(publication, select)
    state = _state_folder(warehouse, url)
    try:
        with FileLock(state / "lock", mode=0o600).acquire(timeout=0), open_destination(url, formats) as target:
            states = target.states()
            copied = []
            for position, name in enumerate(names):
                if progress:
                    progress(name, position, len(names))
                try:
                    mart = _read_mart(folder, name, publication)
                    copied.append(_copy(target, mart, states.get(name), state, full))
                except (duckdb.Error, FileNotFoundError) as error:
                    raise PublishingError(
                        f"{folder / name}.parquet cannot be read ({first_line(error)}): "
                        "`python -m publishing` writes it again."
                    ) from None
            return copied
    except Timeout:
        raise PublishingError(
            f"Another process is copying to {readable_url(url)}: try again when it has ended."
        ) from None


def _selected(publication: Publication, select: Sequence[str]) -> list[str]:
    names = set()
    for pattern in select or ("*",):
        found = fnmatch.filter(publication.marts, pattern)
        if not found:
            known = ", ".join(sorted(publication.marts))
            raise PublishingError(f"No published mart is called {pattern}. There are {known}.")
        names |= set(found)
    return sorted(names)


def _finish_restore(warehouse: Path) -> None:
    try:
        finish_restore(WarehousePaths(warehouse), lock_timeout())
    except HeldError as error:
        raise PublishingError(f"{warehouse} is in use by {error.holder}: wait until it has ended.") from None


def _state_folder(warehouse: Path, url: str) -> Path:
    """Where what was copied last to a destination is kept; its name gives no password away."""
    readable = readable_url(url)
    name = hashlib.sha256(readable.encode()).hexdigest()[:16]
    copies = WarehousePaths(warehouse).copies
    try:
        with owner_only():
            (copies / name).mkdir(parents=True, exist_ok=True)
        close_to_others(copies)
    except OSError as error:
        raise PublishingError(f"{copies / name} cannot be made: {error.strerror}") from None
    return copies / name


def _read_mart(folder: Path, name: str, publication: Publication) -> Mart:
    file = folder / f"{name}.parquet"
    with connect_memory() as connection, file.open("rb") as content:
        described = connection.execute(f"describe from {literal(file)}").fetchall()
        version = hashlib.file_digest(content, "sha256").hexdigest()
        key = tuple(publication.keys.get(name, []))
        if key:
            anywhere_null = " or ".join(f"{quoted(column)} is null" for column in key)
            found = connection.execute(f"select count(*) from {literal(file)} where {anywhere_null}").fetchone()
            if found and found[0]:
                raise PublishingError(
                    f"{name} has {found[0]} rows without a key ({', '.join(key)}): fix the mart, then publish again."
                )
    return Mart(name, file, version, {row[0]: row[1] for row in described}, key)


def _copy(target: Target, mart: Mart, held: State | None, state: Path, full: bool) -> Copied:
    last = state / f"{mart.name}.{held.version if held else None}.parquet"
    if held and held.version == mart.version:
        last = mart.file
    fits = held and not full and held.columns == mart.columns_text and last.exists() and held.rows == _count(last)
    if fits and last == mart.file:
        copied = Copied(mart.name, "unchanged")
    elif fits and mart.key:
        _keep(mart, state)
        copied = _copy_changes(target, mart, last)
    else:
        _keep(mart, state)
        copied = Copied(mart.name, "whole", added=target.replace(mart))
    _keep(mart, state)
    for older in state.glob(f"{mart.name}.*.parquet"):
        if older.name != f"{mart.name}.{mart.version}.parquet":
            older.unlink()
    return copied


def _keep(mart: Mart, state: Path) -> None:
    """Keep what is copied, before the destination says that it has it."""
    kept = state / f"{mart.name}.{mart.version}.parquet"
    if kept.exists():
        return
    beside = kept.with_suffix(".new")
    beside.unlink(missing_ok=True)
    try:
        os.link(mart.file, beside)
    except OSError:  # another file system, or one without links
        shutil.copy(mart.file, beside)
    beside.replace(kept)


def _count(file: Path) -> int:
    with connect_memory() as connection:
        found = connection.execute(f"select count(*) from {literal(file)}").fetchone()
    return int(found[0]) if found else 0


def _copy_changes(target: Target, mart: Mart, last: Path) -> Copied:
    columns = ", ".join(quoted(name) for name in mart.columns)
    key = ", ".join(quoted(name) for name in mart.key)
    old, new = (f"select {columns} from {literal(file)}" for file in (last, mart.file))
    with connect_memory() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"create table added as ({new}) except ({old})")
        # Also the keys of what is added: a copy that was killed half-way may hold them.
        connection.execute(
            f"create table removed as select {key} from (({old}) except ({new})) union select {key} from added"
        )
        added, removed = connection.execute(
            f"select (select count(*) from added), (select count(*) from (({old}) except ({new})))"
        ).fetchone() or (0, 0)
        # Two cursors: both are read while the other is open.
        with connection.cursor() as one, connection.cursor() as other:
            target.change(mart, Change(read_rows(one, "from removed"), read_rows(other, "from added")))
    return Copied(mart.name, "changes", added, removed)
