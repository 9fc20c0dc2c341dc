"""A table or query of a database: dlt's `sql_table` reads it through SQLAlchemy, batch by batch.

Without a cursor the whole answer is one file of cells, which is compared with what the warehouse holds. With a cursor the rows from the last value on
(inclusive: rows of one value may come later) are asked for in its order, and each part is loaded before the next is read.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import sqlalchemy as sa
from pydantic import Field, create_model

from ingestion.errors import SourceError
from ingestion.feeds.asked import Answer, Since
from ingestion.feeds.config import Feed, Layout, Sql
from ingestion.feeds.folder import root
from ingestion.feeds.mapping import wanted_titles
from ingestion.feeds.objects import arrow_text
from ingestion.feeds.tables import (
    CLOCK,
    LARGEST_FILE,
    MOMENT,
    NUMBER,
    Cells,
    lacking,
    place_of,
    refuse_twice,
    typed,
)
from ingestion.load import import_dlt
from ingestion.memory import give_back
from warehouse.settings import Settings, named_variable
from warehouse.text import one_line
from warehouse.urls import DRIVERS, readable_error, readable_url

# What dlt reads at a time, and what is loaded at a time where a cursor allows it: memory is that of one part.
ROWS_A_BATCH = 50_000
ROWS_A_PART = 200_000
BYTES_A_ROW = 50
SECONDS_TO_CONNECT = 10
SECONDS_A_READ = 600
NAME = "asked"

# PostgreSQL's types by their number, as text cells are marked; any other is text.
_POSTGRESQL = {
    **dict.fromkeys((20, 21, 23, 26, 700, 701, 1700), NUMBER),
    **dict.fromkeys((1082, 1114, 1184), MOMENT),
    **dict.fromkeys((1083, 1266), CLOCK),
}
_POSTGRESQL_BOOLEAN = 16
# MySQL's TIMESTAMP is an instant, though its driver gives it without a zone; its DATETIME is what some clock shows.
_MYSQL_INSTANT = 7


@dataclass
class _Batch:
    """Rows as text cells by column, and the greatest value of the cursor among them (None: they have none)."""

    columns: list[pa.Array]
    cursor: Any

    def __len__(self) -> int:
        return len(self.columns[0]) if self.columns else 0


def provider(name: str, feed: Feed) -> str:
    """Where a feed asks, and a hash of what."""
    settings = _settings(feed)
    what = "\n".join([settings.query or "", settings.table or "", settings.cursor or ""])
    return f"{readable_url(_url(name, settings))} {hashlib.sha256(what.encode()).hexdigest()[:12]}"


def shown(settings: Sql) -> str:
    """What a feed asks, in words."""
    return f"table {settings.table}" if settings.table else "the query"


def answers(name: str, feed: Feed, since: Since) -> Iterator[Answer]:
    """The rows that a feed asks for: all of them as one answer, or, with a cursor, the newer ones in parts.

    Raises:
        SourceError: the database cannot be reached, refuses, goes away, or lacks a column.
    """
    database = _Database(name, feed)
    with database.errors():
        yield from _parts(database, since) if database.settings.cursor else [_whole(database)]


def sample(name: str, settings: Sql, rows: int) -> Cells:
    """The first rows of a table or query, for a feed that has no columns yet.

    Raises:
        SourceError: as for `answers`.
    """
    database = _Database(name, Feed.model_construct(fills="retail.sales", sql=settings))
    with database.errors():
        batches = list(database.batches(database.everything().limit(rows), database.columns))
        return _cells(database.columns, _joined(batches, len(database.columns)))


def tables(name: str, settings: Sql) -> list[str]:
    """The tables and views of a database, by which a feed can be drafted.

    Raises:
        SourceError: as for `answers`.
    """
    database = _Database(name, Feed.model_construct(fills="retail.sales", sql=settings))
    with database.errors():
        inspector = sa.inspect(database.engine)
        return sorted([*inspector.get_table_names(), *inspector.get_view_names()])


def _settings(feed: Feed) -> Sql:
    assert feed.sql is not None
    return feed.sql


# Where the database is.


def _url(name: str, settings: Sql) -> str:
    """The database's URL, with its secrets.

    Raises:
        SourceError: it is not set.
    """
    if settings.url is None:
        model = create_model(
            "Database",
            __base__=Settings,
            credentials=(str | None, Field(default=None, repr=False, description="the database's URL")),
        )
        model.model_config["env_prefix"] = f"SOURCES__{name.upper()}__"
        found = getattr(model.load(), "credentials", None)
        if not found:
            raise SourceError(
                f"{name}: [sql] says no `url`, and {model.variable('credentials')} is not set: set one of them to the database's URL"
            )
        return str(found)
    if not settings.url.startswith("env:"):
        return settings.url
    variable = settings.url.removeprefix("env:")
    found = named_variable(variable)
    if found is None:
        raise SourceError(
            f"{name}: {one_line(variable, 80)} is not set: put the database's URL into that environment variable"
        )
    return found


def _engine(name: str, url: str) -> sa.Engine:
    """SQLAlchemy's way to the database, which cannot write there.

    Raises:
        SourceError: the URL is none, or there is no driver for it.
    """
    scheme, separator, rest = url.partition("://")
    if not separator:
        raise SourceError(f"{name}: the database's URL has no scheme: write it as postgresql://user@host/database")
    try:
        parsed = sa.make_url(DRIVERS.get(scheme.lower(), scheme) + separator + rest)
        backend = parsed.get_backend_name()
        arguments: dict[str, Any] = {}
        if backend == "sqlite":
            file = root() / (parsed.database or "")
            if not file.is_file():
                raise SourceError(
                    f"{name}: there is no SQLite file {parsed.database or ''!r}: relative paths begin at the folder above the feeds"
                )
            parsed = parsed.set(database=f"file:{file}", query={"mode": "ro", "uri": "true"})
        elif backend == "postgresql":
            arguments = {
                "connect_timeout": SECONDS_TO_CONNECT,
                "keepalives_idle": 30,
                "keepalives_interval": 10,
                "keepalives_count": 3,
            }
        elif backend in ("mysql", "mariadb"):
            arguments = {"connect_timeout": SECONDS_TO_CONNECT, "read_timeout": SECONDS_A_READ, "charset": "utf8mb4"}
        engine = sa.create_engine(parsed, connect_args=arguments, poolclass=sa.NullPool)
    except (sa.exc.ArgumentError, sa.exc.NoSuchModuleError, ValueError) as error:
        raise SourceError(f"{name}: {readable_url(url)} is no database's URL: {readable_error(error, url)}") from None
    except ImportError as error:
        raise SourceError(
            f"{name}: the driver for {scheme} is not installed: {one_line(error, 100)}; install it into the same Python, such as `uv pip install pyodbc`"
        ) from None
    sa.event.listen(engine, "connect", lambda connection, record: _prepare(backend, connection))
    return engine


def _prepare(backend: str, connection: Any) -> None:
    """A session that reads only, and whose clock is UTC's."""
    statements = {
        "postgresql": [
            "set session characteristics as transaction read only",
            "set timezone = 'UTC'",
            "set datestyle = 'ISO'",
        ],
        "mysql": ["set session transaction read only", "set time_zone = '+00:00'"],
    }
    statements["mariadb"] = statements["mysql"]
    cursor = connection.cursor()
    for statement in statements.get(backend, []):
        cursor.execute(statement)
    cursor.close()
    connection.commit()


