"""Attachments of a mailbox as files: `imaps://user:env:NAME@host/INBOX/*.csv`. Messages are read, and left as they are."""

from __future__ import annotations

import base64
import binascii
import email.header
import email.message
import email.utils
import fnmatch
import quopri
import ssl
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

import imapclient
from imapclient.exceptions import IMAPClientError, LoginError

from ingestion.errors import SourceError
from ingestion.feeds.listing import Listed
from ingestion.feeds.tables import LARGEST_FILE
from warehouse.settings import named_variable
from warehouse.text import one_line

TIMEOUT = 60.0
MESSAGES_A_REQUEST = 500
LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True)
class Place:
    """A mailbox, its folder, and which attachments of it are meant."""

    is_encrypted: bool
    host: str
    port: int | None
    user: str
    password: str
    folder: str
    pattern: str

    @property
    def shown(self) -> str:
        """The mailbox without its secrets."""
        return f"imap{'s' if self.is_encrypted else ''}://{self.host}/{self.folder}"


def place_of(url: str) -> Place:
    """A mailbox as a feed names it; the password is `env:NAME`, which stands in the environment.

    Raises:
        SourceError: a part is missing, or the password stands in the URL.
    """
    parts = urlsplit(url)
    folder, _, pattern = unquote(parts.path).lstrip("/").rpartition("/")
    written = unquote(parts.password or "")
    try:
        port = parts.port
    except ValueError:
        port = -1
    if not (parts.hostname and parts.username and folder and pattern) or port == -1:
        raise SourceError(
            "a mailbox is written as imaps://user:env:NAME@host/INBOX/*.csv: user, variable, host, folder and pattern"
        )
    if not written.startswith("env:"):
        raise SourceError(
            f"the password of the mailbox at {parts.hostname} belongs into an environment variable: write env:NAME in its place"
        )
    variable = written.removeprefix("env:")
    password = named_variable(variable)
    if not password:
        raise SourceError(f"{variable} is not set: put the mailbox's password into that environment variable")
    return Place(parts.scheme == "imaps", parts.hostname, port, unquote(parts.username), password, folder, pattern)


def listed(url: str) -> list[Listed]:
    """The attachments of a folder whose name matches, the oldest message first.

    Raises:
        SourceError: the mailbox cannot be opened, or has no such folder.
    """
    place = place_of(url)
    mailbox = _Mailbox(place)
    return list(mailbox.attachments())


class _Mailbox:
    """One connection, for as long as something can still be read by it."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._client = _connected(place)
        weakref.finalize(self, _end, self._client)
        with _said(place):
            try:
                selected = self._client.select_folder(place.folder, readonly=True)
            except IMAPClientError:
                raise SourceError(f"{place.shown}: there is no such folder in the mailbox") from None
        # Ids are those of a folder as long as this number stays.
        self._validity = selected.get(b"UIDVALIDITY", 0)

    def attachments(self) -> Iterator[Listed]:
        with _said(self._place):
            ids = sorted(self._client.search("ALL"))
        for start in range(0, len(ids), MESSAGES_A_REQUEST):
            with _said(self._place):
                found = self._client.fetch(ids[start : start + MESSAGES_A_REQUEST], ["BODYSTRUCTURE", "INTERNALDATE"])
            for message in sorted(found):
                structure, when = found[message].get(b"BODYSTRUCTURE"), found[message].get(b"INTERNALDATE")
                for part in parts_of(structure):
                    if not fnmatch.fnmatchcase(part.name.lower(), self._place.pattern.lower()):
                        continue
                    path = f"{self._place.shown}/{self._validity}.{message}/{one_line(part.name, 120)}"
                    modified = f"{when.isoformat() if when else ''} {message:012}"
                    yield Listed(path, -1, modified, False, self._reader(message, part, path), is_final=True)

    def _reader(self, message: int, part: Part, path: str) -> Callable[[], bytes]:
        def read() -> bytes:
            if part.size > 1.4 * LARGEST_FILE:
                raise SourceError(
                    f"{path} has {part.size / 1.4e6:,.0f} MB, more than the {LARGEST_FILE // 2**20} that are read at a time: split it"
                )
            key = f"BODY[{part.number}]".encode()
            with _said(self._place):
                answer = self._client.fetch([message], [f"BODY.PEEK[{part.number}]"])
            body = answer.get(message, {}).get(key)
            if body is None:
                raise SourceError(f"{path} is no longer in the mailbox")
            return _decoded(path, body, part.encoding)

        return read


@dataclass(frozen=True)
class Part:
    """An attachment of a message: the number of its part, its name, its encoding and its size as sent."""

    number: str
    name: str
    encoding: str
    size: int


def parts_of(structure: Any, number: str = "") -> Iterator[Part]:
    """The parts of a message that have a file's name, by its BODYSTRUCTURE (RFC 3501, 7.4.2)."""
    if not structure:
        return
    if isinstance(structure[0], list | tuple):
        parts = (
            structure[0] if isinstance(structure[0], list) else [each for each in structure if isinstance(each, tuple)]
        )
        for place, part in enumerate(parts, start=1):
            yield from parts_of(part, f"{number}.{place}" if number else str(place))
        return
    name = _name(structure)
    if name:
        yield Part(number or "1", name, _text(structure[5]).lower(), int(structure[6] or 0))


