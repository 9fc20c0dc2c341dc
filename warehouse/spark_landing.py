"""Rows on their way from the DuckDB file to Spark: Parquet files that DuckDB writes and Spark reads."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import duckdb
import fsspec

from warehouse.paths import WarehousePaths
from warehouse.settings import Machine
from warehouse.sql import literal


class Landing:
    """Where the Parquet files lie that Spark reads: beside the warehouse, or in TALLY_LANDING where Spark's workers are elsewhere."""

    def __init__(self, warehouse: Path) -> None:
        place = Machine.load().landing
        is_bucket = bool(place and "://" in place)
        own = WarehousePaths(warehouse).spark / "landing"
        self._folder = (Path(place, "spark") if place and not is_bucket else own).absolute()
        self._url = f"{place.rstrip('/')}/spark" if place and is_bucket else None

    def empty(self) -> None:
        """Remove what was written, by an earlier run too."""
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)
        if self._url:
            files, folder = fsspec.core.url_to_fs(self._url)
            with suppress(FileNotFoundError):  # where nothing was ever written
                files.rm(folder, recursive=True)

    def write(self, connection: duckdb.DuckDBPyConnection, query: str, name: str) -> int:
        """Write the answer to a query; how many rows it has."""
        file = self._folder / name
        written = connection.execute(f"copy ({query}) to {literal(file)} (format parquet, compression zstd)").fetchone()
        if self._url:
            fsspec.core.url_to_fs(self._url)[0].put_file(str(file), f"{self._url}/{name}")
            file.unlink()
        return int(written[0]) if written else 0

    def seen_by_spark(self, name: str) -> str:
        """A file's path as Spark's workers know it."""
        if self._url:
            return f"{self._url}/{name}".replace("s3://", "s3a://", 1)
        return f"file://{self._folder / name}"


def selected_from(file: str, types: Mapping[str, str]) -> str:
    """Spark's query for the rows of a file, by columns and their DuckDB types."""
    columns = ", ".join(f"cast(`{name}` as {spark_type(kind)}) as `{name}`" for name, kind in types.items())
    return f"select {columns} from parquet.`{file}`"


def spark_type(kind: str) -> str:
    """Spark's name of one of DuckDB's types: Spark's timestamp is a moment, and its session's time zone UTC."""
    return {"varchar": "string", "timestamp with time zone": "timestamp"}.get(kind.lower(), kind.lower())
