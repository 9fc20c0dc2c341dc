"""Whole answers: what a provider that sends all it has each time changes, and what it lacks.

An answer that lacks rows is a cut one unless the source's mode says otherwise, or the owner has accepted it (ingestion/accept.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa

from ingestion.difference import difference, example_of, marked, missing_rows
from ingestion.schemas import Entity, Mode, Source
from warehouse.database import Warehouse
from warehouse.ledger import SCHEMA, Answer


@dataclass(frozen=True)
class Change:
    """What a whole answer changes.

    Attributes:
        rows: the rows that are new or differ, to be loaded.
        withdrawn: the rows that no longer count, to be loaded too: as held, with the time at which they were found gone.
        new: how many of `rows` the warehouse did not hold.
        refusal: why the answer is not to be loaded as it is; None if it is.
    """

    rows: pa.Table
    withdrawn: pa.Table
    new: int
    refusal: str | None = None

    @property
    def changed(self) -> int:
        """How many rows of the warehouse it changes."""
        return len(self.rows) - self.new + len(self.withdrawn)


def accepted_mode(entity: Entity, mode: Mode) -> Mode:
    """The mode under which an accepted answer is loaded: one of rows without a day is all there is."""
    return mode if entity.happened_on else "replace"


def change(
    warehouse: Warehouse,
    source: Source,
    entity: Entity,
    arrivals: pa.Table,
    answer: Answer,
    mode: Mode,
    now: datetime,
    *,
    overrule: bool = False,
) -> Change:
    """What the rows of a whole answer, each key once, change under a mode."""
    parts = difference(warehouse, source, entity, arrivals, overrule=overrule, is_distinct=True)
    withdrawn = entity.schema.empty_table()
    refusal: str | None = None
    if mode == "append":
        refusal = _cut(warehouse, source, entity, arrivals, answer) if parts.missing else None
    else:
        if mode == "replace" and parts.missing and not len(arrivals):
            refusal = f"{answer.url} has no row, where {parts.missing:,} are held"
        withdrawn = _withdrawn(warehouse, source, entity, arrivals, mode, now)
    if refusal:
        refusal += (
            f"; nothing was loaded. If the file is right, `python -m ingestion accept {source.name}` shows what it would change and "
            "loads it"
        )
    return Change(parts.rows, withdrawn, parts.new, refusal)


def _cut(warehouse: Warehouse, source: Source, entity: Entity, arrivals: pa.Table, answer: Answer) -> str | None:
    """Why an answer counts as cut; None if it does not.

    It need not have the days that an answer before it was let in without. As many rows as it has unreadable lines may be there all the same, written in a way that cannot be read, unless it is
    shorter than the one before.
    """
    is_expected = "true"
    if entity.happened_on:
        settled = f"(select day from {SCHEMA}.settled_days where source = '{source.name}' and entity = '{entity.name}')"
        is_expected = f'held."{entity.happened_on}" not in {settled}'
    missing = missing_rows(warehouse, source, entity, arrivals, is_expected)
    unreadable = answer.lines - len(arrivals)
    is_shorter = answer.lines < warehouse.ledger.lines_before(source.name, entity.name)
    if len(missing) <= unreadable and not (len(missing) and is_shorter):
        return None
    example = example_of(missing, entity)
    return (
        f"{answer.url} lacks {len(missing):,} of the lines that an earlier answer held, such as {example}: it was cut, was corrected, or is "
        "another file"
    )


def _withdrawn(
    warehouse: Warehouse, source: Source, entity: Entity, arrivals: pa.Table, mode: Mode, now: datetime
) -> pa.Table:
    """The held rows that the answer lacks and should have, marked."""
    day = entity.happened_on
    is_replaced = f'held."{day}" in (select "{day}" from arrived)' if day and mode == "replace_days" else "true"
    return marked(missing_rows(warehouse, source, entity, arrivals, is_replaced), entity, now)