class _Database:
    """The database of a feed, and what is asked of it."""

    def __init__(self, name: str, feed: Feed) -> None:
        self.name = name
        self.feed = feed
        self.settings = _settings(feed)
        self.shown = shown(self.settings)
        self.url = _url(name, self.settings)
        self.engine = _engine(name, self.url)
        self.rows_read = 0

    @contextmanager
    def errors(self) -> Iterator[None]:
        """What the database says of an error, in one line without secrets.

        Raises:
            SourceError: it had one.
        """
        try:
            yield
        except _errors_of(self.engine) as error:
            raise SourceError(self._explained(_database_error(error, self.engine))) from None
        finally:
            self.engine.dispose()

    def _explained(self, error: BaseException) -> str:
        at = f"{self.shown} of {readable_url(self.url)}"
        if isinstance(error, sa.exc.DBAPIError) and error.orig is not None:
            error = error.orig
        kinds = self.engine.dialect.loaded_dbapi
        # What the database says of a value may hold the value.
        is_of_data = isinstance(error, kinds.DataError) and self.feed.target.source.protect is not None
        said = type(error).__name__ if is_of_data else one_line(readable_error(_mysql_error(error), self.url), 300)
        if self.rows_read and isinstance(error, kinds.OperationalError | kinds.InterfaceError | kinds.InternalError):
            loaded = "what was loaded stays" if self.settings.cursor else "nothing of it was loaded"
            return f"{at}: the database went away after {self.rows_read:,} rows ({said}); {loaded}, and the next run goes on"
        return f"{at} cannot be read: {said}"

    @cached_property
    def columns(self) -> list[str]:
        """The names of the columns that there are.

        Raises:
            SourceError: one that the feed wants is not there.
        """
        with self.engine.connect() as connection:
            found = list(connection.execute(self._base().where(sa.text("1 = 0"))).keys())
        wanted = self.wanted
        if not all(place_of(found, title) is not None for title in wanted):
            raise lacking(f"{self.shown} of {readable_url(self.url)}", [found], Layout(), wanted)
        refuse_twice(self.shown, found, wanted)
        return found

    @cached_property
    def wanted(self) -> list[str]:
        """Their columns that the feed names, and the cursor."""
        cursor = [self.settings.cursor] if self.settings.cursor else []
        return list(dict.fromkeys([*wanted_titles(self.feed), *cursor]))

    @property
    def read(self) -> list[str]:
        """The columns that are read: all where `wide` makes rows of those that are not named."""
        if self.feed.layout.wide is not None:
            return self.columns
        return list(dict.fromkeys(self.named(title) for title in self.wanted))

    def named(self, title: str) -> str:
        """A column's name as the database has it."""
        place = place_of(self.columns, title)
        assert place is not None
        return self.columns[place]

    def _base(self) -> Any:
        return sa.select(sa.text("*")).select_from(self._origin([], "asked"))

    def _origin(self, columns: Sequence[str], alias: str) -> Any:
        """The table, or the query in brackets, under an alias."""
        named: list[Any] = [sa.column(name) for name in columns]
        if self.settings.table is not None:
            schema, _, table = self.settings.table.rpartition(".")
            return sa.table(table, *named, schema=schema or None).alias(alias)
        query = str(self.settings.query).strip().rstrip(";")
        # A colon is no parameter.
        return sa.text(re.sub(":", r"\\:", query)).columns(*named).subquery(alias)

    def everything(self) -> Any:
        """All rows, of the columns that are read."""
        origin = self._origin(self.columns, NAME)
        return sa.select(*(origin.c[name] for name in self.read or self.columns))

    def newer(self, last: Any) -> Any:
        """The rows whose cursor is `last` or later, or blank, in the cursor's order; of order lines whole orders, one after another."""
        origin = self._origin(self.columns, NAME)
        cursor = origin.c[self.named(str(self.settings.cursor))]
        query = sa.select(*(origin.c[name] for name in self.read))
        if not self.orders:
            if last is not None:
                query = query.where(sa.or_(cursor >= last, cursor.is_(None)))
            return query.order_by(cursor)
        if last is not None:
            other = self._origin(self.columns, "newer")
            changed = other.c[self.named(str(self.settings.cursor))]
            same = [origin.c[name] == other.c[name] for name in self.orders]
            query = query.where(
                sa.exists(sa.select(sa.literal(1)).where(sa.or_(changed >= last, changed.is_(None)), *same))
            )
        numbers = self.feed.specs["line_number"].titles if "line_number" in self.feed.specs else []
        order = dict.fromkeys([*self.orders, *(self.named(title) for title in numbers), *self.read])
        return query.order_by(*(origin.c[name] for name in order))

    @cached_property
    def orders(self) -> list[str]:
        """Of order lines the columns that tell orders apart: the lines of one are loaded together."""
        if self.feed.fills != "orders.lines":
            return []
        return [self.named(title) for title in self.feed.specs["order_id"].titles]

    def batches(self, query: Any, columns: Sequence[str]) -> Iterator[_Batch]:
        """The rows of a query, as dlt's sql_table reads them."""
        import_dlt()
        from dlt.sources.sql_database import sql_table

        metadata = sa.MetaData()
        sa.Table(NAME, metadata, *(sa.Column(name, sa.types.NullType()) for name in columns))
        cursor = self.settings.cursor
        resource = sql_table(
            credentials=self.engine,
            table=NAME,
            metadata=metadata,
            chunk_size=ROWS_A_BATCH,
            backend="pyarrow",
            reflection_level="minimal",
            query_adapter_callback=lambda select, table, incremental, engine: query,
            backend_kwargs={"cursor_place": columns.index(self.named(cursor)) if cursor and columns else None},
            table_loader_class=_loader(),
        )
        for batch in resource:
            self.rows_read += len(batch)
            yield batch


