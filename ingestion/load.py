"""The difference into the warehouse, through dlt: one pipeline a dataset, merge by the natural key."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Set
from contextlib import contextmanager
from typing import Any

import pyarrow as pa

from ingestion.errors import SourceError
from ingestion.memory import give_back
from ingestion.schemas import Entity, Source
from warehouse.connection import DATABASE
from warehouse.database import Warehouse
from warehouse.errors import first_line
from warehouse.paths import PROJECT, WarehousePaths

# A load writes files of this many rows at a time, which bounds the memory it takes.
ROWS_A_BATCH = 100_000

MERGE = {"disposition": "merge", "strategy": "delete-insert", "deduplicated": True}


class Loader:
    """Loads of one source into one warehouse, through one pipeline, which is there once there is something to load."""

    def __init__(self, warehouse: Warehouse, source: Source) -> None:
        self._warehouse = warehouse
        self._source = source
        self._pipeline: Any = None

    def load(self, tables: dict[Entity, pa.Table], new: Set[Entity] = frozenset()) -> None:
        """Write the tables' rows into the source's raw tables, in one load.

        Each table holds each key once, and none that is held where its entity is in `new`: its rows are added without a look for those that they
        replace. It is taken out of `tables`: its memory is free by the time it is merged. A load
        that a killed run left unfinished is dropped: what it had not yet written is here again, and must come under a
        load id greater than any that the models have processed.

        Raises:
            SourceError: the load failed; what it holds is found again by the next run.
        """
        self._warehouse.wait_for_clock()
        dlt = import_dlt()
        resources = [_resource(dlt, entity, tables.pop(entity), is_new=entity in new) for entity in list(tables)]
        try:
            if self._pipeline is None:
                self._pipeline = _pipeline(dlt, self._warehouse, self._source)
            if self._pipeline.has_pending_data:
                self._pipeline = _begin_anew(dlt, self._warehouse, self._source)
            self._pipeline.extract(resources)
            give_back()
            with self._in_any_order(is_allowed=bool(new)):
                self._pipeline.run()
            give_back(self._warehouse.connection)
            _forget_packages(self._warehouse, self._source)
        except (OSError, dlt.common.exceptions.DltException) as error:
            raise SourceError(f"the load into {self._warehouse.path} failed: {first_line(_cause(error))}") from None

    @contextmanager
    def _in_any_order(self, *, is_allowed: bool) -> Iterator[None]:
        """Rows that are only added are written as they are read, and wait for no earlier ones: by two cores, as each more keeps a row group in memory.

        A feed's rows, of many texts, are written by one: the second would take 130 MB for a million lines.
        """
        if is_allowed:
            cores = 1 if self._source.feed else 2
            self._warehouse.connection.execute(f"set threads = {cores}; set preserve_insertion_order = false")
        try:
            yield
        finally:
            self._warehouse.connection.execute("reset threads; reset preserve_insertion_order")


def _resource(dlt: Any, entity: Entity, table: pa.Table, *, is_new: bool) -> Any:
    waiting = table.to_batches(ROWS_A_BATCH)
    del table

    def batches() -> Iterator[pa.Table]:
        while waiting:
            batch = [waiting.pop(0)]
            while waiting and sum(map(len, batch)) + len(waiting[0]) <= ROWS_A_BATCH:
                batch.append(waiting.pop(0))
            yield pa.Table.from_batches(batch)
        # dlt has written all of it: what it took is given back before the database takes its own.
        give_back()

    return dlt.resource(
        batches,
        name=entity.name,
        primary_key=list(entity.key),
        write_disposition="append" if is_new else MERGE,
    )


def _pipeline(dlt: Any, warehouse: Warehouse, source: Source) -> Any:
    def attach() -> Any:
        return dlt.pipeline(
            _name(source),
            pipelines_dir=str(WarehousePaths(warehouse.path).dlt.resolve()),
            destination=_destination(dlt, warehouse),
            dataset_name=source.dataset,
        )

    try:
        return attach()
    except (OSError, ValueError, LookupError, TypeError, dlt.common.exceptions.DltException):
        # The folder of a killed run, or a damaged one. Nothing in it is needed.
        shutil.rmtree(WarehousePaths(warehouse.path).dlt / _name(source), ignore_errors=True)
        return attach()


def _name(source: Source) -> str:
    """The pipeline's name: dlt keeps one schema by it, so all that fill a dataset share it."""
    return f"tally_{source.raw_source}"


