"""The seeds that an owner edits, checked before dbt reads them: `python -m warehouse.seeds`.

What a seed may hold is declared in seeds/_seeds.yml, in dbt's own words, and read here: the types (`column_types`), what may not
be empty (`not_null`), the key (`unique`, `unique_combination`), values, bounds and order (`accepted_values`, `between`,
`not_after`), and under a column's `meta` what dbt has no test for: `pattern`, `known_in`, `empty_only_where`, `ignore_case`.
"""

from __future__ import annotations

import csv
import difflib
import hashlib
import io
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import duckdb
import typer
import yaml

from warehouse.connection import connect
from warehouse.ducklake import exists
from warehouse.errors import HeldError, first_line
from warehouse.settings import warehouse_path

SHOWN = 20
"""How many problems are listed one by one."""

_SAVE_AS = 'save it as "CSV UTF-8 (comma delimited)"'
_YAML = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER_BITS = {"integer": 32, "bigint": 64}


@dataclass(frozen=True)
class Problem:
    """What is wrong in one line of a seed. A warning stops nothing."""

    file: str
    line: int
    reason: str
    is_warning: bool = False

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.reason}"


@dataclass(frozen=True)
class Column:
    """What a seed's column may hold."""

    name: str
    type: str
    description: str = ""
    needed: bool = False
    unique: bool = False
    values: tuple[str, ...] = ()
    values_only_warn: bool = False
    at_least: float | None = None
    at_most: float | None = None
    not_after: str | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)

    @property
    def known_in(self) -> Mapping[str, str]:
        """What the column names, and where the warehouse has those: {"store": "raw_footfall.stores.store_id"}."""
        known_in: Mapping[str, str] = self.meta.get("known_in", {})
        return known_in

    @property
    def is_free_text(self) -> bool:
        """Nothing is compared with it, so that it may begin or end with a space."""
        return self.type == "string" and not (self.needed or self.unique or self.values or self.known_in)


@dataclass(frozen=True)
class Shape:
    """What a seed may hold. `keys` are the combinations of columns that no two rows share; `apart` says which rows do not overlap."""

    name: str
    description: str = ""
    columns: tuple[Column, ...] = ()
    keys: tuple[tuple[str, ...], ...] = ()
    apart: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Row:
    """A row that was read, and the line of the file that it begins on."""

    file: str
    line: int
    values: Mapping[str, str]


def shapes(project: Path) -> dict[str, Shape]:
    """The shape of each seed that a properties file under `seeds/` declares, by the seed's name."""
    return {
        shape.name: shape
        for file in sorted((project / "seeds").glob("*.yml"))
        for shape in _shapes(file.read_text("utf-8"))
    }


@cache  # a process that builds again and again would read the same YAML each time
def _shapes(declared: str) -> tuple[Shape, ...]:
    return tuple(_shape(each) for each in (yaml.load(declared, _YAML) or {}).get("seeds", []))


def digest(project: Path) -> str:
    """What all seeds hold, in short: another one where any has changed."""
    found = hashlib.sha256()
    for file in sorted((project / "seeds").rglob("*.csv")):
        content = file.read_bytes()
        found.update(f"{file.name}:{len(content)}:".encode() + content)
    return found.hexdigest()


def check(project: Path, connection: duckdb.DuckDBPyConnection | None = None) -> list[Problem]:
    """Every problem of every CSV under `seeds/`, file by file and line by line.

    With a connection, what no provider has delivered yet is a warning. Nothing is said of a kind of which nothing was loaded.
    """
    declared = shapes(project)
    problems = []
    for path in sorted((project / "seeds").rglob("*.csv")):
        shape = declared.get(path.stem) or Shape(path.stem)
        found, rows = _read(path, path.relative_to(project).as_posix(), shape)
        found += _same_keys(shape, rows) + _overlapping(shape, rows)
        if connection:
            found += _unknown(shape, rows, connection)
        problems += sorted(found, key=lambda problem: problem.line)
    return problems