# How the rows are read.


def _loader() -> Any:
    """A loader for dlt's sql_table whose batches are text cells, exact for each type; PostgreSQL's rows come by COPY, several times as fast."""
    from dlt.sources.sql_database import TableLoader

    class Loader(TableLoader):  # type: ignore[misc]
        def _load_rows(self, query: Any, backend_kwargs: dict[str, Any]) -> Iterator[Any]:
            place = backend_kwargs["cursor_place"]
            if self.engine.dialect.driver == "psycopg":
                yield from _copied(self.engine, query, self.chunk_size, place)
                return
            with self.engine.connect() as connection:
                result = connection.execution_options(yield_per=self.chunk_size).execute(query)
                kinds = [each[1] for each in result.cursor.description]
                is_mysql = self.engine.dialect.name in ("mysql", "mariadb")
                instants = {at for at, kind in enumerate(kinds) if is_mysql and kind == _MYSQL_INSTANT}
                for rows in result.partitions():
                    by_column = list(zip(*rows, strict=True))
                    cursor = None if place is None else _greatest(by_column[place])
                    yield _Batch([_cells_of(each, at in instants) for at, each in enumerate(by_column)], cursor)

    return Loader


def _greatest(values: Sequence[Any]) -> Any:
    """The last that is not null: they come in order."""
    return next((value for value in reversed(values) if value is not None), None)


