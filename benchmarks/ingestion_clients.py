"""The ways to get readings that `ingestion` compares: `python -m benchmarks.ingestion_clients WAY URL FOLDER`.

Each runs as a process of its own, takes every reading into a new warehouse, and prints its rows and its seconds, without the
seconds that importing libraries takes.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pyarrow as pa
import requests

PAGE = 25_000
ARROW = "application/vnd.apache.arrow.stream"
SINGLE_VALUES = 2_000
PARIS_DOORS = 20


def ours(url: str, folder: Path, *, as_json: bool) -> tuple[int, float]:
    """Tally's own ingestion, into an empty warehouse."""
    import dlt  # noqa: F401

    from ingestion import runner
    from ingestion.sources import footfall

    os.environ["SOURCES__FOOTFALL__BASE_URL"] = url
    os.environ["SOURCES__FOOTFALL__PAGE_SIZE"] = str(PAGE)
    if as_json:
        # What nobody serves: the provider answers with JSON, as one without Arrow does.
        footfall.ARROW = "application/x-none"
    begun = time.monotonic()
    (result,) = runner.run(["footfall"], folder / "warehouse.duckdb")
    seconds = time.monotonic() - begun
    if result.error:
        raise RuntimeError(result.error)
    return rows_in(folder / "warehouse.duckdb", "raw_footfall.readings"), seconds


def rest_api(url: str, folder: Path) -> tuple[int, float]:
    """dlt's own rest_api source, with its Parquet loader: appended, without a cursor, which is the least it can do."""
    import dlt
    from dlt.sources.rest_api import rest_api_source

    source = rest_api_source(
        {
            "client": {"base_url": f"{url}/"},
            "resources": [
                {
                    "name": "readings",
                    "write_disposition": "append",
                    "endpoint": {
                        "path": "readings",
                        "params": {"limit": PAGE},
                        "data_selector": "data",
                        "paginator": {"type": "cursor", "cursor_path": "next_cursor", "cursor_param": "cursor"},
                    },
                }
            ],
        }
    )
    pipeline = dlt.pipeline(
        "bench",
        pipelines_dir=str(folder / "dlt"),
        destination=dlt.destinations.duckdb(str(folder / "warehouse.duckdb")),
        dataset_name="raw",
    )
    begun = time.monotonic()
    pipeline.run(source, loader_file_format="parquet")
    seconds = time.monotonic() - begun
    return rows_in(folder / "warehouse.duckdb", "raw.readings"), seconds


def floor(url: str, folder: Path, *, as_json: bool) -> tuple[int, float]:
    """Download, parse, insert into DuckDB, and nothing else."""
    begun = time.monotonic()
    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        connection.execute(
            "create table readings (sensor_id varchar, hour_start timestamptz, visits bigint, status varchar, "
            "updated_at timestamptz)"
        )
        for page in _pages(url, _json_page if as_json else _arrow_page):
            connection.register("page", page)
            connection.execute("insert into readings select * from page")
            connection.unregister("page")
    seconds = time.monotonic() - begun
    return rows_in(folder / "warehouse.duckdb", "readings"), seconds


def single_values(url: str, folder: Path) -> tuple[int, float]:
    """One request a value, as the client's first script did it; nothing is stored."""
    root = url.removesuffix("/footfall/v1")
    hours = [datetime(2026, 11, 10) + timedelta(hours=hour) for hour in range(SINGLE_VALUES // PARIS_DOORS)]
    begun = time.monotonic()
    taken = 0
    for hour in hours:
        for door in range(1, PARIS_DOORS + 1):
            when: dict[str, str | int] = {"year": hour.year, "month": hour.month, "day": hour.day, "hour": hour.hour}
            asked: dict[str, str | int] = {"store_name": "Paris", "sensor_id": door, **when}
            answer = requests.get(f"{root}/", params=asked, timeout=30)
            answer.raise_for_status()
            answer.json()
            taken += 1
    return taken, time.monotonic() - begun


WAYS: dict[str, Callable[[str, Path], tuple[int, float]]] = {
    "ours_arrow": lambda url, folder: ours(url, folder, as_json=False),
    "ours_json": lambda url, folder: ours(url, folder, as_json=True),
    "rest_api": rest_api,
    "floor_arrow": lambda url, folder: floor(url, folder, as_json=False),
    "floor_json": lambda url, folder: floor(url, folder, as_json=True),
    "single_values": single_values,
}


def rows_in(warehouse: Path, table: str) -> int:
    """Rows of a table, counted after the clock has stopped."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        found = connection.execute(f"select count(*) from {table}").fetchone()
        return int(found[0]) if found else 0


Parsed = tuple[pa.Table, str | None]


def _pages(url: str, parse: Callable[[requests.Response], Parsed]) -> Iterator[pa.Table]:
    accept = ARROW if parse is _arrow_page else "application/json"
    cursor: str | None = None
    with requests.Session() as session:
        while True:
            params: dict[str, Any] = {"limit": PAGE} | ({"cursor": cursor} if cursor else {})
            answer = session.get(f"{url}/readings", params=params, headers={"Accept": accept}, timeout=60)
            answer.raise_for_status()
            page, cursor = parse(answer)
            yield page
            if cursor is None:
                return


def _arrow_page(answer: requests.Response) -> Parsed:
    return pa.ipc.open_stream(answer.content).read_all(), answer.headers.get("X-Next-Cursor")


class _Reading(msgspec.Struct):
    sensor_id: str
    hour_start: str
    visits: int | None
    status: str
    updated_at: str


class _Readings(msgspec.Struct):
    data: list[_Reading]
    next_cursor: str | None


def _json_page(answer: requests.Response) -> Parsed:
    content = msgspec.json.decode(answer.content, type=_Readings)
    rows = content.data
    stamp = pa.timestamp("us", tz="UTC")
    columns = {
        "sensor_id": pa.array([row.sensor_id for row in rows]),
        "hour_start": pa.array([row.hour_start for row in rows]).cast(stamp),
        "visits": pa.array([row.visits for row in rows], pa.int64()),
        "status": pa.array([row.status for row in rows]),
        "updated_at": pa.array([row.updated_at for row in rows]).cast(stamp),
    }
    return pa.table(columns), content.next_cursor


if __name__ == "__main__":
    way, address, place = sys.argv[1:]
    before = time.process_time()
    rows, seconds = WAYS[way](address, Path(place))
    print(json.dumps({"rows": rows, "seconds": seconds, "processor": time.process_time() - before}))
