"""A feed's run: its files that are new or have changed, one load each, and what is known of them afterwards.

A file is noted before its rows are loaded, and again after: a run that was killed between reads it again, finds what is already there, and
loads the rest.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

import pyarrow as pa
import pyarrow.compute as pc

from ingestion import bounds, rejections
from ingestion.difference import difference, marked, missing_rows
from ingestion.errors import SourceError
from ingestion.feeds import ask, companions, folder, formats, objects
from ingestion.feeds.asked import Answer, Since
from ingestion.feeds.config import Feed, Spec
from ingestion.feeds.files import finished, hash_of, listed
from ingestion.feeds.listing import Listed
from ingestion.feeds.mapping import Origin, Readings, readings, wanted_titles
from ingestion.feeds.rows import entity_of, rows
from ingestion.feeds.tables import Cells
from ingestion.feeds.targets import FeedMode
from ingestion.load import Loader
from ingestion.memory import give_back
from ingestion.progress import Progress
from ingestion.schemas import TIMESTAMP, Counts, Entity, Source
from warehouse.connection import connect_memory
from warehouse.database import Warehouse
from warehouse.ledger import FeedFile
from warehouse.settings import SourceSettings
from warehouse.sql import literal
from warehouse.text import one_line

logger = logging.getLogger(__name__)

LENGTH_OF_ID = 16
# New files are loaded together up to so many rows or files.
ROWS_A_LOAD = 200_000
FILES_A_LOAD = 500


@dataclass
class FileRows:
    """What a file brings.

    Attributes:
        arrivals: its rows, as the raw table has them.
        read: what was read, and what was rejected.
    """

    arrivals: pa.Table
    read: Readings


@dataclass
class Change:
    """What loading a file would change.

    Attributes:
        loads: the rows to load, by entity.
        all_new: the entities of which all those rows are new.
        new: how many rows are new.
        changed: how many differ from what is held, those that no longer count among them.
        rows: the rows of the file that are new or differ.
        gone: the rows that no longer count, as they are held.
        refusal: why the file is not to be loaded as it is; None if it is.
    """

    loads: dict[Entity, pa.Table] = field(default_factory=dict)
    all_new: set[Entity] = field(default_factory=set)
    new: int = 0
    changed: int = 0
    rows: pa.Table = field(default_factory=lambda: pa.table({}))
    gone: pa.Table = field(default_factory=lambda: pa.table({}))
    refusal: str | None = None


@dataclass
class Ready:
    """A file that has been read, and waits to be loaded.

    Attributes:
        is_new: nothing of it has been loaded before: it can be loaded together with others.
        is_remapped: it was loaded before under another mapping.
        must_be_readable: that none of its rows can be read is an error.
    """

    file: FeedFile
    found: FileRows
    is_new: bool = False
    is_remapped: bool = False
    must_be_readable: bool = True

    @property
    def is_unreadable(self) -> bool:
        """Whether it has rows of which none could be read, and that is an error."""
        return self.must_be_readable and self.found.read.rows_read > 0 and not len(self.found.arrivals)

    def unreadable_error(self) -> str:
        """What to say then, in a line."""
        first = one_line(self.found.read.rejected[0].reason, 300) if self.found.read.rejected else "none said why"
        return f"none of the {self.found.read.rows_read:,} rows of {self.file.path} could be read; the first: {first}"


def source_of(name: str, feed: Feed) -> Source:
    """The feed as a source: a run of its own that fills the raw tables of a built-in one."""
    filled = feed.target.source
    return replace(
        filled,
        name=name,
        settings=SourceSettings,
        read=lambda settings, client, window: iter(()),
        is_whole=False,
        reconciles=feed.is_asked,
        said_to_models=(),
        domain=filled.name,
    )


def mapping_hash(feed: Feed) -> str:
    """What identifies how a feed reads its files: files are read again when it changes."""
    said = feed.model_dump(mode="json", exclude={"from_", "mode", "rows", "sql", "rest"})
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def files_of(name: str, feed: Feed) -> list[Listed]:
    """The feed's files that nobody is writing any more, the oldest first; its own rows as one.

    Raises:
        SourceError: a folder, a file or a bucket is not there.
    """
    if feed.rows:
        body = json.dumps(feed.rows, sort_keys=True).encode()
        return [Listed(f"{name}.toml", len(body), "", False, lambda: body)]
    found = finished(listed(feed.places, folder.root()), feed.places, folder.root(), name)
    # All there is is what the newest file has.
    return found[-1:] if feed.file_mode == "replace" else found


def read_cells(feed: Feed, file: FeedFile, body: bytes) -> Cells:
    """The cells of a file, or of the feed's own rows.

    Raises:
        SourceError: it cannot be read, or lacks a column.
    """
    if feed.rows:
        return objects.rows_as_cells([{**_hours(feed), **row} for row in feed.rows])
    return formats.read(file.path, body, feed.layout, wanted_titles(feed))


def read_rows(name: str, feed: Feed, file: FeedFile, cells: Cells, latest: datetime) -> FileRows:
    """The rows that the cells of a file say; the cells are used up.

    Raises:
        SourceError: the file's name has not the part that the feed takes from it.
    """
    origin = Origin(name, file.path, file.first_read_at)
    if feed.rows:
        ours = dict.fromkeys([*_hours(feed), *(ours for row in feed.rows for ours in row)])
        feed = feed.model_copy(update={"columns": {each: Spec.model_validate({"from": each}) for each in ours}})
    read = readings(feed, origin, cells, latest)
    # Whoever called still has the cells: a million rows of them are worth freeing.
    cells.columns.clear()
    give_back()
    arrivals, read = rows(feed, origin, read, file.file_id)
    read.values, read.texts, read.spelt = {}, {}, {}
    give_back()
    return FileRows(arrivals, read)


def _hours(feed: Feed) -> dict[str, str]:
    """What a row of [[rows]] has that says no hours: one that leaves both blank is of a closed store."""
    return {"opens_at": "00:00", "closes_at": "24:00"} if feed.fills == "footfall.stores" else {}


def take(
    warehouse: Warehouse,
    name: str,
    feed: Feed,
    since: date | None,
    full_refresh: bool,
    reconcile_days: int | None,
    counts: Counts,
    progress: Progress,
    now: datetime,
) -> None:
    """Load the files of a feed that are new or have changed; with `full_refresh` or `since` all of them.

    Of a database or an API what is newer than the cursor, with `reconcile_days` also what so many days have brought before; without a cursor
    all there is.

    Raises:
        SourceError: a file cannot be read, or is refused; the others have been loaded.
    """
    run = _Run(warehouse, name, feed, now, since, full_refresh, counts, progress)
    if feed.is_asked:
        run.load_answers(reconcile_days)
    else:
        run.load_files(files_of(name, feed))
    failures = run.failures
    if full_refresh and not failures and (withdrawn := rejections.withdraw(warehouse, run.source, run.rejected)):
        logger.info("%s: %s records that were rejected before are not any more", name, f"{withdrawn:,}")
    if failures:
        others = (
            f"; and {len(failures) - 1} more files: {one_line('; '.join(failures[1:]), 300)}" if failures[1:] else ""
        )
        raise SourceError(failures[0] + others)


class _Run:
    """One run of one feed. `failures` are the files that could not be read or were refused, a line each."""

    def __init__(
        self,
        warehouse: Warehouse,
        name: str,
        feed: Feed,
        now: datetime,
        since: date | None = None,
        full_refresh: bool = False,
        counts: Counts | None = None,
        progress: Progress | None = None,
    ) -> None:
        self.failures: list[str] = []
        self._counts = counts or Counts()
        self._progress = progress or Progress.silent()
        self.source = source_of(name, feed)
        self.rejected: set[tuple[str, str]] = set()
        self._warehouse = warehouse
        self._name = name
        self._feed = feed
        self._now = now
        self._since = since
        self._takes_all = full_refresh or since is not None
        self._mapping = mapping_hash(feed)
        self._known = warehouse.ledger.feed_files(name)
        self._listed: set[str] = set()
        self._loader = Loader(warehouse, self.source)

    def load_files(self, listings: Sequence[Listed]) -> None:
        """Load the files that are new or have changed: new ones together, any other alone. One that fails stops no other."""
        self._listed = {listing.path for listing in listings}
        waiting: list[Ready] = []
        rows = 0
        for listing in listings:
            try:
                ready = self._read_if_changed(listing)
                if ready is None:
                    continue
                if not ready.is_new:
                    self._load_waiting(waiting)
                    self._load([ready])
                    continue
            except SourceError as error:
                self.failures.append(str(error))
                continue
            rows += len(ready.found.arrivals)
            waiting.append(ready)
            # Its rows are freed as soon as they are loaded.
            del ready
            if rows >= ROWS_A_LOAD or len(waiting) >= FILES_A_LOAD:
                self._load_waiting(waiting)
                rows = 0
        self._load_waiting(waiting)

    def _load_waiting(self, waiting: list[Ready]) -> None:
        ready, waiting[:] = list(waiting), []
        try:
            if len(ready) > 1:
                self._load(ready)
                return
        except SourceError:
            # One of them is the reason: alone each says for itself.
            logger.debug("%s: %s files are loaded one after another", self._name, len(ready))
        while ready:
            try:
                self._load([ready.pop(0)])
            except SourceError as error:
                self.failures.append(str(error))

    def _read_if_changed(self, listing: Listed) -> Ready | None:
        """What a file has; None if it has been loaded, or is still being written."""
        known = self._known.get(listing.path)
        is_same = known is not None and known.is_loaded and known.mapping_hash == self._mapping
        if (
            is_same and not self._takes_all and known is not None and listing.modified_at
            and (listing.is_final or listing.size == known.size) and listing.modified_at == known.modified_at
        ):  # fmt: skip
            return None
        body = listing.read()
        if listing.size not in (-1, len(body)):
            logger.info("%s: %s is still being written: the next run reads it", self._name, listing.path)
            return None
        file = self._noted(listing, body, hash_of(body), known)
        if file.is_loaded and file.mapping_hash == self._mapping and not self._takes_all:
            self._remember([file])
            return None
        was_loaded = known is not None and (
            known.is_loaded or known.content_hash != file.content_hash or known.lines > 0
        )
        is_new = not was_loaded and not file.is_loaded and not self._takes_all and self._feed.file_mode != "replace"
        cells = read_cells(self._feed, file, body)
        del body
        give_back()
        return self._ready(file, cells, is_new=is_new, is_remapped=self._is_remapped(known))

    def _ready(self, file: FeedFile, cells: Cells, **more: bool) -> Ready:
        # Until its rows are loaded it keeps the mapping of before: a run that was killed knows what is to be replaced.
        file = replace(file, is_loaded=False)
        if more.get("is_remapped"):
            # What it says now is a newer version of what it said then.
            file = replace(file, first_read_at=datetime.now(UTC))
        found = read_rows(self._name, self._feed, file, cells, bounds.latest(self._now))
        self._progress.received(self._name, found.read.rows_read)
        self._say(file, found.read)
        return Ready(file, found, **more)

    def load_answers(self, reconcile_days: int | None) -> None:
        """Load what a database or an API has, and move the cursor after each part: never past what is loaded."""
        entity = self._feed.target.table
        # Mapped otherwise, what was taken before is asked for again.
        provider = f"{ask.provider(self._name, self._feed)} {self._mapping[:LENGTH_OF_ID]}"
        cursor = None if self._takes_all else self._warehouse.ledger.feed_cursor(self._name, entity, provider)
        for answer in ask.answers(self._name, self._feed, Since(cursor, reconcile_days, self._now)):
            self._load_answer(answer, is_first=cursor is None)
            if answer.cursor is not None and self._since is None:
                self._warehouse.ledger.save_feed_cursor(self._name, entity, provider, answer.cursor)

    def _load_answer(self, answer: Answer, *, is_first: bool) -> None:
        known = self._known.get(answer.path)
        file = self.answered(answer)
        if answer.is_whole and file.is_loaded and file.mapping_hash == self._mapping and not self._takes_all:
            return
        # Newer rows than those before are no file that was mapped otherwise.
        is_remapped = answer.is_whole and self._is_remapped(known)
        must_be_readable = answer.is_whole or is_first
        self._load([self._ready(file, answer.cells, is_remapped=is_remapped, must_be_readable=must_be_readable)])

    def _is_remapped(self, known: FeedFile | None) -> bool:
        return known is not None and known.mapping_hash != self._mapping and (known.is_loaded or known.lines > 0)

    def _load(self, ready: list[Ready]) -> None:
        """Load one file, or several new ones, in one load.

        Raises:
            SourceError: it is refused, or none of its rows can be read.
        """
        files = [each.file for each in ready]
        is_accepted = len(ready) == 1 and self._accepted(files[0])
        is_remapped = len(ready) == 1 and ready[0].is_remapped
        arrivals = together(self._feed, [each.found.arrivals for each in ready])
        change = changes(
            self._warehouse, self.source, self._feed, files[-1], arrivals, is_accepted, self._now,
            is_distinct=len(ready) == 1, is_remapped=is_remapped, since=self._since,
        )  # fmt: skip
        if change.refusal:
            raise SourceError(change.refusal)
        all_rejected = [rejection for each in ready for rejection in each.found.read.rejected]
        rejected = rejections.unknown(self._warehouse, self.source, all_rejected, datetime.now(UTC))
        self.rejected |= rejections.identities(all_rejected)
        if len(rejected):
            change.loads[rejections.REJECTED] = rejected
        self._remember(files)
        done = [
            replace(
                each.file,
                mapping_hash=self._mapping,
                is_loaded=True,
                lines=each.found.read.rows_read,
                rows_loaded=len(each.found.arrivals),
            )
            for each in ready
            if not each.is_unreadable
        ]
        unreadable = [each.unreadable_error() for each in ready if each.is_unreadable]
        # Only the rows to load are kept: their memory is free by the time the database takes its own.
        ready.clear()
        del arrivals, all_rejected
        change.rows = change.gone = pa.table({})
        if change.loads:
            if self.source.complete:
                change.loads = dict(self.source.complete(self._warehouse, change.loads))
            if self.source.keep and (kept := self.source.keep(self._warehouse, change.loads, self._now)):
                self._loader.load(dict(kept))
            self._loader.load(change.loads, change.all_new)
        self._counts.new += change.new
        self._counts.changed += change.changed
        self._counts.rejected += len(rejected)
        self._remember(done)
        self.failures += unreadable

    def answered(self, answer: Answer) -> FeedFile:
        """What is known of an answer, as if it were a file."""
        known = self._known.get(answer.path)
        content_hash = answer.content_hash()
        if known is not None and known.content_hash == content_hash:
            return known
        size, now = answer.cells_size(), datetime.now(UTC)
        if known is not None:
            return replace(known, size=size, content_hash=content_hash, is_loaded=False, first_read_at=now)
        file_id = content_hash[:LENGTH_OF_ID]
        return FeedFile(answer.path, file_id, size, "", content_hash, self._mapping, False, 0, 0, now)

    def file(self, listing: Listed) -> tuple[FeedFile, bytes]:
        """What is known of a file, and its bytes."""
        body = listing.read()
        return self._noted(listing, body, hash_of(body), self._known.get(listing.path)), body

    def unread(self) -> Iterator[tuple[FeedFile, Cells]]:
        """The files, or the whole answers, that a run would read, and their cells."""
        if self._feed.is_asked:
            for answer in ask.answers(self._name, self._feed, Since(None, None, self._now)):
                file = self.answered(answer)
                if answer.is_whole and not file.is_loaded:
                    yield file, answer.cells
            return
        listings = files_of(self._name, self._feed)
        self._listed = {listing.path for listing in listings}
        for listing in listings:
            file, body = self.file(listing)
            if not file.is_loaded:
                yield file, read_cells(self._feed, file, body)

    def _noted(self, listing: Listed, body: bytes, content_hash: str, known: FeedFile | None) -> FeedFile:
        """What is known of the file: of this path, of this content under another path, or of a file that it continues."""
        size, modified = len(body), listing.modified_at
        same = next((file for file in self._known.values() if file.content_hash == content_hash), None)
        if known is not None and known.content_hash == content_hash:
            return replace(known, size=size, modified_at=modified)
        if known is not None:
            # A file that was corrected, or has grown.
            return replace(
                known, size=size, modified_at=modified, content_hash=content_hash, is_loaded=False, first_read_at=datetime.now(UTC)
            )  # fmt: skip
        if same is not None:
            return replace(same, path=listing.path, size=size, modified_at=modified)
        longer = next((file for file in self._known.values() if self._continues(file, body)), None)
        file_id = longer.file_id if longer else content_hash[:LENGTH_OF_ID]
        return FeedFile(
            listing.path, file_id, size, modified, content_hash, self._mapping, False, 0, 0, datetime.now(UTC)
        )

    def _continues(self, file: FeedFile, body: bytes) -> bool:
        """Whether these bytes are a known file's, which is no longer under its name, and more."""
        return (
            file.path not in self._listed
            and 0 < file.size < len(body)
            and hash_of(body[: file.size]) == file.content_hash
        )

    def _remember(self, files: Sequence[FeedFile]) -> None:
        changed = [file for file in files if self._known.get(file.path) != file]
        if changed and self._since is None:
            self._known |= {file.path: file for file in changed}
            self._warehouse.ledger.save_feed_files(self._name, changed)

    def _accepted(self, file: FeedFile) -> bool:
        return self._warehouse.ledger.accepted_mode(self._name, file.path, file.content_hash) is not None

    def _say(self, file: FeedFile, read: Readings) -> None:
        for note in read.notes:
            logger.info("%s: %s", self._name, note)
        counted = [f"{times:,} {what}" for what, times in sorted(read.left_out.items()) if times]
        if counted:
            logger.info("%s: rows of %s that were left out: %s", self._name, file.path, ", ".join(counted))


