"""From what a file says, by our columns, to rows of the raw tables: defaults, keys, and what belongs together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingestion import bounds
from ingestion.csv_files import occurrences
from ingestion.feeds.config import Feed
from ingestion.feeds.mapping import Origin, Readings, reject
from ingestion.memory import give_back
from ingestion.schemas import TIMESTAMP, Entity
from ingestion.sources.footfall import INTERVALS
from ingestion.sources.orders import lines_as_json
from warehouse.connection import connect_memory

BEFORE_EVERYTHING = datetime(1990, 1, 1, tzinfo=UTC)
RECEIVED = ("updated_at", "received_at")
DEFAULT_STATUS = {"footfall.readings": "ok", "orders.orders": "paid", "orders.lines": "paid"}


def entity_of(feed: Feed) -> Entity:
    """The entity that a feed fills, as its rows are compared with what is held.

    Where the file does not say when a row was written, that is no part of what the row says: a row that is equal but for it is not new.
    """
    if feed.target.name == "air_quality.hourly" and feed.interval not in (None, 60):
        entity = next(each for each in feed.target.source.entities if each.name == "measurements")
    else:
        entity = feed.target.entity
    if "updated_at" in feed.columns or "updated_at" not in entity.schema.names:
        return entity
    fields = tuple(replace(each, is_origin=True) if each.name == "updated_at" else each for each in entity.fields)
    received = "updated_at" if "updated_at" in entity.key else entity.received
    return replace(entity, fields=fields, version=None, received=received)


def rows(feed: Feed, origin: Origin, read: Readings, file_id: str) -> tuple[pa.Table, Readings]:
    """The rows of the raw table, and what was read, without the rows that had to be rejected.

    `file_id` tells the lines of one file from equal ones of another, where files are added to each other.
    """
    read = reject(feed, origin, read, _impossible(feed, read))
    if feed.fills == "orders.lines":
        return _orders(feed, origin, read)
    read = reject(feed, origin, read, _conflicts(feed, read))
    # Cells are kept for what is rejected: from here on nothing is.
    read.texts = {}
    if feed.fills == "retail.sales":
        return _sales(feed, origin, read, file_id), read
    read = _each_once(feed, read)
    entity = entity_of(feed)
    return _table(feed, origin, entity, read, _defaults(feed, origin, read)), read


def _table(
    feed: Feed, origin: Origin, entity: Entity, read: Readings, more: Mapping[str, pa.Array | pa.ChunkedArray]
) -> pa.Table:
    """A table of the entity's schema: what was read, `more`, where the rows come from, and null for the rest."""
    count = len(read)
    said: dict[str, Any] = {
        **read.values,
        **more,
        "feed": pa.repeat(pa.scalar(origin.feed, pa.string()), count),
        "feed_file": pa.repeat(pa.scalar(origin.file, pa.string()), count),
        "feed_sheet": pa.repeat(pa.scalar(read.sheet, pa.string()), count),
        "feed_line": read.lines,
    }
    columns = []
    for each in entity.schema:
        column = said.get(each.name)
        columns.append(pa.nulls(count, each.type) if column is None else column.cast(each.type))
    return pa.table(columns, schema=entity.schema)


def _filled(read: Readings, name: str, kind: pa.DataType, value: Any) -> pa.ChunkedArray | pa.Array:
    """A column with a default where the row says nothing."""
    if name not in read.values:
        return pa.repeat(pa.scalar(value, kind), len(read))
    return read.values[name] if value is None else pc.fill_null(read.values[name], pa.scalar(value, kind))