def _destination(dlt: Any, warehouse: Warehouse) -> Any:
    """DuckDB, by the open connection.

    Whenever dlt asks what it can do, some twenty times a load, it would read the same settings anew: a quarter of a small
    load's time. They are read once. After a load it notes where that went, and would import SQLAlchemy to write an address.
    """
    from dlt.destinations.impl.duckdb.configuration import DuckDbClientConfiguration

    @dlt.common.configuration.configspec(init=False)
    class Configuration(DuckDbClientConfiguration):  # type: ignore[misc]
        def __str__(self) -> str:
            return str(warehouse.path)

    destination = dlt.destinations.duckdb(_credentials(warehouse))
    destination.spec = Configuration
    configuration = destination.configuration(destination.spec(), accept_partial=True)
    capabilities = destination.capabilities
    destination.capabilities = lambda config=None, naming=None: capabilities(config or configuration, naming)
    return destination


def _credentials(warehouse: Warehouse) -> Any:
    """The open connection for dlt, whose clones of it forget which database is meant."""
    from dlt.destinations.impl.duckdb.configuration import DuckDbCredentials

    credentials = DuckDbCredentials(warehouse.connection)
    credentials.local_config = {"schema": f"{DATABASE}.main"}
    return credentials


def _forget_packages(warehouse: Warehouse, source: Source) -> None:
    """What dlt keeps of each load that is done: it is not read again, and a loop would make a million files a year."""
    for package in (WarehousePaths(warehouse.path).dlt / _name(source) / "load" / "loaded").iterdir():
        shutil.rmtree(package, ignore_errors=True)


def _begin_anew(dlt: Any, warehouse: Warehouse, source: Source) -> Any:
    shutil.rmtree(WarehousePaths(warehouse.path).dlt / _name(source), ignore_errors=True)
    return _pipeline(dlt, warehouse, source)


def import_dlt() -> Any:
    """dlt, imported when there is something to load: it takes a second and a half.

    Settings that the raw tables rely on are set here, and override the configuration files.
    """
    os.environ.setdefault("DLT_PROJECT_DIR", str(PROJECT))
    os.environ.setdefault("RUNTIME__DLTHUB_TELEMETRY", "false")
    os.environ.setdefault("RUNTIME__LOG_LEVEL", "CRITICAL")
    os.environ["NORMALIZE__PARQUET_NORMALIZER__ADD_DLT_LOAD_ID"] = "true"
    os.environ["NORMALIZE__PARQUET_NORMALIZER__ADD_DLT_ID"] = "false"
    # What has been loaded is kept in the raw tables and nowhere else: no files, no rows in the staging dataset.
    os.environ["LOAD__DELETE_COMPLETED_JOBS"] = "true"
    os.environ["LOAD__TRUNCATE_STAGING_DATASET"] = "true"
    # Cursors are in the warehouse, and dlt's own state holds nothing: it need not be looked for there.
    os.environ["RESTORE_FROM_DESTINATION"] = "false"
    # One file after another: the database uses every core for each, and they would only add up in memory.
    os.environ["LOAD__WORKERS"] = "1"
    import dlt
    import dlt.common.exceptions

    return dlt


def _cause(error: BaseException) -> BaseException:
    while (inner := error.__cause__ or error.__context__) is not None:
        error = inner
    return error