def changes(
    warehouse: Warehouse,
    source: Source,
    feed: Feed,
    file: FeedFile,
    arrivals: pa.Table,
    is_accepted: bool,
    now: datetime,
    *,
    is_distinct: bool = True,
    is_remapped: bool = False,
    since: date | None = None,
) -> Change:
    """What the rows of a file, or of several new ones, change: those that are new or differ, and those that no longer count.

    `is_distinct` says that they hold each key once.
    """
    entity = entity_of(feed)
    if since is not None:
        arrivals = _since(entity, arrivals, since)
    arrivals = _not_too_old(warehouse, source, entity, arrivals)
    parts = difference(warehouse, source, entity, arrivals, is_distinct=is_distinct)
    change = Change({}, set(), parts.new, parts.changed, parts.rows)
    gone = _gone(warehouse, source, feed, entity, file, arrivals, is_accepted or is_remapped) if since is None else None
    if gone is not None and len(gone):
        is_cut = feed.file_mode == "append" or (feed.file_mode == "replace" and not len(arrivals))
        if is_cut and not (is_accepted or is_remapped):
            change.refusal = (
                f"{file.path} lacks {len(gone):,} of the rows that it brought before: it was cut, was corrected, or is another file; nothing "
                f"of it was loaded. If it is right, `python -m ingestion accept {source.name}` shows what it would change and loads it"
            )
        change.gone = gone
        change.changed += len(gone)
        changed = pa.concat_tables([parts.rows, _without_values(gone, entity, now)])
    else:
        changed = parts.rows
    if len(changed):
        change.loads[entity] = changed
        if len(changed) == parts.new:
            change.all_new.add(entity)
    for other, more in companions.rows(
        warehouse, source, feed, entity, arrivals, changed, file, is_remapped=is_remapped
    ).items():
        found = difference(warehouse, source, other, more)
        change.new += found.new if other.name == "hourly" else 0
        if len(found.rows):
            change.loads[other] = found.rows
    return change