def _name(structure: Any) -> str:
    """A part's file name: of its disposition, else of its type."""
    for field in structure:
        # Some servers send the header as it is written in place of its parts.
        if isinstance(field, bytes) and field.lower().startswith((b"attachment;", b"inline;")):
            written = email.message.Message()
            written["Content-Disposition"] = _text(field)
            return str(email.header.make_header(email.header.decode_header(written.get_filename("") or "")))
        is_disposition = isinstance(field, tuple) and len(field) == 2 and isinstance(field[1], tuple)
        if is_disposition and (name := _parameter(field[1], ("filename", "filename*"))):
            return name
    return _parameter(structure[2], ("name", "name*")) if isinstance(structure[2], tuple) else ""


def _parameter(pairs: Any, names: tuple[str, ...]) -> str:
    for key, value in zip(pairs[::2], pairs[1::2], strict=False):
        if _text(key).lower() in names:
            text = _text(value)
            if _text(key).endswith("*"):
                charset, _, encoded = email.utils.decode_rfc2231(text)
                return unquote(encoded, encoding=charset or "utf-8")
            return str(email.header.make_header(email.header.decode_header(text)))
    return ""


def _text(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value or "")


def _decoded(path: str, body: bytes, encoding: str) -> bytes:
    if encoding == "base64":
        try:
            return base64.b64decode(body)
        except binascii.Error:
            raise SourceError(f"{path} is not encoded as its message says: it was cut") from None
    return quopri.decodestring(body) if encoding == "quoted-printable" else body


def _connected(place: Place) -> Any:
    """A connection that is logged in, encrypted unless the server is this machine.

    Raises:
        SourceError: it cannot be made.
    """
    trusted = ssl.create_default_context()
    with _said(place):
        client = imapclient.IMAPClient(
            place.host,
            place.port,
            ssl=place.is_encrypted,
            ssl_context=trusted if place.is_encrypted else None,
            timeout=TIMEOUT,
        )
        if not place.is_encrypted and client.has_capability("STARTTLS"):
            client.starttls(trusted)
        elif not place.is_encrypted and place.host not in LOOPBACK:
            raise SourceError(
                f"{place.shown} offers no encryption, and the password was not sent: write imaps:// if it has another port for that"
            )
        try:
            client.login(place.user, place.password)
        except LoginError:
            raise SourceError(f"{place.shown} refuses the user {place.user} or the password") from None
    return client


@contextmanager
def _said(place: Place) -> Iterator[None]:
    """Says of a mailbox, in one line and without secrets, why it cannot be read."""
    try:
        yield
    except ssl.SSLError:
        raise SourceError(f"{place.shown} has no TLS certificate that can be trusted") from None
    except (OSError, IMAPClientError) as error:
        raise SourceError(f"{place.shown} cannot be read: {one_line(error, 200) or type(error).__name__}") from None


def _end(client: Any) -> None:
    try:
        client.logout()
    except (OSError, IMAPClientError):
        client.shutdown()