def _cells_of(values: Sequence[Any], is_instant: bool) -> pa.Array:
    """Values of a driver as text cells: by Arrow where they are of one type that it knows, else each by itself."""
    try:
        column = pa.array(values, from_pandas=False)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError):
        column = None
    is_plain = column is not None and not (
        pa.types.is_duration(column.type) or pa.types.is_nested(column.type) or pa.types.is_binary(column.type)
    )
    if column is None or not is_plain:
        return pa.array([_typed(value) for value in values], pa.string())
    if pa.types.is_null(column.type):
        return pa.repeat(pa.scalar(""), len(values))
    if is_instant and pa.types.is_timestamp(column.type):
        column = column.cast(pa.timestamp("us", tz="UTC"))
    cells = arrow_text(NAME, pa.chunked_array([column]))
    return cells.combine_chunks() if isinstance(cells, pa.ChunkedArray) else cells


def _typed(value: Any) -> str:
    if isinstance(value, datetime):
        return MOMENT + value.isoformat()
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{NUMBER}{value}"
    return typed(value)


def _copied(engine: sa.Engine, query: Any, rows: int, cursor_place: int | None) -> Iterator[_Batch]:
    """The rows of a query of PostgreSQL, by its COPY."""
    text = str(query.compile(engine, compile_kwargs={"literal_binds": True})).replace("%%", "%")
    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        with driver.cursor() as cursor:
            cursor.execute(f"select * from ({text}) as described where false")
            kinds = [each.type_code for each in cursor.description]
            with cursor.copy(f"copy ({text}) to stdout (format csv)") as copy:
                for part in _whole_lines(copy, rows * BYTES_A_ROW):
                    yield _copied_batch(part, kinds, cursor_place)


