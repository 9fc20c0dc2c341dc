"""Forget one customer of the online shop: everywhere that Tally stores anything, and for good.

What is erased is what tells who someone is; the id and the country stay, because what was sold and where did happen.
The decision and what it leaves out (back-ups) are in docs/decisions.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import orjson

from warehouse.compact import compact
from warehouse.database import Warehouse
from warehouse.errors import WarehouseError, first_line
from warehouse.paths import WarehousePaths
from warehouse.rejected import TABLE as REJECTED
from warehouse.rejected import payload_hash

DATASET = "raw_orders"
CUSTOMERS, ORDERS, FORGOTTEN = "customers", "orders", "forgotten_customers"
TABLE = f"{DATASET}.{FORGOTTEN}"
# What tells who someone is. It stays in raw_orders and staging, and is emptied here; the country stays.
PERSONAL = ("name", "address", "email", "phone_number")


@dataclass(frozen=True)
class Forgotten:
    """What was emptied, and since when the customer counts as forgotten."""

    versions: int
    rejected: int
    since: datetime


def forget_customer(path: Path, customer_id: int, lock_timeout: float = 30.0) -> Forgotten:
    """Empty every version of a customer in raw, and have later deliveries stored without personal data.

    Can be done again: whatever a run that was killed left undone is done then. The warehouse is rewritten at the end,
    because DuckDB leaves deleted values in its file until something else needs their place.

    Raises:
        WarehouseError: there is no such warehouse or customer, or the warehouse cannot be written.
    """
    if not path.exists():
        raise WarehouseError(f"there is no warehouse at {path}: set TALLY_WAREHOUSE")
    try:
        with Warehouse(path, lock_timeout) as warehouse:
            if not _is_known(warehouse, customer_id):
                raise WarehouseError(f"customer {customer_id} is not known here: nothing was changed")
            warehouse.connection.begin()
            since = _remember(warehouse, customer_id)
            values = _values(warehouse, customer_id)
            rejected = _empty_rejected(warehouse, customer_id, values)
            versions = _empty_versions(warehouse, customer_id)
            _empty_staging(warehouse)
            warehouse.connection.commit()
    except duckdb.Error as error:
        raise WarehouseError(f"the warehouse {path} cannot be used: {first_line(error)}") from None
    shutil.rmtree(WarehousePaths(path).dlt / "tally_orders", ignore_errors=True)
    compact(path, lock_timeout)
    return Forgotten(versions, rejected, since)


def _is_known(warehouse: Warehouse, customer_id: int) -> bool:
    for table in (CUSTOMERS, ORDERS, FORGOTTEN):
        if warehouse.columns(DATASET, table):
            query = f"select 1 from {DATASET}.{table} where customer_id = ? limit 1"
            if warehouse.connection.execute(query, [customer_id]).fetchone():
                return True
    return any(customer_of(payload) == customer_id for _, _, payload in _rejected_of(warehouse))


def _remember(warehouse: Warehouse, customer_id: int) -> datetime:
    warehouse.connection.execute(f"create schema if not exists {DATASET}")
    warehouse.connection.execute(
        f"create table if not exists {TABLE} (customer_id bigint primary key, forgotten_at timestamptz)"
    )
    warehouse.connection.execute(f"insert or ignore into {TABLE} values (?, ?)", [customer_id, datetime.now(UTC)])
    found = warehouse.connection.execute(
        f"select forgotten_at from {TABLE} where customer_id = ?", [customer_id]
    ).fetchone()
    since: datetime = found[0] if found else datetime.now(UTC)
    return since


def _values(warehouse: Warehouse, customer_id: int) -> set[str]:
    """Everything that the customer's versions say about who they are."""
    if not warehouse.columns(DATASET, CUSTOMERS):
        return set()
    rows = warehouse.connection.execute(
        f"select {', '.join(PERSONAL)} from {DATASET}.{CUSTOMERS} where customer_id = ?", [customer_id]
    ).fetchall()
    return {value for row in rows for value in row if value}


def _empty_versions(warehouse: Warehouse, customer_id: int) -> int:
    if not warehouse.columns(DATASET, CUSTOMERS):
        return 0
    changed = warehouse.connection.execute(
        f"update {DATASET}.{CUSTOMERS} set {', '.join(f'{name} = null' for name in PERSONAL)} "
        f"where customer_id = ? and coalesce({', '.join(PERSONAL)}) is not null",
        [customer_id],
    ).fetchone()
    return int(changed[0]) if changed else 0


def _rejected_of(warehouse: Warehouse) -> list[tuple[str, str, str]]:
    """Entity, hash and payload of every rejected record that still has a payload."""
    if not warehouse.columns(DATASET, REJECTED):
        return []
    query = f"select entity, payload_hash, payload from {DATASET}.{REJECTED} where payload is not null"
    rows: list[tuple[str, str, str]] = warehouse.connection.execute(query).fetchall()
    return rows


def _empty_rejected(warehouse: Warehouse, customer_id: int, values: set[str]) -> int:
    """Rejected records that name the customer, or name nobody that can be read and hold one of their values."""
    table = f"{DATASET}.{REJECTED}"
    count = 0
    for entity, old_hash, payload in _rejected_of(warehouse):
        named = customer_of(payload)
        emptied = emptied_payload(payload)
        this = [entity, old_hash]
        if named == customer_id and payload != emptied:
            # As ingestion would write it were it to come again, so that it does not come as another.
            warehouse.connection.execute(
                f"delete from {table} where entity = ? and payload_hash = ?", [entity, payload_hash(emptied)]
            )
            warehouse.connection.execute(
                f"update {table} set payload = ?, payload_hash = ? where entity = ? and payload_hash = ?",
                [emptied, payload_hash(emptied), *this],
            )
        elif named is None and any(value in text for value in values for text in _texts(payload)):
            warehouse.connection.execute(
                f"update {table} set payload = null where entity = ? and payload_hash = ?", this
            )
        else:
            continue
        count += 1
    return count


def _texts(payload: str) -> list[str]:
    """Every text in a JSON value, as it reads; the payload itself where it is no JSON (it was cut)."""

    def texts(value: object) -> list[str]:
        if isinstance(value, str):
            return [value]
        if isinstance(value, dict):
            return [text for each in (*value.keys(), *value.values()) for text in texts(each)]
        return [text for each in value for text in texts(each)] if isinstance(value, list) else []

    try:
        return texts(orjson.loads(payload))
    except orjson.JSONDecodeError:
        return [payload]


def _empty_staging(warehouse: Warehouse) -> None:
    """What a killed load may have left in dlt's staging dataset."""
    for entity in (CUSTOMERS, REJECTED):
        if warehouse.columns(f"{DATASET}_staging", entity):
            warehouse.connection.execute(f"delete from {DATASET}_staging.{entity}")


def customer_of(payload: str) -> int | None:
    """The customer whom a rejected record names, if it names one that can be read."""
    return _ids(payload).get("customer_id")


def emptied_payload(payload: str) -> str:
    """What stays of a rejected record once its customer is forgotten: the ids."""
    return orjson.dumps(_ids(payload)).decode()


def _ids(payload: str) -> dict[str, int]:
    try:
        row = orjson.loads(payload)
    except orjson.JSONDecodeError:
        return {}
    ids = {}
    for name in ("customer_id", "order_id", "product_id"):
        # A number of more digits is nobody's id: the raw tables hold it as a bigint.
        if isinstance(row, dict) and re.fullmatch(r"\s*-?[0-9]{1,18}\s*", str(row.get(name))):
            ids[name] = int(str(row[name]))
    return ids
