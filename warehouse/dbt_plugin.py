"""What dbt-duckdb loads before it connects (profiles.yml): seeds are checked, and dbt opens the warehouse as every other command does.

It waits for the process that holds the file, finishes a restore that was interrupted, makes files that only their owner reads,
and says at once that a file is no database.
"""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import duckdb
from dbt.adapters.duckdb.plugins import BasePlugin
from dbt.adapters.events.logging import AdapterLogger
from dbt.flags import get_flags
from dbt_common.exceptions import DbtRuntimeError

from warehouse import ducklake, migrations, seeds
from warehouse.connection import DATABASE, attach, configure
from warehouse.errors import HeldError, TallyError
from warehouse.garbage import collect_rarely
from warehouse.paths import WarehousePaths
from warehouse.permissions import OWNER_ONLY, close_to_others
from warehouse.settings import lock_timeout, warehouse_path, writer
from warehouse.sql import literal
from warehouse.upgrade import upgrade

# https://duckdb.org/docs/stable/internals/storage: the main header's checksum, then these.
_MAGIC_AT, _MAGIC = 8, b"DUCK"


class Plugin(BasePlugin):  # type: ignore[misc]
    """Checks the seeds, and attaches the warehouse (TALLY_WAREHOUSE) in the place of the profile's empty database."""

    # What keeps other processes out, until `dbt_runner` has closed dbt's connection or the process ends.
    held = ExitStack()

    def initialize(self, plugin_config: dict[str, Any]) -> None:
        """Refuse seeds that cannot be read.

        Raises:
            DbtRuntimeError: a seed has errors.
        """
        collect_rarely()
        if errors := seeds.errors(_project()):
            raise DbtRuntimeError(seeds.listing(errors))

    def configure_connection(self, conn: duckdb.DuckDBPyConnection) -> None:
        """Attach the warehouse, and warn of what the seeds name and no provider has delivered.

        One that an older Tally wrote is migrated before. An empty or missing file is made. dbt-duckdb's own ATTACH then finds the warehouse there.

        Raises:
            DbtRuntimeError: what lies at the warehouse's path is no database, another process keeps it, or a newer Tally
                has written it.
        """
        path = warehouse_path()
        self._refuse_other_target(path)
        # For the rest of dbt's life: DuckDB makes files as it needs them. Within `warehouse.dbt_runner` it ends with the run.
        os.umask(OWNER_ONLY)
        if not ducklake.lake_of(path):
            _refuse_other_files(path)
        try:
            self.held.enter_context(ducklake.writing(path, lock_timeout()))
            # Opened by itself before: dbt's connection would keep the back-up's out.
            if done := upgrade(path, lock_timeout()):
                AdapterLogger("DuckDB").info(done)
            attach(conn, path, lock_timeout())
        except HeldError as error:
            raise DbtRuntimeError(
                f"{path} is in use by {error.holder}: wait until it has ended, or raise TALLY_LOCK_TIMEOUT."
            ) from None
        except TallyError as error:
            raise DbtRuntimeError(str(error)) from None
        close_to_others(WarehousePaths(path).file)
        configure(conn, "global")  # each model and test has a cursor of its own
        # Who writes, for the list of runs (macros/operations/record_runs.sql).
        conn.execute(f"create or replace macro memory.main.writer() as {literal(writer())}")
        conn.execute(f"use {DATABASE}")
        migrations.mark_new(conn)
        for warning in seeds.warnings(_project(), conn):
            AdapterLogger("DuckDB").warning(str(warning))

    def _refuse_other_target(self, path: Path) -> None:
        """dbt's adapter writes other SQL for a DuckLake.

        Raises:
            DbtRuntimeError: the target is of the other kind than the warehouse.
        """
        is_lake = bool(self.creds and self.creds._ducklake_dbs)
        if is_lake and not ducklake.lake_of(path):
            raise DbtRuntimeError(
                "The target ducklake needs TALLY_DUCKLAKE, which says where the DuckLake's catalog is."
            )
        if not is_lake and ducklake.lake_of(path):
            raise DbtRuntimeError(
                "TALLY_DUCKLAKE is set: the target is ducklake, which dbt takes when no --target is given."
            )


def _refuse_other_files(path: Path) -> None:
    try:
        with path.open("rb") as file:
            head = file.read(_MAGIC_AT + len(_MAGIC))
    except OSError:  # not there, or not readable: DuckDB says which
        return
    if head and head[_MAGIC_AT:] != _MAGIC:
        raise DbtRuntimeError(
            f"{path} is not a DuckDB database: check TALLY_WAREHOUSE, or put a back-up in its place with `make restore`."
        )


def _project() -> Path:
    return Path(get_flags().PROJECT_DIR)
