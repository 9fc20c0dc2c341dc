"""Writes every mart as Parquet beside the old ones and swaps them whole, only after a build without errors (`verdict.py`)."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import duckdb
from filelock import FileLock, Timeout

from publishing.columns import Mart, describe, metadata_sql, write_columns
from publishing.kept import Written, digest, take_over, written
from publishing.publication import Publication, PublishingError, read_publication, write_state
from publishing.verdict import Build, verdict
from warehouse.connection import opened
from warehouse.ledger import columns
from warehouse.paths import WarehousePaths
from warehouse.published_versions import new_version, swap
from warehouse.settings import lock_timeout
from warehouse.sql import literal, quoted

Progress = Callable[[str, int, int], None]
"""Called with a mart's name, its position from 0 and the number of marts, before it is written."""


class StaleError(PublishingError):
    """The newest build is not one to publish; what was published stays and is marked as stale."""


def publish(warehouse: Path, progress: Progress | None = None) -> Publication:
    """Publish the marts of a warehouse and return what is published now.

    Args:
        warehouse: the DuckDB file; the Parquet files go to `<warehouse without .duckdb>.marts/`.
        progress: called before each mart.

    Raises:
        StaleError: the newest `dbt build` (or `dbt run`) in `raw_operations.runs` did not end well, or an earlier one
            began models or tests that none has ended well since.
        PublishingError: the warehouse cannot be read, or the files cannot be written.
    """
    folder = WarehousePaths(warehouse).marts
    lock = FileLock(folder.with_name(folder.name + ".lock"))
    try:
        with opened(warehouse) as connection, lock.acquire(timeout=lock_timeout()):
            found = verdict(connection)
            if found.reason is not None:
                raise _keep(folder, found.build, found.reason)
            return _write(connection, folder, found.build, progress)
    except Timeout:
        raise PublishingError(
            f"Another process is publishing to {folder}: wait until it has ended, or raise TALLY_LOCK_TIMEOUT."
        ) from None
    except (OSError, duckdb.Error) as error:
        reason = str(error).splitlines()[0]
        raise PublishingError(
            f"The marts could not be written to {folder}; what was published stays: {reason}"
        ) from None


def _write(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    build: Build,
    progress: Progress | None,
) -> Publication:
    marts = _marts(connection)
    keys = _keys(connection)
    described = describe(connection, marts, keys)
    before = read_publication(folder) if folder.is_dir() else Publication()
    version = new_version(folder)
    rows: dict[str, int] = {}
    files: dict[str, Written] = {}
    for position, mart in enumerate(marts):
        if progress:
            progress(mart, position, len(marts))
        file = version / f"{mart}.parquet"
        rows[mart], inputs = _content(connection, mart, described[mart])
        kept = before.files.get(mart)
        if kept and take_over(folder / file.name, file, kept, inputs):
            files[mart] = kept
            continue
        connection.execute(
            f"copy (from marts.{quoted(mart)}) to {literal(file)} "
            f"(format parquet, compression zstd, kv_metadata {metadata_sql(described[mart])})"
        )
        files[mart] = written(file, inputs)
    publication = Publication(
        published_at=datetime.now(UTC),
        build_run_id=build.run_id,
        built_at=build.ended_at,
        marts=rows,
        files=files,
        keys=keys,
    )
    write_columns(version, described)
    write_state(version, publication)
    swap(folder, version)
    return publication


def _content(connection: duckdb.DuckDBPyConnection, mart: str, described: Mart) -> tuple[int, str]:
    """How many rows a mart has, and a digest of what its file holds: its rows in any order, its columns and what is said about them.

    Rows are told apart by the sum of DuckDB's hash of 64 bits of each, which depends on its version.
    """
    rows, hashes = connection.execute(
        f"select count(*), coalesce(sum(hash(mart)), 0) from marts.{quoted(mart)} as mart"
    ).fetchone() or (0, 0)
    return int(rows), digest(duckdb.__version__, described.model_dump_json(), str(rows), str(hashes))


def _keep(folder: Path, first_bad: Build, reason: str) -> StaleError:
    """Leave what is published as it is, and mark it stale."""
    publication = read_publication(folder).model_copy(
        update={
            "stale_since": first_bad.ended_at or first_bad.started_at,
            "stale_reason": reason,
        }
    )
    if folder.exists():
        write_state(folder.resolve(), publication)
    else:
        version = new_version(folder)
        write_state(version, publication)
        swap(folder, version)
    if publication.published_at:
        kept = f"the marts of {publication.published_at:%Y-%m-%d %H:%M} UTC stay"
    else:
        kept = "nothing has been published yet"
    return StaleError(f"Not published, {kept}: {reason}. Fix it and run `make build` again.")


def _marts(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """The marts by name; `__dbt_` marks what a killed build left behind."""
    found = connection.execute("""
        select table_name from information_schema.tables
        where table_schema = 'marts' and not contains(table_name, '__dbt_')
        order by table_name
    """).fetchall()
    if not found:
        raise PublishingError("The warehouse has no marts: run `make build` first.")
    return [name for (name,) in found]


def _keys(connection: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    """Each mart's key as dbt knows it from the tests; none in a warehouse that an older Tally built."""
    if not columns(connection, "intermediate", "int_operations__mart_keys"):
        return {}
    found = connection.execute("""
            select mart, list(column_name order by position)
            from intermediate.int_operations__mart_keys
            group by mart order by mart
        """).fetchall()
    return dict(found)
