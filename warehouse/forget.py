"""Forget one customer of the online shop: everywhere that Tally stores anything, and for good.

It erases what identifies a person; the id and the country stay, because what was sold and where did happen.
The decision and what it leaves out (back-ups) are in docs/decisions.
"""

from __future__ import annotations

import json
import logging
import re
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from warehouse import copied, ducklake, forgotten
from warehouse.compact import compact
from warehouse.database import Warehouse
from warehouse.errors import WarehouseError, first_line
from warehouse.forgotten import DATASET, FORGOTTEN, TABLE
from warehouse.paths import WarehousePaths
from warehouse.rejected import TABLE as REJECTED
from warehouse.rejected import payload_hash

CUSTOMERS, ORDERS = "customers", "orders"
# What identifies a person. It stays in raw_orders and staging, and is emptied here; the country stays.
PERSONAL = ("name", "address", "email", "phone_number")
# A warehouse that no command of this version has opened may still hold the ids as numbers.
_IS_THEIRS = "trim(customer_id::varchar) = ?"
# What an order or a product is called; a text of another form may be about a person.
_ID = re.compile(r"[^\s@]{1,64}")


logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Forgotten:
    """What was emptied, and since when the customer counts as forgotten."""

    versions: int
    rejected: int
    since: datetime


def forget_customer(path: Path, customer_id: str, lock_timeout: float = 30.0) -> Forgotten:
    """Empty every version of a customer in raw, and have later deliveries stored without personal data.

    Can be repeated: it then completes what a killed run left undone. The id goes on the list beside the
    warehouse first. The warehouse is rewritten at the end, because DuckDB leaves deleted values in its file until
    something else needs their place.

    Raises:
        WarehouseError: there is no such warehouse or customer, or the warehouse cannot be written.
    """
    paths = WarehousePaths(path)
    customer = customer_id.strip()
    if not ducklake.exists(path):
        raise WarehouseError(f"there is no warehouse at {path}: set TALLY_WAREHOUSE")
    try:
        with Warehouse(path, lock_timeout) as warehouse:
            if not _is_known(warehouse, customer):
                raise WarehouseError(f"customer {customer} is not known here: nothing was changed")
            forgotten.add(paths, {customer} | forgotten.in_table(warehouse.connection))
            done = erase(warehouse, customer)
    except duckdb.Error as error:
        raise WarehouseError(f"the warehouse {path} cannot be used: {first_line(error)}") from None
    remove_dlt_state(paths)
    compact(path, lock_timeout)
    return done


def erase(warehouse: Warehouse, customer: str) -> Forgotten:
    """Empty a customer's versions and rejected records in an open warehouse, and remember the id there; in one transaction.

    The old values stay in the file's free space until `compact`.
    """
    warehouse.connection.begin()
    try:
        since = _remember(warehouse, customer)
        values = _values(warehouse, customer)
        rejected = _empty_rejected(warehouse, customer, values)
        versions = _empty_versions(warehouse, customer)
        _empty_staging(warehouse)
        copied.forget(warehouse.connection, DATASET)
        warehouse.connection.commit()
    except BaseException:
        warehouse.connection.rollback()
        raise
    return Forgotten(versions, rejected, since)


def forgotten_customers(warehouse: Warehouse) -> set[str]:
    """Ids of all who were forgotten. The table in the warehouse and the list beside it hold the same afterwards.

    The list may know more: of a warehouse that was deleted, or where `forget-customer` was killed.
    """
    in_table = forgotten.in_table(warehouse.connection)
    every = forgotten.add(WarehousePaths(warehouse.path), in_table)
    for customer in sorted(every - in_table):
        done = erase(warehouse, customer)
        if done.versions or done.rejected:
            logger.info(
                "customer %s, who is to be forgotten, was erased: `make compact` clears the file of it", customer
            )
    return every


def remove_dlt_state(paths: WarehousePaths) -> None:
    """Remove what a killed load of orders may have left in dlt's folder.

    Raises:
        WarehouseError: it cannot be removed.
    """
    folder = paths.dlt / "tally_orders"
    try:
        if folder.exists():
            shutil.rmtree(folder)
    except OSError as error:
        raise WarehouseError(
            f"{folder} cannot be removed ({error.strerror}): remove it, it may hold personal data"
        ) from None


def _is_known(warehouse: Warehouse, customer: str) -> bool:
    for table in (CUSTOMERS, ORDERS, FORGOTTEN):
        if warehouse.columns(DATASET, table):
            query = f"select 1 from {DATASET}.{table} where {_IS_THEIRS} limit 1"
            if warehouse.connection.execute(query, [customer]).fetchone():
                return True
    return any(customer_of(payload) == customer for _, _, payload in _rejected_of(warehouse))


