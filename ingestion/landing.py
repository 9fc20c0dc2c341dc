"""The landing place: the folder or bucket (TALLY_LANDING) into which shards ship, and from which the committer takes.

A shipment is one Parquet file for each raw table that has new rows, and a manifest. The manifest is written last, beside
its name and then renamed: a shipment without one is not there yet.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel, ValidationError

from ingestion.errors import SourceError
from warehouse.settings import Machine
from warehouse.urls import readable_error, readable_url

FORMAT = 1
ROWS_A_BATCH = 200_000


class Run(BaseModel):
    """A run of the shard's, as `raw_operations.runs` has it."""

    run_id: str
    source: str
    started_at: datetime
    ended_at: datetime | None
    outcome: str
    rows_new: int | None
    rows_changed: int | None
    rows_rejected: int | None
    message: str | None
    writer: str


class Table(BaseModel):
    """The new rows of a source or feed in one of its raw tables: the name of their file, and how many they are."""

    source: str
    entity: str
    file: str
    rows: int


class NotedFeed(BaseModel):
    """One entity that a feed fills, as `raw_operations.feeds` has it."""

    feed: str
    source: str
    entity: str
    noted_at: datetime


class Manifest(BaseModel):
    """What a shipment holds.

    Attributes:
        shard: such as `3/8`.
        shipped_load_id: the newest of the shard's own loads that is in it.
        feeds: the feeds that the shard knows.
        settings: what the models read of the settings of each source that the shard loaded.
    """

    format: int = FORMAT
    shipment: str
    shard: str
    shipped_at: datetime
    shipped_load_id: str
    tables: list[Table] = []
    runs: list[Run] = []
    feeds: list[NotedFeed] = []
    settings: dict[str, dict[str, str | None]] = {}


class Landing:
    """The place, through fsspec."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.shown = readable_url(url)
        with self._errors():
            self._files, path = fsspec.core.url_to_fs(url)
            self._path = str(path).rstrip("/")
            if "://" not in url:
                self._files.makedirs(self._path, exist_ok=True)

    def put(self, name: str, batches: Iterator[pa.RecordBatch], schema: pa.Schema) -> int:
        """Write a table's rows; how many they are."""
        rows = 0
        with self._errors(), self._files.open(self._place(name), "wb") as file, pq.ParquetWriter(file, schema) as out:
            for batch in batches:
                out.write_batch(batch)
                rows += len(batch)
        return rows

    def finish(self, manifest: Manifest) -> None:
        """Write the manifest: from now on the shipment is there."""
        place = self._place(f"{manifest.shipment}.json")
        with self._errors():
            self._files.pipe_file(f"{place}.part", manifest.model_dump_json().encode())
            self._files.mv(f"{place}.part", place)

    def remove_unfinished(self, shard: str) -> None:
        """Remove what a shard was killed over: its files that no manifest names. Only the shard itself may."""
        with self._errors():
            names = {name.rpartition("/")[2] for name in self._names()}
            finished = {name.removesuffix(".json") for name in names if name.endswith(".json")}
            for name in names:
                shipment = ".".join(name.split(".")[:3])
                if shipment.split(".")[1:2] == [shard] and shipment not in finished:
                    self._files.rm_file(self._place(name))

    def shipments(self) -> list[Manifest]:
        """Those that are there, each shard's in the order in which it shipped them.

        Raises:
            SourceError: one cannot be read, or a newer Tally has written it.
        """
        with self._errors():
            texts = [(name, self._files.cat_file(name)) for name in self._names() if name.endswith(".json")]
        return sorted((self._manifest(*each) for each in texts), key=lambda each: (each.shipped_at, each.shipment))

    def rows(self, table: Table) -> Iterator[pa.Table]:
        """A table's rows, some at a time.

        Raises:
            SourceError: they are not those that were shipped.
        """
        rows = 0
        with self._errors(), self._files.open(self._place(table.file), "rb") as file:
            for batch in pq.ParquetFile(file).iter_batches(ROWS_A_BATCH):
                rows += len(batch)
                yield pa.Table.from_batches([batch])
        if rows != table.rows:
            raise SourceError(f"{self.shown}/{table.file} holds {rows:,} rows, and {table.rows:,} were shipped")

    def remove(self, manifest: Manifest) -> None:
        """Remove a shipment that was committed: the manifest last, so that a kill leaves what will be removed next time."""
        with self._errors():
            for name in [*(table.file for table in manifest.tables), f"{manifest.shipment}.json"]:
                if self._files.exists(self._place(name)):
                    self._files.rm_file(self._place(name))

    def _manifest(self, name: str, text: bytes) -> Manifest:
        try:
            found = Manifest.model_validate_json(text)
        except ValidationError:
            raise SourceError(
                f"{readable_url(name)} is no manifest of a shipment: move it out of {self.shown}"
            ) from None
        if found.format > FORMAT:
            raise SourceError(f"{readable_url(name)} was written by a newer Tally: update this one")
        return found

    def _names(self) -> list[str]:
        """The paths of all that is there."""
        self._files.invalidate_cache()
        try:
            return [str(name) for name in self._files.ls(self._path, detail=False)]
        except FileNotFoundError:
            # A bucket has no empty folders; a bucket that is not there is an error.
            bucket = self._path.partition("/")[0]
            if bucket and self._files.exists(bucket):
                return []
            raise

    def _place(self, name: str) -> str:
        return f"{self._path}/{name}"

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except SourceError:
            raise
        except Exception as error:  # each of fsspec's file systems has errors of its own, such as botocore's
            raise SourceError(
                f"the landing place {self.shown} cannot be used ({readable_error(error, self._url)}): look at TALLY_LANDING, and run again"
            ) from None


def landing() -> Landing:
    """TALLY_LANDING.

    Raises:
        SourceError: it is not set, or cannot be reached.
    """
    url = Machine.load().landing
    if url is None:
        raise SourceError(
            "TALLY_LANDING is not set: the folder or bucket into which shards ship, and from which `python -m ingestion commit` takes"
        )
    return Landing(url)
