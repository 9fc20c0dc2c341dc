"""The shapes that sources and the runner hand each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, Literal, Protocol

import pyarrow as pa

from ingestion.http import Client
from warehouse.ledger import Answer
from warehouse.settings import SourceSettings

TIMESTAMP = pa.timestamp("us", tz="UTC")

Mode = Literal["append", "replace_days", "replace"]
"""What a whole answer means: it grew, it replaces the days of which it has rows, or it is all there is."""


@dataclass(frozen=True)
class Field:
    """One field of a contract: `nullable` may be null, `optional` may also be absent, which means null.

    One that `is_origin` records where a row came from (its line, its cells as written), not its content: rows that differ in
    nothing else are equal. `is_moment` says when something happened or was written: it must lie between 1990 and a day
    after the run's clock. A number is at most `largest`, of either sign. `normalise` gives a text as the raw table holds it, or
    raises ValueError with the reason why it cannot be used. An `is_id` is text, or a whole number, which becomes its digits.

    One that `is_added` is filled by ingestion or by a feed, never by a provider: what a provider sends under its name is not read.
    """

    name: str
    type: pa.DataType
    nullable: bool = False
    optional: bool = False
    is_origin: bool = False
    is_moment: bool = False
    is_id: bool = False
    is_added: bool = False
    largest: int | Decimal | None = None
    normalise: Callable[[str], str] | None = None


FEED = tuple(
    Field(name, kind, nullable=True, optional=True, is_origin=True, is_added=True)
    for name, kind in (
        ("feed", pa.string()),
        ("feed_file", pa.string()),
        ("feed_sheet", pa.string()),
        ("feed_line", pa.int64()),
    )
)
"""The feed that brought a row, and where it stands in what the feed read; null in a provider's rows. Each entity that a feed can
fill ends with these fields."""


@dataclass(frozen=True)
class Entity:
    """One kind of record, and the raw table of its name.

    `key` is the natural key. `version` is the timestamp by which, of two rows of one key, the newer is
    taken; None where a provider has none and the newest answer is the right one. A row of an entity that
    `is_fixed` never changes: only keys not yet held are loaded.

    Of an entity with a `received` (a timestamp that is part of the key) every version received is kept; what comes is
    compared with the newest. `happened_on` is the date of the event, by which `since` limits a whole answer;
    `happened_at` is its timestamp, by which retention finds rows that are too old to keep (None: all are kept).

    `withdrawn` is the field, which no provider fills, that says since when the provider has not served the row (None: a row that
    is gone stays as it is). It is found by a run that reconciles, and empty again once the row is served again. From an entity that comes as a
    whole answer every row that it lacks is gone. A row that is marked is not held.

    An entity that `is_derived` is made by its source's `keep` out of the rows of others: no answer holds it.

    `check` looks at a whole row, all of whose values can be read, and raises ValueError with the reason to reject it.
    """

    name: str
    key: tuple[str, ...]
    fields: tuple[Field, ...]
    version: str | None = "updated_at"
    has_cursor: bool = False
    is_fixed: bool = False
    received: str | None = None
    happened_on: str | None = None
    happened_at: str | None = None
    withdrawn: str | None = None
    is_derived: bool = False
    check: Callable[[Mapping[str, Any]], None] | None = None

    @cached_property
    def schema(self) -> pa.Schema:
        """The exact Arrow schema of the raw table."""
        return pa.schema([(f.name, f.type) for f in self.fields])


@dataclass(frozen=True, slots=True)
class Rejection:
    """A row, or a value, that cannot be used. `payload` is the row as JSON text; where that may hold personal data `reason`
    holds no value of the row.

    `occurrence` numbers equal rows where each counts (two equal lines of a file); else a row is kept once. `record_id` is the row's key as
    the provider wrote it; where it is not given it is taken from the payload.
    """

    entity: str
    reason: str
    payload: str
    occurrence: int = 1
    record_id: str | None = None


@dataclass(frozen=True)
class Page:
    """Part of an answer: the rows that could be read, typed, and those that could not.

    `answer` and `mode` are of a whole answer: which it is, and what rows mean that it lacks.
    """

    entity: Entity
    rows: pa.Table
    rejected: list[Rejection] = field(default_factory=list)
    unknown_fields: frozenset[str] = frozenset()
    answer: Answer | None = None
    mode: Mode = "append"


@dataclass(frozen=True)
class Window:
    """What to ask for: rows written at `updated_since[entity]` or later (absent: all), events at `since` or later.

    An entity in `answers` is the one last loaded: where it has not changed, it need not come again. `now` is the run's
    clock: rows that are later by more than a day are rejected.
    """

    updated_since: Mapping[str, datetime]
    now: datetime
    since: date | None = None
    answers: Mapping[str, Answer] = field(default_factory=dict)


class Held(Protocol):
    """What the warehouse holds, for a source that must read it; it cannot be changed."""

    def columns(self, dataset: str, table: str) -> set[str]:
        """The columns of a table; none if it does not exist."""

    def query(self, sql: str, arrived: pa.Table | None = None) -> pa.Table:
        """The answer to a query, which sees an Arrow table under the name `arrived`."""


@dataclass(frozen=True)
class Source:
    """A provider: what it has and how it is read. `newest` is the entity and field that show how far its data reaches.

    A source that `is_whole` answers with all it has, one page an entity with each key once. It is loaded in one load,
    after everything has come, or not at all; an answer without rows that an earlier one held was cut.

    `keep` gives what the source keeps of the rows that a load is about to replace (their tables, the time of the run);
    that is loaded first. `complete` fills columns of the rows to load that depend on what the warehouse holds. `protect` takes out of a page what must not be stored of
    the customers who were forgotten (their ids, as text).

    One that `reconciles` can be asked again for what was written before its cursor: rows that were committed late or edited in place
    come in, and those of an entity with `withdrawn` that are gone are marked.

    A feed is a source with a `domain`: the name of the built-in source whose raw tables it fills. Its rows are those of which the column
    `feed` is its name. Runs, cursors and answers go by `name`.

    `said_to_models` names settings that the models read: they hold for all rows, those loaded before among them.
    """

    name: str
    settings: type[SourceSettings]
    entities: tuple[Entity, ...]
    # Its first argument is an instance of `settings`.
    read: Callable[[Any, Client, Window], Iterator[Page]]
    newest: tuple[str, str]
    keep: Callable[[Held, Mapping[Entity, pa.Table], datetime], Mapping[Entity, pa.Table]] | None = None
    complete: Callable[[Held, Mapping[Entity, pa.Table]], Mapping[Entity, pa.Table]] | None = None
    is_whole: bool = False
    protect: Callable[[Page, Set[str]], Page] | None = None
    reconciles: bool = False
    said_to_models: tuple[str, ...] = ()
    domain: str | None = None

    @property
    def raw_source(self) -> str:
        """The built-in source whose raw tables are filled: itself, unless it is a feed."""
        return self.domain or self.name

    @property
    def dataset(self) -> str:
        """The warehouse schema that holds the raw tables."""
        return f"raw_{self.raw_source}"

    @property
    def feed(self) -> str | None:
        """What the column `feed` of its rows holds."""
        return self.name if self.domain else None


@dataclass
class Counts:
    """Rows that a run has loaded so far, and rows newly rejected."""

    new: int = 0
    changed: int = 0
    rejected: int = 0


@dataclass(frozen=True)
class RunResult:
    """How the run of a source or feed ended; `error` is its one line, None where all went well.

    `domain` is the built-in source whose raw tables it fills; None of a feed that could not be read.
    """

    source: str
    new: int
    changed: int
    rejected: int
    newest: datetime | None
    seconds: float
    error: str | None = None
    domain: str | None = None
