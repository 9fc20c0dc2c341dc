"""URLs as they may be shown: in a message, a log, a page or the ledger no credential appears."""

from __future__ import annotations

import re
from urllib.parse import quote, quote_plus, unquote, unquote_plus, urlsplit

from warehouse.errors import first_line

_HIDDEN = "***"
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(/{0,2})")
_IN_TEXT = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s\"'<>]+")
_LOCAL = ("file", "local", "sqlite")
DRIVERS = {
    "sqlite": "sqlite",
    "mysql": "mysql+pymysql",
    "mariadb": "mariadb+pymysql",
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
}
"""By a database's scheme SQLAlchemy's, with the driver that is installed."""
# Schemes whose address says where something is; that of any other, such as a chat's, may be a secret as a whole.
_KNOWN = (
    *("http", "https", "ftp", "ftps", "sftp", "ssh", "smb", "webdav", "hdfs", "webhdfs"),
    *("s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "adl", "r2", "oss"),
    *("mysql", "mariadb", "postgresql", "postgres", "mssql", "mongodb", "mongodb+srv"),
)
# A piece of a path that a person wrote: a word with a number, or a number.
_WORD = re.compile(r"(?:[A-Za-z]?[a-z]{0,14}|[A-Z]{1,10})\d{0,4}|\d{1,8}")
_SHORT = 10
# What stands in a user name or a password only as %2F and the like.
_RESERVED = re.compile(r"[/?#@\[\]\s]|:.*:")


def readable_url(url: str) -> str:
    """The URL without user, password, query and fragment, and without path segments that look like a token.

    All before the last `@` is hidden, because a password may hold unescaped `/`, `?` or `#`. A path segment is shown
    where it is short, or made of words and numbers: a published sheet's address is its key. Of a scheme that is not
    known to name a place nothing else is shown. A local path is shown as it is.
    """
    url = _printable(url)
    scheme, slashes, rest = _parts(url)
    if not scheme:
        return url if url.startswith(("/", ".", "~")) else _without_user(url)
    start = f"{scheme}:{slashes}"
    if scheme.lower() in _LOCAL:
        return start + rest.partition("?")[0]
    if _kind(scheme) not in _KNOWN:
        return start + _HIDDEN
    authority, slash, path = re.split(r"[?#]", _without_user(rest), maxsplit=1)[0].partition("/")
    segments = [_HIDDEN if _is_token(segment) else segment for segment in path.split("/")]
    return start + authority + slash + "/".join(segments)


def readable_error(error: BaseException, *urls: str) -> str:
    """An error's first line as it may be shown, where it was raised over these URLs by a library that may quote them."""
    if any(_is_ambiguous(url) for url in urls):
        # A library that reads such a URL in its own way quotes pieces of the password that could not be found again.
        return f"{type(error).__name__}; in a user name or a password / ? # @ and : are written %2F %3F %23 %40 %3A"
    return without_secrets(first_line(error), *urls) or type(error).__name__


def without_secrets(text: str, *urls: str) -> str:
    """A text without the credentials of these URLs, in whichever way they are written, nor those of a URL in it."""
    text = _printable(text)
    for url in sorted(urls, key=len, reverse=True):
        if url:
            text = text.replace(_printable(url), readable_url(url))
    text = _IN_TEXT.sub(lambda found: readable_url(found[0]), text)
    spellings = {spelling for url in urls for secret in _secrets(url) for spelling in _spellings(secret)}
    if any(len(each) < 3 and each in text for each in spellings):
        return _HIDDEN  # so short that to hide it in the text would show where it stood
    for spelling in sorted(spellings, key=len, reverse=True):
        text = re.sub(re.escape(spelling), _HIDDEN, text, flags=re.IGNORECASE)
    return text


def has_password(url: str) -> bool:
    """Whether a URL holds a password: before its host, or as a parameter."""
    if not _parts(url)[0] or url.startswith("env:"):
        return False
    user = _parts(url)[2].rpartition("@")[0]
    return ":" in user or bool(re.search(r"[?&;](password|pwd|passwd)=", url, re.IGNORECASE))


def is_http_url(url: str) -> bool:
    """Whether a client can ask there: http or https, with a host and, if any, a port that is a number."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False


def _parts(url: str) -> tuple[str, str, str]:
    found = _SCHEME.match(url)
    return (found[1], found[2], url[found.end() :]) if found else ("", "", url)


def _kind(scheme: str) -> str:
    """The scheme without the driver that SQLAlchemy takes behind a plus."""
    lowered = scheme.lower()
    return lowered if lowered in _KNOWN else lowered.partition("+")[0]


def _printable(text: str) -> str:
    """On one line, without control characters."""
    return "".join(character if character.isprintable() else " " for character in text).strip()


def _without_user(rest: str) -> str:
    _, at, place = rest.rpartition("@")
    return f"{_HIDDEN}@{place}" if at else rest


def _is_token(segment: str) -> bool:
    if len(segment) < _SHORT:
        return "=" in segment
    return not all(_WORD.fullmatch(piece) for piece in re.split(r"[-_. ]", segment))


def _is_ambiguous(url: str) -> bool:
    """Whether user name and password hold what would end them, had it a meaning."""
    scheme, _, rest = _parts(url)
    return scheme.lower() not in _LOCAL and bool(_RESERVED.search(rest.rpartition("@")[0]))


def _secrets(url: str) -> set[str]:
    scheme, _, rest = _parts(url)
    if scheme.lower() in _LOCAL or (not scheme and "@" not in url):
        return set()
    user, _, place = rest.rpartition("@")
    # Beside a password the user's name is none.
    found = {user.partition(":")[2] or user}
    if scheme and _kind(scheme) not in _KNOWN:
        return found | {piece for piece in re.split(r"[/?#&=:]", place) if len(piece) > 3}
    address, *further = re.split(r"[?#]", place, maxsplit=1)
    found |= {piece for piece in re.split(r"[?#&]|(?<=[\w-])=", further[0] if further else "") if len(piece) > 3}
    found |= {segment for segment in address.partition("/")[2].split("/") if _is_token(segment)}
    return found - {""}


def _spellings(secret: str) -> set[str]:
    plain = {secret, unquote(secret), unquote_plus(secret)}
    encoded = {way(each) for each in plain for way in (quote, quote_plus, lambda text: quote(text, safe=""))}
    return plain | encoded | {repr(each)[1:-1] for each in plain} | {ascii(each)[1:-1] for each in plain}