def _defaults(feed: Feed, origin: Origin, read: Readings) -> dict[str, Any]:
    """What rows have where the feed says nothing; `ingestion.feeds.targets` says it in words."""
    first_read = pa.repeat(pa.scalar(origin.first_read_at, TIMESTAMP), len(read))
    columns: dict[str, Any] = {"received_at": first_read}
    for name in ("updated_at", "created_at"):
        columns[name] = pc.fill_null(read.values[name], first_read) if name in read.values else first_read
    if feed.fills == "footfall.stores":
        columns["name"] = (
            pc.coalesce(read.values["name"], read.values["store_id"])
            if "name" in read.values
            else read.values["store_id"]
        )
        columns["timezone"] = _filled(read, "timezone", pa.string(), feed.timezone)
        columns["opens_at"] = (
            _filled(read, "opens_at", pa.string(), None) if "opens_at" in read.values else pa.repeat("00:00", len(read))
        )
        columns["closes_at"] = (
            _filled(read, "closes_at", pa.string(), None)
            if "closes_at" in read.values
            else pa.repeat("24:00", len(read))
        )
    elif feed.fills == "footfall.sensors":
        columns["interval_minutes"] = _filled(read, "interval_minutes", pa.int64(), feed.interval or 60)
        columns["installed_at"] = _filled(read, "installed_at", TIMESTAMP, BEFORE_EVERYTHING)
    elif feed.fills == "footfall.readings":
        status = pc.if_else(pc.is_null(read.values["visits"]), "failed", "ok")
        columns["status"] = pc.coalesce(read.values["status"], status) if "status" in read.values else status
    elif feed.fills == "orders.products":
        columns["name"] = (
            pc.coalesce(read.values["name"], read.values["product_id"])
            if "name" in read.values
            else read.values["product_id"]
        )
    elif feed.fills == "orders.orders":
        columns["status"] = _filled(read, "status", pa.string(), DEFAULT_STATUS[feed.fills])
        columns["currency"] = _filled(read, "currency", pa.string(), feed.currency)
        columns["bill"] = _bill(read)
    return columns


def _bill(read: Readings) -> Any:
    """What a row says, else quantity × unit_price − discount + shipping."""
    money = pa.decimal128(18, 4)
    zero = pa.scalar(Decimal(0), money)
    whole = pa.array(
        [
            None if quantity is None or price is None else quantity * price
            for quantity, price in zip(
                read.values["quantity"].to_pylist(), read.values["unit_price"].to_pylist(), strict=True
            )
        ],
        money,
    )
    parts = [pc.fill_null(_filled(read, name, money, None), zero) for name in ("discount", "shipping")]
    computed = pc.add(pc.subtract(whole, parts[0]), parts[1]).cast(money)
    return pc.coalesce(read.values["bill"], computed) if "bill" in read.values else computed


def _impossible(feed: Feed, read: Readings) -> dict[int, list[str]]:
    """Rows whose values can each be read, and that cannot be right together."""
    errors: dict[int, list[str]] = {}

    def mark(is_bad: Any, why: str) -> None:
        column = is_bad.combine_chunks() if isinstance(is_bad, pa.ChunkedArray) else is_bad
        for place in np.flatnonzero(pc.fill_null(column, False).to_numpy(zero_copy_only=False)).tolist():
            errors.setdefault(place, []).append(why)

    values = read.values
    if feed.fills == "footfall.stores" and {"opens_at", "closes_at"} <= values.keys():
        one = pc.xor(pc.is_null(values["opens_at"]), pc.is_null(values["closes_at"]))
        mark(one, "one of opens_at and closes_at is blank: both have a time, or both are blank for a closed store")
    if feed.fills == "footfall.sensors" and "interval_minutes" in values:
        allowed = ", ".join(map(str, INTERVALS))
        mark(
            pc.and_(
                pc.is_valid(values["interval_minutes"]),
                pc.invert(pc.is_in(values["interval_minutes"], pa.array(INTERVALS))),
            ),
            f"interval_minutes is none of {allowed}",
        )
    if feed.fills == "footfall.readings":
        mark(pc.less(values["visits"], 0), "visits is below 0")
        if "store_id" in values:
            moved = _of_several(values["sensor_id"], values["store_id"])
            mark(
                moved,
                'sensor_id stands for doors of several stores: name each door by both, as in sensor_id = { from = ["Shop", "Door"] }',
            )
    if feed.fills == "retail.sales":
        if "sale_date" not in values:
            values["sale_date"] = values["_sold_on"]
        elif "_sold_on" in values:
            differ = pc.not_equal(values["sale_date"], values["_sold_on"])
            mark(differ, "sale_date and sold_at are different days")
            values["sale_date"] = pc.coalesce(values["sale_date"], values["_sold_on"])
        mark(pc.is_null(values["sale_date"]), "it has no date")
    if feed.fills in ("orders.orders", "orders.lines"):
        for name, largest in (("bill", bounds.LARGEST_BILL), ("unit_price", bounds.LARGEST_PRICE)):
            if name in values:
                mark(
                    pc.greater(pc.abs(values[name]), pa.scalar(largest, pa.decimal128(18, 4))),
                    f"{name} is larger than {largest:,}",
                )
    return errors


