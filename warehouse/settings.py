"""Settings, named and found as dlt names and finds them, without the second and a half that importing dlt takes."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from warehouse.errors import SettingsError
from warehouse.paths import PROJECT


class Settings:
    """`[sources.<name>]` and `[runtime]`: the environment, then `.dlt/secrets.toml`, then `.dlt/config.toml`."""

    def __init__(self, source: str, environment: Mapping[str, str] | None = None) -> None:
        self.source = source
        self._environment = os.environ if environment is None else environment
        folder = Path(self._environment.get("DLT_PROJECT_DIR", PROJECT)) / ".dlt"
        self._files = [_read(folder / "secrets.toml"), _read(folder / "config.toml")]

    def variable(self, name: str) -> str:
        """The environment variable that sets `name` for this source."""
        return f"SOURCES__{self.source}__{name}".upper()

    def text(self, name: str) -> str | None:
        """A setting of the source as text; None where it is not set or empty."""
        value = self._find("sources", self.source, name)
        return str(value) if value not in (None, "") else None

    def url(self, name: str) -> str:
        """A setting of the source that must be an http or https URL."""
        value = self.text(name)
        if value is None:
            raise SettingsError(f"no address is known: set {self.variable(name)}")
        try:
            parts = urlsplit(value)
            valid = parts.scheme in ("http", "https") and parts.hostname and (parts.port or True)
        except ValueError:
            valid = False
        if not valid:
            raise SettingsError(f"{self.variable(name)} is not an http or https URL")
        return value

    def integer(self, name: str, low: int, high: int) -> int:
        """A setting of the source that must be a whole number from `low` to `high`."""
        value = self._find("sources", self.source, name)
        try:
            number = int(value)
        except (TypeError, ValueError):
            number = low - 1
        if not low <= number <= high:
            raise SettingsError(f"{self.variable(name)} must be a whole number from {low} to {high}")
        return number

    def integers(self, name: str) -> list[int]:
        """A setting of the source that must be a list of whole numbers, each once: `[1, 2]`, or `1, 2` in text."""
        value = self._find("sources", self.source, name)
        if value is None:
            raise SettingsError(f"{self.variable(name)} is not set: a list of whole numbers such as [1, 2]")
        parts = value if isinstance(value, list) else str(value).strip().strip("[]").split(",")
        texts = [str(part).strip() for part in parts]
        if texts == [""]:
            return []
        if not all(text.isascii() and text.isdecimal() and len(text) < 19 for text in texts):
            raise SettingsError(f"{self.variable(name)} must be a list of whole numbers such as [1, 2]")
        return list(dict.fromkeys(int(text) for text in texts))

    def retries(self) -> Retries:
        """How often and how long a request is tried again: dlt's own `[runtime]` settings."""
        names = ("request_max_attempts", "request_backoff_factor", "request_max_retry_delay", "request_timeout")
        given = {name: self._find("runtime", name) for name in names}
        try:
            numbers = {name: float(value) for name, value in given.items() if value is not None}
        except (TypeError, ValueError):
            raise SettingsError(f"one of {', '.join(f'RUNTIME__{n}'.upper() for n in names)} is not a number") from None
        default = Retries()
        return Retries(
            attempts=max(1, int(numbers.get(names[0], default.attempts))),
            backoff=max(0.0, numbers.get(names[1], default.backoff)),
            longest_wait=max(0.0, numbers.get(names[2], default.longest_wait)),
            timeout=max(0.1, numbers.get(names[3], default.timeout)),
        )

    def _find(self, *path: str) -> Any:
        if (value := self._environment.get("__".join(path).upper())) is not None:
            return value
        for content in self._files:
            section: Any = content
            for step in path:
                section = section.get(step) if isinstance(section, dict) else None
            if section is not None:
                return section
        return None


@dataclass(frozen=True)
class Retries:
    """Attempts, and seconds: first wait (doubled each time), longest wait, time-out of one attempt, limit of all."""

    attempts: int = 8
    backoff: float = 0.25
    longest_wait: float = 20.0
    timeout: float = 30.0
    limit: float = 110.0


@dataclass(frozen=True)
class Retention:
    """Days that `compact` keeps: notes of loads and runs, and raw rows by the time of their event (None: all of them)."""

    loads_days: int
    raw_days: int | None


LEAST_RAW_DAYS = 400


def retention() -> Retention:
    """`[retention]`: `loads_days`, by default 400, and `raw_days`, by default 0, which keeps everything."""
    loads, raw = _days("loads_days", 400), _days("raw_days", 0)
    if loads is None or loads < 1:
        raise SettingsError("RETENTION__LOADS_DAYS must be a whole number of days, 1 or more")
    if raw is None or 0 < raw < LEAST_RAW_DAYS or raw < 0:
        # A day is set against the one 364 days before; the pages show 13 months of hours.
        raise SettingsError(f"RETENTION__RAW_DAYS must be 0, which keeps everything, or {LEAST_RAW_DAYS} days or more")
    return Retention(loads, raw or None)


def _days(name: str, default: int) -> int | None:
    value = Settings("retention")._find("retention", name)
    try:
        return int(value if value is not None else default)
    except (TypeError, ValueError):
        return None


def redacted(url: str) -> str:
    """A URL that may be printed: no credentials, no query."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return SplitResult(parts.scheme, host, parts.path, "", "").geturl()


def _read(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except FileNotFoundError:
        return {}
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f".dlt/{path.name} cannot be read: {type(error).__name__}") from None


def alert_urls() -> list[str]:
    """The addresses that alerts go to, as apprise writes them (`mailto://…`); none where none is set.

    PUBLISHING__ALERT_URLS, with blanks or line ends between them; in a file `[publishing]`, `alert_urls = ["…"]`.
    They hold passwords: nobody logs them.
    """
    value = Settings("publishing")._find("publishing", "alert_urls")
    parts = value if isinstance(value, list) else str(value or "").split()
    return list(dict.fromkeys(str(part) for part in parts if str(part).strip()))


def digest_hour() -> int:
    """The hour of the machine's clock from which the digest of a new day goes out: PUBLISHING__DIGEST_HOUR, 6 by default."""
    value = Settings("publishing")._find("publishing", "digest_hour")
    try:
        hour = 6 if value in (None, "") else int(value)
    except (TypeError, ValueError):
        hour = -1
    if not 0 <= hour <= 23:
        raise SettingsError("PUBLISHING__DIGEST_HOUR must be a whole number from 0 to 23.")
    return hour
