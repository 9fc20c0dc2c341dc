"""The warehouse file, open for writing: by one process at a time."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import duckdb
import pyarrow as pa

from warehouse import ducklake, migrations
from warehouse.connection import connect
from warehouse.errors import HeldError, WarehouseError, first_line
from warehouse.ledger import Ledger, columns
from warehouse.paths import WarehousePaths
from warehouse.permissions import close_to_others, owner_only

LONGEST_CLOCK_WAIT = 10.0


@contextmanager
def opening(path: Path) -> Iterator[None]:
    """Says of the warehouse at `path` why it cannot be opened.

    Raises:
        WarehouseError: for what opening it raises.
    """
    try:
        yield
    except OSError as error:
        raise WarehouseError(f"the folder of {path} cannot be made: {error.strerror}") from None
    except HeldError as error:
        raise WarehouseError(f"the warehouse {path} is {error}: wait until it has ended, then run again") from None
    except duckdb.Error as error:
        raise WarehouseError(f"the warehouse {path} cannot be opened: {first_line(error)}") from None


class Warehouse:
    """A DuckDB file held for as long as the context lasts, and its ledger; or a DuckLake, which others may write too.

    A second process waits `lock_timeout` seconds.

    Raises:
        WarehouseError: another process holds the file, it cannot be opened, or a newer Tally has written it.
    """

    connection: duckdb.DuckDBPyConnection
    ledger: Ledger

    def __init__(self, path: Path, lock_timeout: float = 30.0) -> None:
        self.path = path
        self._lock_timeout = lock_timeout

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            # For as long as it is open: DuckDB and dlt make files as they need them.
            stack.enter_context(owner_only())
            with opening(self.path):
                stack.enter_context(ducklake.writing(self.path, self._lock_timeout))
            self.connection = self._open()
            stack.callback(self.connection.close)
            migrations.refuse_newer(self.connection, f"the warehouse {self.path}")
            try:
                migrations.mark_new(self.connection)
                self.ledger = Ledger(self.connection)
            except duckdb.Error as error:
                raise WarehouseError(f"the warehouse {self.path} cannot be written: {first_line(error)}") from None
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def _open(self) -> duckdb.DuckDBPyConnection:
        with opening(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            connection = connect(self.path, self._lock_timeout)
        paths = WarehousePaths(self.path)
        for each in (paths.file, paths.dlt):
            close_to_others(each)
        return connection

    def columns(self, dataset: str, table: str) -> set[str]:
        """The columns of a table; none if it does not exist."""
        return columns(self.connection, dataset, table)

    def newest(self, dataset: str, table: str, column: str) -> datetime | None:
        """The greatest timestamp or date in a column.

        None where the table is empty, does not exist or lacks the column, or holds a moment that Python does not know.
        """
        if column not in self.columns(dataset, table):
            return None
        try:
            found = self.connection.execute(f'select max("{column}") from "{dataset}"."{table}"').fetchone()
        except (ValueError, OverflowError):
            return None
        return found[0] if found else None

    def drop_unfinished(self, dataset: str, tables: Sequence[str]) -> None:
        """Take back what a killed load has left: some tables have its rows and others lack them.

        An unfinished load is later than every finished one.
        """
        if not self.columns(dataset, "_dlt_loads"):
            return
        finished = f'(select max(load_id) from "{dataset}"._dlt_loads where status = 0)'
        self.connection.begin()
        for table in tables:
            if "_dlt_load_id" in self.columns(dataset, table):
                self.connection.execute(
                    f'delete from "{dataset}"."{table}" where _dlt_load_id > {finished} or {finished} is null'
                )
        self.connection.commit()

    def roll_back(self) -> None:
        """Undo what an error has left in the middle of a transaction; nothing where there is none."""
        # DuckDB says in no other way that there is none.
        with suppress(duckdb.TransactionException):
            self.connection.rollback()

    def query(self, sql: str, arrived: pa.Table | None = None) -> pa.Table:
        """The answer to a query, which sees an Arrow table under the name `arrived`."""
        if arrived is None:
            return self.connection.execute(sql).to_arrow_table()
        self.connection.register("arrived", arrived)
        try:
            return self.connection.execute(sql).to_arrow_table()
        finally:
            self.connection.unregister("arrived")

    def wait_for_clock(self) -> None:
        """Wait until the machine's clock is past every load in the warehouse.

        The models find new rows by a load id greater than all before, and load ids are the clock's.

        Raises:
            WarehouseError: the clock is behind by more than ten seconds.
        """
        newest = 0.0
        for (dataset,) in self.connection.execute(
            "select schema_name from duckdb_tables() where table_name = '_dlt_loads' "
            "and database_name = current_database()"
        ).fetchall():
            found = self.connection.execute(
                f'select max(try_cast(load_id as double)) from "{dataset}"._dlt_loads'
            ).fetchone()
            newest = max(newest, (found and found[0]) or 0.0)
        behind = newest - time.time()
        if behind >= LONGEST_CLOCK_WAIT:
            seen = datetime.fromtimestamp(newest, UTC)
            raise WarehouseError(
                f"the machine's clock is behind the warehouse's newest load ({seen:%Y-%m-%d %H:%M:%S} UTC): "
                "set the clock right, then run again; if it was ahead then, `python -m ingestion restamp` dates that load back"
            )
        if behind >= 0:
            time.sleep(behind + 0.01)
