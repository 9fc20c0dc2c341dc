"""Back-ups of a warehouse: it holds data that providers no longer serve.

A back-up is one file, `<warehouse>.<time>.tar.zst`, in a folder or an object store: the DuckDB file as it is between two
writers, the published Parquet, what alerts were sent, and who was forgotten. It is there whole under its name, or not
at all. A restore changes nothing before its journal is written (`warehouse/recovery.py`), and is finished after that.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import tarfile
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import Any

import duckdb
import fsspec
import pyarrow as pa

from warehouse import ducklake, forgotten, migrations, recovery
from warehouse.compact import compact
from warehouse.connection import connect
from warehouse.database import Warehouse
from warehouse.errors import HeldError, TallyError, first_line
from warehouse.forget import CUSTOMERS, erase
from warehouse.ledger import columns
from warehouse.paths import WarehousePaths
from warehouse.permissions import close_to_others, follow_umask, owner_only
from warehouse.rejected import TABLE as REJECTED
from warehouse.settings import lock_timeout
from warehouse.urls import readable_error, readable_url

logger = logging.getLogger(__name__)

_STAMP = "%Y%m%dT%H%M%SZ"
_WAREHOUSE, _ALERTS, _MARTS, _FORGOTTEN = "warehouse.duckdb", "alerts.json", "marts", "forgotten"


class BackupError(TallyError):
    """A back-up or a restore cannot be done."""


@dataclass(frozen=True)
class Backup:
    """One back-up: its file's name, when it was made (UTC), its size in bytes."""

    name: str
    made_at: datetime
    size: int


def backup(warehouse: Path, destination: str | None, keep: int) -> Backup:
    """Write a back-up, then remove the oldest beyond `keep`.

    It waits for a process that writes the warehouse, and locks the file until it has been copied.

    Args:
        warehouse: the DuckDB file.
        destination: a folder or a URL of fsspec's; None: `<warehouse>.backups` beside the warehouse.
        keep: how many back-ups of this warehouse stay there.

    Raises:
        BackupError: there is no warehouse, another process keeps it, or the destination cannot be written.
    """
    ducklake.refuse(
        warehouse, "A back-up", "back its catalog's database up with pg_dump, and its data as that folder or bucket is"
    )
    paths = WarehousePaths(warehouse)
    if not paths.file.exists():
        raise BackupError(f"There is no warehouse at {warehouse}: set TALLY_WAREHOUSE.")
    with owner_only(), _alone(paths), _errors("The back-up failed", paths, destination):
        files, path = _open_destination(paths, destination)
        _remove_unfinished(files, path, paths)
        made_at = datetime.now(UTC).replace(microsecond=0)
        while files.exists(f"{path}/{(name := _name(paths, made_at))}"):
            made_at += timedelta(seconds=1)  # two within one second
        work = paths.backup_work
        work.mkdir()
        try:
            with _held(paths) as connection:
                logger.info("copying the warehouse")
                _copy_all(connection, paths, work)
            logger.info("packing")
            packed = work / name
            _pack(work, packed)
            size = packed.stat().st_size
            logger.info(f"writing {size / 1e6:,.1f} MB")
            files.put_file(str(packed), f"{path}/{name}.part")
            files.mv(f"{path}/{name}.part", f"{path}/{name}")
        finally:
            shutil.rmtree(work)
        for old in _list(paths, files, path)[:-keep]:
            files.rm_file(f"{path}/{old.name}")
            logger.info(f"removed {old.name}")
    return Backup(name, made_at, size)


def backups(warehouse: Path, destination: str | None) -> list[Backup]:
    """The back-ups of a warehouse, oldest first.

    Raises:
        BackupError: the destination cannot be read.
    """
    paths = WarehousePaths(warehouse)
    with owner_only(), _errors("The back-ups cannot be listed", paths, destination):
        return _list(paths, *_open_destination(paths, destination))


