"""Settings of publishing, found as ingestion finds its own: the environment, `.dlt/secrets.toml`, `.dlt/config.toml`."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any

from publishing.publication import PublishingError

PROJECT = Path(__file__).resolve().parent.parent


def alert_urls() -> list[str]:
    """The addresses that alerts go to, as apprise writes them (`mailto://…`); none where none is set.

    PUBLISHING__ALERT_URLS, with blanks or line ends between them; in a file `[publishing]`, `alert_urls = ["…"]`.
    They hold passwords: nobody logs them.
    """
    value = _find("alert_urls")
    parts = value if isinstance(value, list) else str(value or "").split()
    return list(dict.fromkeys(str(part) for part in parts if str(part).strip()))


def digest_hour() -> int:
    """The hour of the machine's clock from which the digest of a new day goes out: PUBLISHING__DIGEST_HOUR, 6 by default."""
    value = _find("digest_hour")
    try:
        hour = 6 if value in (None, "") else int(value)
    except (TypeError, ValueError):
        hour = -1
    if not 0 <= hour <= 23:
        raise PublishingError("PUBLISHING__DIGEST_HOUR must be a whole number from 0 to 23.")
    return hour


def _find(name: str) -> Any:
    if (value := os.environ.get(f"PUBLISHING__{name}".upper())) is not None:
        return value
    folder = Path(os.environ.get("DLT_PROJECT_DIR", PROJECT)) / ".dlt"
    for file in (folder / "secrets.toml", folder / "config.toml"):
        try:
            content = tomllib.loads(file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            continue
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise PublishingError(f".dlt/{file.name} cannot be read: {type(error).__name__}.") from None
        section = content.get("publishing")
        if isinstance(section, dict) and section.get(name) is not None:
            return section[name]
    return None