def errors(project: Path) -> list[Problem]:
    """The problems for which dbt may not read the seeds."""
    return [problem for problem in check(project) if not problem.is_warning]


def warnings(project: Path, connection: duckdb.DuckDBPyConnection) -> list[Problem]:
    """The problems that stop nothing, such as a store that no provider has delivered yet."""
    return [problem for problem in check(project, connection) if problem.is_warning]


def listing(problems: list[Problem]) -> str:
    """The problems one a line: the first of them, and how many more there are."""
    lines = [str(problem) for problem in problems[:SHOWN]]
    if len(problems) > SHOWN:
        lines.append(f"and {len(problems) - SHOWN} more")
    return "\n".join(lines)


# What is declared.


def _shape(declared: dict[str, Any]) -> Shape:
    types = (declared.get("config") or {}).get("column_types", {})
    keys = [tuple(arguments["columns"]) for name, arguments, _ in _tests(declared) if name == "unique_combination"]
    columns = tuple(_column(each, types, keys) for each in declared.get("columns", []))
    keys += [(column.name,) for column in columns if column.unique]
    apart = (declared.get("config") or {}).get("meta", {}).get("apart", {})
    return Shape(declared["name"], declared.get("description", "").strip(), columns, tuple(keys), apart)


def _column(declared: dict[str, Any], types: dict[str, str], keys: list[tuple[str, ...]]) -> Column:
    name = declared["name"]
    tests = {test: (arguments, config) for test, arguments, config in _tests(declared)}
    values, values_config = tests.get("accepted_values", ({}, {}))
    bounds = tests.get("between", ({}, {}))[0]
    return Column(
        name,
        str(types.get(name, "string")).lower(),
        " ".join(declared.get("description", "").split()),
        needed="not_null" in tests or any(name in key for key in keys),
        unique="unique" in tests,
        values=tuple(str(value) for value in values.get("values", [])),
        values_only_warn=values_config.get("severity") == "warn",
        at_least=bounds.get("at_least"),
        at_most=bounds.get("at_most"),
        not_after=tests.get("not_after", ({}, {}))[0].get("other"),
        meta=(declared.get("config") or {}).get("meta", {}),
    )


