"""A feed's file, `feeds/<name>.toml`: where the data is, and what its columns are.

The JSON schema that editors check it with, feeds/feed.schema.json, is made from these models.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from ingestion.errors import SourceError
from ingestion.feeds.targets import TARGETS, FeedMode, Target, default_mode
from ingestion.sources import NAMES
from warehouse.text import one_line
from warehouse.time_zones import TimeZone
from warehouse.urls import has_password

INTERVALS = (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60)
COMMANDS = ("accept", "check", "compact", "draft", "forget-customer", "restamp", "presets", "example")
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,40}")
SECRETS = (
    "api_key",
    "apikey",
    "x-api-key",
    "token",
    "access_token",
    "password",
    "client_secret",
    "authorization",
    "private_key",
)
OF_FILES = ("format", "encoding", "delimiter", "sheet", "skip_rows", "header")
SELF = "*"
"""In place of a title, in a column that `wide` makes: the cell of the column that became a row."""


MOLAR_MASSES = {"co": "28.010", "no2": "46.0055", "o3": "47.9982"}
"""Grams per mole of the gases that a unit is converted for."""
PARTICLES = {"pm10": None, "pm2_5": None}


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Layout(_Part):
    """How the file is laid out, where that is not found by itself."""

    format: Literal["csv", "excel", "json", "parquet"] | None = Field(
        default=None, description="the file's format; by its ending where it is not said"
    )
    encoding: str | None = Field(default=None, description="a CSV file's encoding, such as windows-1252")
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = Field(
        default=None, description="what stands between a CSV file's cells"
    )
    sheet: str | int | None = Field(default=None, description="a workbook's sheet: its name, or its number from 1 on")
    skip_rows: Annotated[int, Field(ge=0)] = Field(default=0, description="rows above the header")
    header: list[str] | None = Field(default=None, description="the columns' names, where the file has no header")
    carry_down: list[str] = Field(default=[], description="columns in which blank means: as above")
    leave_out: dict[str, str | list[str]] = Field(
        default={}, description="rows to leave out, by a column and a pattern of its cell, such as `total*`"
    )
    wide: str | None = Field(
        default=None,
        description="our column that the titles of all other columns go into, behind its own columns if it has any: each title becomes a row, whose "
        'cell is "*"',
    )
    ignore: list[str] = Field(default=[], description="columns that `wide` leaves alone")
    long: str | None = Field(
        default=None,
        description="their column that says what each row is of, such as the pollutant: rows that are alike in all that has no `of` become "
        "one row",
    )

    @field_validator("encoding")
    @classmethod
    def _known(cls, value: str | None) -> str | None:
        try:
            "".encode(value or "utf-8")
        except LookupError:
            raise ValueError(f"{value!r} is no encoding: try utf-8, windows-1252 or utf-16") from None
        return value


class Values(_Part):
    """How cells are written."""

    decimal: Literal[".", ","] | None = Field(
        default=None, description="the decimal mark; found from the column's cells where they say it"
    )
    thousands: Literal[".", ",", " ", "'"] | None = Field(default=None, description="what separates thousands")
    missing: list[str] = Field(
        default=[""], description="cells that say nothing, such as -999 or n/a; a blank cell always does"
    )


class Spec(_Part):
    """How one of our columns is made."""

    from_: str | list[str] | None = Field(
        default=None, alias="from", description="their column; of several the cells are joined with a space"
    )
    form: str | list[str] | None = Field(
        default=None,
        description="the form of a date or time, such as %d/%m/%Y %H:%M; of several the first that fits counts",
    )
    part_before: str | None = Field(default=None, description="of the (last) column, what stands before this mark")
    map: dict[str, str] | None = Field(
        default=None, description="ours for each of theirs; any other cell has its row rejected"
    )
    of: str | None = Field(
        default=None, description="the cell of the `long` column of the rows that have it; of other rows it is blank"
    )
    unit: str | None = Field(
        default=None,
        description="their column with the unit of a pollutant, which is converted to ours: µg/m³, mg/m³, ppm or ppb",
    )
    value: str | int | float | bool | None = Field(default=None, description="the same for every row")
    file: str | None = Field(default=None, description="a pattern of the file's name, whose first group is the value")

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if sum(each is not None for each in (self.from_, self.value, self.file)) != 1:
            raise ValueError("it has one of `from`, `value` and `file`")
        if self.file is not None:
            try:
                groups = re.compile(self.file).groups
            except re.error as error:
                raise ValueError(f"`file` is no pattern: {error}") from None
            if groups < 1:
                raise ValueError("`file` has no group: put the part that is the value in (…)")
        return self

    @property
    def titles(self) -> list[str]:
        """Their columns, in order."""
        return [] if self.from_ is None else [self.from_] if isinstance(self.from_, str) else list(self.from_)

    @property
    def forms(self) -> list[str]:
        """The forms of a date or time that are allowed; none where it is found."""
        return [] if self.form is None else [self.form] if isinstance(self.form, str) else list(self.form)


class Sql(_Part):
    """A table or query of a database, through SQLAlchemy."""

    url: str | None = Field(
        default=None,
        repr=False,
        description="the database's URL, such as postgresql://reader@host/shop; as env:NAME it stands in the environment; "
        "where it is not said, dlt's settings have it: SOURCES__<FEED>__CREDENTIALS",
    )
    query: str | None = Field(default=None, description="what to ask")
    table: str | None = Field(default=None, description="a table, in place of a query")
    cursor: str | None = Field(default=None, description="a column that grows: only what is newer is asked for")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.query is None) == (self.table is None):
            raise ValueError("it has one of `query` and `table`")
        if self.url is not None and has_password(self.url):
            raise ValueError(
                "`url` holds a password, which does not belong into this file: put the URL into an environment variable and write url = "
                '"env:NAME"'
            )
        return self


class Feed(_Part):
    """One feed. Its file is called `<name>.toml`."""

    fills: str = Field(description="the entity whose rows it brings", json_schema_extra={"enum": list(TARGETS)})
    from_: str | list[str] | None = Field(
        default=None, alias="from", description="a path, a pattern such as inbox/*.csv, a URL, a bucket, or a mailbox"
    )
    mode: FeedMode | None = Field(
        default=None, description="what a file means: more lines, rows by key, all of the days it has, or all there is"
    )
    timezone: TimeZone | None = Field(
        default=None,
        description="the clock of the times in the file, such as Europe/Dublin; needed unless they carry an offset",
    )
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")] = Field(
        default="EUR", description="currency of the amounts that say none"
    )
    interval: int | None = Field(
        default=None,
        description="minutes that one count or measurement covers, where that is not an hour",
        json_schema_extra={"enum": list(INTERVALS)},
    )
    key: list[str] = Field(
        default=[], description="our columns that tell rows apart, where the entity's own key does not"
    )
    layout: Layout = Layout()
    values: Values = Values()
    columns: dict[str, str | Spec] = Field(default={}, description="ours = theirs")
    rows: list[dict[str, str | int | float | bool | None]] = Field(
        default=[], description="the rows themselves, of a small table that nobody exports"
    )
    sql: Sql | None = None
    rest: dict[str, Any] | None = Field(
        default=None, description="dlt's rest_api settings: client, resources, paginator, incremental"
    )

    @field_validator("fills")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in TARGETS:
            raise ValueError(f"{value!r} is nothing that a feed fills{nearest(value, TARGETS)}")
        return value

    @field_validator("interval")
    @classmethod
    def _part_of_an_hour(cls, value: int | None) -> int | None:
        if value is not None and value not in INTERVALS:
            raise ValueError(f"{value} minutes are no equal part of an hour: one of {', '.join(map(str, INTERVALS))}")
        return value

    @model_validator(mode="after")
    def _fits(self) -> Self:
        origins = [name for name in ("from_", "sql", "rest") if getattr(self, name) is not None] + ["rows"] * bool(
            self.rows
        )
        if len(origins) != 1:
            raise ValueError("it has one of `from`, [sql], [rest] and [[rows]]" + (", not several" if origins else ""))
        target = self.target
        if self.mode is not None and self.mode not in target.modes:
            raise ValueError(f"mode {self.mode!r} is not possible for {target.name}: one of {', '.join(target.modes)}")
        if self.rows:
            for row in self.rows:
                _check_ours(row, target)
        else:
            _check_ours(self.columns, target)
        if self.layout.wide is not None:
            _check_ours([self.layout.wide], target)
        self._check_long()
        filled = {
            *self.columns,
            *(name for row in self.rows for name in row),
            *([self.layout.wide] if self.layout.wide else []),
        }
        needed = [each.name for each in target.columns if each.is_needed and each.name not in filled]
        if target.name == "footfall.stores" and not (self.timezone or "timezone" in filled):
            needed.append("timezone")
        if needed:
            raise ValueError(f"[columns] lacks {', '.join(needed)}, which {target.name} needs")
        if target.one_of and not filled & set(target.one_of):
            raise ValueError(f"[columns] has none of {', '.join(target.one_of)}")
        if self.key and target.name != "retail.sales" and set(self.key) != _natural_key(target):
            raise ValueError(
                f"`key` is for retail.sales, which have none; rows of {target.name} are known by {', '.join(sorted(_natural_key(target)))}"
            )
        _check_ours(self.key, target)
        self._check_asked()
        if target.name == "footfall.readings" and self.interval is None and "store_id" in filled:
            raise ValueError(
                "`interval` is not set: how many minutes does one count cover? 60 for hourly counts, 15 for quarters"
            )
        return self

    def _check_long(self) -> None:
        """`long` and `of` need each other, and `unit` is of what has one.

        Raises:
            ValueError: one is missing.
        """
        of = [name for name, spec in self.specs.items() if spec.of is not None]
        if (self.layout.long is None) != (not of):
            raise ValueError(
                "`long` in [layout] and `of` in [columns] belong together: one says where, the other which rows have a column"
            )
        if self.layout.long is not None and self.layout.wide is not None:
            raise ValueError("[layout] has one of `wide` and `long`")
        if self.layout.long is not None and self.target.table not in ("hourly", "readings"):
            raise ValueError(
                "`long` in [layout] is for air_quality.hourly and footfall.readings, whose rows are known by what they measure"
            )
        for name, spec in self.specs.items():
            if spec.unit is not None and name not in MOLAR_MASSES | PARTICLES:
                raise ValueError(f"`unit` is for {', '.join(MOLAR_MASSES | PARTICLES)}, not for {name}")

    def _check_asked(self) -> None:
        """What only files have, or what a cursor cannot do, is said of no database and no API.

        Raises:
            ValueError: it is.
        """
        if self.sql is None and self.rest is None:
            return
        of_files = [name for name in OF_FILES if name in self.layout.model_fields_set]
        if of_files:
            raise ValueError(f"`{of_files[0]}` in [layout] is of files: a database or an API has its columns by name")
        cursor = "cursor" if self.sql is not None and self.sql.cursor is not None else None
        if self.rest is not None:
            if (secret := literal_secret(self.rest)) is not None:
                raise ValueError(
                    f"`{secret}` in [rest] is a secret, which does not belong into this file: put it into an environment variable and write "
                    f'{secret} = "env:NAME"'
                )
            cursor = "incremental" if incrementals(self.rest) else None
        if cursor is not None and self.file_mode != "merge":
            hint = " (`key` names the columns that tell lines of sales apart)" if self.fills == "retail.sales" else ""
            raise ValueError(
                f"with `{cursor}` only newer rows are asked for, and mode {self.file_mode!r} needs all: set mode to 'merge'{hint}, or leave "
                f"`{cursor}` out"
            )

    @property
    def is_asked(self) -> bool:
        """Whether its rows come from a database or an API, not from files."""
        return self.sql is not None or self.rest is not None

    @property
    def target(self) -> Target:
        """What it fills."""
        return TARGETS[self.fills]

    @property
    def file_mode(self) -> FeedMode:
        """What one of its files means."""
        return self.mode or ("merge" if self.key else default_mode(self.target))

    @property
    def specs(self) -> dict[str, Spec]:
        """How each of our columns is made."""
        return {
            ours: Spec.model_validate({"from": theirs}) if isinstance(theirs, str) else theirs
            for ours, theirs in self.columns.items()
        }

    @property
    def places(self) -> list[str]:
        """Paths, patterns and URLs of its files."""
        return [] if self.from_ is None else [self.from_] if isinstance(self.from_, str) else list(self.from_)


@dataclass(frozen=True)
class Incremental:
    """Where dlt's `incremental` of a resource stands, by the resource's name: at its endpoint, or at a parameter."""

    resource: str
    param: str | None
    cursor_path: str

    def of(self, resource: dict[str, Any]) -> dict[str, Any]:
        """Its settings among those of the resource."""
        endpoint = resource["endpoint"]
        found: dict[str, Any] = endpoint["params"][self.param] if self.param else endpoint["incremental"]
        return found


def incrementals(rest: dict[str, Any]) -> dict[str, Incremental]:
    """By resource the `incremental` that dlt's rest_api settings have."""
    found: dict[str, Incremental] = {}
    for resource in rest.get("resources", []):
        endpoint = resource.get("endpoint") if isinstance(resource, dict) else None
        if not isinstance(endpoint, dict):
            continue
        name = str(resource.get("name"))
        if isinstance(said := endpoint.get("incremental"), dict):
            found[name] = Incremental(name, None, str(said.get("cursor_path", "")))
        for param, value in dict(endpoint.get("params") or {}).items():
            if isinstance(value, dict) and value.get("type") == "incremental":
                found[name] = Incremental(name, param, str(value.get("cursor_path", "")))
    return found


