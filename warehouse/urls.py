"""URLs as they may be shown: in a message, a log or a page no credential appears."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_HIDDEN = "***"


def readable_url(url: str) -> str:
    """The URL without user, password, query and fragment, and without path segments that look like a token.

    All before the last `@` is hidden, because a password may hold unescaped `/`, `?` or `#`. A path segment is hidden
    where it has 32 characters or more, or 16 or more with a digit among them: a published sheet's address is its key.
    A local path is shown as it is.
    """
    found = re.match(r"([A-Za-z][A-Za-z0-9+.-]*):/{0,2}", url)
    if not found:
        return _without_user(url) if "@" in url else url
    scheme, rest = found[0], _without_user(url[found.end() :])
    if scheme.lower().startswith(("file:", "sqlite:")):
        return scheme + rest.partition("?")[0]
    authority, slash, path = re.split(r"[?#]", rest, maxsplit=1)[0].partition("/")
    segments = [_HIDDEN if _is_token(segment) else segment for segment in path.split("/")]
    return scheme + authority + slash + "/".join(segments)


def is_http_url(url: str) -> bool:
    """Whether a client can ask there: http or https, with a host and, if any, a port that is a number."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False


def _without_user(rest: str) -> str:
    _, at, place = rest.rpartition("@")
    return f"{_HIDDEN}@{place}" if at else rest


def _is_token(segment: str) -> bool:
    return len(segment) >= 32 or (len(segment) >= 16 and any(character.isdigit() for character in segment))