def restore(
    warehouse: Path,
    destination: str | None,
    until: date | None,
    into: Path | None = None,
    also_forget: Collection[str] | None = None,
) -> tuple[Backup, Path | None]:
    """Put the newest back-up in the warehouse's place, or the newest of a day or before it.

    What is there now is not thrown away: it is moved aside. Customers that were forgotten since are forgotten in what
    is restored before it takes the warehouse's place. Killed at any moment and run again, it ends as if it had not been.

    Args:
        warehouse: the DuckDB file that was backed up.
        destination: where the back-ups are, as for `backup`.
        until: the last day (UTC) whose back-ups count.
        into: the warehouse that it becomes; None: the one that was backed up.
        also_forget: ids of customers who were forgotten, for where neither the warehouse nor the list beside it can
            say; empty where none was. None: nothing is known but what they say.

    Returns:
        What was restored, and the folder with what was there before, if anything was.

    Raises:
        BackupError: there is no such back-up, it is damaged, another process keeps the warehouse, or it is unknown
            whom to forget again.
    """
    ducklake.refuse(
        into or warehouse, "A restore", "restore its catalog's database and its data together, or unset TALLY_DUCKLAKE"
    )
    origin, target = WarehousePaths(warehouse), WarehousePaths(into or warehouse)
    target.warehouse.parent.mkdir(parents=True, exist_ok=True)
    with owner_only() as umask, _alone(target):
        with _errors("The restore failed", origin, destination):
            files, path = _open_destination(origin, destination)
            chosen, newest = _choose(_list(origin, files, path), until, _shown(origin, destination))
            try:
                logger.info(f"reading {chosen.name}")
                ids = _prepare(files, path, chosen, newest, target, umask)
                known = _known_forgotten(origin)
                if known is None and also_forget is None and _holds_people(target):
                    raise BackupError(_unknown_message(origin))
                _forget_again(target, ids | (known or set()) | set(also_forget or ()))
            except BaseException:
                recovery.end(target)  # nothing has been moved yet
                raise
        aside = _swap(origin, target)
    return chosen, aside if aside.exists() else None


def _swap(origin: WarehousePaths, target: WarehousePaths) -> Path:
    """Move what is prepared into its place while the warehouse is locked; the folder for what was there before."""
    moment = datetime.now(UTC)
    while (aside := target.warehouse.with_name(f"{target.stem}.before-restore.{moment:{_STAMP}}")).exists():
        moment += timedelta(seconds=1)
    with ExitStack() as held:
        try:
            if target.file.exists():
                held.enter_context(_held(target)).execute("checkpoint")
            # A customer may have been forgotten since the list was read.
            with _errors("The restore failed", origin, None):
                _forget_again(target, _known_forgotten(origin) or set())
        except duckdb.Error:
            logger.info(f"{target.warehouse} cannot be read: it is moved aside as it is")
        except BaseException:
            recovery.end(target)
            raise
        logger.info("moving the restored files into place")
        try:
            recovery.begin(target, aside.name)
            recovery.move_all(target)
        except OSError as error:
            if not recovery.restore_is_under_way(target):
                recovery.end(target)
                raise BackupError(
                    f"The restore failed ({error.strerror}); nothing was changed. Free disk space, then try again."
                ) from None
            raise BackupError(
                f"The restore was interrupted ({error.strerror}): fix the cause, then run any command on "
                f"{target.warehouse}, which finishes it."
            ) from None
    # Only now, with the old file closed: closing it is the last that touches its write-ahead log.
    recovery.end(target)
    return aside


def _choose(known: list[Backup], until: date | None, shown: str) -> tuple[Backup, Backup]:
    """The back-up to restore, and the newest of all, which knows best who was forgotten."""
    fitting = [each for each in known if until is None or each.made_at.date() <= until]
    if not fitting:
        before = f" of {until} or before" if until else ""
        raise BackupError(f"There is no back-up{before} in {shown}: `make backup` makes one.")
    return fitting[-1], known[-1]


# What goes into a back-up.


def _copy_all(connection: duckdb.DuckDBPyConnection, paths: WarehousePaths, work: Path) -> None:
    """Copy what is backed up into `work`, while the open connection keeps every writer and publisher out."""
    connection.execute("checkpoint")
    forgotten.write(work / _FORGOTTEN, forgotten.add(paths, forgotten.in_table(connection)))
    shutil.copyfile(paths.file, work / _WAREHOUSE)
    if paths.sent_alerts.exists():
        shutil.copyfile(paths.sent_alerts, work / _ALERTS)
    if paths.marts.exists():
        published = paths.marts.resolve()
        copy = work / _MARTS
        copy.mkdir()
        for file in published.iterdir():
            _link(file, copy / file.name)


def _link(file: Path, copy: Path) -> None:
    """A published file never changes, so that a second name for it is a copy."""
    try:
        os.link(file, copy)
    except OSError:  # a file system without links
        shutil.copy(file, copy)