def _of_several(ids: pa.ChunkedArray, others: pa.ChunkedArray) -> pa.Array:
    """For each row whether its id comes with several of the others."""
    codes = ids.combine_chunks().dictionary_encode()
    pairs = (
        pa.table({"id": codes.indices, "other": others.combine_chunks()})
        .group_by("id")
        .aggregate([("other", "count_distinct")])
    )
    several = pairs.filter(pc.greater(pairs["other_count_distinct"], 1))["id"]
    return pc.is_in(codes.indices, several.combine_chunks() if len(several) else pa.array([], pa.int32()))


def _key(feed: Feed) -> list[str]:
    """Our columns that tell rows apart, as far as the feed fills them."""
    if feed.fills == "retail.sales":
        return list(feed.key)
    entity = feed.target.entity
    names = [name for name in entity.key if name not in RECEIVED]
    return names + (["updated_at"] if "updated_at" in feed.columns else [])


def _conflicts(feed: Feed, read: Readings) -> dict[int, list[str]]:
    """Rows of one key that say different things: which is right is not known."""
    key = _key(feed)
    if not key or not len(read) or _tell_apart(read, key):
        return {}
    counted = pa.table({name: read.values[name] for name in key}).group_by(key).aggregate([([], "count_all")])
    if len(counted) == len(read):
        return {}
    columns = {name: column for name, column in read.values.items() if not name.startswith("_")}
    table = pa.table({**columns, "_place": pa.array(range(len(read)))})
    listed = ", ".join(f'"{name}"' for name in key)
    others = ", ".join(f'"{name}"' for name in columns if name not in key) or "1"
    with connect_memory() as connection:
        connection.register("read", table)
        found = connection.execute(
            f"with many as (select {listed} from read group by {listed} having count(*) > 1) "
            f"select list(_place order by _place) as places, count(distinct row({others})) as ways from read inner join many using ({listed}) "
            f"group by {listed} having ways > 1"
        ).fetchall()
    errors: dict[int, list[str]] = {}
    lines = read.lines
    for places, _ in found:
        stand = ", ".join(str(lines[place].as_py()) for place in places[:5])
        for place in places:
            errors[place] = [f"lines {stand} have the same {', '.join(key)} and say different things"]
    return errors


def _tell_apart(read: Readings, names: Sequence[str]) -> bool:
    """Whether one of the columns alone tells all rows apart, as a database's id does."""
    return any(pc.count_distinct(read.values[name], mode="all").as_py() == len(read) for name in names)


def _each_once(feed: Feed, read: Readings) -> Readings:
    """Of equal rows the first."""
    key = _key(feed)
    if not key or not len(read) or _tell_apart(read, key):
        return read
    numbers = occurrences([read.values[name] for name in key]).to_numpy()
    return read.filtered(numbers == 1)


# Sales.


def _sales(feed: Feed, origin: Origin, read: Readings, file_id: str) -> pa.Table:
    """Lines of sales: known by all that they say, and their number among those that say the same."""
    if feed.key:
        read = _each_once(feed, read)
    more: dict[str, Any] = {
        "currency": _filled(read, "currency", pa.string(), feed.currency),
        "line_number": read.lines,
    }
    is_told_apart = bool(feed.key) and _tell_apart(read, feed.key)
    more["occurrence"] = pa.repeat(1, len(read)) if is_told_apart else _numbered(list(read.spelt.values()))
    give_back()
    currency = read.spelt.get("currency")
    said = [
        column.cast(pa.string())
        for column in (
            *(
                read.spelt.get(name)
                for name in ("sold_at", "amount", "unit_price", "discount", "tax", "ticket_id", "line_id")
            ),
            more["currency"] if currency is not None else None,
        )
        if column is not None
    ]
    # An equal line of another feed is another sale.
    parts = [*map(_chunked, said), pa.scalar(file_id if feed.file_mode == "append" else origin.feed)]
    more["details"] = pc.binary_join_element_wise(*parts, "|") if said else pa.repeat(parts[-1], len(read))
    if feed.key:
        keys = [_chunked(read.spelt[name].cast(pa.string())) for name in feed.key]
        more["feed_key"] = pc.binary_join_element_wise(*keys, "|")
    read.spelt = {}
    del said, parts, currency
    give_back()
    return _table(feed, origin, entity_of(feed), read, more)


