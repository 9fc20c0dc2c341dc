"""Rows that cannot be used: kept once each, with the reason, in the source's `rejected_records`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import pyarrow as pa

from ingestion.difference import difference
from ingestion.schemas import TIMESTAMP, Entity, Field, Rejection, Source
from warehouse.database import Warehouse
from warehouse.rejected import TABLE, payload_hash
from warehouse.text import one_line

LONGEST_REASON = 500

REJECTED = Entity(
    TABLE,
    # Not the reason: it may name a line, and lines move.
    key=("source", "entity", "payload_hash"),
    fields=(
        Field("source", pa.string()),
        Field("entity", pa.string()),
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
            "reason": one_line(row.reason, LONGEST_REASON),
            "payload": row.payload,
            "payload_hash": payload_hash(row.payload, row.occurrence),
            "first_seen_at": seen_at,
        }
        for row in rejected
    ]
    return difference(warehouse, source.dataset, REJECTED, pa.Table.from_pylist(rows, schema=REJECTED.schema)).rows
