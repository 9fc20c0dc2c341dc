"""Spark, where the models are built when one machine ends: its Thrift server (TALLY_SPARK), and the Iceberg tables it keeps.

Ingestion writes the DuckDB file as ever. `ingestion.to_spark` takes its raw rows to Iceberg, dbt builds there, and `warehouse.iceberg` shows
the tables in the DuckDB file, so that whoever reads the warehouse reads it as ever.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import duckdb

from warehouse.errors import WarehouseError
from warehouse.extensions import load, open_bucket
from warehouse.settings import Machine

SETTING, MADE_BY = "TALLY_SPARK", "make spark"
DEFAULT = "127.0.0.1:10000"
"""Where `make spark` serves."""
# By default Spark hides every value with `url` in it, such as the place of a table called hourly.
_SESSION = {"spark.sql.session.timeZone": "UTC", "spark.sql.redaction.options.regex": "(?i)password"}
# Spark's own catalog, which is Hive's; every other one has a name of its own.
_HIVE = "spark_catalog"


@dataclass(frozen=True)
class Column:
    """A column of an Iceberg table: its type as Iceberg writes it, and dbt's description."""

    name: str
    type: str
    description: str | None


@dataclass(frozen=True)
class Table:
    """An Iceberg table as it is at one moment.

    Attributes:
        metadata: the file that says so, a path or s3://….
        snapshot: changes with every write; None where nothing was ever written.
        rows: how many it has.
        files: in how many data files they are.
        snapshots: how many states the table has kept, this one among them.
    """

    metadata: str
    snapshot: int | None
    rows: int
    files: int
    snapshots: int
    columns: Sequence[Column]
    description: str | None


class NoSession(WarehouseError):
    """A server answers, and no session can begin: its catalog cannot be asked, or has no schema `default`."""


def address() -> str | None:
    """TALLY_SPARK; None where DuckDB builds the models."""
    return Machine.load().spark


def load_extensions(connection: duckdb.DuckDBPyConnection) -> None:
    """Let a DuckDB connection read Iceberg tables: in a bucket, where the landing place is in one.

    Raises:
        WarehouseError: the extensions are not installed.
    """
    for name in ("avro", "iceberg"):
        load(connection, name, SETTING, MADE_BY)
    connection.execute("set autoinstall_known_extensions = false")
    if (Machine.load().landing or "").startswith("s3://"):
        open_bucket(connection, SETTING, MADE_BY)


class Spark:
    """A connection to the Thrift server."""

    def __init__(self, connection: Any, shown: str) -> None:
        self._connection = connection
        self._shown = shown

    def run(self, statement: str) -> None:
        """Run a statement that gives no rows.

        Raises:
            WarehouseError: Spark refuses it, or is gone.
        """
        with self._errors(statement):
            self._connection.cursor().execute(statement)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """The answer to a query.

        Raises:
            WarehouseError: Spark refuses it, or is gone.
        """
        with self._errors(query):
            cursor = self._connection.cursor()
            cursor.execute(query)
            return list(cursor.fetchall())

    def tables(self, schema: str) -> dict[str, Table]:
        """The Iceberg tables of a schema by name; none where there is no such schema. Views are none.

        Raises:
            WarehouseError: Spark cannot be asked, or a table's metadata cannot be read.
        """
        if not self.rows(f"show schemas like '{schema}'"):
            return {}
        ((catalog,),) = self.rows("select current_catalog()")
        places = self._in_hive(schema) if catalog == _HIVE else self._in_catalog(schema)
        return {name: read_table(place) for name, place in places.items()}

    def _in_hive(self, schema: str) -> dict[str, str]:
        """Where each table's metadata is: Hive's catalog says all of a schema in one answer."""
        found = {}
        for _, name, is_temporary, text in self.rows(f"show table extended in {schema} like '*'"):
            place = re.search(r"\bmetadata_location=([^,\]]+)", text)
            if place and not is_temporary and re.search(r"\btable_type=ICEBERG[,\]]", text):
                found[name] = place[1]
        return found

    def _in_catalog(self, schema: str) -> dict[str, str]:
        """Where each table's metadata is: the tables of another catalog, such as a REST one, say it themselves."""
        newest = [
            f"select {literal(name)}, max_by(file, struct(timestamp, file)) from {schema}.`{name}`.metadata_log_entries"
            for _, name, *_ in self.rows(f"show tables in {schema}")
        ]
        return dict(self.rows(" union all ".join(newest))) if newest else {}

    @contextmanager
    def _errors(self, statement: str) -> Iterator[None]:
        from pyhive.exc import Error
        from thrift.transport.TTransport import TTransportException

        try:
            yield
        except Error as error:
            raise WarehouseError(f"Spark refused `{' '.join(statement.split())[:80]}`: {_reason(error)}") from None
        except (TTransportException, OSError):
            raise WarehouseError(f"Spark's server at {self._shown} went away: look at its log, and run again") from None