def literal_secret(settings: Any) -> str | None:
    """The name of a secret that stands in the settings themselves and not in the environment; None where there is none."""
    if isinstance(settings, list):
        return next((found for each in settings if (found := literal_secret(each))), None)
    if not isinstance(settings, dict):
        return None
    for name, value in settings.items():
        is_secret = str(name).lower() in SECRETS
        if is_secret and isinstance(value, str) and not value.startswith("env:"):
            return str(name)
        if (found := literal_secret(value)) is not None:
            return found
    return None


def nearest(word: str, known: Iterable[str]) -> str:
    """`: did you mean …?`, or the words that are known, as the end of a sentence."""
    listed = list(known)
    close = difflib.get_close_matches(word.casefold(), [each.casefold() for each in listed], 1, 0.6)
    if close:
        return f": did you mean {next(each for each in listed if each.casefold() == close[0])!r}?"
    return f"; there are: {', '.join(listed)}"


def _natural_key(target: Target) -> set[str]:
    return {name for name in target.entity.key if name not in ("updated_at", "received_at")}


def _check_ours(names: Iterable[str], target: Target) -> None:
    for name in names:
        if name not in target.by_name:
            raise ValueError(f"{name!r} is no column of {target.name}{nearest(name, target.by_name)}")


def load(path: Path) -> Feed:
    """The feed of a file.

    Raises:
        SourceError: it cannot be read; the message names file, line and key.
    """
    shown = f"{path.parent.name}/{path.name}"
    stem = path.name.removesuffix(".toml")
    if not NAME.fullmatch(stem) or stem in NAMES or stem in COMMANDS:
        why = (
            "a source or a command is called so"
            if stem in NAMES or stem in COMMANDS
            else "a feed's name has small letters, digits, - and _"
        )
        raise SourceError(f"{one_line(shown, 80)}: give the file another name: {why}")
    try:
        text = path.read_text(encoding="utf-8-sig")
        content = tomllib.loads(text)
    except UnicodeDecodeError:
        raise SourceError(f"{shown} is not UTF-8 text: save it as UTF-8") from None
    except OSError as error:
        raise SourceError(f"{shown} cannot be read: {error.strerror}") from None
    except tomllib.TOMLDecodeError as error:
        raise SourceError(f"{shown} is not TOML: {one_line(error, 200)}") from None
    try:
        return Feed.model_validate(content)
    except ValidationError as error:
        raise SourceError(_explained(shown, text, error)) from None


