"""The one way from a provider's page to an Arrow table of an entity's exact schema.

Whole columns are converted at once. Where that fails, the page is halved until the rows that cannot be read stand
alone; those are set aside, each with its reason.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.errors import SourceError
from ingestion.schemas import Entity, Field, Page, Rejection

ONE_BY_ONE = 128
LARGEST_INTEGER = 2**63 - 1
# Money, decimal(18, 4): no exponent, no fifth place. A JSON number with a fraction has passed through a double.
DECIMAL = re.compile(r"-?[0-9]{1,14}(?:\.[0-9]{1,4})?")


class _NotExactError(Exception):
    """A column that does not convert as a whole."""


def page_from_rows(entity: Entity, rows: Sequence[Any]) -> Page:
    """A page from parsed JSON: `rows` should be objects with the entity's fields."""
    first = rows[0] if rows and isinstance(rows[0], dict) else {}
    tables: list[pa.Table] = []
    rejected: list[Rejection] = []
    _convert_rows(entity, rows, tables, rejected)
    return Page(entity, _joined(entity, tables), rejected, frozenset(first) - frozenset(entity.schema.names))


def page_from_table(entity: Entity, table: pa.Table) -> Page:
    """A page from Arrow whose types may differ as long as they say the same.

    Raises:
        SourceError: a column is missing.
    """
    names = table.schema.names
    for field in entity.fields:
        if names.count(field.name) != 1 and not (field.optional and field.name not in names):
            raise SourceError(f"{entity.name}: the Arrow answer has no column {field.name}")
    known = table.select([name for name in entity.schema.names if name in names])
    tables: list[pa.Table] = []
    rejected: list[Rejection] = []
    _convert_table(entity, _without_nanoseconds(known), tables, rejected)
    return Page(entity, _joined(entity, tables), rejected, frozenset(names) - frozenset(entity.schema.names))


def _convert_rows(entity: Entity, rows: Sequence[Any], tables: list[pa.Table], rejected: list[Rejection]) -> None:
    try:
        tables.append(_exact(entity, {f.name: _column(f, rows) for f in entity.fields}))
    except (_NotExactError, pa.ArrowException, KeyError, TypeError, AttributeError, ValueError, OverflowError):
        if len(rows) <= ONE_BY_ONE:
            _one_by_one(entity, rows, tables, rejected)
        else:
            middle = len(rows) // 2
            _convert_rows(entity, rows[:middle], tables, rejected)
            _convert_rows(entity, rows[middle:], tables, rejected)


def _convert_table(entity: Entity, table: pa.Table, tables: list[pa.Table], rejected: list[Rejection]) -> None:
    try:
        columns = {f.name: table[f.name] for f in entity.fields if f.name in table.schema.names}
        absent = {f.name: pa.nulls(len(table), f.type) for f in entity.fields if f.name not in columns}
        tables.append(_exact(entity, columns | absent))
    except (_NotExactError, pa.ArrowException):
        if len(table) <= ONE_BY_ONE:
            _one_by_one(entity, table.to_pylist(), tables, rejected)
        else:
            middle = len(table) // 2
            _convert_table(entity, table.slice(0, middle), tables, rejected)
            _convert_table(entity, table.slice(middle), tables, rejected)


def _column(field: Field, rows: Sequence[Any]) -> pa.Array:
    if field.optional:
        return pa.array([row.get(field.name) for row in rows])
    return pa.array([row[field.name] for row in rows])


def _exact(entity: Entity, columns: dict[str, Any]) -> pa.Table:
    """The columns cast to the entity's types, or an error if one value does not fit."""
    cast = []
    for field in entity.fields:
        column = _cast(columns[field.name], field.type)
        if not field.nullable and not field.optional and column.null_count:
            raise _NotExactError
        if field.name in entity.key and pa.types.is_string(field.type) and pc.any(pc.equal(column, "")).as_py():
            raise _NotExactError
        cast.append(column)
    return pa.table(cast, schema=entity.schema)


