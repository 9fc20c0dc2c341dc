"""A mart copied to databases: ours, DuckDB's ATTACH and dlt's destinations, each run as a process."""

from __future__ import annotations

import os
import re
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import sqlalchemy as sa

from benchmarks.common import Log, Options, Report, megabytes, run
from benchmarks.copy_ways import KEY, MART, WAYS, open_engine
from publishing.publication import Publication, write_state
from tests import servers
from warehouse.connection import connect_memory

HOURS = 1_000
FIRST = f"""
    select
        case when sensor % 2 = 0 then 'door-' else 'DOOR-' end || (sensor // 2) as sensor_id,
        timestamp '2026-01-01' + to_hours(hour::integer) as hour_start_at,
        timestamptz '2026-01-01 00:00:00.000001Z' + to_hours(hour::integer) as updated_at,
        (date '2026-01-01' + (hour // 24)::integer)::date as visit_date,
        hour % 3 = 0 as is_open, (sensor * 1000 + hour)::bigint as visits,
        (sensor * 1.0001 + 12345678901)::decimal(18, 4) as revenue, sin(sensor * hour)::double as share,
        case when hour % 7 > 0 then 'Étoile ' || sensor end as label
    from range({{sensors}}) as sensors (sensor), range({HOURS}) as hours (hour)
"""
# 100 rows changed, 10 gone, 10 new.
SECOND = f"""
    select * replace (visits + (hour_start_at = timestamp '2026-02-01')::bigint as visits)
    from ({FIRST}) where not (sensor_id = 'door-0' and hour_start_at < timestamp '2026-01-01 10:00:00')
    union all
    select 'new-' || i, timestamp '2026-01-01', timestamptz '2026-01-01 00:00:00Z', date '2026-01-01', true, 1, 1.5, 0.1, null
    from range(10) as added (i)
"""
STEPS = (("first copy", FIRST), ("120 rows later", SECOND), ("nothing changed", SECOND))


@contextmanager
def _sqlite(folder: Path) -> Iterator[str]:
    yield f"sqlite:///{folder}/copies.sqlite"


# What the project itself does not need.
PACKAGES = {
    ("PostgreSQL", "attach"): "duckdb_extension_postgres_scanner",
    ("PostgreSQL", "dlt"): "psycopg2",
    ("MariaDB", "attach"): "duckdb_extension_mysql_scanner",
    ("SQLite", "attach"): "duckdb_extension_sqlite_scanner",
}
DATABASES = {"PostgreSQL": lambda folder: servers.postgresql(), "MariaDB": servers.mariadb, "SQLite": _sqlite}


@dataclass(frozen=True)
class Cost:
    """What a step took, and whether its copy is right.

    Attributes:
        client: the client's seconds of processor.
        server: its server's.
        peak: the client's peak memory in bytes.
        wrong: rows of the file that are not in the copy, and rows of the copy that are not in the file.
    """

    client: float
    server: float
    peak: int
    wrong: int

    @property
    def processor(self) -> float:
        """Seconds of processor of both."""
        return self.client + self.server