def together(feed: Feed, tables: Sequence[pa.Table]) -> pa.Table:
    """The rows of several files as if they had been loaded one after another: what a later one replaces is left out."""
    if len(tables) == 1:
        return tables[0]
    entity = entity_of(feed)
    instead = (
        f"({_day(feed, entity, 'arrived')})" if feed.file_mode == "replace_days" else "feed_key" if feed.key else None
    )
    numbered = [
        table.append_column("_file", pa.repeat(pa.scalar(number, pa.int64()), len(table)))
        for number, table in enumerate(tables)
    ]
    joined = pa.concat_tables(numbered)
    if instead is not None:
        with connect_memory() as connection:
            connection.register("arrived", joined)
            joined = connection.execute(
                f"select * from arrived qualify _file = max(_file) over (partition by {instead}) order by _file"
            ).to_arrow_table()
    return joined.drop_columns(["_file"]).cast(entity.schema)


def _since(entity: Entity, arrivals: pa.Table, since: date) -> pa.Table:
    name = entity.happened_on or entity.happened_at
    if name is None:
        return arrivals
    first = (
        pa.scalar(since)
        if entity.happened_on
        else pa.scalar(datetime(since.year, since.month, since.day, tzinfo=UTC), TIMESTAMP)
    )
    return arrivals.filter(pc.greater_equal(arrivals[name], first))


