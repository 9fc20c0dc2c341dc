"""The one way from a provider's page to an Arrow table of an entity's exact schema.

Whole columns are converted at once. Where that fails, the page is halved until the rows that cannot be used stand
alone; those are rejected, each with its reason.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from operator import attrgetter, itemgetter
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ingestion import bounds
from ingestion.errors import SourceError
from ingestion.schemas import Entity, Field, Page, Rejection
from warehouse.rejected import payload_of

ONE_BY_ONE = 128
# What is loaded in one go, and taken into memory as typed rows and rejections.
ROWS_A_PAGE = 50_000
MOST_ROWS = 1_000_000
LARGEST_TEXT_COLUMN = 256 * 1024 * 1024
LARGEST_INTEGER = 2**63 - 1
# A larger float may stand for several whole numbers.
LARGEST_EXACT = 2**53
# Money, decimal(18, 4): no exponent, no fifth place. A float has lost what the provider wrote.
DECIMAL = re.compile(r"-?[0-9]{1,14}(?:\.[0-9]{1,4})?")
# A whole number that is written as text.
WHOLE = re.compile(r"-?[0-9]{1,18}")


class _NotExactError(Exception):
    """A column that does not convert as a whole."""


_INEXACT = (_NotExactError, pa.ArrowException, KeyError, TypeError, AttributeError, ValueError, OverflowError)


def pages_from_rows(entity: Entity, rows: list[Any], latest: datetime, *, of_feed: bool = False) -> Iterator[Page]:
    """Pages from parsed JSON, at least one; `rows`, which should be objects with the entity's fields, are used up.

    The fields that a provider does not fill (`Field.is_added`) are read only `of_feed`.
    """
    while True:
        chunk = rows[:ROWS_A_PAGE]
        del rows[:ROWS_A_PAGE]
        yield page_from_rows(entity, chunk, latest, of_feed=of_feed)
        if not rows:
            return


def page_from_rows(entity: Entity, rows: Sequence[Any], latest: datetime, *, of_feed: bool = False) -> Page:
    """A page from parsed JSON: `rows` should be objects with the entity's fields, none later than `latest`."""
    first = rows[0] if rows and isinstance(rows[0], dict) else {}
    reader = _Reader(entity, latest, of_feed)
    reader.add_rows(rows)
    return reader.page(frozenset(first) - _read_names(entity, of_feed))


def page_from_table(entity: Entity, table: pa.Table, latest: datetime, *, of_feed: bool = False) -> Page:
    """A page from Arrow whose types may differ as long as they say the same, no row later than `latest`.

    Raises:
        SourceError: a column is missing, holds values that Arrow does not allow, or is too large for the memory.
    """
    names = table.schema.names
    for field in entity.fields:
        if names.count(field.name) != 1 and not (field.optional and field.name not in names):
            raise SourceError(f"{entity.name}: the Arrow answer has no column {field.name}")
    read = _read_names(entity, of_feed)
    known = table.select([name for name in entity.schema.names if name in names and name in read])
    _check_arrow(entity, known)
    reader = _Reader(entity, latest, of_feed)
    reader.add_table(_without_nanoseconds(known))
    return reader.page(frozenset(names) - read)


def page_from_objects(entity: Entity, rows: Sequence[Any], latest: datetime) -> Page | None:
    """A page from objects whose attributes are the fields that a provider fills; None unless every row can be used as it is."""
    reader = _Reader(entity, latest, of_feed=False)
    try:
        reader.add_columns({name: pa.array(list(map(attrgetter(name), rows))) for name in _read_names(entity, False)})
    except _INEXACT:
        return None
    return reader.page(frozenset())


def is_row_wise(entity: Entity) -> bool:
    """Whether rules look at one value or one row of the entity after another."""
    return entity.check is not None or any(field.normalise for field in entity.fields)


def _read_names(entity: Entity, of_feed: bool) -> frozenset[str]:
    return frozenset(field.name for field in entity.fields if of_feed or not field.is_added)


def _check_arrow(entity: Entity, table: pa.Table) -> None:
    if len(table) > MOST_ROWS:
        raise SourceError(f"{entity.name}: the Arrow answer has more than {MOST_ROWS:,} rows: set a smaller page_size")
    for name, column in zip(table.schema.names, table.columns, strict=True):
        kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
        if not (pa.types.is_primitive(kind) or pa.types.is_null(kind) or pa.types.is_decimal(kind) or _is_text(kind)):
            raise SourceError(
                f"{entity.name}: column {name} of the Arrow answer has the type {kind}, which is not read"
            )
        try:
            column.validate(full=True)
            too_large = _is_text(kind) and sum(map(_text_size, column.chunks)) > LARGEST_TEXT_COLUMN
        except pa.ArrowInvalid:
            raise SourceError(
                f"{entity.name}: column {name} of the Arrow answer holds values that are not valid"
            ) from None
        if too_large:
            megabytes = LARGEST_TEXT_COLUMN // 2**20
            raise SourceError(f"{entity.name}: column {name} of the Arrow answer has more than {megabytes} MB of text")


