"""A restore moves several files. A journal beside the warehouse makes them one: with it they all move, without it none.

Until the journal is there nothing of the warehouse has been touched. From then on the restore is finished, by the
process that began it or, if that was killed, by the next one that opens the warehouse. What a restore puts in place
waits under `<stem>.restoring/`, what was there goes to `<stem>.before-restore.<time>/`, each in its file's own folder.
"""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout
from pydantic import BaseModel, ValidationError

from warehouse.errors import HeldError, WarehouseError
from warehouse.paths import WarehousePaths
from warehouse.published_versions import flush

logger = logging.getLogger(__name__)


class Journal(BaseModel):
    """A restore under way.

    Attributes:
        aside: the name of the folder that what was there goes to.
        is_aside: whether all of it has been moved there.
    """

    aside: str
    is_aside: bool = False


def belongings(paths: WarehousePaths) -> list[Path]:
    """All that a restore replaces, the warehouse's file last."""
    return [paths.wal, paths.marts, paths.marts_versions, paths.sent_alerts, paths.dlt, paths.file]


def restored(paths: WarehousePaths, belonging: Path) -> Path:
    """Where what takes the place of `belonging` waits."""
    return belonging.parent / f"{paths.stem}.restoring" / belonging.name


def restore_is_under_way(paths: WarehousePaths) -> bool:
    """Whether files are being moved, or were when a restore was killed."""
    return paths.restore_journal.exists()


def is_restoring_elsewhere(paths: WarehousePaths) -> bool:
    """Whether a restore is moving files, or was when it was killed, that is not this process's own."""
    return restore_is_under_way(paths) and not _lock(paths).is_locked


@contextmanager
def backup_lock(paths: WarehousePaths, timeout: float) -> Iterator[None]:
    """Keep every other back-up and restore of this warehouse out, after at most `timeout` seconds.

    Raises:
        HeldError: another one is still under way.
    """
    try:
        with _lock(paths).acquire(timeout=timeout):
            yield
    except Timeout:
        raise HeldError("another back-up or restore", timeout) from None


def finish_restore(paths: WarehousePaths, timeout: float) -> None:
    """Finish a restore that was killed while it moved files; clear away what one left that was killed before that.

    Raises:
        HeldError: a restore is moving files still.
        WarehouseError: the files cannot be moved.
    """
    is_moving = restore_is_under_way(paths)
    if _lock(paths).is_locked or not (is_moving or any(folder.exists() for folder in _leftovers(paths))):
        return
    try:
        # A restore that still unpacks blocks no other process.
        with backup_lock(paths, timeout if is_moving else 0):
            clear(paths)
    except HeldError:
        if is_moving:
            raise


def clear(paths: WarehousePaths) -> None:
    """Finish what a restore has left that was killed, and remove what a back-up has; the caller holds the lock.

    Raises:
        WarehouseError: the files cannot be moved.
    """
    try:
        if restore_is_under_way(paths):
            logger.info("finishing a restore that was interrupted")
            move_all(paths)
        end(paths)
    except OSError as error:
        raise WarehouseError(
            f"A back-up or restore of {paths.warehouse} was interrupted, and what it left cannot be repaired "
            f"({error.strerror}): free disk space or correct the folder's permissions, then run the command again."
        ) from None


def begin(paths: WarehousePaths, aside: str) -> None:
    """Write the journal: from here on a later command finishes the restore after any failure."""
    for belonging in belongings(paths):
        _flush_all(restored(paths, belonging))
    for folder in _work_folders(paths):
        if folder.exists():
            flush(folder)
    _write(paths, Journal(aside=aside))


def move_all(paths: WarehousePaths) -> None:
    """Move what was there aside and what is restored into its place; done again, it goes on where it was.

    The warehouse's own path is never empty, or a process that waits for the file would make a new one there.
    """
    journal = _read(paths)
    if not journal.is_aside:
        for belonging in belongings(paths):
            if belonging.exists() or belonging.is_symlink():
                aside = belonging.parent / journal.aside / belonging.name
                aside.parent.mkdir(mode=0o700, exist_ok=True)
                if belonging == paths.file:
                    _keep_beside(belonging, aside)
                else:
                    belonging.rename(aside)
        journal.is_aside = True
        _write(paths, journal)
    for belonging in belongings(paths):
        waiting = restored(paths, belonging)
        if waiting.exists() or waiting.is_symlink():
            waiting.replace(belonging)
            flush(belonging.parent)


def end(paths: WarehousePaths) -> None:
    """Remove what was prepared, or what a back-up packed, then the journal."""
    for folder in _leftovers(paths):
        if folder.exists():
            shutil.rmtree(folder)
    paths.restore_journal.unlink(missing_ok=True)


def _lock(paths: WarehousePaths) -> FileLock:
    """One object a process, so that a restore does not wait for itself."""
    return FileLock(paths.backup_lock.absolute(), mode=0o600, is_singleton=True)


def _work_folders(paths: WarehousePaths) -> set[Path]:
    return {restored(paths, belonging).parent for belonging in belongings(paths)}


def _leftovers(paths: WarehousePaths) -> set[Path]:
    return _work_folders(paths) | {paths.backup_work}


def _keep_beside(file: Path, aside: Path) -> None:
    if aside.exists():
        return
    try:
        os.link(file, aside)
    except OSError:  # a file system without links
        file.rename(aside)


def _flush_all(path: Path) -> None:
    if path.is_symlink() or not path.exists():
        return
    if path.is_dir():
        for each in path.iterdir():
            _flush_all(each)
    flush(path)


def _write(paths: WarehousePaths, journal: Journal) -> None:
    beside = paths.restore_journal.with_name(paths.restore_journal.name + ".new")
    beside.write_text(journal.model_dump_json() + "\n", encoding="utf-8")
    flush(beside)
    beside.replace(paths.restore_journal)
    flush(beside.parent)


def _read(paths: WarehousePaths) -> Journal:
    try:
        return Journal.model_validate_json(paths.restore_journal.read_bytes())
    except ValidationError:
        raise WarehouseError(
            f"{paths.restore_journal} cannot be read: put the files of {paths.stem}.restoring into their places, "
            "or those of the newest before-restore folder, then remove it."
        ) from None