def _numbered(columns: Sequence[pa.DictionaryArray]) -> pa.Array:
    """For each row its number, from 1 on, among those that are equal to it in all columns."""
    codes = np.zeros(len(columns[0]), np.int64)
    ways = 1
    for column in columns:
        # Cells that are written differently may say the same.
        unified = column.dictionary.dictionary_encode()
        count = len(unified.dictionary)
        if ways * count >= 2**62:
            different, codes = np.unique(codes, return_inverse=True)
            ways = len(different)
        codes = codes * count + unified.indices.to_numpy()[column.indices.to_numpy()]
        ways *= count
    order = np.argsort(codes, kind="stable")
    is_first = np.ones(len(order), bool)
    is_first[1:] = np.diff(codes[order]) != 0
    places = np.arange(len(order))
    numbers = np.empty(len(order), np.int64)
    numbers[order] = places - np.maximum.accumulate(np.where(is_first, places, 0)) + 1
    return pa.array(numbers)


def _chunked(column: pa.Array | pa.ChunkedArray) -> pa.ChunkedArray:
    return column if isinstance(column, pa.ChunkedArray) else pa.chunked_array([column])


# Orders of several lines.


def _orders(feed: Feed, origin: Origin, read: Readings) -> tuple[pa.Table, Readings]:
    """One row an order, from its lines: what belongs to the order is taken from the first."""
    columns = {name: column.to_pylist() for name, column in read.values.items()}
    by_order: dict[str, list[int]] = {}
    for place, order_id in enumerate(columns["order_id"]):
        by_order.setdefault(order_id, []).append(place)
    # An order of which one line was rejected is rejected whole; one that says no order may be a line of the one before or after it.
    lacking = {each.record_id for each in read.rejected}
    lines = read.lines.to_numpy()
    for line in read.unplaced:
        after = int(np.searchsorted(lines, line))
        lacking |= {columns["order_id"][place] for place in (after - 1, after) if 0 <= place < len(lines)}
    errors: dict[int, list[str]] = {}
    orders: list[dict[str, Any]] = []
    for order_id, places in by_order.items():
        if order_id in lacking:
            for place in places:
                errors[place] = ["another line of the order cannot be used, or a line beside it that says no order"]
            continue
        try:
            orders.append(_order(feed, origin, columns, places))
        except ValueError as error:
            for place in places:
                errors[place] = [str(error)]
    for order in orders:
        order["feed_line"] = int(lines[order["feed_line"]])
        order |= {"feed": origin.feed, "feed_file": origin.file, "feed_sheet": read.sheet}
    entity = entity_of(feed)
    table = pa.Table.from_pylist(orders, schema=entity.schema)
    return table, reject(feed, origin, read, errors)


def _order(feed: Feed, origin: Origin, columns: Mapping[str, Sequence[Any]], places: Sequence[int]) -> dict[str, Any]:
    first = places[0]

    def of_order(name: str) -> Any:
        return columns[name][first] if name in columns else None

    for name in ("status", "currency", "ordered_at", "customer_id"):
        said = {columns[name][place] for place in places if name in columns and columns[name][place] is not None}
        if len(said) > 1:
            raise ValueError(f"the lines of the order differ in {name}")
    lines = [
        {
            name: columns[name][place] if name in columns else None
            for name in ("line_number", "product_id", "quantity", "unit_price", "discount")
        }
        for place in places
    ]
    total = Decimal(0)
    for place in places:
        discount = columns["discount"][place] if "discount" in columns else None
        total += columns["quantity"][place] * columns["unit_price"][place] - (discount or 0)
    bill = of_order("bill")
    if bill is None:
        bill = total + (of_order("shipping") or 0)
        if of_order("order_discount") is not None and "discount" not in columns:
            bill -= of_order("order_discount")
    if abs(bill) > bounds.LARGEST_BILL:
        raise ValueError(f"the order's bill is larger than {bounds.LARGEST_BILL:,}")
    return {
        "order_id": columns["order_id"][first],
        "ordered_at": of_order("ordered_at"),
        "customer_id": of_order("customer_id"),
        "bill": bill,
        "status": of_order("status") or DEFAULT_STATUS[feed.fills],
        "updated_at": max(
            (columns["updated_at"][place] for place in places if columns["updated_at"][place]),
            default=origin.first_read_at,
        )
        if "updated_at" in columns
        else origin.first_read_at,
        "lines": lines_as_json(lines, datetime.max.replace(tzinfo=UTC)),
        "currency": of_order("currency") or feed.currency,
        "discount": of_order("order_discount"),
        "tax": of_order("tax"),
        "shipping": of_order("shipping"),
        "refunded": of_order("refunded"),
        "feed_line": first,
    }