def _tests(declared: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """The tests of a seed or a column: name, arguments, config."""
    for test in declared.get("data_tests", []):
        if isinstance(test, str):
            yield test, {}, {}
        else:
            ((name, body),) = test.items()
            yield name, body.get("arguments", {}), body.get("config", {})


# A file's form.


def _read(path: Path, file: str, shape: Shape) -> tuple[list[Problem], list[Row]]:
    """A file's problems, and the rows that have none of form."""
    content = path.read_bytes()
    text, problem = _decoded(content, file)
    if problem:
        return [problem], []
    problems: list[Problem] = []
    rows: list[Row] = []
    names: list[str] = []
    for line, cells in _records(text, file, problems):
        if not names:
            names = cells
            if reasons := _wrong_header(cells, shape):
                return [*problems, *(Problem(file, line, reason) for reason in reasons)], []
        elif wrong := _wrong_cells(cells, names):
            problems.append(Problem(file, line, wrong))
        else:
            row = Row(file, line, dict(zip(names, cells, strict=True)))
            found = [problem for column in shape.columns for problem in _wrong_value(column, row)]
            problems += found
            if not any(not problem.is_warning for problem in found):
                rows.append(row)
    if not names and not problems:
        problems.append(Problem(file, 1, f"the file is empty: its first line names the columns{_header_of(shape)}"))
    return problems, rows


def _decoded(content: bytes, file: str) -> tuple[str, Problem | None]:
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "", Problem(file, 1, f"the file is written in UTF-16: {_SAVE_AS}")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8", "replace")
        rest = content[error.start :].splitlines()[0].decode("cp1252", "replace")
        line = len((before + "x").splitlines())
        word = re.split(r"[\s,;\"]", (before + "\n").splitlines()[line - 1] if not before.endswith("\n") else "")[-1]
        read = (word + re.split(r"[\s,;\"]", rest)[0]).strip()
        return "", Problem(
            file, line, f"the file is not written in UTF-8 (this line has {read!r} in Windows-1252): {_SAVE_AS}"
        )
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        return "", Problem(file, line, f"the line holds a NUL character, which no text has: {_SAVE_AS}")
    if "\n" in text and (found := re.search("\r(?!\n)", text)):
        line = text[: found.start()].count("\n") + 1
        return "", Problem(file, line, f"the line ends otherwise than others do (a carriage return alone): {_SAVE_AS}")
    return text, None


def _records(text: str, file: str, problems: list[Problem]) -> Iterator[tuple[int, list[str]]]:
    """The records that are not blank, with the line that each begins on; where quotes go wrong, a problem ends them."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if "end of data" in str(error):
                reason = "a quotation mark opens a value here and none closes it"
            elif "expected after" in str(error):
                reason = (
                    'text follows a closing quotation mark: within a quoted value, write each quotation mark twice ("")'
                )
            else:
                reason = f"the line cannot be read as CSV: {error}"
            problems.append(Problem(file, line, reason))
            return
        if cells:
            yield line, cells


def _wrong_header(cells: list[str], shape: Shape) -> list[str]:
    expected = [column.name for column in shape.columns]
    for mark, called in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
        if len(cells) == 1 and mark in cells[0]:
            return [f"the columns are separated by {called}: {_SAVE_AS}, with commas between the columns"]
    wrong = []
    for at, cell in enumerate(cells, start=1):
        if not cell.strip():
            wrong.append(f"column {at} has no name: delete it, with the comma before it on every line")
        elif cell not in expected and (meant := [name for name in expected if name == cell.strip().lower()]):
            wrong.append(f"column {cell!r} must be written {meant[0]!r}")
        elif cells.index(cell) < at - 1:
            wrong.append(f"column {cell} is there twice: delete one of them")
    written = [cell.strip().lower() for cell in cells]
    wrong += [f"column {name} is missing{_header_of(shape)}" for name in expected if name not in written]
    return wrong


def _header_of(shape: Shape) -> str:
    return f" ({','.join(column.name for column in shape.columns)})" if shape.columns else ""


def _wrong_cells(cells: list[str], names: list[str]) -> str | None:
    if not any(cell.strip() for cell in cells):
        return "the line holds nothing but separators: delete it"
    if len(cells) < len(names):
        missing = ", ".join(names[len(cells) :])
        return f"the line has {len(cells)} of {len(names)} values: {missing} missing (nothing between two commas is an empty value)"
    if len(cells) > len(names):
        return (
            f"the line has {len(cells)} values for {len(names)} columns: "
            'put a value that holds a comma between quotation marks ("a, b")'
        )
    if any(re.match(r'\s+"', cell) for cell in cells):
        return "a space stands before a quotation mark: delete it"
    return None


# A value.


def _wrong_value(column: Column, row: Row) -> list[Problem]:
    """At most one problem: the first that the column's rules find."""
    value = row.values[column.name]

    def wrong(reason: str, *, is_warning: bool = False) -> list[Problem]:
        return [Problem(row.file, row.line, f"{column.name} {reason}", is_warning)]

    if not value.strip():
        if column.needed:
            return wrong("is empty, and is needed")
        for other, allowed in column.meta.get("empty_only_where", {}).items():
            if row.values[other] not in allowed:
                return wrong(f"is empty, which it may be only where {other} is {' or '.join(allowed)}")
        return wrong("holds nothing but spaces: leave it empty") if value and not column.is_free_text else []
    if value != value.strip() and not column.is_free_text:
        return wrong(f"{value!r} has a space before or after it: write {value.strip()}")
    if reason := _wrong_type(column, value):
        return wrong(reason)
    if (pattern := column.meta.get("pattern")) and not re.fullmatch(pattern, value):
        return wrong(f"{value} is not written as it must be, which is like {column.meta['example']}")
    if column.values and value not in column.values:
        return wrong(
            f"{value} is unknown{_meant(value, column.values) or ': it can be ' + ', '.join(column.values)}",
            is_warning=column.values_only_warn,
        )
    if column.at_least is not None and float(value) < column.at_least:
        return wrong(f"{value} is below {column.at_least:g}, the least it can be")
    if column.at_most is not None and float(value) > column.at_most:
        return wrong(f"{value} is above {column.at_most:g}, the most it can be")
    if column.not_after:
        other = row.values[column.not_after]
        # Both are dates in ISO order, or the other has a problem of its own.
        if re.fullmatch(r"\d{4}-\d\d-\d\d", other) and value > other:
            return wrong(f"{value} is after {column.not_after} {other}: an end cannot come before its beginning")
    return []


def _wrong_type(column: Column, value: str) -> str | None:
    if column.type == "date":
        return _wrong_date(value)
    if column.type in _INTEGER_BITS:
        limit = 2 ** (_INTEGER_BITS[column.type] - 1)
        if not re.fullmatch(r"-?[0-9]+", value) or not -limit <= int(value) < limit:
            return f"{value} is no whole number: write digits alone, such as {column.meta.get('example', 12)}"
    if column.type == "double" and not (
        re.fullmatch(r"-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?", value) and math.isfinite(float(value))
    ):
        return f"{value} is no number: write digits, and a point before decimals, such as 12.5"
    if column.type == "boolean" and value.lower() not in ("true", "false"):
        return f"{value} is neither true nor false: write one of the two"
    return None


def _wrong_date(value: str) -> str | None:
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        return None if _day(value) else f"{value} is no day of the calendar"
    readings = _readings(value)
    if len(readings) > 1:
        written = " or ".join(f"{day.isoformat()} for {day.day} {day:%B %Y}" for day in readings)
        return f"{value} can be read two ways: write {written}"
    if readings:
        return f"{value} is not written as year-month-day: write {readings[0].isoformat()}"
    return f"{value} is no date: write it as year-month-day, such as 2026-06-05"


def _readings(value: str) -> list[date]:
    """The days that a date in another spelling can mean, each once, day before month first."""
    if found := re.match(r"([0-9]{4})[-/. ]?([0-9]{1,2})[-/. ]?([0-9]{1,2})(?![0-9])", value):
        spellings = [(found[1], found[2], found[3])]
    elif found := re.match(r"([0-9]{1,2})[-/. ]([0-9]{1,2})[-/. ]([0-9]{4}|[0-9]{2})(?![0-9])", value):
        year = found[3] if len(found[3]) == 4 else f"20{found[3]}"
        spellings = [(year, found[2], found[1]), (year, found[1], found[2])]
    else:
        return []
    days = [_day(f"{year}-{int(month):02}-{int(day):02}") for year, month, day in spellings]
    return list(dict.fromkeys(day for day in days if day))


def _day(iso: str) -> date | None:
    try:
        return date.fromisoformat(iso)
    except ValueError:
        return None


def _meant(value: str, known: tuple[str, ...]) -> str:
    """A question after the known value that is nearest, if any is near."""
    folded = {each.casefold(): each for each in known}
    near = difflib.get_close_matches(value.casefold(), folded, n=1)
    return f": is {folded[near[0]]} meant?" if near else ""


# A file against itself, and against the warehouse.


def _same_keys(shape: Shape, rows: list[Row]) -> list[Problem]:
    columns = {column.name: column for column in shape.columns}
    problems = []
    for key in shape.keys:
        first: dict[tuple[str, ...], int] = {}
        for row in rows:
            written = [row.values[name] for name in key]
            compared = tuple(
                value.lower() if columns[name].meta.get("ignore_case") else value
                for name, value in zip(key, written, strict=True)
            )
            if all(written) and (line := first.setdefault(compared, row.line)) != row.line:
                named = ", ".join(f"{name} {value}" for name, value in zip(key, written, strict=True))
                problems.append(Problem(row.file, row.line, f"{named} is on line {line} already: keep one of the two"))
    return problems


def _overlapping(shape: Shape, rows: list[Row]) -> list[Problem]:
    """The rows that overlap an earlier line's, as the seed's `apart` says. Dates are in ISO order, as are months."""
    apart = shape.apart
    if not apart:
        return []
    problems = []
    seen: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        others = seen.setdefault(tuple(row.values[name] for name in apart["of"]), [])
        for other in others:
            if not (begin := apart.get("from")) or (
                row.values[begin] <= other.values[apart["until"]] and other.values[begin] <= row.values[apart["until"]]
            ):
                named = ", ".join(f"{name} {row.values[name] or 'of all'}" for name in apart["of"])
                advice = apart.get("otherwise", "keep one of the two")
                reason = f"{named} overlaps line {other.line}: {advice}"
                problems.append(Problem(row.file, row.line, reason, is_warning=apart.get("only_warns", False)))
                break
        others.append(row)
    return problems


def _unknown(shape: Shape, rows: list[Row], connection: duckdb.DuckDBPyConnection) -> list[Problem]:
    problems = []
    for column in shape.columns:
        known = {what: _loaded(connection, place) for what, place in column.known_in.items()}
        everything = {value for values in known.values() for value in values}
        if not everything:
            continue
        allowed = everything | {str(value) for value in column.meta.get("known_besides", [])}
        kinds = " or ".join(known)
        named = [row for row in rows if row.values[column.name]]
        unknown = [row for row in named if row.values[column.name] not in allowed]
        if len(unknown) > 1 and len(unknown) == len(named):
            # The shipped file, in the warehouse of somebody with stores of her own: one line says it.
            first = unknown[0]
            why = f"none of its {len(unknown)} {column.name} is a {kinds} that was loaded: write your own, or delete its lines"
            problems.append(Problem(first.file, first.line, why, is_warning=True))
            continue
        problems += [
            Problem(
                row.file,
                row.line,
                f"{column.name} {row.values[column.name]} is no {kinds} that was loaded{_meant(row.values[column.name], tuple(allowed))}",
                is_warning=True,
            )
            for row in unknown
        ]
    return problems


def _loaded(connection: duckdb.DuckDBPyConnection, place: str) -> set[str]:
    """A raw column's values as text; none where ingestion has not made it yet."""
    schema, table, column = place.split(".")
    there = connection.execute(
        "select 1 from duckdb_columns() where database_name = current_database() "
        "and schema_name = ? and table_name = ? and column_name = ?",
        [schema, table, column],
    ).fetchone()
    if not there:
        return set()
    values = connection.execute(
        f'select distinct cast("{column}" as varchar) from "{schema}"."{table}" where "{column}" is not null'
    )
    return {value for (value,) in values.fetchall()}


app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(project: Annotated[Path, typer.Option(help="The folder that holds seeds/.")] = Path()) -> None:
    """Check the seeds without dbt, and against the warehouse where there is one."""
    problems = check(project)
    if exists(warehouse_path()):
        try:
            with connect(warehouse_path(), 0, read_only=True) as connection:
                problems = check(project, connection)
        except (HeldError, duckdb.Error) as error:
            typer.echo(f"seeds: not compared with {warehouse_path()}: {first_line(error)}", err=True)
    faults = [problem for problem in problems if not problem.is_warning]
    for problem in problems:
        if problem.is_warning:
            typer.echo(f"{problem} (warning)", err=True)
    if faults:
        typer.echo(listing(faults), err=True)
        raise typer.Exit(1)


if __name__ == "__main__":
    app(prog_name="python -m warehouse.seeds")
