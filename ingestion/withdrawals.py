"""Rows that a provider no longer serves: found where all that it has of a time was asked for."""

from __future__ import annotations

import json
from datetime import datetime

import pyarrow as pa

from ingestion.difference import marked, missing_rows
from ingestion.schemas import Entity, Page, Source
from warehouse.database import Warehouse


class Withdrawals:
    """The rows of an entity that a whole answer lacks: each of its pages goes through `seen`."""

    def __init__(self, entity: Entity) -> None:
        self.entity = entity
        self._seen: list[pa.Table] = []

    @property
    def has_seen(self) -> bool:
        """Whether the answer held any row of the entity."""
        return any(len(each) for each in self._seen)

    def seen(self, page: Page) -> None:
        """Note the keys of a page, those of its rejected rows among them: what cannot be read is served all the same."""
        if page.entity is not self.entity:
            return
        key = list(self.entity.key)
        self._seen.append(page.rows.select(key))
        rejected = [_key(each.payload, key) for each in page.rejected]
        self._seen.append(pa.table({name: pa.array([row[name] for row in rejected], pa.string()) for name in key}))

    def rows(self, warehouse: Warehouse, source: Source, begin: datetime, now: datetime) -> pa.Table:
        """The rows that the warehouse holds of the source, written at `begin` or later and not seen, with `now` as when they were withdrawn."""
        texts = _texts(self.entity)
        arrived = pa.concat_tables([each.cast(texts) for each in self._seen] or [texts.empty_table()])
        is_asked_for = f"held.\"{self.entity.version}\" >= '{begin.isoformat()}'"
        return marked(missing_rows(warehouse, source, self.entity, arrived, is_asked_for), self.entity, now)


def _texts(entity: Entity) -> pa.Schema:
    return pa.schema([(name, pa.string()) for name in entity.key])


def _key(payload: str, names: list[str]) -> dict[str, str | None]:
    """The key that a rejected row has, as text; null where it cannot be read."""
    try:
        row = json.loads(payload)
    except ValueError:
        row = None
    values = row if isinstance(row, dict) else {}
    return {name: None if values.get(name) is None else str(values[name]) for name in names}
