"""Rewrite the warehouse's file, so that it holds what its tables hold and nothing else."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import duckdb

from warehouse import ducklake
from warehouse.connection import DATABASE
from warehouse.database import Warehouse
from warehouse.errors import WarehouseError, first_line
from warehouse.forgotten import DATASET, PERSONAL_TABLES
from warehouse.paths import WarehousePaths


def compact(path: Path, lock_timeout: float = 30.0) -> None:
    """Copy every table and view into a new file, which then takes the old one's place at once.

    Of a DuckLake: forget its earlier states, and delete the files that only they need.

    DuckDB marks the place of what was deleted as free and does not overwrite it; neither does it make the file smaller.
    Takes as much disk space again as the warehouse; a kill leaves the old file as it was.

    Raises:
        WarehouseError: the warehouse is held by another process, or the disk is full.
    """
    if lake := ducklake.lake_of(path):
        _tidy(path, lake, lock_timeout)
        return
    file = WarehousePaths(path).file  # what a symbolic link points to: the link stays
    fresh = file.with_name(file.name + ".compacting")
    _remove(fresh)
    try:
        with Warehouse(path, lock_timeout) as warehouse:
            connection = warehouse.connection
            connection.execute("checkpoint")
            connection.execute(f"attach '{str(fresh).replace(chr(39), chr(39) * 2)}' as compacting")
            connection.execute(f"copy from database {DATABASE} to compacting")
            connection.execute("checkpoint compacting")
            connection.execute("detach compacting")
            with fresh.open("rb") as written:
                os.fsync(written.fileno())
            # While the old file is still locked: a process that waits for it opens the new one.
            fresh.replace(file)
    except (duckdb.Error, OSError) as error:
        _remove(fresh)
        raise WarehouseError(f"the warehouse {path} cannot be rewritten: {first_line(error)}") from None


def _tidy(path: Path, lake: ducklake.Lake, lock_timeout: float) -> None:
    try:
        with Warehouse(path, lock_timeout) as warehouse:
            for schema in (DATASET, f"{DATASET}_staging"):
                for table in PERSONAL_TABLES:
                    ducklake.write_anew(warehouse.connection, schema, table)
            ducklake.tidy(warehouse.connection, DATABASE)
        ducklake.vacuum(lake)
    except (duckdb.Error, sqlite3.Error) as error:
        raise WarehouseError(f"the warehouse {path} cannot be tidied: {first_line(error)}") from None


def _remove(database: Path) -> None:
    for file in (database, WarehousePaths(database).wal):
        file.unlink(missing_ok=True)
