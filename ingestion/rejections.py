"""Rows that cannot be used: kept once each, with the reason, in the source's `rejected_records`."""

from __future__ import annotations

from collections.abc import Sequence, Set
from datetime import datetime

import pyarrow as pa

from ingestion.difference import difference
from ingestion.schemas import TIMESTAMP, Entity, Field, Rejection, Source
from warehouse.database import Warehouse
from warehouse.rejected import ID, LONGEST_ID, TABLE, payload_hash, record_id
from warehouse.text import one_line

LONGEST_REASON = 500

REJECTED = Entity(
    TABLE,
    # Not the reason: it may name a line, and lines move.
    key=("source", "entity", "payload_hash"),
    fields=(
        Field("source", pa.string()),
        Field("entity", pa.string()),
        Field("record_id", pa.string(), nullable=True, is_origin=True),
        Field("reason", pa.string()),
        Field("payload", pa.string()),
        Field("payload_hash", pa.string()),
        Field("first_seen_at", TIMESTAMP),
    ),
    version=None,
    is_fixed=True,
)


def unknown(warehouse: Warehouse, source: Source, rejected: Sequence[Rejection], seen_at: datetime) -> pa.Table:
    """Those of the rows that the warehouse does not hold yet, as rows of `rejected_records`."""
    if not rejected:
        return REJECTED.schema.empty_table()
    rows = [
        {
            "source": source.name,
            "entity": row.entity,
            "record_id": _record_id(source, row),
            "reason": one_line(row.reason, LONGEST_REASON),
            "payload": row.payload,
            "payload_hash": payload_hash(row.payload, row.occurrence),
            "first_seen_at": seen_at,
        }
        for row in rejected
    ]
    return difference(warehouse, source, REJECTED, pa.Table.from_pylist(rows, schema=REJECTED.schema)).rows


def identities(rejected: Sequence[Rejection]) -> set[tuple[str, str]]:
    """The entity and the payload's hash of each."""
    return {(each.entity, payload_hash(each.payload, each.occurrence)) for each in rejected}


def withdraw(warehouse: Warehouse, source: Source, rejected_again: Set[tuple[str, str]]) -> int:
    """Delete the source's rejected records that a run which took everything has not rejected again; how many those were.

    `rejected_again` holds the entity and the payload's hash of each that it has. The others were loaded this time, or the provider has corrected
    or deleted them.
    """
    if not warehouse.columns(source.dataset, TABLE):
        return 0
    again = pa.table(
        {
            "entity": pa.array([entity for entity, _ in rejected_again], pa.string()),
            "payload_hash": pa.array([found for _, found in rejected_again], pa.string()),
        }
    )
    gone = warehouse.query(
        f'delete from "{source.dataset}"."{TABLE}" as held where source = \'{source.name}\' '
        "and not exists (select 1 from arrived as again "
        "where again.entity = held.entity and again.payload_hash = held.payload_hash)",
        again,
    )
    return int(gone[0][0].as_py())


def _record_id(source: Source, row: Rejection) -> str | None:
    """What a person looks for a record by; None where it has no id that can be shown.

    Where records may hold personal data, only what looks like an id is: what stands in the place of one may be a name.
    """
    if row.record_id is None:
        entity = next((entity for entity in source.entities if entity.name == row.entity), REJECTED)
        found = record_id(row.payload, [name for name in entity.key if name not in (entity.version, entity.received)])
    else:
        found = one_line(row.record_id, LONGEST_ID)
    return None if found and source.protect and not ID.fullmatch(found) else found
