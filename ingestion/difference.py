"""What came, compared with what the warehouse holds, by key and content: only the difference is loaded.

Of two versions of one key the one with the later `version` counts, of equal versions the one that came last. What
came does not replace a newer version that the warehouse holds (a lagging replica may answer), unless `overrule`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from ingestion.schemas import TIMESTAMP, Entity, Source
from warehouse.database import Warehouse

_TYPES = {"date32[day]": "date", str(TIMESTAMP): "timestamptz"}
# Rows of a whole answer that are compared at a time, which bounds the memory that it takes.
ROWS_A_JOIN = 200_000


@dataclass(frozen=True)
class Difference:
    """Rows to load, each key once; how many of them the warehouse did not hold, and how many it held otherwise.

    `missing` is how many the warehouse holds of the source that did not come, withdrawn ones not among them: of interest where everything
    should have.
    """

    rows: pa.Table
    new: int
    changed: int
    missing: int = 0


def difference(
    warehouse: Warehouse,
    source: Source,
    entity: Entity,
    arrivals: pa.Table,
    *,
    overrule: bool = False,
    is_distinct: bool = False,
) -> Difference:
    """The rows of `arrivals` that are new to the source's raw table of the entity or differ from what it holds.

    `is_distinct` promises that they hold each key once, which saves looking.
    """
    if not is_distinct:
        arrivals = _each_key_once(warehouse, entity, arrivals)
    held = warehouse.columns(source.dataset, entity.name)
    if not held:
        return Difference(arrivals, new=len(arrivals), changed=0)
    identity = _identity(entity)
    others = [] if entity.is_fixed else [f.name for f in entity.fields if f.name not in entity.key and not f.is_origin]
    if entity.withdrawn and entity.withdrawn not in others:
        others.append(entity.withdrawn)
    differs = " or ".join(
        f'arrived."{name}" is distinct from ' + (f'held."{name}"' if name in held else "null") for name in others
    )
    differs = differs or "false"
    if entity.version in others and not overrule:
        differs = f'(arrived."{entity.version}" >= held."{entity.version}") and ({differs})'
    is_new = f'held."{identity[0]}" is null'
    held_rows = _newest_versions(source, entity)
    same = " and ".join(f'arrived."{name}" = held."{name}"' for name in identity)
    # A whole answer is as large as what is held: joined part by part, it takes a part of the memory.
    parts = range(max(1, -(-len(arrivals) // ROWS_A_JOIN)) if is_distinct else 1)
    near = _near(entity, arrivals, identity, held_rows)
    joined = [
        f"from {_part('arrived', 'arrived', identity, part, len(parts))} left join "
        f"{_part(near, 'held', identity, part, len(parts))} on {same}"
        for part in parts
    ]
    counting = _is_counting(source, entity, held)
    counts: Counter[str] = Counter()
    for each in joined:
        counts.update(
            warehouse.query(
                f"select count(*) filter (where {is_new}) as new, "
                f"count(*) filter (where not ({is_new}) and ({differs})) as changed, "
                f"count(*) filter (where not ({is_new}) and {counting}) as found {each}",
                arrivals,
            ).to_pylist()[0]
        )
    (held_count,) = warehouse.query(f"select count(*) as n from {held_rows} as held where {counting}")["n"].to_pylist()
    new, changed = counts["new"], counts["changed"]
    missing = held_count - counts["found"]
    if new == len(arrivals):
        return Difference(arrivals, new, 0, missing)
    if new + changed == 0:
        return Difference(entity.schema.empty_table(), 0, 0, missing)
    columns = ", ".join(f'arrived."{name}"' for name in entity.schema.names)
    rows = pa.concat_tables(
        warehouse.query(f"select {columns} {each} where {is_new} or ({differs})", arrivals).cast(entity.schema)
        for each in joined
    )
    return Difference(rows, new, changed, missing)


def missing_rows(
    warehouse: Warehouse, source: Source, entity: Entity, arrivals: pa.Table, condition: str = "true"
) -> pa.Table:
    """The rows that the warehouse holds of the source and that are not in `arrivals`, withdrawn ones not among them.

    Only those that meet a condition: SQL over `held`, a row, and `arrived`, the table.
    """
    held = warehouse.columns(source.dataset, entity.name)
    if not held:
        return entity.schema.empty_table()
    same = " and ".join(f'arrived."{name}" = held."{name}"' for name in _identity(entity))
    columns = ", ".join(f'held."{name}"' if name in held else f'null as "{name}"' for name in entity.schema.names)
    held_rows, counting, identity = (
        _newest_versions(source, entity),
        _is_counting(source, entity, held),
        _identity(entity),
    )
    (count,) = warehouse.query(f"select count(*) as n from {held_rows} as held where {counting}")["n"].to_pylist()
    # As for the difference: part by part, the join takes a part of the memory.
    parts = max(1, -(-count // ROWS_A_JOIN))
    rows = pa.concat_tables(
        warehouse.query(
            f"select {columns} from {_part(held_rows, 'held', identity, part, parts)} "
            f"where {counting} and not exists (select 1 from arrived where {same}) and {condition} order by all",
            arrivals,
        ).cast(entity.schema)
        for part in range(parts)
    )
    return rows


def marked(rows: pa.Table, entity: Entity, now: datetime) -> pa.Table:
    """Held rows as they are loaded when they are found gone: `now` is when, and they are received anew."""
    for name in (entity.withdrawn, entity.received):
        if name is not None:
            place = rows.schema.get_field_index(name)
            rows = rows.set_column(place, entity.schema.field(name), pa.array([now] * len(rows), TIMESTAMP))
    return rows


def _near(entity: Entity, arrivals: pa.Table, identity: list[str], rows: str) -> str:
    """SQL for those of the rows that can have the key of one that came: of a key with a moment in it, those between the first and the last."""
    name = next((each for each in identity if pa.types.is_temporal(entity.schema.field(each).type)), None)
    if name is None or not len(arrivals):
        return rows
    ends = pc.min_max(arrivals[name])
    first, last = (
        f"'{ends[end].cast(pa.string()).as_py()}'::{_TYPES[str(arrivals[name].type)]}" for end in ("min", "max")
    )
    return f'(select * from {rows} as each_row where "{name}" between {first} and {last})'


def _part(rows: str, name: str, identity: list[str], part: int, parts: int) -> str:
    """SQL for one part of some rows, under a name: equal keys are in the same part."""
    if parts == 1:
        return f"{rows} as {name}"
    key = ", ".join(f'"{column}"' for column in identity)
    return f"(select * from {rows} as each_row where hash({key}) % {parts} = {part}) as {name}"


def example_of(rows: pa.Table, entity: Entity) -> str:
    """The key of the first row, as text."""
    if not len(rows):
        return "none"
    values = rows.slice(0, 1).select(_identity(entity)).to_pylist()[0].values()
    return ", ".join(str(value) for value in values if value != "")


def _is_counting(source: Source, entity: Entity, held: set[str]) -> str:
    """SQL for whether a held row is the source's own, and has not been withdrawn: feeds and the provider share a raw table."""
    counting = [f'held."{entity.withdrawn}" is null'] if entity.withdrawn in held else []
    if "feed" in held:
        counting.append("held.feed is null" if source.feed is None else f"held.feed = '{source.feed}'")
    return " and ".join(counting) or "true"


