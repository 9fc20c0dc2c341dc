"""Who was forgotten: in the warehouse, and in `<stem>.forgotten` beside it for the day when the warehouse cannot be read.

The file is text, an id a line, and there as soon as orders were loaded, also when no customer was forgotten: a missing file
says that nothing is known. Ids are only ever added to it.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import duckdb

from warehouse.errors import WarehouseError, first_line
from warehouse.ledger import columns
from warehouse.paths import WarehousePaths
from warehouse.permissions import owner_only
from warehouse.published_versions import flush

DATASET, FORGOTTEN = "raw_orders", "forgotten_customers"
TABLE = f"{DATASET}.{FORGOTTEN}"
PERSONAL_TABLES = ("customers", "rejected_records")
"""The raw tables that say who a customer is."""


def listed_in(file: Path) -> set[str] | None:
    """The ids in a list; None where there is no file.

    Raises:
        WarehouseError: it is there and cannot be read.
    """
    try:
        return parse(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise WarehouseError(
            f"{file}, the list of forgotten customers, cannot be read ({first_line(error)}): repair it first."
        ) from None


def parse(text: str) -> set[str]:
    """The ids in a file's text."""
    return {line.strip() for line in text.splitlines() if line.strip()}


def in_table(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """The ids in the warehouse."""
    if not columns(connection, DATASET, FORGOTTEN):
        return set()
    return {each for (each,) in connection.execute(f"select trim(customer_id::varchar) from {TABLE}").fetchall()}


def add(paths: WarehousePaths, ids: Iterable[str]) -> set[str]:
    """Put ids on the list, which is made if it is not there; all that it holds then.

    Raises:
        WarehouseError: it cannot be read or written.
    """
    before = listed_in(paths.forgotten)
    every = (before or set()) | set(ids)
    if before is None or every != before:
        write(paths.forgotten, every)
    return every


def write(file: Path, ids: Iterable[str]) -> None:
    """Write a list whole: beside, then renamed.

    Raises:
        WarehouseError: it cannot be written.
    """
    beside = file.with_name(file.name + ".new")
    try:
        with owner_only():
            beside.unlink(missing_ok=True)
            beside.write_text("".join(f"{each}\n" for each in sorted(ids)), encoding="utf-8")
        flush(beside)
        beside.replace(file)
        flush(file.parent)
    except OSError as error:
        raise WarehouseError(
            f"{file}, the list of forgotten customers, cannot be written ({error.strerror}): free disk space, then run again."
        ) from None