def _not_too_old(warehouse: Warehouse, source: Source, entity: Entity, arrivals: pa.Table) -> pa.Table:
    """What retention has purged does not come in again."""
    cutoff = warehouse.ledger.retention_cutoff(source.raw_source, entity.name) if entity.happened_at else None
    if cutoff is None or entity.happened_at is None:
        return arrivals
    return arrivals.filter(pc.greater_equal(arrivals[entity.happened_at], pa.scalar(cutoff, TIMESTAMP)))


def _gone(
    warehouse: Warehouse, source: Source, feed: Feed, entity: Entity, file: FeedFile, arrivals: pa.Table, of_file: bool
) -> pa.Table | None:
    """The held rows that the file should have and lacks, withdrawn ones and those without values not among them."""
    mode: FeedMode = feed.file_mode
    of_this_file = f"held.feed_file = {literal(file.path)}"
    if mode == "append":
        condition = f"ends_with(held.details, '|{file.file_id}')"
    elif of_file and mode == "merge":
        condition = of_this_file
    elif mode == "replace":
        condition = "true"
    elif mode == "replace_days":
        condition = f"{_day(feed, entity, 'held')} in (select {_day(feed, entity, 'arrived')} from arrived)"
    elif feed.key:
        condition = "held.feed_key in (select feed_key from arrived)"
        # Of many new rows none has a key that is held: one narrow column says so.
        is_held = f'select 1 from "{source.dataset}"."{entity.name}" as held where feed = \'{source.name}\' and {condition} limit 1'
        if not warehouse.columns(source.dataset, entity.name) or not len(warehouse.query(is_held, arrivals)):
            return None
    else:
        return None
    values = _values_of(entity)
    if entity.withdrawn is None:
        if not values:
            return None
        condition += f" and ({' or '.join(f'held.{name} is not null' for name in values)})"
    return missing_rows(warehouse, source, entity, arrivals, condition)