def _pack(work: Path, packed: Path) -> None:
    # The list comes first, so that it can be read without the rest.
    names = [name for name in (_FORGOTTEN, _WAREHOUSE, _ALERTS, _MARTS) if (work / name).exists()]
    with pa.CompressedOutputStream(str(packed), "zstd") as stream, tarfile.open(fileobj=stream, mode="w|") as tar:
        for name in names:
            tar.add(work / name, name)


# What a restore prepares.


def _prepare(
    files: fsspec.AbstractFileSystem, path: str, chosen: Backup, newest: Backup, target: WarehousePaths, umask: int
) -> set[str]:
    """Unpack a back-up to where `recovery` finds it, each file under the name that it will have.

    The published marts get the rights that `umask` leaves. Returns who was forgotten by what the back-ups say.
    """

    def waiting(belonging: Path) -> Path:
        return recovery.restored(target, belonging)

    for belonging in recovery.belongings(target):
        waiting(belonging).parent.mkdir(exist_ok=True)
    unpacked = waiting(target.marts).parent / "unpacked"
    unpacked.mkdir()
    _unpack(files, f"{path}/{chosen.name}", unpacked, chosen.name)
    # A copy where a symbolic link leads to another disk, else a rename.
    shutil.move(unpacked / _WAREHOUSE, waiting(target.file))
    close_to_others(waiting(target.file))
    if (unpacked / _ALERTS).exists():
        (unpacked / _ALERTS).rename(waiting(target.sent_alerts))
    if (marts := unpacked / _MARTS).exists():
        versions = waiting(target.marts_versions)
        versions.mkdir()
        versions.chmod(0o777 & ~umask)
        follow_umask(marts, umask)
        marts.rename(versions / "000001")
        waiting(target.marts).symlink_to(f"{target.marts_versions.name}/000001", target_is_directory=True)
    ids = forgotten.listed_in(unpacked / _FORGOTTEN) or set()
    if newest != chosen:
        ids |= _list_of(files, f"{path}/{newest.name}", newest.name)
    shutil.rmtree(unpacked)
    with connect(waiting(target.file), 0, read_only=True) as connection:
        return ids | forgotten.in_table(connection)


def _forget_again(target: WarehousePaths, ids: Collection[str]) -> None:
    """Erase the customers on the list from what is to be restored, before it replaces the warehouse."""
    every = forgotten.add(target, ids)
    copy = recovery.restored(target, target.file)
    with connect(copy, 0, read_only=True) as connection:
        missing = every - forgotten.in_table(connection)
    if not missing:
        return
    with Warehouse(copy) as opened:
        if migrations.is_pending(opened.connection):
            migrations.migrate(opened.connection, None)
        for customer in sorted(missing):
            logger.info(f"forgetting customer {customer} again")
            erase(opened, customer)
    compact(copy)


def _known_forgotten(paths: WarehousePaths) -> set[str] | None:
    """Who was forgotten in a warehouse, by its table and the list beside it; None where neither can be read."""
    known = forgotten.listed_in(paths.forgotten)
    if not paths.file.exists():
        return known
    try:
        with _held(paths) as connection:
            return (known or set()) | forgotten.in_table(connection)
    except duckdb.Error as error:  # a damaged file is what back-ups are for
        logger.info(f"{paths.warehouse} cannot be read ({first_line(error)})")
        return known


def _holds_people(target: WarehousePaths) -> bool:
    with connect(recovery.restored(target, target.file), 0, read_only=True) as connection:
        return any(columns(connection, forgotten.DATASET, table) for table in (CUSTOMERS, REJECTED))


def _unknown_message(paths: WarehousePaths) -> str:
    state = "cannot be read" if paths.file.exists() else "is not there"
    return (
        f"The customers forgotten since the back-up are unknown: {paths.warehouse} {state}, and there is no "
        f"{paths.forgotten}. Nothing was changed. Name them with `--forgotten 4711,4712`, or say `--forgotten none`."
    )


def _unpack(files: fsspec.AbstractFileSystem, path: str, folder: Path, name: str) -> None:
    with _read_archive(files, path, name) as tar:
        tar.extractall(folder, filter="data")
    try:
        with connect(folder / _WAREHOUSE, 0, read_only=True) as connection:
            connection.execute("from duckdb_tables()").fetchall()
    except duckdb.Error as error:
        raise _damaged(name, error) from None


