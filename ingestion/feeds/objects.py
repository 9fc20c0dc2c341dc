"""JSON, Parquet and rows that stand in a feed itself as tables of cells."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet

from ingestion.csv_records import encoding_of
from ingestion.errors import SourceError
from ingestion.feeds.config import Layout
from ingestion.feeds.tables import CLOCK, MOMENT, NUMBER, BadRow, Cells, has_columns, lacking, typed
from warehouse.text import one_line


def read_json(name: str, body: bytes, layout: Layout, wanted: Sequence[str]) -> Cells:
    rows, lines = _json_rows(name, body)
    return _from_objects(name, rows, lines, wanted)


def _json_rows(name: str, body: bytes) -> tuple[list[Any], list[int]]:
    encoding = encoding_of(body)
    try:
        text = body.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except UnicodeDecodeError:
        raise SourceError(f"{name} is not text, or was cut") from None
    try:
        content = json.loads(text, parse_float=Decimal, parse_int=Decimal)
    except RecursionError:
        raise SourceError(f"{name} is nested too deeply to be read") from None
    except ValueError:
        content = None
    if content is None:
        rows, lines = [], []
        for number, line in enumerate(text.splitlines(), start=1):
            if not line.strip():
                continue
            try:
                rows.append(json.loads(line, parse_float=Decimal, parse_int=Decimal))
            except (ValueError, RecursionError):
                if not rows:
                    raise SourceError(f"{name} is not JSON, or was cut") from None
                rows.append(line)
            lines.append(number)
        return rows, lines
    if isinstance(content, dict):
        lists = [value for value in content.values() if isinstance(value, list)]
        content = lists[0] if len(lists) == 1 else [content]
    if not isinstance(content, list):
        raise SourceError(f"{name} is JSON, but neither a list of rows nor an object that holds one")
    return content, list(range(1, len(content) + 1))


def objects_as_cells(name: str, rows: Sequence[Any], wanted: Sequence[str]) -> Cells:
    """Objects, numbered as they came; a nested field is called by its dotted path.

    Raises:
        SourceError: a wanted column is in none of them.
    """
    return _from_objects(name, rows, list(range(1, len(rows) + 1)), wanted)


def _from_objects(name: str, rows: Sequence[Any], lines: Sequence[int], wanted: Sequence[str]) -> Cells:
    flat: list[dict[str, str]] = []
    kept: list[int] = []
    bad: list[BadRow] = []
    for row, line in zip(rows, lines, strict=True):
        if isinstance(row, dict):
            flat.append(dict(_flattened(row)))
            kept.append(line)
        else:
            bad.append(BadRow(line, "is not an object", str(row)[:1000]))
    titles = list(dict.fromkeys(title for row in flat for title in row))
    if rows and not has_columns(titles, wanted):
        raise lacking(name, [titles], Layout(), wanted)
    titles = titles or list(wanted)
    columns = [pa.chunked_array([pa.array([row.get(title, "") for row in flat], pa.string())]) for title in titles]
    return Cells(titles, columns, pa.array(kept, pa.int64()), bad)


def _flattened(row: dict[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    for key, value in row.items():
        title = f"{before}{key}"
        if isinstance(value, dict):
            yield from _flattened(value, f"{title}.")
        elif isinstance(value, bool) or not isinstance(value, Decimal):
            text = (
                ""
                if value is None
                else json.dumps(value, default=str)
                if isinstance(value, list | bool)
                else str(value)
            )
            yield title, text.strip().lstrip("\x01").encode(errors="replace").decode()
        else:
            yield title, NUMBER + (f"{value:f}" if abs(value.adjusted()) < 50 else str(value))


def read_parquet(name: str, body: bytes, layout: Layout, wanted: Sequence[str]) -> Cells:
    try:
        table = pyarrow.parquet.read_table(pa.BufferReader(body))
    except (pa.ArrowException, OSError) as error:
        raise SourceError(f"{name} is not a Parquet file, or was cut ({one_line(error, 100)})") from None
    if not has_columns(table.schema.names, wanted):
        raise lacking(name, [table.schema.names], Layout(), wanted)
    return Cells(
        list(table.schema.names), [arrow_text(name, column) for column in table.columns],
        pa.array(range(1, len(table) + 1), pa.int64()),
    )  # fmt: skip


def arrow_text(name: str, column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A typed column as marked text cells."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        column, kind = column.cast(kind.value_type), kind.value_type
    mark = ""
    if pa.types.is_timestamp(kind):
        mark = MOMENT
        if kind.tz is not None:
            column = pc.strftime(column.cast(pa.timestamp("us", tz="UTC")), "%Y-%m-%dT%H:%M:%S+00:00")
        else:
            column = pc.strftime(column.cast(pa.timestamp("us")), "%Y-%m-%dT%H:%M:%S")
    elif pa.types.is_date(kind):
        mark, column = MOMENT, pc.strftime(column.cast(pa.timestamp("s")), "%Y-%m-%dT%H:%M:%S")
    elif pa.types.is_time(kind):
        mark, column = CLOCK, pc.utf8_slice_codeunits(column.cast(pa.string()), 0, 8)
    elif pa.types.is_floating(kind):
        mark, column = (
            NUMBER,
            pa.chunked_array(
                [
                    pa.array(
                        [None if value is None or value != value else f"{value:.15g}" for value in column.to_pylist()],
                        pa.string(),
                    )
                ]
            ),
        )
    elif pa.types.is_integer(kind) or pa.types.is_decimal(kind):
        mark, column = NUMBER, column.cast(pa.string())
    elif pa.types.is_nested(kind) or pa.types.is_binary(kind):
        column = pa.chunked_array(
            [pa.array([None if value is None else str(value) for value in column.to_pylist()], pa.string())]
        )
    else:
        column = column.cast(pa.string())
    column = pc.utf8_trim_whitespace(column)
    if not mark:
        return pc.fill_null(column, "")
    return pc.fill_null(pc.binary_join_element_wise(pa.scalar(mark), column, ""), "")


def rows_as_cells(rows: Iterable[dict[str, Any]]) -> Cells:
    """The rows that stand in the feed's own file, [[rows]]."""
    flat = []
    for row in rows:
        flat.append({
            name: "" if value is None else typed(value) if not isinstance(value, str) else value.strip().lstrip("\x01")
            for name, value in row.items()
        })  # fmt: skip
    titles = list(dict.fromkeys(title for row in flat for title in row))
    columns = [pa.chunked_array([pa.array([row.get(title, "") for row in flat], pa.string())]) for title in titles]
    return Cells(titles, columns, pa.array(range(1, len(flat) + 1), pa.int64()))
