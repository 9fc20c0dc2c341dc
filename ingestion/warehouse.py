"""The warehouse file: opened by one process at a time, with the runs and cursors that ingestion keeps in it."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import duckdb
import pyarrow as pa

from ingestion.errors import IngestionError
from ingestion.lock import HeldError, connect
from ingestion.shapes import Answer, Source

LONGEST_CLOCK_WAIT = 10.0

OPERATIONS = """
create schema if not exists raw_operations;
create table if not exists raw_operations.runs (
    run_id varchar, what varchar, source varchar, started_at timestamptz, ended_at timestamptz, outcome varchar,
    rows_new bigint, rows_changed bigint, rows_rejected bigint, message varchar
);
create table if not exists raw_operations.cursors (
    source varchar, entity varchar, provider varchar, updated_at timestamptz, primary key (source, entity)
);
create table if not exists raw_operations.answers (
    source varchar, entity varchar, url varchar, url_hash varchar, etag varchar, lines bigint, rows_held bigint,
    primary key (source, entity)
);
create table if not exists raw_operations.retention (source varchar, entity varchar, kept_from timestamptz);
"""


class Warehouse:
    """A DuckDB file held for as long as the context lasts.

    Whoever comes second waits `lock_timeout` seconds; `notify` gets a line when the wait begins.

    Raises:
        IngestionError: another process holds the file, or it cannot be opened.
    """

    def __init__(
        self, path: Path, lock_timeout: float = 30.0, notify: Callable[[str], None] = lambda line: None
    ) -> None:
        self.path = path
        self._lock_timeout = lock_timeout
        self._notify = notify

    def __enter__(self) -> Self:
        self.connection = self._open()
        try:
            self.connection.execute("set timezone = 'UTC'")
            self.connection.execute(OPERATIONS)
        except duckdb.Error as error:
            self.connection.close()
            raise IngestionError(f"the warehouse {self.path} cannot be written: {first_line(error)}") from None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.connection.close()

    def _open(self) -> duckdb.DuckDBPyConnection:
        def told(holder: str) -> None:
            self._notify(f"the warehouse is held by {holder}: waiting up to {self._lock_timeout:.0f} s")

        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            return connect(self.path, self._lock_timeout, notify=told)
        except OSError as error:
            raise IngestionError(f"the folder of {self.path} cannot be made: {error.strerror}") from None
        except HeldError as error:
            raise IngestionError(f"the warehouse {self.path} is {error}: let it end, then run again") from None
        except duckdb.Error as error:
            raise IngestionError(f"the warehouse {self.path} cannot be opened: {first_line(error)}") from None

    # Runs.

    def start_run(self, source: str | None, what: str = "ingestion") -> str:
        """Begin a row in the list of runs, and close those like it that were killed before. Returns its id."""
        run_id = uuid.uuid4().hex
        self.connection.execute(
            "update raw_operations.runs set outcome = 'failed', message = 'killed before it ended' "
            "where what = ? and source is not distinct from ? and outcome = 'running'",
            [what, source],
        )
        self.connection.execute(
            "insert into raw_operations.runs (run_id, what, source, started_at, outcome) values (?, ?, ?, ?, 'running')",
            [run_id, what, source, datetime.now(UTC)],
        )
        return run_id

    def end_run(self, run_id: str, message: str | None, new: int, changed: int, rejected: int) -> None:
        """Close a run's row: failed if there is a message."""
        self.connection.execute(
            "update raw_operations.runs set ended_at = ?, outcome = ?, message = ?, rows_new = ?, rows_changed = ?, "
            "rows_rejected = ? where run_id = ?",
            [datetime.now(UTC), "failed" if message else "ok", message, new, changed, rejected, run_id],
        )

    # Cursors. They live in the file, so that a deleted warehouse begins anew, whatever else was left behind.

    def cursors(self, source: Source, provider: str) -> dict[str, datetime]:
        """How far each entity of the source has been taken from that provider (its address without secrets)."""
        rows = self.connection.execute(
            "select entity, updated_at from raw_operations.cursors where source = ? and provider = ?",
            [source.name, provider],
        ).fetchall()
        return {entity: moment for entity, moment in rows if self.columns(source.dataset, entity)}

    def save_cursor(self, source: Source, entity: str, provider: str, moment: datetime) -> None:
        """Remember how far an entity has been taken."""
        self.connection.execute(
            "insert or replace into raw_operations.cursors values (?, ?, ?, ?)",
            [source.name, entity, provider, moment],
        )

    # Answers that held all of an entity. They are in the file for the same reason.

    def answers(self, source: Source) -> dict[str, Answer]:
        """The answer that each entity was last loaded from, where the warehouse still holds what it brought."""
        rows = self.connection.execute(
            "select entity, url, url_hash, etag, lines, rows_held from raw_operations.answers where source = ?",
            [source.name],
        ).fetchall()
        return {
            entity: Answer(url, url_hash, etag, lines)
            for entity, url, url_hash, etag, lines, rows_held in rows
            if self._rows_held(source, entity) == rows_held
        }

    def lines_before(self, source: Source, entity: str) -> int:
        """How many lines the answer had that the entity was last loaded from."""
        found = self.connection.execute(
            "select lines from raw_operations.answers where source = ? and entity = ?", [source.name, entity]
        ).fetchone()
        return found[0] if found else 0

    def save_answer(self, source: Source, entity: str, answer: Answer) -> None:
        """Remember the answer that an entity was loaded from."""
        self.connection.execute(
            "insert or replace into raw_operations.answers values (?, ?, ?, ?, ?, ?, ?)",
            [
                source.name, entity, answer.url, answer.url_hash, answer.etag, answer.lines,
                self._rows_held(source, entity),
            ],
        )  # fmt: skip

    # Retention: what is older was let go, and is not taken again.

    def kept_from(self, source: Source, entity: str) -> datetime | None:
        """The first moment whose events the warehouse keeps; None where it keeps all."""
        found = self.connection.execute(
            "select kept_from from raw_operations.retention where source = ? and entity = ?", [source.name, entity]
        ).fetchone()
        return found[0] if found else None

    def save_kept_from(self, source: Source, entity: str, moment: datetime | None) -> None:
        """Remember it."""
        self.connection.execute(
            "delete from raw_operations.retention where source = ? and entity = ?", [source.name, entity]
        )
        if moment:
            self.connection.execute(
                "insert into raw_operations.retention values (?, ?, ?)", [source.name, entity, moment]
            )

    def drop_unfinished(self, source: Source) -> None:
        """Take back what a killed load has left: some tables have its rows and others lack them.

        An unfinished load is later than every finished one.
        """
        if not self.columns(source.dataset, "_dlt_loads"):
            return
        finished = f'(select max(load_id) from "{source.dataset}"._dlt_loads where status = 0)'
        self.connection.begin()
        for entity in source.entities:
            if "_dlt_load_id" in self.columns(source.dataset, entity.name):
                self.connection.execute(
                    f'delete from "{source.dataset}"."{entity.name}" where _dlt_load_id > {finished} or {finished} is null'
                )
        self.connection.commit()

    # Raw tables.

    def columns(self, dataset: str, table: str) -> set[str]:
        """The columns of a raw table; none if it does not exist."""
        rows = self.connection.execute(
            "select column_name from duckdb_columns() where schema_name = ? and table_name = ? and not internal "
            "and database_name = current_database()",
            [dataset, table],
        ).fetchall()
        return {name for (name,) in rows}

    def _rows_held(self, source: Source, table: str) -> int:
        if not self.columns(source.dataset, table):
            return 0
        found = self.connection.execute(f'select count(*) from "{source.dataset}"."{table}"').fetchone()
        return found[0] if found else 0

    def newest(self, source: Source) -> datetime | None:
        """The newest event time that the source has delivered."""
        table, field = source.newest
        if not self.columns(source.dataset, table):
            return None
        found = self.connection.execute(f'select max("{field}") from "{source.dataset}"."{table}"').fetchone()
        return found[0] if found else None

    def query(self, sql: str, arrived: pa.Table) -> pa.Table:
        """The answer to a query that sees an Arrow table under the name `arrived`."""
        self.connection.register("arrived", arrived)
        try:
            return self.connection.execute(sql).to_arrow_table()
        finally:
            self.connection.unregister("arrived")

    def wait_for_clock(self) -> None:
        """Wait until the machine's clock is past every load in the warehouse.

        The models tell new rows by a load id greater than all before, and load ids are the clock's.

        Raises:
            IngestionError: the clock is behind by more than ten seconds.
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
            raise IngestionError(
                f"the machine's clock is behind the warehouse's newest load ({seen:%Y-%m-%d %H:%M:%S} UTC): "
                "set the clock right, then run again"
            )
        if behind >= 0:
            time.sleep(behind + 0.01)


def first_line(error: BaseException) -> str:
    """The first line of an error's text, without DuckDB's links to its documentation."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0].partition(" See also http")[0]
