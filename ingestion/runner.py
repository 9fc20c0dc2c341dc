"""Runs: each source in turn, each with its own outcome."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from ingestion import bounds, rejections, sources, whole
from ingestion.difference import difference
from ingestion.errors import PartError, SourceError
from ingestion.feeds import folder
from ingestion.feeds.noted import note_feeds
from ingestion.http import Client
from ingestion.load import Loader
from ingestion.prefetch import prefetch
from ingestion.progress import Progress
from ingestion.schemas import TIMESTAMP, Counts, Entity, Mode, Page, Rejection, RunResult, Source, Window
from ingestion.shards import Shard
from ingestion.withdrawals import Withdrawals
from warehouse.database import Warehouse
from warehouse.errors import TallyError, WarehouseError, first_line, unexpected
from warehouse.forget import forgotten_customers
from warehouse.ledger import Answer
from warehouse.settings import Retries, run_clock, seconds_of
from warehouse.text import one_line
from warehouse.upgrade import upgrade
from warehouse.urls import readable_url

logger = logging.getLogger(__name__)

# What is fetched is loaded, and the cursor moved, after so many rows or seconds: the most that a killed run loses.
ROWS_A_LOAD = 1_000_000
SECONDS_A_LOAD = 30.0
# How long before its cursor a source is asked again, where it has no setting of its own.
OVERLAP = "1h"
# A night's reconciliation is due at this hour of the machine's clock.
NIGHT_HOUR = 3
REJECTIONS_A_LOAD = 100_000
# While one batch is loaded, so much of the next is fetched.
PAGES_AHEAD = 4
MOST_NAMES_SHOWN = 10
LONGEST_NAME_SHOWN = 60


@dataclass(frozen=True)
class Reconciliation:
    """Ask the sources that reconcile again for what they wrote in the last `days` before the run's clock.

    With `only_nightly` only those that have not been since the last night.
    """

    days: int
    only_nightly: bool = False


def run(
    names: Sequence[str],
    warehouse: Path,
    *,
    since: date | None = None,
    full_refresh: bool = False,
    reconcile: Reconciliation | None = None,
    lock_timeout: float = 30.0,
    progress: Progress | None = None,
    now: datetime | None = None,
    shard: Shard | None = None,
) -> list[RunResult]:
    """Load what each named source has written since the last time; with no names, every feed, and every source that is to be asked.

    `since` takes events of that day (UTC) and later; the cursor is neither used nor moved. `full_refresh` takes
    everything again; what differs from the warehouse is loaded, also where the warehouse holds a later version, and
    what only the warehouse has stays, but rejected records that are not rejected again go. `reconcile` asks again for what
    was written before the cursor, and marks what is gone as withdrawn; together with `full_refresh` for all there is.
    With a `shard` no more than its share, into its own file, which `warehouse` then names. `now` is the run's clock (`run_clock()` where it is not given): what is later by more than
    a day is rejected. Can be called again and again in one process; the file is released between.

    An exception while one source is read and loaded ends that source, and is in its result.

    A warehouse that an older Tally wrote is backed up and migrated first.

    Raises:
        WarehouseError: the warehouse cannot be opened, or can no longer be written.
    """
    progress = progress or Progress.silent()
    now = now or run_clock()
    upgrade(warehouse, lock_timeout)
    try:
        with Warehouse(warehouse, lock_timeout) as opened:
            if shard:
                opened.ledger.writer += f" {shard}"
            if not names or folder.names():
                note_feeds(opened)
            return [
                _run_source(opened, name, since, full_refresh, reconcile, progress, now, shard)
                for name in names or [*folder.names(), *folder.sources_to_ask()]
                if shard is None or shard.has_source(name)
            ]
    except duckdb.Error as error:
        raise WarehouseError(f"the warehouse {warehouse} cannot be used: {first_line(error)}") from None


def _run_source(
    warehouse: Warehouse,
    name: str,
    since: date | None,
    full_refresh: bool,
    reconcile: Reconciliation | None,
    progress: Progress,
    now: datetime,
    shard: Shard | None,
) -> RunResult:
    started = time.monotonic()
    counts = Counts()
    run_id = warehouse.ledger.start_run(name)
    message: str | None = "interrupted"
    progress.begin(name)
    source: Source | None = None
    try:
        warehouse.ledger.refuse_second_writer(run_id, "ingestion", name)
        if name in folder.names():
            from ingestion.feeds import load as feeds

            feed = folder.feed(name)
            source = feeds.source_of(name, feed)
            days = _days_to_reconcile(warehouse, source, reconcile)
            feeds.take(warehouse, name, feed, since, full_refresh, days, counts, progress, now)
            if days is not None:
                warehouse.ledger.save_reconciled(name)
        else:
            source = sources.source(name)
            days = _days_to_reconcile(warehouse, source, reconcile)
            _take(warehouse, source, since, full_refresh, days, counts, progress, now, shard)
            if days is not None:
                warehouse.ledger.save_reconciled(name)
        message = None
    except TallyError as error:
        message = one_line(error)
        logger.error("%s: %s", name, message)
    except Exception as error:
        # Any exception is this source's alone: the others are still to be loaded.
        message = f"ended with an unexpected error, {unexpected(error)}"
        logger.error("%s: %s", name, message)
        logger.debug("%s: the traceback", name, exc_info=error)
    finally:
        warehouse.roll_back()
        warehouse.ledger.end_run(run_id, message, counts.new, counts.changed, counts.rejected)
        progress.end(name)
    newest = warehouse.newest(source.dataset, *source.newest) if source else None
    domain = source.raw_source if source else None
    return RunResult(
        name, counts.new, counts.changed, counts.rejected, newest, time.monotonic() - started, message, domain
    )


def _days_to_reconcile(warehouse: Warehouse, source: Source, reconcile: Reconciliation | None) -> int | None:
    if reconcile is None or not source.reconciles:
        return None
    last = warehouse.ledger.reconciled_at(source.name)
    local = datetime.now().astimezone()
    night = local.replace(hour=NIGHT_HOUR, minute=0, second=0, microsecond=0)
    night -= timedelta(days=night > local)
    return None if reconcile.only_nightly and last is not None and last >= night else reconcile.days


def _take(
    warehouse: Warehouse,
    source: Source,
    since: date | None,
    full_refresh: bool,
    reconcile_days: int | None,
    counts: Counts,
    progress: Progress,
    now: datetime,
    shard: Shard | None,
) -> None:
    settings = source.settings.load()
    provider = _provider(getattr(settings, "base_url", ""))
    forgotten = forgotten_customers(warehouse) if source.protect else frozenset[str]()
    if source.is_whole:
        warehouse.drop_unfinished(source.dataset, [entity.name for entity in source.entities])
    is_limited = full_refresh or since is not None
    cursors = {} if is_limited else warehouse.ledger.cursors(source.name, provider)
    answers = {} if is_limited else warehouse.ledger.answers(source.name)
    overlap = timedelta(seconds=seconds_of(getattr(settings, "overlap", OVERLAP)))
    begins = {entity: _within_bounds(moment, now) for entity, moment in cursors.items()}
    if reconcile_days is not None:
        first = max(now - timedelta(days=reconcile_days), bounds.EARLIEST)
        begins = {entity: min(moment, first) for entity, moment in begins.items()}
    updated_since = {entity: moment - overlap for entity, moment in begins.items()}
    window = Window(updated_since, now, since, answers)
    client = Client(
        settings.api_key,
        Retries.load(),
        settings.variable("api_key"),
    )
    batch = _Batch(warehouse, source, provider, cursors, now, since=since, overrule=full_refresh)
    # What a whole answer lacks is known without asking for more.
    is_reconciled = reconcile_days is not None and not source.is_whole
    gone = [Withdrawals(entity) for entity in source.entities if entity.withdrawn] if is_reconciled else []
    noticed: set[str] = set()
    failed: list[PartError] = []
    read = _kept_back(source.read(settings, client, window), failed)
    with closing(client), closing(prefetch(read, PAGES_AHEAD)) as pages:
        for page in pages:
            if shard and not source.is_whole:
                page = shard.of_page(page)
            batch.add(source.protect(page, forgotten) if source.protect else page)
            for each in gone:
                each.seen(page)
            progress.received(source.name, len(page.rows) + len(page.rejected))
            if page.unknown_fields and page.entity.name not in noticed:
                noticed.add(page.entity.name)
                names = _listed(page.unknown_fields)
                logger.info("%s: %s have fields that are not in the contract: %s", source.name, page.entity.name, names)
            if batch.is_due():
                batch.commit(counts, move_cursors=not (since or full_refresh))
    batch.commit(counts, move_cursors=not since)
    said = {name: getattr(settings, name) for name in source.said_to_models}
    warehouse.ledger.save_source_settings(source.name, said)
    if failed:
        raise failed[0]
    # Every page has come: an answer that was cut, or failed, has ended the run before.
    for each in gone:
        counts.changed += batch.withdraw(each, begins.get(each.entity.name, bounds.EARLIEST))
    if full_refresh and (withdrawn := rejections.withdraw(warehouse, source, batch.rejected)):
        logger.info("%s: %s records that were rejected before are not any more", source.name, f"{withdrawn:,}")


def _within_bounds(cursor: datetime, now: datetime) -> datetime:
    """A cursor that a run can ask from, also where one before had a clock or a row that was far out."""
    return min(max(cursor, bounds.EARLIEST), now)


def _listed(names: Iterable[str]) -> str:
    ordered = sorted(names)
    shown = ", ".join(one_line(name, LONGEST_NAME_SHOWN) for name in ordered[:MOST_NAMES_SHOWN])
    left = len(ordered) - MOST_NAMES_SHOWN
    return f"{shown} and {left} more" if left > 0 else shown


def _provider(url: str) -> str:
    """What identifies a provider's cursors: its address, and a hash of it where that is shown without secrets."""
    shown = readable_url(url)
    return shown if shown == url else f"{shown} {hashlib.sha256(url.encode()).hexdigest()[:12]}"


