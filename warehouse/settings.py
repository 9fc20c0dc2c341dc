"""Every setting of Tally: its name, default and meaning. docs/settings.md is made from these models.

They are found where dlt finds its own: the environment first, then `.dlt/secrets.toml`, then `.dlt/config.toml`.
A model's `env_prefix` says both places: `SOURCES__FOOTFALL__` is the variable's beginning and the section
`[sources.footfall]`. A source's own settings stand in its module, as a subclass of `SourceSettings`.
"""

from __future__ import annotations

import os
import re
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from socket import gethostname
from typing import Annotated, Any, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, ValidationError
from pydantic_settings import BaseSettings, InitSettingsSource, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from warehouse.errors import SettingsError
from warehouse.paths import DEFAULT_WAREHOUSE, PROJECT
from warehouse.urls import has_password, is_http_url

# A day is compared with the one 364 days before, and the pages show 13 months of hours.
SHORTEST_RAW_DAYS = 400


class Settings(BaseSettings):
    """Settings of one section; `load` reads them."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True, env_ignore_empty=True, hide_input_in_errors=True)

    @classmethod
    def load(cls) -> Self:
        """The settings as they are now.

        Raises:
            SettingsError: one is missing or cannot be read; it is named, its value is not.
        """
        try:
            return cls()
        except ValidationError as error:
            raise SettingsError(cls._explain(error)) from None

    @classmethod
    def variable(cls, name: str) -> str:
        """The environment variable of a setting."""
        return f"{cls.model_config.get('env_prefix', '')}{name}".upper()

    @classmethod
    def shipped(cls) -> dict[str, Any]:
        """What the project's own `.dlt/config.toml` sets of this section."""
        return cls._section(PROJECT / ".dlt" / "config.toml")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment, then the two files of `.dlt`."""
        folder = Path(os.environ.get("DLT_PROJECT_DIR", PROJECT)) / ".dlt"
        files = [InitSettingsSource(cls, cls._section(folder / name)) for name in ("secrets.toml", "config.toml")]
        return (init_settings, env_settings, *files)

    @classmethod
    def _section(cls, file: Path) -> dict[str, Any]:
        try:
            section: Any = tomllib.loads(file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise SettingsError(f".dlt/{file.name} cannot be read: {type(error).__name__}") from None
        for step in cls.model_config.get("env_prefix", "").lower().rstrip("_").split("__"):
            section = section.get(step) if isinstance(section, dict) else None
        known = section if isinstance(section, dict) else {}
        return {name: value for name, value in known.items() if name in cls.model_fields}

    @classmethod
    def _explain(cls, error: ValidationError) -> str:
        """One line on the first setting that is wrong."""
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        name = str(first["loc"][0]) if first["loc"] else ""
        meaning = cls.model_fields[name].description if name in cls.model_fields else None
        hint = f" ({meaning})" if meaning else ""
        if first["type"] == "missing":
            return f"{cls.variable(name)} is not set{hint}"
        reason = first["msg"].removeprefix("Value error, ").replace("Input should be", "it should be")
        return f"{cls.variable(name)} cannot be used: {reason}{hint}"


def _http_url(value: str) -> str:
    if not is_http_url(value):
        raise ValueError("it is not an http or https URL")
    return value


def _list(value: Any) -> Any:
    """`[1, 2]` or `1, 2` in text, or a list in a file."""
    if isinstance(value, str):
        value = [part.strip().strip("\"'") for part in value.strip().strip("[]").split(",")]
    parts = [str(part).strip() for part in value] if isinstance(value, list) else value
    return list(dict.fromkeys(part for part in parts if part)) if isinstance(parts, list) else parts


UNITS = {"s": 1, "m": 60, "h": 3600}


def seconds_of(text: str) -> float:
    """Seconds in `90s`, `2m` or `1h`; more than none.

    Raises:
        ValueError: it is written in another way.
    """
    found = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)([smh])", text.strip())
    if not found or float(found[1]) <= 0:
        raise ValueError(f"{text!r} is not a time such as 90s, 2m or 1h")
    return float(found[1]) * UNITS[found[2]]


def _duration(value: str) -> str:
    try:
        seconds_of(value)
    except ValueError:
        raise ValueError("it is not a time such as 90s, 2m or 1h") from None
    return value


def _words(value: Any) -> Any:
    parts = value if isinstance(value, list) else str(value).split()
    return list(dict.fromkeys(str(part) for part in parts if str(part).strip()))


def _catalog(value: str) -> str:
    if not re.match(r"sqlite:[^/]|sqlite:/[^/]|postgresql://.", value):
        raise ValueError("it is neither postgresql://user@host/database nor sqlite:FILE")
    if has_password(value):  # DuckDB and dbt write the whole address into their errors
        raise ValueError("it holds a password: leave it out, and put it into ~/.pgpass or PGPASSWORD")
    return value


def _lake_data(value: str) -> str:
    if "://" in value and not value.startswith("s3://"):
        raise ValueError("it is neither a folder nor s3://bucket/path")
    return value


def _host_and_port(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9.-]+:[0-9]{1,5}", value):
        raise ValueError("it is not a host and a port such as 127.0.0.1:10000")
    return value


def _lengths(value: list[str]) -> list[str]:
    if unknown := set(value) - {"week", "month", "none"}:
        raise ValueError(f"{min(unknown)} is neither week nor month nor none")
    return [each for each in value if each != "none"]


def _raw_days(value: int) -> int:
    if 0 < value < SHORTEST_RAW_DAYS:
        raise ValueError(f"it must be 0, which keeps everything, or {SHORTEST_RAW_DAYS} days or more")
    return value


def _locale(value: str) -> str:
    try:
        Locale.parse(value, sep="-")
    except (ValueError, UnknownLocaleError):
        raise ValueError("it is not a language such as en-GB or fr-FR") from None
    return value


def _currency(value: str) -> str:
    if not re.fullmatch(r"[A-Z]{3}", value):
        raise ValueError("it is not a currency's three letters such as EUR")
    return value


def _timezone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise ValueError("it is not a time zone such as Europe/Paris") from None
    return value


def _mongodb_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("mongodb", "mongodb+srv") or not parts.hostname or "," in parts.netloc:
        raise ValueError("it is not the URL of a MongoDB on one host, such as mongodb://host/tally")
    return value


HttpUrl = Annotated[str, AfterValidator(_http_url)]
"""Text that must be an http or https URL; kept as written."""

Duration = Annotated[str, AfterValidator(_duration)]
"""A length of time as `seconds_of` reads it."""

WholeNumbers = Annotated[list[Annotated[int, Field(ge=0, lt=10**18)]], NoDecode, BeforeValidator(_list)]
"""A list of whole numbers, each once."""


class SourceSettings(Settings):
    """What every source has; its own settings stand beside them in its module."""

    api_key: str | None = Field(default=None, repr=False, description="sent as X-API-Key; no key where it is not set")


class Retries(Settings, env_prefix="RUNTIME__"):
    """Retries of a request: dlt's own `[runtime]` settings."""

    request_max_attempts: int = Field(default=8, ge=1, description="attempts of one request")
    request_backoff_factor: float = Field(
        default=0.25, ge=0, description="seconds before the second attempt, doubled each time"
    )
    request_max_retry_delay: float = Field(
        default=20.0, ge=0, description="the longest pause between two attempts, in seconds"
    )
    request_timeout: float = Field(default=30.0, ge=0.1, description="seconds that one attempt may take")
    request_deadline: float = Field(
        default=110.0,
        gt=0,
        le=120,
        description="seconds that a request may take with all its attempts, headers and redirects",
    )