def _list_of(files: fsspec.AbstractFileSystem, path: str, name: str) -> set[str]:
    """Who was forgotten when a back-up was made, without unpacking it; empty where an older Tally made it."""
    with _read_archive(files, path, name) as tar:
        first = tar.next()
        content = tar.extractfile(first) if first and first.name == _FORGOTTEN else None
        return forgotten.parse(content.read().decode()) if content else set()


@contextmanager
def _read_archive(files: fsspec.AbstractFileSystem, path: str, name: str) -> Iterator[tarfile.TarFile]:
    try:
        with (
            files.open(path, "rb") as raw,
            pa.CompressedInputStream(pa.PythonFile(raw, mode="r"), "zstd") as stream,
            tarfile.open(fileobj=stream, mode="r|") as tar,
        ):
            yield tar
    except (tarfile.TarError, pa.ArrowException, EOFError, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:  # the disk's error; pyarrow's has no number
            raise
        raise _damaged(name, error) from None


def _damaged(name: str, error: Exception) -> BackupError:
    return BackupError(f"{name} is damaged ({first_line(error)}): restore an older one with --until.")


# The back-ups' destination, and the warehouse.


def _name(paths: WarehousePaths, made_at: datetime) -> str:
    return f"{paths.stem}.{made_at:{_STAMP}}.tar.zst"


def _list(paths: WarehousePaths, files: fsspec.AbstractFileSystem, path: str) -> list[Backup]:
    pattern = re.compile(re.escape(paths.stem) + r"\.(\d{8}T\d{6}Z)\.tar\.zst")
    found = []
    for entry in _entries(files, path):
        if match := pattern.fullmatch(PurePosixPath(entry["name"]).name):
            made_at = datetime.strptime(match[1], _STAMP).replace(tzinfo=UTC)
            found.append(Backup(match[0], made_at, int(entry["size"])))
    return sorted(found, key=lambda each: each.made_at)


def _remove_unfinished(files: fsspec.AbstractFileSystem, path: str, paths: WarehousePaths) -> None:
    """What a back-up has left that was killed while it wrote; no other one is under way."""
    pattern = re.compile(re.escape(paths.stem) + r"\.\d{8}T\d{6}Z\.tar\.zst\.part")
    for entry in _entries(files, path):
        if pattern.fullmatch(PurePosixPath(entry["name"]).name):
            files.rm_file(entry["name"])


def _entries(files: fsspec.AbstractFileSystem, path: str) -> list[dict[str, Any]]:
    files.invalidate_cache()
    entries: list[dict[str, Any]] = files.ls(path, detail=True) if files.exists(path) else []
    return entries


@contextmanager
def _alone(paths: WarehousePaths) -> Iterator[None]:
    """No other back-up or restore of this warehouse, and nothing left of one that was killed."""
    try:
        recovery.finish_restore(paths, lock_timeout())
        with recovery.backup_lock(paths, lock_timeout()):
            recovery.clear(paths)
            yield
    except HeldError as error:
        raise BackupError(
            f"{paths.warehouse} is in use by {error.holder}: wait until it has ended, or raise TALLY_LOCK_TIMEOUT."
        ) from None


@contextmanager
def _held(paths: WarehousePaths) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse, kept from every other process for as long as the block lasts."""
    with connect(paths.warehouse, lock_timeout()) as connection:
        yield connection


@contextmanager
def _errors(what: str, paths: WarehousePaths, destination: str | None) -> Iterator[None]:
    try:
        yield
    except (TallyError, HeldError):
        raise
    except Exception as error:  # each of fsspec's file systems has errors of its own, such as botocore's
        raise BackupError(
            f"{what} ({readable_error(error, destination or '')}); nothing was changed. "
            f"Look at {_shown(paths, destination)} and try again."
        ) from None


def _open_destination(paths: WarehousePaths, destination: str | None) -> tuple[fsspec.AbstractFileSystem, str]:
    files, path = fsspec.core.url_to_fs(destination or str(paths.backups))
    if destination is None or "://" not in destination:
        files.makedirs(path, exist_ok=True)
    if destination is None:
        close_to_others(paths.backups)
    return files, str(path).rstrip("/")


def _shown(paths: WarehousePaths, destination: str | None) -> str:
    return readable_url(destination) if destination else os.fspath(paths.backups)