def _explained(shown: str, text: str, error: ValidationError) -> str:
    """One line on the first thing that is wrong: file, line, key, and what would be right."""
    # Of a column's two forms the table's errors are those that say something.
    errors = error.errors(include_url=False, include_context=False)
    first = next((each for each in errors if each["type"] == "extra_forbidden"), None) or next(
        (each for each in errors if "str" not in each["loc"]), errors[0]
    )
    path = [part for part in first["loc"] if part not in ("str", "Spec", "int", "float", "bool", "list[str]")]
    if not path and first["type"] == "value_error":
        named = re.search(r"'([^']+)'|`([^`]+)`", first["msg"])
        path = [next(group for group in named.groups() if group)] if named else []
        line = line_of(text, path) or line_of(text, ["columns", *path])
        path = []
    else:
        line = line_of(text, path)
    key = ".".join(map(str, path))
    reason = first["msg"].removeprefix("Value error, ")
    if first["type"] == "extra_forbidden":
        model: Any = {"layout": Layout, "values": Values, "sql": Sql}.get(
            str(path[0]) if len(path) > 1 else "", Feed if len(path) == 1 else Spec
        )
        known = [field.alias or name for name, field in model.model_fields.items()]
        reason = f"is no key{nearest(str(path[-1]), known)}"
    elif first["type"] == "missing":
        reason = "is missing"
    else:
        reason = re.sub("^it ", "", reason.replace("Input should be", "should be"))
    where = f"{shown}, line {line}" if line else shown
    return f"{where}: {f'`{key}` ' if key else ''}{one_line(reason, 300)}"


def line_of(text: str, path: Sequence[Any]) -> int | None:
    """The line at which a key of a TOML text stands, from 1 on; None where it is not found."""
    keys = [str(part) for part in path if not isinstance(part, int)]
    if not keys:
        return None
    table: list[str] = []
    found: int | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*\[+\s*([^\]]+?)\s*\]+", line):
            table = [part.strip().strip("\"'") for part in header[1].split(".")]
            if table == keys[: len(table)]:
                found = found or number
        elif (key := re.match(r"\s*([A-Za-z0-9_-]+|\"[^\"]*\"|'[^']*')\s*(\.|=)", line)) is not None:
            here = [*table, key[1].strip("\"'")]
            if here == keys[: len(here)]:
                return number
    return found
