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
from typing import Annotated, Any, Self

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, ValidationError
from pydantic_settings import BaseSettings, InitSettingsSource, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from warehouse.errors import SettingsError
from warehouse.paths import DEFAULT_WAREHOUSE, PROJECT
from warehouse.urls import is_http_url

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


def _raw_days(value: int) -> int:
    if 0 < value < SHORTEST_RAW_DAYS:
        raise ValueError(f"it must be 0, which keeps everything, or {SHORTEST_RAW_DAYS} days or more")
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
    """Recipients of alerts, and the hour of the digest."""

    alert_urls: Annotated[list[str], NoDecode, BeforeValidator(_words)] = Field(
        default=[],
        repr=False,
        description="addresses of alerts and digest, as apprise writes them (mailtos://user:password@host?to=a@b.example), "
        "with blanks between them; they hold passwords, so keep them in .dlt/secrets.toml",
    )
    digest_hour: int = Field(
        default=6, ge=0, le=23, description="hour of the machine's clock from which the digest of a new day is sent"
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
    feeds: Path = Field(
        default=Path("feeds"),
        description="the folder of the owner's own feeds; relative paths in them begin at the folder above it",
    )
    site: Path = Field(default=Path("reports/build"), description="the folder of the built site")


SECTIONS: tuple[type[Settings], ...] = (Machine, Publishing, Retention, Retries)
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


def lock_timeout() -> float:
    """Seconds to wait for what another process holds: TALLY_LOCK_TIMEOUT, by default 30."""
    return Machine.load().lock_timeout
