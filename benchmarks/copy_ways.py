"""The ways to copy a mart that `copies` compares: `python -m benchmarks.copy_ways WAY URL FOLDER`.

FOLDER holds `warehouse.marts/`, as `python -m publishing` leaves it. Each way runs as a process of its own and leaves the
mart at the URL as the Parquet file has it, rows that left it deleted.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

import duckdb
import sqlalchemy as sa

MART = "fct_readings"
KEY = ("sensor_id", "hour_start_at")
# What DuckDB's own `create table` would make there has seconds without a fraction and text that is equal in either case
# (MariaDB), or money and moments as text (SQLite).
TABLES = {
    "mariadb": f"""create table if not exists {MART} (
        sensor_id varchar(700) collate utf8mb4_bin, hour_start_at datetime(6), updated_at datetime(6), visit_date date,
        is_open boolean, visits bigint, revenue decimal(18, 4), share double, label longtext collate utf8mb4_bin,
        primary key (sensor_id, hour_start_at)
    ) charset utf8mb4""",
    "sqlite": f"""create table if not exists {MART} (
        sensor_id text, hour_start_at text, updated_at text, visit_date text, is_open boolean, visits bigint,
        revenue double, share double, label text, primary key (sensor_id, hour_start_at)
    )""",
    "postgresql": f"""create table if not exists {MART} (
        sensor_id text, hour_start_at timestamp, updated_at timestamptz, visit_date date, is_open boolean, visits bigint,
        revenue numeric(18, 4), share double precision, label text, primary key (sensor_id, hour_start_at)
    )""",
}
DRIVERS = {"mariadb": "mariadb+pymysql", "postgresql": "postgresql+psycopg", "sqlite": "sqlite"}


def open_engine(url: str) -> sa.Engine:
    """SQLAlchemy's way to the database."""
    scheme, _, rest = url.partition(":")
    return sa.create_engine(f"{DRIVERS[scheme]}:{rest}")


def ours(url: str, folder: Path) -> None:
    """Tally's own copies: the difference to the Parquet file that was copied last."""
    from publishing.copies.copier import copy_marts

    copy_marts(folder / "warehouse.duckdb", url, formats=("parquet",))


def attach(url: str, folder: Path) -> None:
    """DuckDB's ATTACH: reads the whole copy and writes the difference, by key; nothing is kept between runs."""
    new = f"from '{_parquet(folder)}'"
    engine = open_engine(url)
    with engine.begin() as place:
        place.execute(sa.text(TABLES[urlsplit(url).scheme]))
    engine.dispose()
    with _attached(url) as connection:
        # The types that a database gives back are not all those that it was given.
        described = connection.execute(f"describe {new}").fetchall()
        columns = ", ".join(f'"{row[0]}"::{row[1]} as "{row[0]}"' for row in described)
        connection.execute("begin")
        connection.execute(f"create temp table old as select {columns} from place.{MART}")
        connection.execute(f"create temp table added as {new} except from old")
        connection.execute(f"create temp table removed as select {', '.join(KEY)} from (from old except {new})")
        _delete(connection, url)
        connection.execute(f"insert into place.{MART} from added")
        connection.execute("commit")


def dlt_merge(url: str, folder: Path) -> None:
    """dlt: delete-insert by key of the difference that we compute, because dlt cannot tell which rows left."""
    new, old = f"from '{_parquet(folder)}'", folder / "dlt_copied.parquet"
    with _duckdb() as connection:
        if old.exists():
            connection.execute(f"create temp table added as {new} except from '{old}'")
            connection.execute(
                f"create temp table changed as select *, false as is_deleted from added union all by name "
                f"select *, true as is_deleted from (from '{old}' except {new}) as gone anti join added using ({', '.join(KEY)})"
            )
        else:
            connection.execute(f"create temp table changed as select *, false as is_deleted {new}")
        rows = connection.execute("from changed").to_arrow_table()
    if rows.num_rows:
        _dlt(url, folder, rows)
    old.write_bytes(_parquet(folder).read_bytes())


WAYS: dict[str, Callable[[str, Path], None]] = {"ours": ours, "attach": attach, "dlt": dlt_merge}


def _parquet(folder: Path) -> Path:
    return folder / "warehouse.marts" / f"{MART}.parquet"


@contextmanager
def _duckdb() -> Iterator[duckdb.DuckDBPyConnection]:
    from warehouse.connection import connect_memory

    with connect_memory() as connection:
        yield connection


@contextmanager
def _attached(url: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """The database at `url`, attached as `place`."""
    parts = urlsplit(url)
    scanner = {"postgresql": "postgres", "mariadb": "mysql", "sqlite": "sqlite"}[parts.scheme]
    try:
        package = importlib.import_module(f"duckdb_extension_{scanner}_scanner")
    except ModuleNotFoundError:
        raise RuntimeError(f"needs duckdb-extension-{scanner}-scanner in DuckDB's version") from None
    (extension,) = Path(str(package.__file__)).parent.glob("extensions/*/*.duckdb_extension")
    if scanner == "sqlite":
        address = url.removeprefix("sqlite:///")
    else:
        name = "dbname" if scanner == "postgres" else "database"
        address = (
            f"host={parts.hostname} port={parts.port} user={parts.username} "
            f"password={unquote(parts.password or '')} {name}={parts.path[1:]}"
        )
    with _duckdb() as connection:
        connection.execute(f"load '{extension}'")
        connection.execute(f"attach '{address}' as place (type {scanner})")
        yield connection


def _delete(connection: duckdb.DuckDBPyConnection, url: str) -> None:
    """Delete the rows of `removed` by key: DuckDB itself, but in MySQL, to which it can send no delete that joins."""
    by_key = " and ".join(f"copy.{column} = removed.{column}" for column in KEY)
    if not url.startswith("mariadb"):
        connection.execute(f"delete from place.{MART} as copy using removed where {by_key}")
        return
    keys = connection.execute("from removed")
    while rows := keys.fetchmany(1000):
        listed = ", ".join("(" + ", ".join(_quoted(str(value)) for value in row) + ")" for row in rows)
        statement = f"delete from {MART} where ({', '.join(KEY)}) in ({listed})"
        with connection.cursor() as cursor:
            cursor.execute(f"call mysql_execute('place', {_quoted(statement)})")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _dlt(url: str, folder: Path, rows: object) -> None:
    import dlt

    if url.startswith("postgresql"):
        destination = dlt.destinations.postgres(url)
    else:
        destination = dlt.destinations.sqlalchemy(open_engine(url))
    schema = {"sqlite": "main", "mariadb": "tally", "postgresql": "public"}[urlsplit(url).scheme]
    pipeline = dlt.pipeline("copies", pipelines_dir=str(folder / "dlt"), destination=destination, dataset_name=schema)
    resource = dlt.resource(
        [rows],
        name=MART,
        write_disposition="merge",
        primary_key=KEY,
        columns={"is_deleted": {"hard_delete": True}},
    )
    pipeline.run(resource, loader_file_format="csv" if url.startswith("postgresql") else "parquet")


if __name__ == "__main__":
    way, address, place = sys.argv[1:]
    WAYS[way](address, Path(place))
