"""A table of PostgreSQL into the warehouse: a feed of ours, and dlt's own sql_database with each backend, each run as a process."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import sqlalchemy as sa

from benchmarks.common import Log, Options, Ran, Report, median, megabytes, run
from tests import servers

MOST_MEMORY = 500e6
MAKE = """create table ticket_lines as
select i as id, 'T' || i / 3 as ticket_no, timestamptz '2024-01-01 09:00Z' + i * interval '29 seconds' as sold_at, 'shop ' || mod(i, 20) as shop,
    'article ' || mod(i * 7, 5000) as article, 1 + mod(i, 3) as quantity, (mod(i * 37, 10000) / 100.0)::numeric(10, 2) as total,
    (mod(i * 37, 10000) / 600.0)::numeric(10, 2) as tax, timestamp '2024-01-01' + i * interval '29 seconds' as updated_at
from generate_series(1, {rows}) as i"""
FEED = """fills = "retail.sales"
timezone = "Europe/Dublin"
key = ["line_id"]
[columns]
line_id = "id"
ticket_id = "ticket_no"
sold_at = "sold_at"
store_id = "shop"
product_id = "article"
quantity = "quantity"
amount = "total"
tax = "tax"
[sql]
url = "env:SHOP_DATABASE"
table = "ticket_lines"
{cursor}
"""
DLT = """
import sys
import dlt
from dlt.sources.sql_database import sql_table
url, backend, path, folder = sys.argv[1:]
asked = {"backend_kwargs": {"return_type": "arrow_stream"}} if backend == "connectorx" else {}
pipeline = dlt.pipeline("side_by_side", pipelines_dir=folder, destination=dlt.destinations.duckdb(path), dataset_name="raw")
pipeline.run(sql_table(url, "ticket_lines", backend=backend, chunk_size=50_000, **asked))
"""


def measure(options: Options, log: Log) -> Report:
    """Load a table whole, each way into an empty file; ours also by its cursor, and once more unchanged."""
    rows = options.readings
    report = Report(
        f"{rows:,} rows of PostgreSQL: a feed, and dlt's own sql_database", "python -m benchmarks feeds_sql"
    )
    with TemporaryDirectory(prefix="feeds_sql") as place:
        folder = Path(place)
        with servers.postgresql() as url:
            address = url.replace("postgresql://", "postgresql+psycopg://")
            engine = sa.create_engine(address)
            with engine.begin() as connection:
                connection.execute(sa.text(MAKE.format(rows=rows)))
                connection.execute(sa.text("alter table ticket_lines add primary key (id)"))
                connection.execute(sa.text("create index on ticket_lines (updated_at)"))
            engine.dispose()
            backends = ["pyarrow", *(["connectorx"] if find_spec("connectorx") else [])]
            ways = ["a feed", "a feed with a cursor", *backends]
            times: dict[str, list[Ran]] = {way: [] for way in ways}
            again: list[Ran] = []
            for number in range(options.rounds):
                for way in ways:
                    ran, unchanged = _once(way, folder / f"{way}-{number}".replace(" ", "-"), url, address, rows)
                    times[way].append(ran)
                    again += [unchanged] if unchanged and way == "a feed" else []
                    log(f"{way}: {ran.seconds:.1f} s, {megabytes(ran.peak)}")
    fastest = min(backends, key=lambda way: median([ran.seconds for ran in times[way]]))
    mark = median([ran.seconds for ran in times[fastest]])
    for way in ways:
        cpu = median([ran.processor for ran in times[way]])
        seconds, peak = median([ran.seconds for ran in times[way]]), median([ran.peak for ran in times[way]])
        if way in backends:
            report.add(
                f"dlt, backend {way}",
                f"{seconds:.1f} s, {rows / seconds:,.0f} rows/s, {cpu:.1f} s of processor, {megabytes(peak)}",
            )
            continue
        measured = f"{seconds:.1f} s, {rows / seconds:,.0f} rows/s, {cpu:.1f} s of processor"
        report.add(way, measured, f"no slower than dlt's fastest ({mark:.1f} s)", seconds <= mark)
        report.add(f"{way}: peak memory", megabytes(peak), f"under {megabytes(MOST_MEMORY)}", peak < MOST_MEMORY)
    report.add("a feed, nothing changed", f"{median([ran.seconds for ran in again]):.1f} s")
    report.notes.append(
        "Each is a process of its own, from its start to the end of the load, the median of "
        f"{options.rounds}. A feed checks every value, compares what came with what the warehouse holds, and loads the difference; dlt appends what comes. Seconds of processor are the client's."
    )
    return report


def _once(way: str, folder: Path, url: str, address: str, rows: int) -> tuple[Ran, Ran | None]:
    (folder / "feeds").mkdir(parents=True)
    path = folder / "warehouse.duckdb"
    if not way.startswith("a feed"):
        reached = url if way == "connectorx" else address
        ran = run([sys.executable, "-c", DLT, reached, way, str(path), str(folder / "dlt")])
        _check(path, "raw.ticket_lines", rows)
        return ran, None
    cursor = 'cursor = "updated_at"' if "cursor" in way else ""
    (folder / "feeds" / "till.toml").write_text(FEED.format(cursor=cursor), encoding="utf-8")
    environment = {"TALLY_WAREHOUSE": str(path), "TALLY_FEEDS": str(folder / "feeds"), "SHOP_DATABASE": url}
    command = [sys.executable, "-m", "ingestion", "till"]
    ran = run(command, environment)
    _check(path, "raw_retail.sales", rows)
    return ran, run(command, environment)


def _check(path: Path, table: str, rows: int) -> None:
    with duckdb.connect(str(path), read_only=True) as connection:
        found = connection.execute(f"select count(*) from {table}").fetchone()
    if found != (rows,):
        raise RuntimeError(f"{table} holds {found} rows, not {rows:,}")
