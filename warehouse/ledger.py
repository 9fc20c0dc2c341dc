"""The ledger, `raw_operations`: what ran, how far each source was taken, what was purged.

It lives in the warehouse's file, so that a deleted warehouse begins anew, even if files beside it were left behind.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import duckdb
import pyarrow as pa

from warehouse.ducklake import is_ducklake
from warehouse.errors import WarehouseError
from warehouse.settings import writer
from warehouse.sql import quoted

SCHEMA = "raw_operations"
ATTEMPTS = 5

TABLES: dict[str, dict[str, str]] = {
    "runs": {
        "run_id": "varchar",
        "what": "varchar",
        "source": "varchar",
        "started_at": "timestamp with time zone",
        "ended_at": "timestamp with time zone",
        "outcome": "varchar",
        "rows_new": "bigint",
        "rows_changed": "bigint",
        "rows_rejected": "bigint",
        "message": "varchar",
        "writer": "varchar",
    },
    "cursors": {
        "source": "varchar",
        "entity": "varchar",
        "provider": "varchar",
        "updated_at": "timestamp with time zone",
        "value": "varchar",
    },
    "answers": {
        "source": "varchar",
        "entity": "varchar",
        "url": "varchar",
        "url_hash": "varchar",
        "etag": "varchar",
        "lines": "bigint",
        "rows_held": "bigint",
    },
    "reconciled": {"source": "varchar", "reconciled_at": "timestamp with time zone"},
    "accepted_answers": {
        "source": "varchar",
        "entity": "varchar",
        "content_hash": "varchar",
        "mode": "varchar",
        "accepted_at": "timestamp with time zone",
    },
    "settled_days": {"source": "varchar", "entity": "varchar", "day": "date"},
    "feeds": {
        "feed": "varchar",
        "source": "varchar",
        "entity": "varchar",
        "noted_at": "timestamp with time zone",
    },
    "feed_files": {
        "feed": "varchar",
        "path": "varchar",
        "file_id": "varchar",
        "size": "bigint",
        "modified_at": "varchar",
        "content_hash": "varchar",
        "mapping_hash": "varchar",
        "state": "varchar",
        "lines": "bigint",
        "rows_loaded": "bigint",
        "first_read_at": "timestamp with time zone",
        "loaded_at": "timestamp with time zone",
    },
    "source_settings": {"source": "varchar", "setting": "varchar", "value": "varchar"},
    "retention": {"source": "varchar", "entity": "varchar", "kept_from": "timestamp with time zone"},
    "unfinished_nodes": {"node_id": "varchar", "run_id": "varchar"},
    "test_results": {
        "node_id": "varchar",
        "name": "varchar",
        "resource_type": "varchar",
        "tested_model": "varchar",
        "tested_column": "varchar",
        "outcome": "varchar",
        "failures": "bigint",
        "seconds": "double",
        "run_id": "varchar",
        "tested_at": "timestamp with time zone",
        "failing_since": "timestamp with time zone",
    },
    "shipments": {
        "shipment": "varchar",
        "shard": "varchar",
        "shipped_at": "timestamp with time zone",
        "shipped_load_id": "varchar",
        "committed_at": "timestamp with time zone",
        "load_id": "varchar",
        "row_count": "bigint",
    },
    "migrations": {"version": "bigint", "migrated_at": "timestamp with time zone", "backup": "varchar"},
    "full_refreshes": {"relation": "varchar", "marked_at": "timestamp with time zone"},
    "sizes": {
        "run_id": "varchar",
        "measured_at": "timestamp with time zone",
        "bytes": "bigint",
        "free_bytes": "bigint",
    },
}
"""Each table's columns and DuckDB types. dbt's `raw_tables` macro is made from this (`python -m tools generate`)."""

KEYS = {
    "cursors": ("source", "entity"),
    "answers": ("source", "entity"),
    "accepted_answers": ("source", "entity"),
    "reconciled": ("source",),
    "settled_days": ("source", "entity", "day"),
    "feed_files": ("feed", "path"),
    "shipments": ("shipment",),
}


def _definition(table: str, has_keys: bool) -> str:
    columns = [f"{name} {kind}" for name, kind in TABLES[table].items()]
    key = [f"primary key ({', '.join(KEYS[table])})"] if has_keys and table in KEYS else []
    return f"create table if not exists {SCHEMA}.{table} ({', '.join(columns + key)});"


def create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the ledger's tables where they are missing; in a DuckLake, which has no primary keys, without them."""
    has_keys = not is_ducklake(connection)
    connection.execute(
        f"create schema if not exists {SCHEMA};" + "".join(_definition(table, has_keys) for table in TABLES)
    )


