"""Every DuckDB connection that Tally opens. One writer excludes all other processes, so a second one waits.

A check (ruff's banned-api) keeps `duckdb.connect` in this file.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import duckdb

from warehouse import ducklake, migrations, spark
from warehouse.errors import HeldError, WarehouseError, first_line
from warehouse.paths import WarehousePaths
from warehouse.recovery import finish_restore, is_restoring_elsewhere
from warehouse.settings import lock_timeout
from warehouse.sql import literal

DATABASE = "warehouse"
"""What DuckDB calls the warehouse in every connection. Left to itself it takes the file's name, which then cannot be a
schema's, and which views would remember."""
# DuckDB 1.5 mis-binds columns in some plans of `row_number() over (…) = 1` that this optimizer makes.
SETTINGS = {"disabled_optimizers": "top_n_window_elimination", "TimeZone": "UTC"}
THIS_PROCESS = "this process"
_PAUSE = 0.2
_IS_ATTACHED = "select readonly from duckdb_databases() where database_name = ?"

logger = logging.getLogger(__name__)


def configure(connection: duckdb.DuckDBPyConnection, scope: Literal["", "global"] = "") -> None:
    """Give a connection Tally's settings of DuckDB; with `global` also every cursor that is made of it later."""
    for name, value in SETTINGS.items():
        connection.execute(f"set {scope} {name} = {literal(value)}")


def connect_memory() -> duckdb.DuckDBPyConnection:
    """A connection to a database in memory, for queries on Parquet files."""
    connection = duckdb.connect()
    configure(connection)
    return connection


def connect(path: Path, timeout: float, *, read_only: bool = False) -> duckdb.DuckDBPyConnection:
    """A connection to the file at `path`, after at most `timeout` seconds; who holds it is logged when a wait begins.

    The database is called `warehouse` in it, with any file name. A restore that was killed is finished first. A
    process that has the file open for writing gets what it asks for, to read as well as to write.

    Raises:
        HeldError: another process still holds it.
        duckdb.Error: it cannot be opened for another reason.
    """
    paths = WarehousePaths(path)
    # Connections to one file share an instance of DuckDB's, which is what lets a process open the file twice.
    name = hashlib.sha256(os.fsencode(paths.file.absolute())).hexdigest()[:16]
    connection = duckdb.connect(f":memory:{name}")

    def open_once() -> str | None:
        nonlocal connection
        holder = _attach_once(connection, paths, read_only)
        if holder == THIS_PROCESS and read_only and (joined := _join(paths)):
            connection.close()
            connection = joined
            return None
        return holder

    try:
        _open(open_once, paths, timeout)
        configure(connection)
        if connection.execute(_IS_ATTACHED, [DATABASE]).fetchone():  # else it is one that other code has opened
            connection.execute(f"use {DATABASE}")
    except BaseException:
        connection.close()
        raise
    return connection


def attach(connection: duckdb.DuckDBPyConnection, path: Path, timeout: float) -> None:
    """Attach the file at `path` as `warehouse`, as `connect` does.

    Raises:
        HeldError: another process still holds it.
        duckdb.Error: it cannot be opened for another reason.
    """
    paths = WarehousePaths(path)
    _open(lambda: _attach_once(connection, paths, read_only=False), paths, timeout)


def _open(open_once: Callable[[], str | None], paths: WarehousePaths, timeout: float) -> None:
    """Open the file as soon as no other process holds it; `open_once` names the process that does."""
    deadline = time.monotonic() + timeout
    has_logged = False
    while True:
        finish_restore(paths, max(0.0, deadline - time.monotonic()))
        holder = open_once()
        if holder is None:
            return
        if time.monotonic() >= deadline:
            raise HeldError(holder, timeout)
        if not has_logged:
            logger.info("the warehouse is held by %s: waiting up to %.0f s", holder, timeout)
            has_logged = True
        time.sleep(_PAUSE)


def _attach_once(connection: duckdb.DuckDBPyConnection, paths: WarehousePaths, read_only: bool) -> str | None:
    """Attach the file; who holds it, where that is not possible now."""
    there = connection.execute(_IS_ATTACHED, [DATABASE]).fetchone()
    if there is not None:
        return THIS_PROCESS if there[0] and not read_only else None
    options = " (read_only)" if read_only else ""
    connection.execute(f"set temp_directory = {literal(paths.spill)}")
    if lake := ducklake.lake_of(paths.warehouse):
        ducklake.attach(connection, lake, DATABASE, read_only=read_only)
        return None
    if spark.address():
        spark.load_extensions(connection)
    try:
        connection.execute(f"attach {literal(paths.file)} as {DATABASE}{options}")
    except duckdb.Error as error:
        holder = _holder(error)
        if holder is None:
            raise
        return holder
    if is_restoring_elsewhere(paths):  # it began between the look for it and the opening
        connection.execute(f"detach {DATABASE}")
        return "a restore"
    return None


def _join(paths: WarehousePaths) -> duckdb.DuckDBPyConnection | None:
    """A connection to the file as other code of this process has it open, under the file's name; None where not so."""
    try:
        return duckdb.connect(str(paths.file))
    except (duckdb.BinderException, duckdb.ConnectionException):  # attached elsewhere, or with other settings
        return None


@contextmanager
def opened(path: Path, *, read_only: bool = True) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to an existing warehouse, closed at the end.

    Whoever only reads a DuckLake sees one moment of it, whatever other processes write meanwhile, as a file's lock sees to.

    Raises:
        WarehouseError: there is no such file, it is not a DuckDB database, another process keeps it locked, or a newer
            Tally has written it.
    """
    if not ducklake.exists(path):
        raise WarehouseError(f"There is no warehouse at {path}: run `make ingest` and `make build` first.")
    try:
        connection = connect(path, lock_timeout(), read_only=read_only)
    except HeldError as error:
        raise WarehouseError(
            f"{path} is in use by {error.holder}: wait until it has ended, or raise TALLY_LOCK_TIMEOUT."
        ) from None
    except duckdb.Error as error:
        raise WarehouseError(f"{path} cannot be opened as a DuckDB database: {first_line(error)}") from None
    with connection:
        if read_only and ducklake.is_ducklake(connection):
            connection.begin()
        migrations.refuse_newer(connection, str(path))
        yield connection


def _holder(error: duckdb.Error) -> str | None:
    """Who holds the file, from DuckDB's message; None if the error is another."""
    text = str(error)
    if found := re.search(r"held in (?P<command>.*?) \(PID (?P<pid>\d+)\)", text):
        return f"process {found['pid']} ({found['command']})"
    if "Unique file handle conflict" in text:
        return THIS_PROCESS
    return "another process" if "Could not set lock" in text else None