def _cast(column: Any, wanted: pa.DataType) -> Any:
    """The same values in the wanted type. Only casts that cannot change what a value says are made."""
    have = column.type
    if pa.types.is_dictionary(have):
        column, have = column.cast(have.value_type), have.value_type
    if have == wanted:
        return column
    is_text = pa.types.is_string(have) or pa.types.is_large_string(have) or pa.types.is_string_view(have)
    if pa.types.is_null(have):
        allowed = True
    elif pa.types.is_string(wanted):
        allowed = is_text
    elif pa.types.is_integer(wanted) or pa.types.is_floating(wanted):
        allowed = pa.types.is_integer(have) or pa.types.is_floating(have)
    elif pa.types.is_timestamp(wanted):
        allowed = is_text or (pa.types.is_timestamp(have) and have.tz is not None)
    elif pa.types.is_date(wanted):
        allowed = is_text or pa.types.is_date(have)
    elif pa.types.is_decimal(wanted):
        column = column.cast(pa.string()) if pa.types.is_integer(have) else column
        is_exact = pc.all(pc.match_substring_regex(column, f"^(?:{DECIMAL.pattern})$")).as_py() if is_text else True
        allowed = (is_text or pa.types.is_integer(have)) and is_exact is not False
    else:
        raise NotImplementedError(f"no rule yet for {wanted}")
    if not allowed:
        raise _NotExactError
    return column.cast(wanted)


def _without_nanoseconds(table: pa.Table) -> pa.Table:
    """Timestamps cut to microseconds, which is what the warehouse holds."""
    for index, field in enumerate(table.schema):
        if pa.types.is_timestamp(field.type) and field.type.unit == "ns":
            cut = table.column(index).cast(pa.timestamp("us", tz=field.type.tz), safe=False)
            table = table.set_column(index, field.name, cut)
    return table


def _one_by_one(entity: Entity, rows: Sequence[Any], tables: list[pa.Table], rejected: list[Rejection]) -> None:
    good: list[dict[str, Any]] = []
    for row in rows:
        try:
            good.append(_read_row(entity, row))
        except ValueError as error:
            payload = orjson.dumps(row, default=str, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS).decode()
            rejected.append(Rejection(entity.name, str(error), payload))
    tables.append(pa.Table.from_pylist(good, schema=entity.schema))


def _read_row(entity: Entity, row: Any) -> dict[str, Any]:
    if not isinstance(row, dict):
        raise ValueError("the row is not an object")
    values: dict[str, Any] = {}
    for field in entity.fields:
        if field.name not in row and not field.optional:
            raise ValueError(f"{field.name} is missing")
        value = row.get(field.name)
        if value is None:
            if not field.nullable and not field.optional:
                raise ValueError(f"{field.name} is null")
            values[field.name] = None
        elif value == "" and field.name in entity.key:
            raise ValueError(f"{field.name} is empty")
        else:
            values[field.name] = _read_value(field, value)
    return values


def _read_value(field: Field, value: Any) -> Any:
    if pa.types.is_string(field.type):
        if isinstance(value, str):
            return value
        raise ValueError(f"{field.name} is not text")
    if pa.types.is_integer(field.type):
        return _integer(field.name, value)
    if pa.types.is_floating(field.type):
        return _number(field.name, value)
    if pa.types.is_timestamp(field.type):
        return _timestamp(field.name, value)
    if pa.types.is_decimal(field.type):
        return _decimal(field.name, value)
    return _date(field.name, value)


def _integer(name: str, value: Any) -> int:
    is_whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    if isinstance(value, bool) or not is_whole:
        raise ValueError(f"{name} is not an integer")
    if not -LARGEST_INTEGER - 1 <= int(value) <= LARGEST_INTEGER:
        raise ValueError(f"{name} is out of range")
    return int(value)


def _number(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{name} is not a number")
    return float(value)


def _decimal(name: str, value: Any) -> Decimal:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not DECIMAL.fullmatch(text):
        raise ValueError(f"{name} is not a decimal with up to four places")
    return Decimal(text)


def _timestamp(name: str, value: Any) -> datetime:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.upper())
        except ValueError:
            raise ValueError(f"{name} is not a timestamp") from None
    if not isinstance(value, datetime):
        raise ValueError(f"{name} is not a timestamp")
    if value.tzinfo is None:
        raise ValueError(f"{name} has no time zone")
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{name} is out of range") from None


def _date(name: str, value: Any) -> date:
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise ValueError(f"{name} is not a date") from None
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    raise ValueError(f"{name} is not a date")


def _joined(entity: Entity, tables: list[pa.Table]) -> pa.Table:
    tables = [table for table in tables if len(table)]
    return pa.concat_tables(tables) if tables else entity.schema.empty_table()