def _day(feed: Feed, entity: Entity, row: str) -> str:
    """SQL for the day of a row, on the clock of the feed."""
    if entity.happened_on:
        return f"{row}.{entity.happened_on}"
    return f"cast(timezone('{feed.timezone or 'UTC'}', {row}.{entity.happened_at}) as date)"


def _values_of(entity: Entity) -> list[str]:
    """The columns that hold what was counted or measured, by which a row that is gone is emptied; none of reference data."""
    if entity.happened_at is None or entity.withdrawn is not None:
        return []
    return [
        each.name for each in entity.fields
        if each.nullable and not each.is_origin and each.name not in entity.key and (pa.types.is_floating(each.type) or each.name == "visits")
    ]  # fmt: skip


def _without_values(gone: pa.Table, entity: Entity, now: datetime) -> pa.Table:
    """Held rows as they are loaded when they no longer count: marked as withdrawn, or without what was counted or measured."""
    if entity.withdrawn is not None:
        return marked(gone, entity, now)
    for name in _values_of(entity):
        place = gone.schema.get_field_index(name)
        gone = gone.set_column(place, entity.schema.field(name), pa.nulls(len(gone), entity.schema.field(name).type))
    place = gone.schema.get_field_index("status")
    if place >= 0:
        gone = gone.set_column(place, entity.schema.field("status"), pa.repeat("failed", len(gone)))
    return gone


def refused(warehouse: Warehouse, name: str, feed: Feed, now: datetime) -> Iterator[tuple[FeedFile, Change]]:
    """The feed's files that a run refuses, each with what it would change; nothing is loaded.

    Raises:
        SourceError: a file cannot be had or read.
    """
    run = _Run(warehouse, name, feed, now)
    for file, cells in run.unread():
        found = read_rows(name, feed, file, cells, bounds.latest(now))
        change = changes(warehouse, run.source, feed, file, found.arrivals, False, now)
        if change.refusal:
            yield file, change