@contextmanager
def connected(place: str | None = None) -> Iterator[Spark]:
    """A connection to Spark's server: the one at TALLY_SPARK, or at another address.

    Raises:
        WarehouseError: this environment cannot ask Spark, or no server answers.
        NoSession: one answers, and cannot be used.
    """
    place = place or address()
    if place is None:
        raise WarehouseError(f"{SETTING} is not set: where Spark's Thrift server listens, such as 127.0.0.1:10000")
    try:
        from pyhive import hive
        from pyhive.exc import Error
        from thrift.transport.TTransport import TTransportException
    except ImportError:
        raise WarehouseError(
            f"{SETTING} is set, and this environment cannot ask Spark: `{MADE_BY}` makes one that can, in deploy/spark/.venv"
        ) from None
    host, _, port = place.rpartition(":")
    try:
        connection = hive.connect(host, int(port), username="tally")
    except (TTransportException, OSError):
        raise WarehouseError(f"no Spark server answers at {place}: `{MADE_BY}` starts one on this machine") from None
    except Error as error:
        raise NoSession(
            f"Spark's server at {place} opens no session: {_reason(error)} "
            "(look at the catalog's settings; a session starts in its schema `default`, which has to be there)"
        ) from None
    spark = Spark(connection, place)
    for name, value in _SESSION.items():
        spark.run(f"set {name}={value}")
    yield spark
    # Not after an error or Ctrl-C: the server's answer may be half read. It ends the session with the socket.
    connection.close()


def read_table(metadata: str) -> Table:
    """An Iceberg table from its metadata file.

    Raises:
        WarehouseError: it cannot be read.
    """
    import fsspec

    place = re.sub(r"^s3[an]://", "s3://", re.sub(r"^file:/*", "/", metadata))
    try:
        with fsspec.open(place, "rb") as file:
            content = json.load(file)
    except Exception as error:  # each of fsspec's file systems has errors of its own
        raise WarehouseError(f"the Iceberg table's file {place} cannot be read: {type(error).__name__}") from None
    snapshot = content.get("current-snapshot-id")
    summary: dict[str, str] = next(
        (each["summary"] for each in content.get("snapshots", []) if each["snapshot-id"] == snapshot),
        {},
    )
    (schema,) = (each for each in content["schemas"] if each["schema-id"] == content["current-schema-id"])
    return Table(
        metadata=place,
        snapshot=None if snapshot in (None, -1) else snapshot,
        rows=int(summary.get("total-records", 0)),
        files=int(summary.get("total-data-files", 0)),
        snapshots=len(content.get("snapshots", [])),
        columns=[Column(field["name"], str(field["type"]), field.get("doc")) for field in schema["fields"]],
        description=content.get("properties", {}).get("comment"),
    )


def literal(text: object) -> str:
    """A text as Spark's SQL writes it."""
    return "'" + str(text).replace("\\", "\\\\").replace("'", "\\'") + "'"


def _reason(error: Exception) -> str:
    """The first line of what Spark says, without the names of its own classes."""
    status = getattr(error.args[0], "status", None) if error.args else None
    text = str(getattr(status, "errorMessage", None) or error).strip()
    text = re.sub(r"^Error running query: |(\[[A-Z_.]+\] )?[\w.$]+Exception: ", "", text)
    return text.splitlines()[0][:300] if text else type(error).__name__