@dataclass(frozen=True)
class Answer:
    """One answer that held all of an entity, as the next run needs to know it.

    `url` can be printed; `url_hash` identifies the whole one. `lines` are all that it held, readable or not. `content_hash` is
    of its bytes; the next run does not need it.
    """

    url: str
    url_hash: str
    etag: str | None
    lines: int
    content_hash: str = ""


@dataclass(frozen=True)
class FeedFile:
    """A file that a feed has read, or begun to.

    `file_id` is the content that was first read under the path: a file that grows, or is corrected, keeps it, and so does one that is
    renamed. `is_loaded` is false from just before its rows are loaded until just after.
    """

    path: str
    file_id: str
    size: int
    modified_at: str
    content_hash: str
    mapping_hash: str
    is_loaded: bool
    lines: int
    rows_loaded: int
    first_read_at: datetime


class Ledger:
    """The tables of `raw_operations`, made where they are missing."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        self.writer = writer()
        self._has_many_writers = is_ducklake(connection)
        create_tables(connection)

    # Runs.

    def start_run(self, source: str | None, what: str = "ingestion") -> str:
        """Begin a row in the list of runs, and close those like it that were killed before. Returns its id.

        One process writes at a time, to a file whoever it is, to a DuckLake under each writer's name: what still says `running` was killed.
        """
        run_id = uuid.uuid4().hex
        own, name = ("and writer = ?", [self.writer]) if self._has_many_writers else ("", [])
        self._write(
            "update raw_operations.runs set outcome = 'failed', message = 'killed before it ended' "
            f"where what = ? and source is not distinct from ? and outcome = 'running' {own}",
            [what, source, *name],
        )
        self._write(
            "insert into raw_operations.runs (run_id, what, source, started_at, outcome, writer) values (?, ?, ?, ?, 'running', ?)",
            [run_id, what, source, datetime.now(UTC), self.writer],
        )
        return run_id

    def refuse_second_writer(self, run_id: str, what: str, source: str | None) -> None:
        """Two writers that load one source into a DuckLake would each add the rows that the other is adding; a commit loads every source.

        A file has one writer, and so has this one's name: what says `running` there was killed.

        To be called once the run is on record: of two that begin at once, the later sees the earlier.

        Raises:
            WarehouseError: another writer is loading it.
        """
        if not self._has_many_writers:
            return
        found = self.connection.execute(
            "select writer, strftime(started_at, '%Y-%m-%d %H:%M'), what, coalesce(source, '') from raw_operations.runs "
            "where what in ('ingestion', 'commit') and outcome = 'running' and run_id <> ? and writer is distinct from ? "
            "and (source = ? or source is null or ?::varchar is null)",
            [run_id, self.writer, source, source],
        ).fetchone()
        if found:
            other, since, its, loaded = found
            command = f"python -m ingestion {'commit' if its == 'commit' else loaded}"
            raise WarehouseError(
                f"{other} has been running `{command}` since {since} UTC, and one writer loads a source at a time: wait until it has "
                f"ended; where it never will, run that with TALLY_WRITER={other}"
            )

    def end_run(self, run_id: str, message: str | None, new: int, changed: int, rejected: int) -> None:
        """Close a run's row: failed if there is a message."""
        self._write(
            "update raw_operations.runs set ended_at = ?, outcome = ?, message = ?, rows_new = ?, rows_changed = ?, "
            "rows_rejected = ? where run_id = ?",
            [datetime.now(UTC), "failed" if message else "ok", message, new, changed, rejected, run_id],
        )

    # Cursors.

    def cursors(self, source: str, provider: str) -> dict[str, datetime]:
        """How far each entity of the source has been taken from that provider (its address without secrets)."""
        rows = self.connection.execute(
            "select entity, updated_at from raw_operations.cursors where source = ? and provider = ?",
            [source, provider],
        ).fetchall()
        dataset = self._dataset(source)
        return {entity: moment for entity, moment in rows if columns(self.connection, dataset, entity)}

    def save_cursor(self, source: str, entity: str, provider: str, moment: datetime) -> None:
        """Remember how far an entity has been taken."""
        self._save("cursors", source=source, entity=entity, provider=provider, updated_at=moment)

    def feed_cursor(self, feed: str, entity: str, provider: str) -> str | None:
        """How far a feed has been taken from a database or an API, as the feed writes it; None where it has to begin anew."""
        found = self.connection.execute(
            "select value from raw_operations.cursors where source = ? and entity = ? and provider = ?",
            [feed, entity, provider],
        ).fetchone()
        return found[0] if found and columns(self.connection, self._dataset(feed), entity) else None

    def save_feed_cursor(self, feed: str, entity: str, provider: str, value: str) -> None:
        """Remember how far a feed has been taken."""
        self._save("cursors", source=feed, entity=entity, provider=provider, value=value)

    # Answers that held all of an entity.

    def answers(self, source: str) -> dict[str, Answer]:
        """The answer that each entity was last loaded from, where the warehouse still holds what it brought."""
        rows = self.connection.execute(
            "select entity, url, url_hash, etag, lines, rows_held from raw_operations.answers where source = ?",
            [source],
        ).fetchall()
        return {
            entity: Answer(url, url_hash, etag, lines)
            for entity, url, url_hash, etag, lines, rows_held in rows
            if self._rows_held(source, entity) == rows_held
        }

    def lines_before(self, source: str, entity: str) -> int:
        """How many lines the answer had that the entity was last loaded from."""
        found = self.connection.execute(
            "select lines from raw_operations.answers where source = ? and entity = ?", [source, entity]
        ).fetchone()
        return found[0] if found else 0

    def save_answer(self, source: str, entity: str, answer: Answer) -> None:
        """Remember the answer that an entity was loaded from. What was accepted of it is used up."""
        self._save(
            "answers", source=source, entity=entity, url=answer.url, url_hash=answer.url_hash, etag=answer.etag,
            lines=answer.lines, rows_held=self._rows_held(source, entity),
        )  # fmt: skip
        self.connection.execute(
            "delete from raw_operations.accepted_answers where source = ? and entity = ?", [source, entity]
        )

    def accepted_mode(self, source: str, entity: str, content_hash: str) -> Any:
        """The mode under which the owner has accepted an answer of this content; None if nobody has."""
        found = self.connection.execute(
            "select mode from raw_operations.accepted_answers where source = ? and entity = ? and content_hash = ?",
            [source, entity, content_hash],
        ).fetchone()
        return found[0] if found else None

    def accept(self, source: str, entity: str, content_hash: str, mode: str) -> None:
        """Remember that the next answer of an entity is to be loaded under this mode, if it has this content."""
        self._save(
            "accepted_answers",
            source=source,
            entity=entity,
            content_hash=content_hash,
            mode=mode,
            accepted_at=datetime.now(UTC),
        )

    def settle_days(self, source: str, entity: str, column: str, days: pa.Table) -> None:
        """Remember which days an entity holds rows of that its answer need not have: all but these (a column `day`)."""
        self.connection.register("answered", days)
        try:
            self.connection.begin()
            self.connection.execute(
                "delete from raw_operations.settled_days where source = ? and entity = ?", [source, entity]
            )
            if columns(self.connection, self._dataset(source), entity):
                self.connection.execute(
                    f'insert into raw_operations.settled_days select distinct ?, ?, "{column}" from {self._rows(source, entity)} '
                    f'where "{column}" not in (select day from answered)',
                    [source, entity],
                )
            self.connection.commit()
        finally:
            self.connection.unregister("answered")

    # Feeds: which entities each fills. The models read it.

    def feeds(self) -> dict[str, tuple[str, list[str]]]:
        """The feeds that are remembered: of each the built-in source and the entities that it fills."""
        rows = self.connection.execute(
            "select feed, any_value(source), list(entity order by entity) from raw_operations.feeds group by feed"
        ).fetchall()
        return {feed: (source, entities) for feed, source, entities in rows}

    def save_feeds(self, feeds: Mapping[str, tuple[str, Iterable[str]]]) -> None:
        """Remember the feeds that there are: of each the built-in source and the entities that it fills.

        `noted_at` stays of what was there before. To be called before a run of ingestion asks anything: a built-in source that has not
        been asked since there are feeds is not in use.
        """
        wanted = {(feed, source, entity) for feed, (source, entities) in feeds.items() for entity in entities}
        held = self.connection.execute("select feed, source, entity from raw_operations.feeds").fetchall()
        self.connection.begin()
        for gone in set(held) - wanted:
            self.connection.execute(
                "delete from raw_operations.feeds where feed = ? and source = ? and entity = ?", list(gone)
            )
        now = datetime.now(UTC)
        for new in sorted(wanted - set(held)):
            self.connection.execute("insert into raw_operations.feeds values (?, ?, ?, ?)", [*new, now])
        self.connection.commit()

    def feed_files(self, feed: str) -> dict[str, FeedFile]:
        """The files that a feed has read, by path."""
        rows = self.connection.execute(
            "select path, file_id, size, modified_at, content_hash, mapping_hash, state = 'loaded', lines, rows_loaded, first_read_at "
            "from raw_operations.feed_files where feed = ?",
            [feed],
        ).fetchall()
        return {row[0]: FeedFile(*row) for row in rows}

    def save_feed_files(self, feed: str, files: Sequence[FeedFile]) -> None:
        """Remember files that a feed reads, all or none of them."""
        now = datetime.now(UTC)
        rows = [
            {
                "feed": feed, "path": file.path, "file_id": file.file_id, "size": file.size, "modified_at": file.modified_at,
                "content_hash": file.content_hash, "mapping_hash": file.mapping_hash, "state": "loaded" if file.is_loaded else "loading",
                "lines": file.lines, "rows_loaded": file.rows_loaded, "first_read_at": file.first_read_at,
                "loaded_at": now if file.is_loaded else None,
            }
            for file in files
        ]  # fmt: skip
        moments = pa.timestamp("us", tz="UTC")
        kinds = {
            "size": pa.int64(),
            "lines": pa.int64(),
            "rows_loaded": pa.int64(),
            "first_read_at": moments,
            "loaded_at": moments,
        }
        names = list(TABLES["feed_files"])
        schema = pa.schema([(name, kinds.get(name, pa.string())) for name in names])
        self.connection.register("feed_files_read", pa.Table.from_pylist(rows, schema=schema))
        try:
            self.connection.execute(_merge("feed_files", "feed_files_read"))
        finally:
            self.connection.unregister("feed_files_read")

    def _write(self, statement: str, values: Sequence[object]) -> None:
        """One statement, by itself; again where another writer of a DuckLake has changed the same rows meanwhile."""
        for attempt in range(ATTEMPTS):
            try:
                self.connection.execute(statement, values)
                return
            except duckdb.TransactionException:
                if attempt == ATTEMPTS - 1 or not self._has_many_writers:
                    raise
                time.sleep(0.2 * 2**attempt)

    def _save(self, table: str, **values: object) -> None:
        """Put a row in the place of the one with its key; columns that are not named are null."""
        named = ", ".join(
            f"{f'?::{kind}' if name in values else f'null::{kind}'} as {name}" for name, kind in TABLES[table].items()
        )
        ordered = [values[name] for name in TABLES[table] if name in values]
        self._write(_merge(table, f"(select {named})"), ordered)

    def _dataset(self, source: str) -> str:
        """The schema of the raw tables that a run of this name fills: a feed's are those of a built-in source."""
        return f"raw_{self._filled_by_feed(source) or source}"

    def _rows(self, source: str, entity: str) -> str:
        """SQL for the rows of a raw table that a run of this name brought."""
        dataset = self._dataset(source)
        table = f'"{dataset}"."{entity}"'
        if "feed" not in columns(self.connection, dataset, entity):
            return table
        is_own = f"feed = '{source}'" if self._filled_by_feed(source) else "feed is null"
        return f"(select * from {table} where {is_own})"

    def _filled_by_feed(self, feed: str) -> str | None:
        found = self.connection.execute("select source from raw_operations.feeds where feed = ?", [feed]).fetchone()
        return found[0] if found else None

    # What settings say of a source's rows: the models read it.

    def save_source_settings(self, source: str, settings: Mapping[str, str | None]) -> None:
        """Remember the settings of a source that its models read."""
        self.connection.begin()
        self.connection.execute("delete from raw_operations.source_settings where source = ?", [source])
        for setting, value in settings.items():
            self.connection.execute(
                "insert into raw_operations.source_settings values (?, ?, ?)", [source, setting, value]
            )
        self.connection.commit()

    # Reconciliation.

    def reconciled_at(self, source: str) -> datetime | None:
        """When the source was last reconciled; None where it never was."""
        found = self.connection.execute(
            "select reconciled_at from raw_operations.reconciled where source = ?", [source]
        ).fetchone()
        return found[0] if found else None

    def save_reconciled(self, source: str) -> None:
        """Remember that the source was reconciled now."""
        self._save("reconciled", source=source, reconciled_at=datetime.now(UTC))

    # Retention: what is older was purged, and is not taken again.

    def retention_cutoff(self, source: str, entity: str) -> datetime | None:
        """The first moment whose events the warehouse keeps; None where it keeps all."""
        found = self.connection.execute(
            "select kept_from from raw_operations.retention where source = ? and entity = ?", [source, entity]
        ).fetchone()
        return found[0] if found else None

    def save_retention_cutoff(self, source: str, entity: str, moment: datetime | None) -> None:
        """Remember it."""
        self.connection.execute(
            "delete from raw_operations.retention where source = ? and entity = ?", [source, entity]
        )
        if moment:
            self.connection.execute("insert into raw_operations.retention values (?, ?, ?)", [source, entity, moment])

    def _rows_held(self, source: str, entity: str) -> int:
        if not columns(self.connection, self._dataset(source), entity):
            return 0
        found = self.connection.execute(f"select count(*) from {self._rows(source, entity)}").fetchone()
        return found[0] if found else 0


def _merge(table: str, rows: str) -> str:
    """SQL that puts rows in the place of those with their keys, on a file and on a DuckLake alike."""
    names, key = list(TABLES[table]), KEYS[table]
    others = [name for name in names if name not in key]
    return (
        f"merge into {SCHEMA}.{table} as held using {rows} as new "
        f"on {' and '.join(f'held.{name} = new.{name}' for name in key)} "
        f"when matched then update set {', '.join(f'{name} = new.{name}' for name in others)} "
        f"when not matched then insert ({', '.join(names)}) values ({', '.join(f'new.{name}' for name in names)})"
    )


def columns(connection: duckdb.DuckDBPyConnection, dataset: str, table: str) -> set[str]:
    """The columns of a table; none if it does not exist."""
    try:
        # DuckDB's list of all columns of all tables takes twenty times as long.
        rows = connection.execute(f"describe {quoted(dataset)}.{quoted(table)}").fetchall()
    except duckdb.CatalogException:
        return set()
    return {name for name, *_ in rows}