def _newest_versions(source: Source, entity: Entity) -> str:
    """SQL for the rows that the warehouse holds, of an entity that keeps every version the newest of each."""
    table = f'"{source.dataset}"."{entity.name}"'
    if entity.received is None:
        return table
    key = ", ".join(f'"{name}"' for name in _identity(entity))
    return (
        f'(select * from {table} qualify row_number() over (partition by {key} order by "{entity.received}" desc) = 1)'
    )


def _identity(entity: Entity) -> list[str]:
    """The key, without the columns that distinguish versions of one entity."""
    return [name for name in entity.key if name != entity.received]


def _each_key_once(warehouse: Warehouse, entity: Entity, arrivals: pa.Table) -> pa.Table:
    key = ", ".join(f'"{name}"' for name in _identity(entity))
    if not len(warehouse.query(f"select 1 from arrived group by {key} having count(*) > 1 limit 1", arrivals)):
        return arrivals
    numbered = arrivals.append_column("_arrival", pa.array(range(len(arrivals)), pa.int64()))
    order = (f'"{entity.version}" desc, ' if entity.version else "") + "_arrival desc"
    columns = ", ".join(f'"{name}"' for name in entity.schema.names)
    newest = warehouse.query(
        f"select {columns} from arrived qualify row_number() over (partition by {key} order by {order}) = 1",
        numbered,
    )
    return newest.cast(entity.schema)
