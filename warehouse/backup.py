"""Back-ups of a warehouse: what only it has seen cannot be asked for again from any provider.

A back-up is one file, `<warehouse>.<time>.tar.zst`, in a folder or an object store: the DuckDB file as it is between two
writers, the published Parquet, and what alerts were sent. It is there whole under its name, or not at all.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path, PurePosixPath

import duckdb
import fsspec
import pyarrow as pa

from warehouse.connection import HeldError, connect
from warehouse.errors import TallyError, WarehouseError
from warehouse.forget import forget_customer
from warehouse.paths import WarehousePaths
from warehouse.settings import lock_timeout
from warehouse.versions import new_version, swap

logger = logging.getLogger(__name__)

_STAMP = "%Y%m%dT%H%M%SZ"
_WAREHOUSE, _ALERTS, _MARTS = "warehouse.duckdb", "alerts.json", "marts"


class BackupError(TallyError):
    """A back-up or a restore cannot be done."""


@dataclass(frozen=True)
class Backup:
    """One back-up: its file's name, when it was made (UTC), its size in bytes."""

    name: str
    made_at: datetime
    size: int


def backup(warehouse: Path, place: str | None, keep: int) -> Backup:
    """Write a back-up, then remove the oldest beyond `keep`.

    Whoever writes the warehouse is waited for, and shut out until its file has been copied.

    Args:
        warehouse: the DuckDB file.
        place: a folder or a URL of fsspec's; None: `<warehouse>.backups` beside the warehouse.
        keep: how many back-ups of this warehouse stay there.

    Raises:
        BackupError: there is no warehouse, another process keeps it, or the place cannot be written.
    """
    if not warehouse.exists():
        raise BackupError(f"There is no warehouse at {warehouse}: set TALLY_WAREHOUSE.")
    made_at = datetime.now(UTC).replace(microsecond=0)
    with (
        _errors(place or str(WarehousePaths(warehouse).backups)),
        tempfile.TemporaryDirectory(prefix=".backup-", dir=warehouse.parent) as folder,
    ):
        files, path = _open_place(warehouse, place)
        while files.exists(f"{path}/{(name := _name(warehouse, made_at))}"):
            made_at += timedelta(seconds=1)  # two within one second
        copy = Path(folder) / _WAREHOUSE
        logger.info("copying the warehouse")
        with _held(warehouse) as connection:
            connection.execute("checkpoint")
            shutil.copyfile(warehouse, copy)
        logger.info("packing")
        packed = Path(folder) / name
        with pa.CompressedOutputStream(str(packed), "zstd") as stream, tarfile.open(fileobj=stream, mode="w|") as tar:
            tar.add(copy, _WAREHOUSE)
            if WarehousePaths(warehouse).sent_alerts.exists():
                tar.add(WarehousePaths(warehouse).sent_alerts, _ALERTS)
            marts = WarehousePaths(warehouse).marts
            if marts.exists():
                tar.add(marts.resolve(), _MARTS)
        logger.info(f"writing {packed.stat().st_size / 1e6:,.1f} MB")
        files.put_file(str(packed), f"{path}/{name}.part")
        files.mv(f"{path}/{name}.part", f"{path}/{name}")
        made = Backup(name, made_at, packed.stat().st_size)
        for old in backups(warehouse, place)[:-keep]:
            files.rm_file(f"{path}/{old.name}")
            logger.info(f"removed {old.name}")
    return made


def backups(warehouse: Path, place: str | None) -> list[Backup]:
    """The back-ups of a warehouse, oldest first.

    Raises:
        BackupError: the place cannot be read.
    """
    with _errors(_shown(warehouse, place)):
        return _list(warehouse, *_open_place(warehouse, place))


def _list(warehouse: Path, files: fsspec.AbstractFileSystem, path: str) -> list[Backup]:
    files.invalidate_cache()
    pattern = re.compile(re.escape(WarehousePaths(warehouse).stem) + r"\.(\d{8}T\d{6}Z)\.tar\.zst")
    found = []
    for entry in files.ls(path, detail=True) if files.exists(path) else []:
        if match := pattern.fullmatch(PurePosixPath(entry["name"]).name):
            made_at = datetime.strptime(match[1], _STAMP).replace(tzinfo=UTC)
            found.append(Backup(match[0], made_at, int(entry["size"])))
    return sorted(found, key=lambda each: each.made_at)