class Retention(Settings, env_prefix="RETENTION__"):
    """Days that `make compact` keeps."""

    loads_days: int = Field(default=400, ge=1, description="days that rows on loads and runs are kept")
    raw_days: Annotated[int, AfterValidator(_raw_days)] = Field(
        default=0,
        ge=0,
        description="days that raw readings, orders and hours of air are kept, by the time of their event; 0 keeps everything",
    )


class Publishing(Settings, env_prefix="PUBLISHING__"):
    """Recipients of alerts, and when digest and reports are sent."""

    alert_urls: Annotated[list[str], NoDecode, BeforeValidator(_words)] = Field(
        default=[],
        repr=False,
        description="addresses of alerts and digest, as apprise writes them (mailtos://user:password@host?to=a@b.example), "
        "with blanks between them; they hold passwords, so keep them in .dlt/secrets.toml",
    )
    digest_hour: int = Field(
        default=6,
        ge=0,
        le=23,
        description="hour of the machine's clock from which the digest of a new day, and the report of a week or month that is over, are sent",
    )
    reports: Annotated[list[str], NoDecode, BeforeValidator(_words), AfterValidator(_lengths)] = Field(
        default=["week", "month"],
        description="reports that are mailed by themselves: week, month, both with a blank between them, or none",
    )
    chromium: str | None = Field(
        default=None,
        description="program that prints the report as PDF; where it is not set, the Chromium or Chrome on the path, if there is one",
    )