def _text_size(chunk: pa.Array) -> int:
    """Bytes that the texts take where each is written out: few may stand for many."""
    if pa.types.is_dictionary(chunk.type):
        lengths = pc.binary_length(chunk.dictionary.cast(pa.large_string()))
        return pc.sum(pc.cast(lengths.take(chunk.indices), pa.int64())).as_py() or 0
    return pc.sum(pc.cast(pc.binary_length(chunk), pa.int64())).as_py() or 0


class _Reader:
    """Rows of a page on their way to one table, and those that are rejected."""

    def __init__(self, entity: Entity, latest: datetime, of_feed: bool) -> None:
        self._entity = entity
        self._latest = latest
        self._of_feed = of_feed
        self._read = _read_names(entity, of_feed)
        self._tables: list[pa.Table] = []
        self._rejected: list[Rejection] = []

    def page(self, unknown_fields: frozenset[str]) -> Page:
        tables = [table for table in self._tables if len(table)]
        rows = pa.concat_tables(tables) if tables else self._entity.schema.empty_table()
        return Page(self._entity, rows, self._rejected, unknown_fields)

    def add_rows(self, rows: Sequence[Any]) -> None:
        try:
            self.add_columns({f.name: _column(f, rows) for f in self._entity.fields if f.name in self._read})
        except _INEXACT:
            if len(rows) <= ONE_BY_ONE:
                self._add_one_by_one(rows)
            else:
                middle = len(rows) // 2
                self.add_rows(rows[:middle])
                self.add_rows(rows[middle:])

    def add_table(self, table: pa.Table) -> None:
        try:
            self.add_columns(dict(zip(table.schema.names, table.columns, strict=True)))
        except _INEXACT:
            if len(table) <= ONE_BY_ONE:
                self._add_one_by_one(_pylist(table))
            else:
                middle = len(table) // 2
                self.add_table(table.slice(0, middle))
                self.add_table(table.slice(middle))

    def add_columns(self, columns: dict[str, Any]) -> None:
        """Take columns of one length, those that are absent as null; one of `_INEXACT`, and nothing taken, if a value does not fit."""
        if is_row_wise(self._entity):
            raise _NotExactError
        length = max(map(len, columns.values()))
        cast = []
        for field in self._entity.fields:
            column = _cast(columns.get(field.name, pa.nulls(length)), field)
            if not field.nullable and not field.optional and column.null_count:
                raise _NotExactError
            if (
                field.name in self._entity.key
                and pa.types.is_string(field.type)
                and pc.any(pc.equal(column, "")).as_py()
            ):
                raise _NotExactError
            self._check_range(field, column)
            cast.append(column)
        self._tables.append(pa.table(cast, schema=self._entity.schema))

    def _check_range(self, field: Field, column: Any) -> None:
        """An error unless the least and the greatest value are in range: then all are."""
        kind = field.type
        if pa.types.is_floating(kind) and pc.all(pc.is_finite(column)).as_py() is False:
            raise _NotExactError
        if field.largest is None and not pa.types.is_temporal(kind):
            return
        ends = pc.min_max(column)
        for end in (ends["min"], ends["max"]):
            if not end.is_valid:
                continue
            try:
                value = end.as_py()
                if field.is_moment:
                    bounds.check_moment(value, self._latest)
                if field.largest is not None:
                    bounds.check_number(value, field.largest)
            except (ValueError, OverflowError):  # as_py: not a moment that Python knows
                raise _NotExactError from None

    def _add_one_by_one(self, rows: Sequence[Any]) -> None:
        good: list[dict[str, Any]] = []
        for row in rows:
            try:
                good.append(read_row(self._entity, row, self._latest, of_feed=self._of_feed))
            except ValueError as error:
                self._rejected.append(Rejection(self._entity.name, str(error), payload_of(row)))
        self._tables.append(pa.Table.from_pylist(good, schema=self._entity.schema))


def read_row(entity: Entity, row: Any, latest: datetime, *, of_feed: bool = False) -> dict[str, Any]:
    """The values of one row, which should be an object with the entity's fields, none later than `latest`.

    Raises:
        ValueError: the reason why it cannot be used.
    """
    if not isinstance(row, dict):
        raise ValueError("the row is not an object")
    values: dict[str, Any] = {}
    for field in entity.fields:
        if field.name not in row and not field.optional:
            raise ValueError(f"{field.name} is missing")
        value = row.get(field.name) if of_feed or not field.is_added else None
        if value is None:
            if not field.nullable and not field.optional:
                raise ValueError(f"{field.name} is null")
            values[field.name] = None
        elif value == "" and field.name in entity.key:
            raise ValueError(f"{field.name} is empty")
        else:
            values[field.name] = _read_value(field, value, latest)
    if entity.check:
        entity.check(values)
    return values