def restore(
    warehouse: Path, place: str | None, until: date | None, into: Path | None = None
) -> tuple[Backup, Path | None]:
    """Put the newest back-up in the warehouse's place, or the newest of a day or before it.

    What is there now is not thrown away: it is moved aside. Customers that were forgotten since are forgotten again.

    Args:
        warehouse: the DuckDB file that was backed up.
        place: where the back-ups are, as for `backup`.
        until: the last day (UTC) whose back-ups count.
        into: the warehouse that it becomes; None: the one that was backed up.

    Returns:
        What was restored, and the folder with what was there before, if anything was.

    Raises:
        BackupError: there is no such back-up, it is damaged, or another process keeps the warehouse.
    """
    with _errors(_shown(warehouse, place)):
        files, path = _open_place(warehouse, place)
        known = [each for each in backups(warehouse, place) if until is None or each.made_at.date() <= until]
        if not known:
            before = f" of {until} or before" if until else ""
            raise BackupError(f"There is no back-up{before} in {_shown(warehouse, place)}: `make backup` makes one.")
        chosen = known[-1]
        warehouse, origin = into or warehouse, warehouse
        warehouse.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".restore-", dir=warehouse.parent) as folder:
            logger.info(f"reading {chosen.name}")
            _unpack(files, f"{path}/{chosen.name}", Path(folder), chosen.name)
            forgotten = _forgotten(origin) - _forgotten(Path(folder) / _WAREHOUSE)
            aside = _move_aside(warehouse)
            logger.info("putting it in place")
            _put_in_place(warehouse, Path(folder))
    for customer in sorted(forgotten):
        logger.info(f"forgetting customer {customer} again")
        try:
            forget_customer(warehouse, customer, lock_timeout())
        except WarehouseError as error:
            raise BackupError(
                f"Customer {customer} could not be forgotten again ({error}): "
                f"run `python -m ingestion forget-customer {customer}`."
            ) from None
    return chosen, aside


def _name(warehouse: Path, made_at: datetime) -> str:
    return f"{WarehousePaths(warehouse).stem}.{made_at:{_STAMP}}.tar.zst"


def _unpack(files: fsspec.AbstractFileSystem, path: str, folder: Path, name: str) -> None:
    try:
        with (
            files.open(path, "rb") as raw,
            pa.CompressedInputStream(pa.PythonFile(raw, mode="r"), "zstd") as stream,
            tarfile.open(fileobj=stream, mode="r|") as tar,
        ):
            tar.extractall(folder, filter="data")
        with connect(folder / _WAREHOUSE, 0, read_only=True) as connection:
            connection.execute("from duckdb_tables()").fetchall()
    except (tarfile.TarError, pa.ArrowException, duckdb.Error, EOFError, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:  # the disk's trouble; pyarrow's has no number
            raise
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise BackupError(f"{name} is damaged ({reason}): restore an older one with --until.") from None


def _move_aside(warehouse: Path) -> Path | None:
    """Move all that belongs to the warehouse but its back-ups into a folder beside it, while nobody writes."""
    if not warehouse.exists():
        return None
    with suppress(duckdb.Error), _held(warehouse) as connection:  # it may be the damaged file that is to go
        connection.execute("checkpoint")
    aside = warehouse.with_name(f"{WarehousePaths(warehouse).stem}.before-restore.{datetime.now(UTC):{_STAMP}}")
    aside.mkdir()
    beside = [warehouse, WarehousePaths(warehouse).marts, WarehousePaths(warehouse).sent_alerts]
    beside += [WarehousePaths(warehouse).marts_versions, WarehousePaths(warehouse).dlt]
    for path in beside:
        if path.exists() or path.is_symlink():
            path.rename(aside / path.name)
    return aside


def _put_in_place(warehouse: Path, folder: Path) -> None:
    if (folder / _MARTS).exists():
        version = new_version(WarehousePaths(warehouse).marts)
        version.rmdir()
        (folder / _MARTS).rename(version)
        swap(WarehousePaths(warehouse).marts, version)
    if (folder / _ALERTS).exists():
        (folder / _ALERTS).rename(WarehousePaths(warehouse).sent_alerts)
    (folder / _WAREHOUSE).rename(warehouse)


def _forgotten(warehouse: Path) -> set[int]:
    """Customers that a warehouse has forgotten; none where it cannot be read."""
    if not warehouse.exists():
        return set()
    try:
        with _held(warehouse) as connection:
            rows = connection.execute("select customer_id from raw_orders.forgotten_customers").fetchall()
    except duckdb.Error:
        return set()
    return {row[0] for row in rows}


@contextmanager
def _held(warehouse: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse, kept from every other process for as long as the block lasts."""
    try:
        connection = connect(warehouse, lock_timeout())
    except HeldError as error:
        raise BackupError(
            f"{warehouse} is in use by {error.holder}: wait until it has ended, or raise TALLY_LOCK_TIMEOUT."
        ) from None
    with connection:
        yield connection


@contextmanager
def _errors(place: str) -> Iterator[None]:
    try:
        yield
    except BackupError:
        raise
    except Exception as error:  # each of fsspec's file systems has errors of its own, such as botocore's
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise BackupError(
            f"The back-up failed ({reason}); nothing was changed. Look at {place} and try again."
        ) from None


def _open_place(warehouse: Path, place: str | None) -> tuple[fsspec.AbstractFileSystem, str]:
    files, path = fsspec.core.url_to_fs(place or str(WarehousePaths(warehouse).backups))
    if place is None or "://" not in place:
        files.makedirs(path, exist_ok=True)
    return files, str(path).rstrip("/")


def _shown(warehouse: Path, place: str | None) -> str:
    return place or os.fspath(WarehousePaths(warehouse).backups)