def _kept_back(pages: Iterator[Page], failed: list[PartError]) -> Iterator[Page]:
    """The pages; an error that leaves them good is put into `failed` in place of being raised."""
    try:
        yield from pages
    except PartError as error:
        failed.append(error)


class _Batch:
    """Pages on their way into the warehouse, committed together; `rejected` are all that a run that takes everything
    has rejected, by entity and hash."""

    def __init__(
        self,
        warehouse: Warehouse,
        source: Source,
        provider: str,
        cursors: dict[str, datetime],
        now: datetime,
        *,
        since: date | None,
        overrule: bool,
    ) -> None:
        self._warehouse = warehouse
        self._loader = Loader(warehouse, source)
        self._source = source
        self._provider = provider
        self._cursors = cursors
        self._since = since
        self._overrule = overrule
        self._now = now
        self._begun = datetime.now(UTC)
        self._reached: dict[str, datetime] = {}
        self.rejected: set[tuple[str, str]] = set()
        self._empty()

    def _empty(self) -> None:
        self._tables: dict[Entity, list[pa.Table]] = {}
        self._rejected: list[Rejection] = []
        self._answers: dict[Entity, tuple[Answer, Mode]] = {}
        # Of each answer that need not have all days, those that it has.
        self._days: dict[Entity, pa.Array] = {}
        self._rows = 0
        self._waits_since = time.monotonic()

    def add(self, page: Page) -> None:
        """Take one page in."""
        self._rejected += page.rejected
        if self._overrule:
            self.rejected |= rejections.identities(page.rejected)
        self._rows += len(page.rows) + len(page.rejected)
        if page.answer is not None:
            self._answers[page.entity] = page.answer, page.mode
        if len(page.rows) or page.answer is not None:
            self._tables.setdefault(page.entity, []).append(page.rows)
            if len(page.rows) and page.entity.has_cursor and page.entity.version:
                newest = pc.max(page.rows[page.entity.version]).as_py()
                name = page.entity.name
                self._reached[name] = max(newest, self._reached.get(name, newest))

    def is_due(self) -> bool:
        """Whether there is enough, or it has waited long enough, to be loaded."""
        if self._source.is_whole:
            return False
        if self._rows >= ROWS_A_LOAD or len(self._rejected) >= REJECTIONS_A_LOAD:
            return True
        return time.monotonic() - self._waits_since >= SECONDS_A_LOAD

    def commit(self, counts: Counts, *, move_cursors: bool) -> None:
        """Load what differs from the warehouse, then move the cursors: never past what is loaded."""
        found, all_new, new, changed = self._differences()
        rejected = rejections.unknown(self._warehouse, self._source, self._rejected, self._begun)
        if len(rejected):
            found[rejections.REJECTED] = rejected
        if found:
            if self._source.complete:
                before, found = found, dict(self._source.complete(self._warehouse, found))
                all_new = {entity for entity in all_new if found.get(entity) is before.get(entity)}
            if self._source.keep and (kept := self._source.keep(self._warehouse, found, self._begun)):
                self._loader.load(dict(kept))
            self._loader.load(found, all_new)
        counts.new += new
        counts.changed += changed
        counts.rejected += len(rejected)
        if move_cursors:
            self._move_cursors()
            for entity, (answer, _) in self._answers.items():
                if entity in self._days and entity.happened_on:
                    self._warehouse.ledger.settle_days(
                        self._source.name, entity.name, entity.happened_on, pa.table({"day": self._days[entity]})
                    )
                self._warehouse.ledger.save_answer(self._source.name, entity.name, answer)
        self._empty()

    def withdraw(self, withdrawals: Withdrawals, begin: datetime) -> int:
        """Mark the rows written at `begin` or later that were not served; how many they are.

        Raises:
            SourceError: no row at all was served.
        """
        rows = withdrawals.rows(self._warehouse, self._source, begin, self._now)
        if not len(rows):
            return 0
        entity = withdrawals.entity.name
        if not withdrawals.has_seen and not self._overrule:
            raise SourceError(
                f"the provider served none of the {len(rows):,} {entity} written since {begin:%Y-%m-%d}: nothing was marked as "
                f"withdrawn. If they are gone, run `python -m ingestion {self._source.name} --full-refresh --reconcile 30`"
            )
        count = len(rows)
        logger.info("%s: %s %s are no longer served: marked as withdrawn", self._source.name, f"{count:,}", entity)
        self._loader.load({withdrawals.entity: rows})
        return count

    def _differences(self) -> tuple[dict[Entity, pa.Table], set[Entity], int, int]:
        """What differs, by entity; of which of them it is all new, as far as that is known; how many rows are new and changed. What came is used up."""
        found: dict[Entity, pa.Table] = {}
        all_new: set[Entity] = set()
        new = changed = 0
        while self._tables:
            entity, tables = self._tables.popitem()
            arrivals = self._not_too_old(entity, pa.concat_tables(tables))
            if entity in self._answers:
                rows, new_rows = self._of_whole(entity, arrivals)
            else:
                parts = difference(
                    self._warehouse,
                    self._source,
                    entity,
                    arrivals,
                    overrule=self._overrule,
                    is_distinct=self._source.is_whole,
                )
                rows, new_rows = parts.rows, parts.new
                if len(rows) == new_rows:
                    all_new.add(entity)
            new += new_rows
            changed += len(rows) - new_rows
            if len(rows):
                found[entity] = rows
        return found, all_new, new, changed

    def _not_too_old(self, entity: Entity, arrivals: pa.Table) -> pa.Table:
        """What retention has purged does not come in again."""
        if entity.happened_at is None:
            return arrivals
        cutoff = self._warehouse.ledger.retention_cutoff(self._source.raw_source, entity.name)
        if cutoff is None:
            return arrivals
        kept = arrivals.filter(pc.greater_equal(arrivals[entity.happened_at], pa.scalar(cutoff, TIMESTAMP)))
        if too_old := len(arrivals) - len(kept):
            logger.info(
                "%s: %s %s from before %s were left out (RETENTION__RAW_DAYS)",
                self._source.name, f"{too_old:,}", entity.name, f"{cutoff:%Y-%m-%d}",
            )  # fmt: skip
        return kept

    def _of_whole(self, entity: Entity, arrivals: pa.Table) -> tuple[pa.Table, int]:
        """What a whole answer changes, and how many rows of it are new.

        Raises:
            SourceError: it is refused.
        """
        answer, mode = self._answers[entity]
        accepted = self._warehouse.ledger.accepted_mode(self._source.name, entity.name, answer.content_hash)
        done = whole.change(
            self._warehouse, self._source, entity, arrivals, answer, accepted or mode, self._now, overrule=self._overrule
        )  # fmt: skip
        if done.refusal and not accepted:
            raise SourceError(done.refusal)
        if entity.happened_on and (accepted or mode) != "append":
            self._days[entity] = pc.unique(arrivals[entity.happened_on])
        if self._since is None or entity.happened_on is None:
            return pa.concat_tables([done.rows, done.withdrawn]), done.new
        # With `since`, no more than the days from then on.
        rows, withdrawn = (
            table.filter(pc.greater_equal(table[entity.happened_on], pa.scalar(self._since)))
            for table in (done.rows, done.withdrawn)
        )
        return pa.concat_tables([rows, withdrawn]), len(rows)

    def _move_cursors(self) -> None:
        for name, reached in self._reached.items():
            # A row from later today must not hide what is written until then.
            reached = min(reached, self._now)
            held = self._cursors.get(name)
            if held is None or reached > held or held > self._now:
                self._warehouse.ledger.save_cursor(self._source.name, name, self._provider, reached)
