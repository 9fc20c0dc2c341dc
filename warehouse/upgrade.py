"""Bring an older warehouse over before the first command writes to it: back it up, then migrate its raw tables.

Killed at any moment it can be run again: what dlt keeps beside the warehouse can be made anew at any time, and the rest is
one transaction (`warehouse/migrations.py`).
"""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import duckdb

from warehouse import ducklake, migrations
from warehouse.connection import connect
from warehouse.database import opening
from warehouse.errors import WarehouseError, first_line
from warehouse.paths import WarehousePaths
from warehouse.permissions import owner_only

logger = logging.getLogger(__name__)


def upgrade(path: Path, lock_timeout: float) -> str | None:
    """Migrate the warehouse at `path`, if it is there and an older Tally wrote it.

    Returns:
        One line that says what was done, how long it took and where the back-up is; None where nothing was to do.

    Raises:
        WarehouseError: another process keeps it, a newer Tally has written it, or it cannot be opened or written.
        BackupError: it cannot be backed up.
    """
    paths = WarehousePaths(path)
    try:
        if not ducklake.exists(path):
            return None
    except PermissionError:
        return None  # whoever opens it next says so
    with _opened(path, lock_timeout) as connection:
        migrations.refuse_newer(connection, f"the warehouse {path}")
        if not migrations.is_pending(connection):
            return None
        version = migrations.version_of(connection)
    begun = time.monotonic()
    logger.info(
        "the warehouse %s was written by an older Tally: it is migrated from version %s to %s, backed up before where it is a file",
        path, version, migrations.VERSION,
    )  # fmt: skip
    place = None if ducklake.lake_of(path) else _back_up(path)
    with _opened(path, lock_timeout) as connection:
        if not migrations.is_pending(connection):  # another process was quicker
            return None
        try:
            # Before the transaction: what dlt keeps beside the warehouse agrees with it until then, and can always be made anew.
            if paths.dlt.exists():
                shutil.rmtree(paths.dlt.resolve())
            migrations.migrate(connection, place.name if place else None)
        except (duckdb.Error, OSError) as error:
            # It is as it was; the loop would make one back-up after another.
            if place:
                place.unlink()
            raise WarehouseError(
                f"the warehouse {path} could not be migrated from version {version} to {migrations.VERSION}, and nothing was "
                f"changed: {first_line(error)}; go on with the Tally that wrote it, and report this line"
            ) from None
    before = (
        f"the back-up from before is {place}"
        if place
        else "the DuckLake keeps the state from before until `make compact`"
    )
    done = (
        f"the warehouse {path} was migrated from version {version} to {migrations.VERSION} in "
        f"{time.monotonic() - begun:.1f} s; {before}. The next `dbt build` builds every model anew"
    )
    logger.info(done)
    return done


def _back_up(path: Path) -> Path:
    # Half of what a run of ingestion would import, and it is rarely needed.
    from warehouse.backup import backup, backups

    # Closed meanwhile: the back-up opens it itself, and copying a file that is open lets go of its lock.
    return WarehousePaths(path).backups / backup(path, None, keep=len(backups(path, None)) + 1).name


@contextmanager
def _opened(path: Path, lock_timeout: float) -> Iterator[duckdb.DuckDBPyConnection]:
    with owner_only(), ExitStack() as stack:
        with opening(path):
            stack.enter_context(ducklake.writing(path, lock_timeout))
            connection = stack.enter_context(connect(path, lock_timeout))
        yield connection