def measure(options: Options, log: Log) -> Report:
    """Copy a mart whole, then with 120 rows changed, then unchanged, in each way into each database."""
    sensors = max(options.copied_rows // HOURS, 1)
    report = Report(
        f"Copies of a mart of {sensors * HOURS:,} rows", f"python -m benchmarks copies --copied-rows {sensors * HOURS}"
    )
    for database in DATABASES:
        costs = {}
        for way in WAYS:
            package = PACKAGES.get((database, way))
            if package and not find_spec(package):
                report.notes.append(f"{way} into {database} was left out: {package} is not installed.")
                continue
            costs[way] = _copy(database, way, sensors)
            log(f"{database}, {way}: {', '.join(f'{cost.processor:.2f} s' for cost in costs[way])}")
        for step, (name, _) in enumerate(STEPS):
            ours = costs["ours"][step]
            others = [
                f"{way} {costs[way][step].processor / ours.processor:.1f} times ({_shown(costs[way][step])})"
                for way in costs
                if way != "ours"
            ]
            report.add(f"{database}, {name}", "; ".join([f"ours {_shown(ours)}", *others]))
    report.notes += [
        "Seconds of processor, the client's + the server's, and the client's peak memory; each step is a process of its "
        "own, its imports among the seconds. The first copy is into an empty database; then one row in a thousand changes, 10 leave and "
        "10 come. Every copy is read back with the database's own driver and held against the Parquet file, row for row.",
        "attach is DuckDB's ATTACH: it reads the whole copy at each run and writes the difference, into tables that we made; "
        "in MariaDB it also needs deletes that we wrote, because DuckDB cannot delete by a join there. dlt merges the "
        "difference that we computed, because it cannot tell which rows left; in MariaDB it may make databases, which its "
        "staging needs.",
    ]
    return report


def _shown(cost: Cost) -> str:
    wrong = f", **{cost.wrong:,} rows wrong**" if cost.wrong else ""
    return f"{cost.client:.2f} + {cost.server:.2f} s, {megabytes(cost.peak)}{wrong}"


def _copy(database: str, way: str, sensors: int) -> list[Cost]:
    """All steps in one way into an empty database.

    Raises:
        RuntimeError: a server is not installed, or a way failed.
    """
    costs = []
    with TemporaryDirectory(prefix="tally-bench-") as name, ExitStack() as running:
        folder = Path(name)
        try:
            url = running.enter_context(DATABASES[database](folder))
        except (pytest.skip.Exception, pytest.fail.Exception) as error:
            raise RuntimeError(str(error)) from None
        if (way, database) == ("dlt", "MariaDB"):  # a merge of dlt's makes a second database for its staging
            grant = "grant all on *.* to tally@'127.0.0.1'"
            client = servers.find("mariadb", "mariadb-client")
            run([client, "--no-defaults", f"--socket={folder}/mariadb.sock", "-uroot", "-e", grant])
        for _, sql in STEPS:
            publish_mart(folder, sql.format(sensors=sensors))
            before = _server_seconds(folder)
            ran = run([sys.executable, "-m", "benchmarks.copy_ways", way, url, str(folder)])
            server = _server_seconds(folder) - before
            costs.append(Cost(ran.processor, server, ran.peak, wrong_rows(url, folder)))
    return costs


def publish_mart(folder: Path, sql: str) -> None:
    """The mart in `warehouse.marts/`, as `python -m publishing` writes it."""
    marts = folder / "warehouse.marts"
    marts.mkdir(exist_ok=True)
    new = marts / f"{MART}.new"
    with connect_memory() as connection:
        connection.execute(f"copy ({sql}) to '{new}' (format parquet)")
    new.replace(marts / f"{MART}.parquet")
    write_state(marts, Publication(published_at=datetime.now(UTC), marts={MART: 0}, keys={MART: list(KEY)}))


def _server_seconds(folder: Path) -> float:
    """Seconds of processor of the processes that work in the folder, and of those of their children that have ended."""
    ticks = 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").readlink().is_relative_to(folder):
                ticks += sum(map(int, (process / "stat").read_text().rpartition(")")[2].split()[11:15]))
        except OSError:  # it has ended
            continue
    return ticks / os.sysconf("SC_CLK_TCK")


def wrong_rows(url: str, folder: Path) -> int:
    with connect_memory() as connection:
        answer = connection.execute(f"from '{folder}/warehouse.marts/{MART}.parquet'")
        columns = ", ".join(row[0] for row in answer.description)
        expected = Counter(tuple(map(_plain, row)) for row in answer.fetchall())
    engine = open_engine(url)
    with engine.connect() as place:
        rows = place.execute(sa.text(f"select {columns} from {MART}")).all()
    engine.dispose()
    found = Counter(tuple(map(_plain, row)) for row in rows)
    return (expected - found).total() + (found - expected).total()


def _plain(value: object) -> object:
    """A value in a form that all databases share: SQLite's moments are text, its decimals doubles, its booleans numbers."""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S.%f}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int | float | Decimal):
        return float(value)
    if isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\d \d\d:", value):
        return _plain(datetime.fromisoformat(value))
    return value