def _read_value(field: Field, value: Any, latest: datetime) -> Any:
    read = _typed(field, value)
    try:
        if field.is_moment:
            bounds.check_moment(read, latest)
        if field.largest is not None:
            bounds.check_number(read, field.largest)
    except ValueError as error:
        raise ValueError(f"{field.name} {error}") from None
    return field.normalise(read) if field.normalise else read


def _column(field: Field, rows: Sequence[Any]) -> pa.Array:
    if field.optional:
        return pa.array([row.get(field.name) for row in rows])
    return pa.array(list(map(itemgetter(field.name), rows)))


def _pylist(table: pa.Table) -> list[dict[str, Any]]:
    """The rows as Python objects; a moment that Python does not know stands as Arrow's own number."""
    try:
        return table.to_pylist()  # type: ignore[no-any-return]
    except (OverflowError, ValueError):
        for index, column in enumerate(table.columns):
            if pa.types.is_temporal(column.type):
                width = pa.int32() if column.type.bit_width == 32 else pa.int64()
                table = table.set_column(index, table.schema.names[index], column.cast(width))
        return table.to_pylist()  # type: ignore[no-any-return]


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _cast(column: Any, field: Field) -> Any:
    """The same values in the field's type. Only casts that cannot change what a value says are made."""
    wanted = field.type
    have = column.type
    if pa.types.is_dictionary(have):
        column, have = column.cast(have.value_type), have.value_type
    if have == wanted:
        return column
    is_text = _is_text(have)
    if pa.types.is_null(have):
        allowed = True
    elif pa.types.is_string(wanted):
        allowed = is_text or (field.is_id and pa.types.is_integer(have))
    elif pa.types.is_integer(wanted) and is_text:
        allowed = pc.all(pc.match_substring_regex(column, f"^(?:{WHOLE.pattern})$")).as_py() is not False
    elif pa.types.is_integer(wanted) or pa.types.is_floating(wanted):
        allowed = pa.types.is_integer(have) or pa.types.is_floating(have)
    elif pa.types.is_timestamp(wanted):
        allowed = is_text or (pa.types.is_timestamp(have) and have.tz is not None)
    elif pa.types.is_date(wanted):
        allowed = is_text or pa.types.is_date(have)
    elif pa.types.is_decimal(wanted):
        column = column.cast(pa.string()) if pa.types.is_integer(have) else column
        is_exact = pc.all(pc.match_substring_regex(column, f"^(?:{DECIMAL.pattern})$")).as_py() if is_text else True
        is_fine = pa.types.is_decimal(have) and have.scale <= wanted.scale
        allowed = (is_text or pa.types.is_integer(have) or is_fine) and is_exact is not False
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


def _typed(field: Field, value: Any) -> Any:
    if field.is_id:
        return _id(field.name, value)
    if pa.types.is_string(field.type):
        return _text(field.name, value)
    if pa.types.is_integer(field.type):
        return _integer(field.name, value)
    if pa.types.is_floating(field.type):
        return _number(field.name, value)
    if pa.types.is_timestamp(field.type):
        return _timestamp(field.name, value)
    if pa.types.is_decimal(field.type):
        return _decimal(field.name, value)
    return _date(field.name, value)


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{name} is not text")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError(f"{name} holds half of a surrogate pair, which is no character") from None
    return value


def _id(name: str, value: Any) -> str:
    if _is_whole(value) and not (isinstance(value, float) and abs(value) > LARGEST_EXACT):
        return str(int(value))
    if not isinstance(value, str):
        raise ValueError(f"{name} is neither text nor a whole number")
    return _text(name, value)


def _is_whole(value: Any) -> bool:
    if isinstance(value, bool):
        return False
    if isinstance(value, Decimal):
        return value == value.to_integral_value()
    return isinstance(value, int) or (isinstance(value, float) and value.is_integer())


def _integer(name: str, value: Any) -> int:
    if isinstance(value, str) and WHOLE.fullmatch(value):
        value = int(value)
    if not _is_whole(value):
        raise ValueError(f"{name} is not an integer")
    if not -LARGEST_INTEGER - 1 <= int(value) <= LARGEST_INTEGER:
        raise ValueError(f"{name} is out of range")
    return int(value)


def _number(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{name} is not a number")
    return float(value)


def _decimal(name: str, value: Any) -> Decimal:
    text = f"{Decimal(value):f}" if isinstance(value, int | Decimal) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not DECIMAL.fullmatch(text):
        raise ValueError(f"{name} is not a decimal with up to four places")
    return Decimal(text)


def _timestamp(name: str, value: Any) -> datetime:
    if isinstance(value, str):
        try:
            # RFC 3339 has no space before the offset; many write one, and it can mean nothing else.
            value = datetime.fromisoformat(re.sub(r" (?=[+-][0-9]{2}:?[0-9]{2}$)", "", value.upper()))
        except (ValueError, OverflowError):
            value = None
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