def _whole_lines(copy: Any, size: int) -> Iterator[bytes]:
    """What COPY sends, in parts of some bytes that end at the end of a row: each message is one row."""
    waiting = bytearray()
    for message in copy:
        waiting += message
        if len(waiting) >= size:
            yield bytes(waiting)
            waiting.clear()
            give_back()
    if waiting:
        yield bytes(waiting)


def _copied_batch(part: bytes, kinds: Sequence[int], cursor_place: int | None) -> _Batch:
    names = [str(place) for place in range(len(kinds))]
    has_breaks = b'"' in part
    table = pyarrow.csv.read_csv(
        pa.BufferReader(part),
        read_options=pyarrow.csv.ReadOptions(
            column_names=names, block_size=max(len(part), 1) if has_breaks else 4 * 1024 * 1024
        ),
        parse_options=pyarrow.csv.ParseOptions(newlines_in_values=has_breaks, ignore_empty_lines=len(kinds) > 1),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False, quoted_strings_can_be_null=False
        ),
    )
    columns = [_copied_cells(column.combine_chunks(), kind) for column, kind in zip(table.columns, kinds, strict=True)]
    cursor = None
    if cursor_place is not None:
        filled = columns[cursor_place].filter(pc.not_equal(columns[cursor_place], ""))
        cursor = _value(filled[-1].as_py()) if len(filled) else None
    return _Batch(columns, cursor)


def _copied_cells(column: pa.Array, kind: int) -> pa.Array:
    if kind == _POSTGRESQL_BOOLEAN:
        return pc.replace_substring_regex(pc.replace_substring_regex(column, "^t$", "true"), "^f$", "false")
    mark = _POSTGRESQL.get(kind)
    if mark is None:
        return pc.utf8_ltrim(pc.utf8_trim_whitespace(column), characters="\x01")
    if mark == NUMBER:
        column = pc.if_else(pc.equal(column, "NaN"), "", column)
    elif mark == CLOCK:
        column = pc.utf8_slice_codeunits(column, 0, 8)
    elif kind == 1082:
        column = pc.binary_join_element_wise(column, "T00:00:00", "")
    else:
        column = pc.replace_substring(column, " ", "T", max_replacements=1)
        if kind == 1184:
            column = pc.replace_substring_regex(column, r"\+00$", "+00:00")
    is_blank = pc.is_in(column, pa.array(["", "T00:00:00"]))
    return pc.if_else(is_blank, "", pc.binary_join_element_wise(mark, column, ""))


def _value(cell: str) -> Any:
    """What a cell says, to be compared with the column that it is of."""
    if cell.startswith(NUMBER):
        number = Decimal(cell[2:])
        return int(number) if number == number.to_integral_value() else number
    if cell.startswith(MOMENT):
        return datetime.fromisoformat(cell[2:])
    return cell


# From batches to answers.


def _joined(batches: Sequence[_Batch], width: int) -> list[pa.ChunkedArray]:
    return [pa.chunked_array([batch.columns[place] for batch in batches], pa.string()) for place in range(width)]


def _cells(titles: Sequence[str], columns: list[pa.ChunkedArray]) -> Cells:
    count = len(columns[0]) if columns else 0
    return Cells(list(titles), columns, pa.array(np.arange(1, count + 1), pa.int64()))


def _whole(database: _Database) -> Answer:
    titles = database.read
    batches: list[_Batch] = []
    size = 0
    for batch in database.batches(database.everything(), titles):
        batches.append(batch)
        size += sum(column.nbytes for column in batch.columns)
        if size > LARGEST_FILE:
            raise SourceError(
                f"{database.shown} has more than {LARGEST_FILE // 2**20} MB, which is all that is read at a time: name a `cursor` in [sql], or ask for less"
            )
    return Answer(database.shown, _cells(titles, _joined(batches, len(titles))), is_whole=True)