def _remember(warehouse: Warehouse, customer: str) -> datetime:
    key = "" if ducklake.is_ducklake(warehouse.connection) else " primary key"
    warehouse.connection.execute(f"create schema if not exists {DATASET}")
    warehouse.connection.execute(
        f"create table if not exists {TABLE} (customer_id varchar{key}, forgotten_at timestamptz)"
    )
    warehouse.connection.execute(
        f"insert into {TABLE} select ?, ? where not exists (select 1 from {TABLE} where {_IS_THEIRS})",
        [customer, datetime.now(UTC), customer],
    )
    found = warehouse.connection.execute(f"select forgotten_at from {TABLE} where {_IS_THEIRS}", [customer]).fetchone()
    since: datetime = found[0] if found else datetime.now(UTC)
    return since


def _values(warehouse: Warehouse, customer: str) -> set[str]:
    """Everything that the customer's versions say about who they are."""
    if not warehouse.columns(DATASET, CUSTOMERS):
        return set()
    rows = warehouse.connection.execute(
        f"select {', '.join(PERSONAL)} from {DATASET}.{CUSTOMERS} where {_IS_THEIRS}", [customer]
    ).fetchall()
    return {value for row in rows for value in row if value}


def _empty_versions(warehouse: Warehouse, customer: str) -> int:
    if not warehouse.columns(DATASET, CUSTOMERS):
        return 0
    changed = warehouse.connection.execute(
        f"update {DATASET}.{CUSTOMERS} set {', '.join(f'{name} = null' for name in PERSONAL)} "
        f"where {_IS_THEIRS} and coalesce({', '.join(PERSONAL)}) is not null",
        [customer],
    ).fetchone()
    return int(changed[0]) if changed else 0


def _rejected_of(warehouse: Warehouse) -> list[tuple[str, str, str]]:
    """Entity, hash and payload of every rejected record that still has a payload."""
    if not warehouse.columns(DATASET, REJECTED):
        return []
    query = f"select entity, payload_hash, payload from {DATASET}.{REJECTED} where payload is not null"
    rows: list[tuple[str, str, str]] = warehouse.connection.execute(query).fetchall()
    return rows


def _empty_rejected(warehouse: Warehouse, customer: str, values: set[str]) -> int:
    """Rejected records that name the customer, or hold one of their values and name nobody else who is known."""
    table = f"{DATASET}.{REJECTED}"
    known = _known_customers(warehouse)
    count = 0
    for entity, old_hash, payload in _rejected_of(warehouse):
        named = customer_of(payload)
        emptied = emptied_payload(payload)
        this = [entity, old_hash]
        if named == customer and payload != emptied:
            # As ingestion would write it were it to come again, so that it does not come as another.
            warehouse.connection.execute(
                f"delete from {table} where entity = ? and payload_hash = ?", [entity, payload_hash(emptied)]
            )
            warehouse.connection.execute(
                f"update {table} set payload = ?, payload_hash = ? where entity = ? and payload_hash = ?",
                [emptied, payload_hash(emptied), *this],
            )
        elif named not in known and any(value in text for value in values for text in _texts(payload)):
            warehouse.connection.execute(
                f"update {table} set payload = null, record_id = null where entity = ? and payload_hash = ?", this
            )
        else:
            continue
        count += 1
    return count


def _known_customers(warehouse: Warehouse) -> set[str]:
    if not warehouse.columns(DATASET, CUSTOMERS):
        return set()
    found = warehouse.connection.execute(f"select distinct trim(customer_id::varchar) from {DATASET}.{CUSTOMERS}")
    return {each for (each,) in found.fetchall()}


def _texts(payload: str) -> list[str]:
    """Every text in a JSON value, as it reads; the payload itself where it is no JSON (it was cut)."""

    def texts(value: object) -> list[str]:
        if isinstance(value, str):
            return [value]
        if isinstance(value, dict):
            return [text for each in (*value.keys(), *value.values()) for text in texts(each)]
        return [text for each in value for text in texts(each)] if isinstance(value, list) else []

    return texts(_parsed(payload))


def _empty_staging(warehouse: Warehouse) -> None:
    """What a killed load may have left in dlt's staging dataset."""
    for entity in (CUSTOMERS, REJECTED):
        if warehouse.columns(f"{DATASET}_staging", entity):
            warehouse.connection.execute(f"delete from {DATASET}_staging.{entity}")


def customer_of(payload: str) -> str | None:
    """The id of the customer whom a rejected record names, if it names one that can be read."""
    found = _ids(payload).get("customer_id")
    return None if found is None else str(found).strip()


def emptied_payload(payload: str) -> str:
    """What stays of a rejected record once its customer is forgotten: the ids."""
    return json.dumps(_ids(payload), separators=(",", ":"), ensure_ascii=False)


def _parsed(payload: str) -> Any:
    """A payload's value; the text itself where it is no JSON that can be parsed."""
    try:
        return json.loads(payload)
    except ValueError:
        return payload


def _ids(payload: str) -> dict[str, str | int]:
    row = _parsed(payload)
    ids: dict[str, str | int] = {}
    if not isinstance(row, dict):
        return ids
    for name in ("customer_id", "order_id", "product_id"):
        value = row.get(name)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, str | int):
            continue
        # The customer's own id is what they are remembered by, whatever it looks like.
        if name == "customer_id" or _ID.fullmatch(str(value)):
            ids[name] = value
    return ids