class Site(Settings, env_prefix="SITE__"):
    """What pages and mails are written in."""

    locale: Annotated[str, AfterValidator(_locale)] = Field(
        default="en-GB",
        description="language and region of pages, mails and their CSV, such as fr-FR: figures and dates are written as there, phrases come from locales/<language>.ftl",
    )
    currency: Annotated[str, AfterValidator(_currency)] = Field(
        default="EUR",
        description="currency of the pages and of the digest where sales or orders are in several; where there is nothing in it, the one with the most",
    )
    timezone: Annotated[str, AfterValidator(_timezone)] | None = Field(
        default=None, description="time zone of moments, such as Europe/Paris; the first store's where it is not set"
    )


class Superset(Settings, env_prefix="SUPERSET__"):
    """What Superset asks beside the published marts."""

    mongodb_url: Annotated[str, AfterValidator(_mongodb_url)] | None = Field(
        default=None,
        repr=False,
        description="the MongoDB that `python -m publishing to` copies the marts to, such as mongodb://user:password@host/tally: "
        "`make superset` adds a dashboard of the air that asks it; a password is kept in .dlt/secrets.toml",
    )


class Machine(Settings, env_prefix="TALLY_"):
    """Paths and limits on this machine, from the environment alone: dbt's profile reads them there too."""

    @classmethod
    def _section(cls, file: Path) -> dict[str, Any]:
        return {}

    warehouse: Path = Field(
        default=DEFAULT_WAREHOUSE,
        description="the DuckDB file; its Parquet, state and back-ups are in the same folder",
    )
    now: AwareDatetime | None = Field(
        default=None,
        description="ingestion's clock, such as 2026-03-28T12:00:00Z, for a provider whose clock is ahead or behind; by default the machine's",
    )
    lock_timeout: float = Field(default=30.0, ge=0, description="seconds to wait for a file that another process holds")
    backups: str | None = Field(
        default=None, description="folder or URL of back-ups; <warehouse>.backups where it is not set"
    )
    ducklake: Annotated[str, AfterValidator(_catalog)] | None = Field(
        default=None,
        repr=False,
        description="where the catalog of a DuckLake is, postgresql://user@host/database or, for one writer, sqlite:FILE; it then takes the place of the DuckDB file",
    )
    ducklake_data: Annotated[str, AfterValidator(_lake_data)] | None = Field(
        default=None,
        description="folder or bucket (s3://…) of the DuckLake's Parquet files, the same for every writer; <warehouse>.lake where it is not set",
    )
    spark: Annotated[str, AfterValidator(_host_and_port)] | None = Field(
        default=None,
        description="where Spark's Thrift server listens, such as 127.0.0.1:10000: the models are then built there, and their tables read from Iceberg",
    )
    spark_conf: Path = Field(
        default=Path("deploy/spark/spark.conf"),
        description="what `make spark` starts Spark with: master, catalog and bucket, as Spark's own spark-defaults.conf has them",
    )
    landing: str | None = Field(
        default=None,
        description="folder or URL into which shards ship what they load (`python -m ingestion --shard`), and from which `python -m ingestion commit` takes it",
    )
    writer: str | None = Field(
        default=None,
        description="who writes, where several machines do: a run under this name that never ended was killed once the next begins. By default the machine's name",
    )
    feeds: Path = Field(
        default=Path("feeds"),
        description="the folder of the owner's own feeds; relative paths in them begin at the folder above it",
    )
    site: Path = Field(default=Path("reports/build"), description="the folder of the built site")


SECTIONS: tuple[type[Settings], ...] = (Machine, Publishing, Site, Superset, Retention, Retries)
"""The settings that belong to no source."""


def named_variable(name: str) -> str | None:
    """What stands in an environment variable that the owner names (`env:NAME`); None where it is not set, or empty."""
    return os.environ.get(name) or None


def warehouse_path() -> Path:
    """TALLY_WAREHOUSE, by default `data/warehouse.duckdb`."""
    return Machine.load().warehouse


def feeds_path() -> Path:
    """TALLY_FEEDS, by default `feeds`."""
    return Machine.load().feeds


def run_clock() -> datetime:
    """The clock of a run of ingestion, in UTC: TALLY_NOW, by default the machine's."""
    return (Machine.load().now or datetime.now(UTC)).astimezone(UTC)


def writer() -> str:
    """Who writes: TALLY_WRITER, by default the machine's name."""
    return Machine.load().writer or gethostname()


def lock_timeout() -> float:
    """Seconds to wait for what another process holds: TALLY_LOCK_TIMEOUT, by default 30."""
    return Machine.load().lock_timeout
