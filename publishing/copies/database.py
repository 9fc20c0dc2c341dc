"""Copies in SQLite, MySQL, MariaDB or PostgreSQL, by SQLAlchemy."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from publishing.copies.target import RECORD, Change, Mart, Row, State, mart_rows
from publishing.publication import PublishingError
from warehouse.urls import readable_error, readable_url

KEY_LENGTH = 700
"""Characters of all of a key's text together: MySQL's index takes 3,072 bytes, four a character."""

_RECORD_COLUMNS = ("mart", "columns", "version")


@contextmanager
def open_database(driver_url: str, url: str) -> Iterator[_Database]:
    """A database that takes copies. `driver_url` is SQLAlchemy's spelling of `url`, which was asked for.

    Raises:
        PublishingError: it cannot be reached, or refuses; in a line, without the password.
    """
    shown = readable_url(url)
    try:
        engine = sa.create_engine(driver_url, poolclass=NullPool)
    except (ArgumentError, ValueError):  # SQLAlchemy lets a port that is no number through
        raise PublishingError(f"{shown} is not a database's URL: scheme://user:password@host:port/database.") from None
    try:
        try:
            connection = engine.connect()
        except (TypeError, ValueError):  # a driver is called with what stands behind the `?`, and repeats it
            raise PublishingError(
                f"{shown} has options that the database's driver does not take: look at what is behind the `?`, and write "
                "`?` in a password as %3F."
            ) from None
        with connection:
            yield _Database(connection)
    except SQLAlchemyError as error:
        cause = readable_error(getattr(error, "orig", None) or error, url, driver_url)
        raise PublishingError(f"{shown} refused: {cause}. What it recorded as copied is whole; run again.") from None
    finally:
        engine.dispose()


class _Database:
    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._record = sa.Table(
            RECORD,
            sa.MetaData(),
            sa.Column("mart", sa.String(190), primary_key=True),
            sa.Column("columns", sa.Text, nullable=False),
            sa.Column("version", sa.String(64)),
        )
        self._record.create(connection, checkfirst=True)
        connection.commit()

    def states(self) -> dict[str, State]:
        """What the database says, with the rows that its tables have now."""
        there = set(sa.inspect(self._connection).get_table_names())
        states = {}
        for mart, columns, version in self._connection.execute(sa.select(self._record)).all():
            if mart in there:
                counted = self._connection.execute(sa.select(sa.func.count()).select_from(sa.table(str(mart))))
                states[str(mart)] = State.model_validate(
                    {"columns": columns, "version": version, "rows": counted.scalar_one()}
                )
        self._connection.commit()
        return states

    def replace(self, mart: Mart) -> int:
        """Empty the table, or make it if its columns are others, and fill it; in one transaction but for the DDL."""
        table, convert = _table(mart, self._connection.dialect.name)
        known = self._connection.execute(sa.select(self._record).where(self._record.c.mart == mart.name)).one_or_none()
        exists = sa.inspect(self._connection).has_table(mart.name)
        if exists and not known:
            raise PublishingError(
                f"The database already has a table {mart.name} that Tally did not make: copy to a database of its own."
            )
        self._write_record(mart, None)
        if not exists or known is None or known.columns != mart.columns_text:
            self._connection.commit()  # MySQL ends the transaction at each DDL: say whose table it is before
            table.drop(self._connection, checkfirst=True)
            table.create(self._connection)
        else:
            self._connection.execute(table.delete())
        rows = 0
        for batch in mart_rows(mart):
            self._insert(table, convert, batch)
            rows += len(batch)
        self._write_record(mart, mart.version)
        self._connection.commit()
        return rows

    def change(self, mart: Mart, change: Change) -> None:
        """Delete what left, then insert what came, in one transaction."""
        table, convert = _table(mart, self._connection.dialect.name)
        by_key = sa.and_(*(table.c[name] == sa.bindparam(f"key_{name}") for name in mart.key))
        delete = table.delete().where(by_key)
        for batch in change.removed:
            keys = [
                {f"key_{name}": convert[name](value) for name, value in zip(mart.key, row, strict=True)}
                for row in batch
            ]
            self._connection.execute(delete, keys)
        for batch in change.added:
            self._insert(table, convert, batch)
        self._write_record(mart, mart.version)
        self._connection.commit()

    def _insert(self, table: sa.Table, convert: dict[str, _Convert], batch: Sequence[Row]) -> None:
        self._connection.execute(
            table.insert(),
            [{name: turn(value) for (name, turn), value in zip(convert.items(), row, strict=True)} for row in batch],
        )

    def _write_record(self, mart: Mart, version: str | None) -> None:
        self._connection.execute(self._record.delete().where(self._record.c.mart == mart.name))
        values = dict(zip(_RECORD_COLUMNS, (mart.name, mart.columns_text, version), strict=True))
        self._connection.execute(self._record.insert().values(values))


_Convert = Callable[[Any], Any]


def _table(mart: Mart, dialect: str) -> tuple[sa.Table, dict[str, _Convert]]:
    """The mart's table, and what turns each of its values into one that the database takes."""
    texts = sum(mart.columns[name] == "VARCHAR" for name in mart.key) or 1
    columns: list[sa.Column[Any]] = []
    convert: dict[str, _Convert] = {}
    for name, kind in mart.columns.items():
        sql_type = _sql_type(kind, KEY_LENGTH // texts if name in mart.key else None, dialect)
        columns.append(sa.Column(name, sql_type, primary_key=name in mart.key, autoincrement=False))
        is_float = dialect == "sqlite" and kind.startswith("DECIMAL")
        convert[name] = _to_float if is_float else _unchanged
    return sa.Table(mart.name, sa.MetaData(), *columns, mysql_charset="utf8mb4"), convert


def _sql_type(kind: str, length: int | None, dialect: str) -> sa.types.TypeEngine[Any]:
    """The database's type for one of DuckDB's.

    Raises:
        PublishingError: it has none.
    """
    if decimal := re.fullmatch(r"DECIMAL\((\d+),\s*(\d+)\)", kind):
        # SQLite has no decimals: a double there, exact to 15 digits.
        return sa.Double() if dialect == "sqlite" else sa.Numeric(int(decimal[1]), int(decimal[2]))
    if kind == "VARCHAR":
        if dialect in ("mysql", "mariadb"):  # whose text is else equal to itself in another case
            return mysql.VARCHAR(length, collation="utf8mb4_bin") if length else mysql.LONGTEXT(collation="utf8mb4_bin")
        return sa.Text()
    if kind in ("TIMESTAMP", "TIMESTAMP WITH TIME ZONE"):
        if dialect in ("mysql", "mariadb"):  # seconds without a fraction, were it not said
            return mysql.DATETIME(fsp=6)
        return sa.DateTime(timezone=kind != "TIMESTAMP")
    plain: dict[str, sa.types.TypeEngine[Any]] = {
        "BOOLEAN": sa.Boolean(),
        "SMALLINT": sa.SmallInteger(),
        "INTEGER": sa.Integer(),
        "BIGINT": sa.BigInteger(),
        "HUGEINT": sa.Numeric(38, 0),
        "DOUBLE": sa.Double(),
        "DATE": sa.Date(),
    }
    if kind not in plain:
        raise PublishingError(f"A column of DuckDB's type {kind} cannot be stored in a database: cast it in the mart.")
    return plain[kind]


def _unchanged(value: Any) -> Any:
    return value


def _to_float(value: Any) -> Any:
    return None if value is None else float(value)
