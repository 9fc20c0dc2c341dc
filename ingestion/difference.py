"""What came, compared with what the warehouse holds, by key and content: only the difference is loaded.

Of two versions of one key the one with the later `version` counts, of equal versions the one that came last. What
came does not replace a newer version that the warehouse holds (a lagging replica may answer), unless `overrule`.
"""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from ingestion.shapes import Entity
from ingestion.warehouse import Warehouse


@dataclass(frozen=True)
class Difference:
    """Rows to load, each key once; how many of them the warehouse did not hold, and how many it held otherwise."""

    rows: pa.Table
    new: int
    changed: int


def difference(
    warehouse: Warehouse, dataset: str, entity: Entity, arrivals: pa.Table, *, overrule: bool = False
) -> Difference:
    """The rows of `arrivals` that are new to `<dataset>.<entity>` or differ from what it holds."""
    arrivals = _each_key_once(warehouse, entity, arrivals)
    held = warehouse.columns(dataset, entity.name)
    if not held:
        return Difference(arrivals, new=len(arrivals), changed=0)
    others = [] if entity.is_fixed else [name for name in entity.schema.names if name not in entity.key]
    differs = " or ".join(
        f'arrived."{name}" is distinct from ' + (f'held."{name}"' if name in held else "null") for name in others
    )
    differs = differs or "false"
    if entity.version in others and not overrule:
        differs = f'(arrived."{entity.version}" >= held."{entity.version}") and ({differs})'
    is_new = f'held."{entity.key[0]}" is null'
    joined = f'from arrived left join "{dataset}"."{entity.name}" as held on ' + " and ".join(
        f'arrived."{name}" = held."{name}"' for name in entity.key
    )
    counts = warehouse.query(
        f"select count(*) filter (where {is_new}) as new, "
        f"count(*) filter (where not ({is_new}) and ({differs})) as changed {joined}",
        arrivals,
    ).to_pylist()[0]
    new, changed = counts["new"], counts["changed"]
    if new == len(arrivals):
        return Difference(arrivals, new, 0)
    if new + changed == 0:
        return Difference(entity.schema.empty_table(), 0, 0)
    columns = ", ".join(f'arrived."{name}"' for name in entity.schema.names)
    rows = warehouse.query(f"select {columns} {joined} where {is_new} or ({differs})", arrivals)
    return Difference(rows.cast(entity.schema), new, changed)


def _each_key_once(warehouse: Warehouse, entity: Entity, arrivals: pa.Table) -> pa.Table:
    key = ", ".join(f'"{name}"' for name in entity.key)
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