def _parts(database: _Database, since: Since) -> Iterator[Answer]:
    """The newer rows, part by part. Each says how far it goes; of order lines, which do not come in the cursor's order, only the last does."""
    titles = database.read
    last = _last(database.feed, since)
    reached: Any = None
    batches: list[_Batch] = []
    waiting: list[_Batch] = []

    def answer(parts: Sequence[_Batch], is_last: bool) -> Answer:
        cursor = None if reached is None or (database.orders and not is_last) else _written(reached)
        return Answer(database.shown, _cells(titles, _joined(parts, len(titles))), is_whole=False, cursor=cursor)

    for batch in database.batches(database.newer(last), titles):
        if batch.cursor is not None:
            reached = _later(reached, batch.cursor) if database.orders else batch.cursor
        batches.append(batch)
        if sum(map(len, batches)) >= ROWS_A_PART:
            if database.orders:
                batches, waiting = _without_last_order(database, titles, batches)
            if batches:
                yield answer(batches, is_last=False)
            batches, waiting = waiting, []
    if batches:
        yield answer(batches, is_last=True)


def _later(one: Any, other: Any) -> Any:
    return other if one is None or other > one else one


def _without_last_order(
    database: _Database, titles: Sequence[str], batches: Sequence[_Batch]
) -> tuple[list[_Batch], list[_Batch]]:
    """The batches without the rows of the last order, of which more may come, and those rows."""
    columns = [column.combine_chunks() for column in _joined(batches, len(titles))]
    places = [titles.index(name) for name in database.orders]
    same = np.ones(len(columns[0]), bool)
    for place in places:
        same &= pc.equal(columns[place], columns[place][-1]).to_numpy(zero_copy_only=False)
    others = np.flatnonzero(~same)
    cut = int(others[-1]) + 1 if len(others) else 0
    first = [_Batch([column.slice(0, cut) for column in columns], None)] if cut else []
    return first, [_Batch([column.slice(cut) for column in columns], None)]


# The cursor.


def _written(value: Any) -> str:
    """A cursor's value as the ledger keeps it, with its type."""
    from dlt.common import json

    return str(json.typed_dumps(value))


def _last(feed: Feed, since: Since) -> Any:
    """The value from which on rows are asked for; None: all."""
    if since.cursor is None:
        return None
    from dlt.common import json

    last = json.typed_loads(since.cursor)
    if since.reconcile_days is None:
        return last
    if not isinstance(last, date):
        return None
    begin = since.now - timedelta(days=since.reconcile_days)
    if not isinstance(last, datetime):
        return min(last, begin.date())
    if last.tzinfo is None:
        begin = begin.astimezone(ZoneInfo(feed.timezone or "UTC")).replace(tzinfo=None)
    return min(last, begin)


# Errors.


def _errors_of(engine: sa.Engine) -> tuple[type[Exception], ...]:
    """SQLAlchemy's, the driver's, and those that dlt puts around them."""
    import_dlt()
    from dlt.common.exceptions import DltException

    return (sa.exc.SQLAlchemyError, engine.dialect.loaded_dbapi.Error, DltException)


def _database_error(error: BaseException, engine: sa.Engine) -> BaseException:
    """The database's own error, which dlt wraps.

    Raises:
        BaseException: it is none of the database's.
    """
    found: BaseException | None = error
    while found is not None:
        if isinstance(found, sa.exc.SQLAlchemyError | engine.dialect.loaded_dbapi.Error | SourceError):
            return found
        found = found.__cause__ or found.__context__
    raise error


def _mysql_error(error: BaseException) -> BaseException:
    """MySQL's errors are a number and a text."""
    if len(error.args) == 2 and isinstance(error.args[0], int):
        return type(error)(error.args[1])
    return error
