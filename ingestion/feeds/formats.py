"""From a file's bytes to its rows: which format it has, and the reader of that format."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.errors import SourceError
from ingestion.feeds.config import Layout
from ingestion.feeds.csv_tables import read_csv
from ingestion.feeds.objects import read_json, read_parquet
from ingestion.feeds.tables import Cells
from ingestion.feeds.workbooks import read_workbook

FORMATS = {
    ".csv": "csv", ".txt": "csv", ".tsv": "csv", ".tab": "csv",
    ".xlsx": "excel", ".xlsm": "excel", ".xls": "excel", ".xlsb": "excel", ".ods": "excel",
    ".json": "json", ".jsonl": "json", ".ndjson": "json",
    ".parquet": "parquet", ".pq": "parquet",
}  # fmt: skip


def format_of(name: str, layout: Layout) -> str:
    """The format of a file.

    Raises:
        SourceError: its ending says nothing.
    """
    if layout.format is not None:
        return layout.format
    ending = PurePosixPath(name.lower()).suffix
    if ending == ".gz":
        raise SourceError(f"{name} is packed: unpack it")
    if ending not in FORMATS:
        raise SourceError(
            f"{name} has no ending that says its format: set `format` in [layout] to csv, excel, json or parquet"
        )
    return FORMATS[ending]


def read(name: str, body: bytes, layout: Layout, wanted: Sequence[str]) -> Cells:
    """The rows of a file whose columns should be `wanted`, in any order and among others.

    Raises:
        SourceError: it is empty, is not what its ending says, or lacks a column.
    """
    if not body.strip():
        raise SourceError(f"{name} is empty")
    readers = {"csv": read_csv, "excel": read_workbook, "json": read_json, "parquet": read_parquet}
    reader = readers[format_of(name, layout)]
    cells = reader(name, body, layout, wanted)
    return _without_empty_rows(cells)


def _without_empty_rows(cells: Cells) -> Cells:
    """The rows but those that are blank, and headers that come again."""
    if not len(cells) or not cells.columns:
        return cells
    blank = np.ones(len(cells), bool)
    for column in cells.columns:
        blank &= _numpy(pc.equal(column, ""))
        if not blank.any():
            break
    again = np.zeros(len(cells), bool)
    filled = [place for place, title in enumerate(cells.titles) if title]
    if filled:
        again = ~blank
        for place in filled:
            again &= _numpy(pc.equal(cells.columns[place], cells.titles[place]))
            if not again.any():
                break
    if blank.any():
        cells.left_out["blank"] += int(blank.sum())
    if again.any():
        cells.left_out["repeated header"] += int(again.sum())
    return cells.filtered(~(blank | again))


def _numpy(values: Any) -> np.ndarray[Any, np.dtype[np.bool_]]:
    found: np.ndarray[Any, np.dtype[np.bool_]] = np.asarray(
        values.to_numpy(zero_copy_only=False) if isinstance(values, pa.Array) else values.to_numpy(), dtype=bool
    )
    return found
