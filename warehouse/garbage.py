"""When Python's garbage collector looks at the objects of a process that runs dbt."""

from __future__ import annotations

import gc

_OBJECTS_BETWEEN_COLLECTIONS = (10_000, 20, 20)


def collect_rarely() -> None:
    """Look after so many new objects, not after every 700: dbt makes millions, and looking at them is a tenth of its time."""
    gc.set_threshold(*_OBJECTS_BETWEEN_COLLECTIONS)


def keep_for_good() -> None:
    """Never look again at what there is now, such as a parsed project: a process that goes on would look at it again and again."""
    gc.collect()
    gc.freeze()
