"""HTTP with retries, back-off and one deadline of two minutes; bounded bodies; errors that name the cause."""

from __future__ import annotations

import json
import logging
import re
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from functools import partial
from http.client import HTTPException
from typing import Any, TypeVar
from urllib.parse import SplitResult, urljoin, urlsplit, urlunsplit

import orjson
import requests
import urllib3

from ingestion.connections import Adapter, Connections
from ingestion.errors import SourceError
from warehouse.settings import Retries
from warehouse.text import one_line
from warehouse.urls import readable_url, without_secrets

T = TypeVar("T")

logger = logging.getLogger(__name__)

JSON = "application/json"
LARGEST_BODY = 64 * 1024 * 1024
# A tiny JSON value of two bytes takes a hundred in memory: so many of them stay below 500 MB.
MOST_JSON_VALUES = 4_000_000
CHUNK = 1024 * 1024
LONGEST_DETAIL = 200
LONGEST_URL = 200
LONGEST_ETAG = 256
LONGEST_NUMBER = 100
MOST_REDIRECTS = 10
REDIRECTS = frozenset({301, 302, 303, 307, 308})
PASSING = frozenset({408, 425, 429, 500, 502, 503, 504, 507, 509, 520, 521, 522, 523, 524, 529})
LONGEST_RETRY_AFTER = 86_400.0


class RefusedError(SourceError):
    """The provider answered, and refused."""

    def __init__(self, message: str, answer: Response) -> None:
        super().__init__(message)
        self.answer = answer


class UnreadableError(Exception):
    """A body that is not what it says it is. It may have been cut: worth another attempt."""


@dataclass(frozen=True)
class Response:
    """An answer with status 200 (or 304). `is_framed`: HTTP itself would have noticed a cut."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    is_framed: bool

    @property
    def content_type(self) -> str:
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()

    @property
    def etag(self) -> str | None:
        """The ETag, where it can be sent back as it is."""
        etag = self.headers.get("ETag", "")
        return etag if re.fullmatch(rf"[\x21-\x7e]{{1,{LONGEST_ETAG}}}", etag) else None

    def json(self, *, is_exact: bool = False) -> Any:
        """The body parsed as JSON. `NaN`, `Infinity` and numbers beyond a double are read as floats that are not finite.

        Where it `is_exact`, numbers with a fraction are read as decimals and whole numbers of any size as integers, digit by digit.

        Raises:
            SourceError: it is a page of HTML, or holds more values than fit in memory.
            UnreadableError: it is empty or not JSON.
        """
        self.check_json()
        if is_exact:
            return self._lenient_json(parse_float=_exact_decimal, parse_int=_exact_integer)
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return self._lenient_json()

    def check_json(self) -> None:
        """Look at the body as far as that is possible before it is parsed as JSON.

        Raises:
            SourceError: it is a page of HTML, or holds more values than fit in memory.
            UnreadableError: it is empty.
        """
        if self.content_type == "text/html" or self.body[:20].lstrip()[:1] == b"<":
            raise SourceError(f"{self.url} answered with a page of HTML, not JSON: check the address")
        if not self.body.strip():
            raise UnreadableError("an empty body")
        # Each value takes two bytes and follows one of these; those inside of texts are counted too.
        if len(self.body) > 2 * MOST_JSON_VALUES and sum(map(self.body.count, (b",", b"[", b"{"))) > MOST_JSON_VALUES:
            raise SourceError(
                f"{self.url} sent more than {MOST_JSON_VALUES:,} values in one answer: set a smaller page_size, if there is one"
            )

    def _lenient_json(self, **numbers: Any) -> Any:
        """What orjson refuses and others write: NaN, Infinity, 1e400, half a surrogate pair, UTF-16."""
        try:
            return json.loads(self.body, **numbers)
        except RecursionError:
            raise SourceError(f"{self.url} answered with JSON that is nested too deeply to be read") from None
        except ValueError:
            raise UnreadableError("a body that is not valid JSON, or was cut") from None


def _exact_decimal(text: str) -> Decimal | float:
    """A JSON number as a decimal; as a float, which is no amount, where it has more digits or zeros than any amount."""
    value = Decimal(text)
    return value if len(text) <= LONGEST_NUMBER and abs(value.adjusted()) <= LONGEST_NUMBER else float(text)


def _exact_integer(text: str) -> int | float:
    return int(text) if len(text) <= LONGEST_NUMBER else float(text)


class Client:
    """GET requests to one provider, one at a time.

    `key_variable` is the environment variable that error messages name where a key is refused. Each wait of more than
    a second is logged.
    """

    def __init__(
        self,
        api_key: str | None = None,
        retries: Retries | None = None,
        key_variable: str = "",
    ) -> None:
        if api_key is not None and not (api_key.isascii() and api_key.isprintable()):
            raise SourceError(f"{key_variable} holds a character that an HTTP header cannot carry")
        self._connections = Connections()
        self._session = _Session()
        self._session.headers["User-Agent"] = "tally"
        self._session.headers["Accept-Encoding"] = "gzip"
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, Adapter(self._connections))
        self._key = api_key
        self._key_variable = key_variable
        self._retries = retries or Retries.load()
        self._closed = threading.Event()

    def close(self) -> None:
        """End every wait and every request under way."""
        self._closed.set()
        self._connections.close()
        self._session.close()

    def get(
        self,
        url: str,
        parse: Callable[[Response], T],
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        largest_body: int = LARGEST_BODY,
        timeout: float | None = None,
        private_headers: Mapping[str, str] | None = None,
    ) -> T:
        """What `parse` makes of the answer; asks again where the error may pass.

        `timeout` is how many seconds to try at most, where that is to be less than two minutes. It covers headers,
        redirects, bodies and waits of every attempt together. `private_headers` go to no other host that is redirected to.

        Raises:
            SourceError: the provider refused, or the error did not pass in time.
        """
        started = time.monotonic()
        deadline = started + (
            self._retries.request_deadline if timeout is None else min(timeout, self._retries.request_deadline)
        )
        attempt = 0
        while True:
            attempt += 1
            try:
                return parse(
                    self._once(url, params or {}, headers or {}, private_headers or {}, deadline, largest_body)
                )
            except UnreadableError as unreadable:
                error = _RetryableError(f"answered with {unreadable}")
            except _RetryableError as retryable:
                error = retryable
            wait = min(self._retries.request_backoff_factor * 2 ** (attempt - 1), self._retries.request_max_retry_delay)
            wait = max(wait, error.wait)
            attempts = min(self._retries.request_max_attempts, error.attempts)
            spent = time.monotonic() - started
            if attempt >= attempts or time.monotonic() + wait >= deadline:
                asked = (
                    f"; it asks to wait {error.wait:.0f} s"
                    if error.wait > self._retries.request_max_retry_delay
                    else ""
                )
                tries = f" ({attempt} attempts in {spent:.0f} s)" if attempt > 1 else ""
                raise SourceError(f"{_shown(url)} {error}{tries}{asked}{error.advice}") from None
            if wait > 1:
                logger.info("%s %s; asking again in %.0f s", _shown(url), error, wait)
            if self._closed.wait(wait):
                raise SourceError("stopped")

    def _once(
        self,
        url: str,
        params: Mapping[str, str],
        headers: Mapping[str, str],
        private_headers: Mapping[str, str],
        deadline: float,
        largest_body: int,
    ) -> Response:
        """One attempt, redirects and all. Each hop has the time-out of an attempt for its headers."""
        target, query = url, dict(params)
        for _ in range(MOST_REDIRECTS + 1):
            sent = dict(headers)
            if _may_have_key(url, target):
                sent |= private_headers
                if self._key is not None:
                    sent["X-API-Key"] = self._key
            answer = self._ask(target, query, sent, deadline, largest_body)
            if isinstance(answer, Response):
                return answer
            target, query = answer, {}
        raise SourceError(f"{_shown(url)} redirects more than {MOST_REDIRECTS} times: check the address")

    def _ask(
        self, url: str, params: dict[str, str], headers: dict[str, str], deadline: float, largest_body: int
    ) -> Response | str:
        """The answer, or the address that it redirects to."""
        left = max(0.1, deadline - time.monotonic())
        timeout = min(self._retries.request_timeout, left)
        is_headers_read = False
        try:
            with (
                self._connections.cut_after(timeout) as header_time,
                self._session.get(
                    url,
                    params=params,
                    headers=headers,
                    timeout=(min(10.0, timeout), timeout),
                    stream=True,
                    allow_redirects=False,
                ) as answer,
            ):
                header_time.cancel()
                if header_time.has_cut:
                    raise _RetryableError(f"did not answer within {timeout:.2g} s")
                is_headers_read = True
                if answer.status_code in REDIRECTS:
                    return _redirected(url, answer.headers.get("Location"))
                with self._connections.cut_after(deadline - time.monotonic()) as body_time:
                    body = self._body(answer, deadline, largest_body)
                    # A body without a length ends where the connection does: it looks whole when it was cut.
                    if body_time.has_cut:
                        raise _TooSlowError
        except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError, HTTPException, OSError) as error:
            if self._closed.is_set():
                raise SourceError("stopped") from None
            if header_time.has_cut:
                raise _RetryableError(f"did not answer within {timeout:.2g} s") from None
            if is_headers_read and time.monotonic() >= deadline:
                raise _TooSlowError from None
            raise _as_retryable(url, error, timeout) from None
        except ValueError as error:
            # An address or a header that cannot be written: half a surrogate pair in a cursor, a host name too long.
            raise SourceError(f"{_shown(url)} cannot be asked: {type(error).__name__}") from None
        if answer.status_code in PASSING:
            raise _RetryableError(f"answered {answer.status_code}", wait=_asked_to_wait(answer.headers))
        if answer.status_code not in (200, 304):
            refusal = f"{_shown(url)} {self._refusal(url, answer.status_code, body)}"
            raise RefusedError(refusal, Response(_shown(url), answer.status_code, answer.headers, body, False))
        is_framed = "Content-Length" in answer.headers or answer.headers.get("Transfer-Encoding") == "chunked"
        return Response(_shown(url), answer.status_code, answer.headers, body, is_framed)

    def _body(self, answer: requests.Response, deadline: float, largest: int) -> bytes:
        parts: list[bytes] = []
        size = 0
        for part in _unpacked(answer):
            size += len(part)
            if size > largest:
                raise SourceError(
                    f"{_shown(answer.url)} sent more than {largest // 2**20} MB in one answer: not what was asked for"
                )
            if time.monotonic() > deadline:
                raise _TooSlowError
            if self._closed.is_set():
                raise SourceError("stopped")
            parts.append(part)
        return b"".join(parts)

    def _refusal(self, url: str, status: int, body: bytes) -> str:
        if status in (401, 403):
            state = f"the key in {self._key_variable} is not accepted" if self._key else f"set {self._key_variable}"
            return f"refused access ({status}): {state}"
        if status == 404:
            return f"does not exist (404){self._detail(url, body)}: check the address"
        return f"did not take the request ({status}){self._detail(url, body)}"

    def _detail(self, url: str, body: bytes) -> str:
        """The error's own `detail`, shortened to one line, without the key and the URL's secrets should it quote them."""
        try:
            detail = str(orjson.loads(body)["detail"])
        except (orjson.JSONDecodeError, KeyError, TypeError, IndexError, RecursionError):
            return ""
        detail = without_secrets(detail, url)
        if self._key:
            detail = detail.replace(self._key, "***")
        line = one_line(detail, LONGEST_DETAIL)
        return f": {line}" if line else ""


def join_url(base: str, path: str) -> str:
    """The address of `path` below a base address; a query of the base's stays where it is."""
    parts = urlsplit(base)
    return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{path}"))


class _Session(requests.Session):
    """A session that sees no redirect: requests reads the whole body of each, also where it follows none."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        return None


class _RetryableError(Exception):
    """An error that may pass: what it was, the seconds asked for, how often to try at most, what to do next."""

    def __init__(self, what: str, wait: float = 0.0, attempts: int = 1_000_000, advice: str = "") -> None:
        super().__init__(what)
        self.wait = wait
        self.attempts = attempts
        self.advice = advice


class _TooSlowError(_RetryableError):
    def __init__(self) -> None:
        super().__init__("sends too slowly to be done within two minutes")


def _unpacked(answer: requests.Response) -> Iterator[bytes]:
    """The body in parts of at most a megabyte, also after decompression.

    Raises:
        SourceError: it has an encoding that was not asked for.
        _RetryableError: it is not the gzip that it says it is, or was cut.
    """
    encoding = answer.headers.get("Content-Encoding", "").strip().lower()
    if encoding not in ("", "identity", "gzip", "x-gzip"):
        raise SourceError(
            f"{_shown(answer.url)} sent a body in the encoding {one_line(encoding, 20)}: only gzip is asked for"
        )
    # read1 returns with what has come, so that a trickle meets the deadline. Unpacked here, because urllib3 loses members.
    parts = iter(partial(answer.raw.read1, CHUNK, decode_content=False), b"")
    if encoding in ("", "identity"):
        yield from parts
        return
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    has_begun = False
    try:
        for part in parts:
            has_begun = True
            while part:
                if unpacker.eof:
                    if not part.strip(b"\0"):  # padding after the last member
                        break
                    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
                yield unpacker.decompress(part, CHUNK)
                part = unpacker.unused_data if unpacker.eof else unpacker.unconsumed_tail
        yield unpacker.flush()
    except zlib.error:
        raise _RetryableError("sent a body that is not compressed the way it says") from None
    if has_begun and not unpacker.eof:
        raise _RetryableError("cut the connection in the middle of an answer")


def _shown(url: str) -> str:
    """An address as part of a message: a provider may redirect to one of any length."""
    return one_line(readable_url(url), LONGEST_URL)


def _redirected(url: str, location: str | None) -> str:
    """The address that an answer of `url` redirects to.

    Raises:
        SourceError: it names none that can be asked.
    """
    try:
        target = urljoin(url, (location or "").encode("latin-1").decode("utf-8", "replace"))
        parts = urlsplit(target)
        is_address = bool(location) and parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_address = False
    if not is_address:
        raise SourceError(f"{_shown(url)} redirects to an address that cannot be read: check the address")
    return target


def _may_have_key(asked: str, target: str) -> bool:
    """Whether the key may go to `target`: the same host and port, or its https where http was asked for."""

    def port(parts: SplitResult) -> int:
        return parts.port or (443 if parts.scheme == "https" else 80)

    one, other = urlsplit(asked), urlsplit(target)
    if one.hostname != other.hostname:
        return False
    is_upgrade = (one.scheme, port(one), other.scheme, port(other)) == ("http", 80, "https", 443)
    return is_upgrade or (one.scheme == other.scheme and port(one) == port(other))


def _as_retryable(url: str, error: Exception, timeout: float) -> _RetryableError:
    """The error of an attempt as one that may pass.

    Raises:
        SourceError: it will not pass.
    """
    if isinstance(error, requests.exceptions.SSLError):
        raise SourceError(f"{_shown(url)} has no TLS certificate that can be trusted") from None
    if isinstance(error, requests.exceptions.Timeout | urllib3.exceptions.TimeoutError | TimeoutError):
        return _RetryableError(f"did not answer within {timeout:.2g} s")
    if isinstance(error, requests.exceptions.ProxyError):
        return _RetryableError("cannot be reached through the proxy", attempts=4)
    if isinstance(error, requests.exceptions.ConnectionError):
        return _connection_error(error)
    # Addresses and headers that cannot be sent are ValueErrors too; chunks that break off are not.
    if isinstance(error, ValueError):
        raise SourceError(f"{_shown(url)} cannot be asked: {type(error).__name__}") from None
    return _RetryableError("cut the connection in the middle of an answer")


def _connection_error(error: Exception) -> _RetryableError:
    text = str(error)
    advice = "; is the provider running, and is the address right?"
    if "NameResolutionError" in text or "getaddrinfo" in text:
        return _RetryableError("cannot be reached: its host name is not known", attempts=4, advice=advice)
    if "refused" in text:
        return _RetryableError("cannot be reached: nothing answers there", attempts=4, advice=advice)
    return _RetryableError("cut the connection")


def _asked_to_wait(headers: Mapping[str, str]) -> float:
    """Seconds that an answer asks to wait: by Retry-After, or by when its rate limit begins anew, in seconds or as a Unix time."""
    if "Retry-After" in headers:
        return _retry_after(headers["Retry-After"])
    reset = headers.get("X-RateLimit-Reset") or headers.get("RateLimit-Reset") or ""
    if not re.fullmatch(r"\s*[0-9]{1,12}(\.[0-9]*)?\s*", reset):
        return 0.0
    seconds = float(reset)
    return min(max(0.0, seconds - time.time() if seconds > 1e9 else seconds), LONGEST_RETRY_AFTER)


def _retry_after(value: str | None) -> float:
    """Seconds from a Retry-After header, which holds seconds or an HTTP date; 0 where there is none that can be read."""
    if value is None:
        return 0.0
    if re.fullmatch(r"\s*[0-9]+(\.[0-9]*)?\s*", value):
        return min(float(value[:20]), LONGEST_RETRY_AFTER)
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, OverflowError, TypeError, IndexError):
        return 0.0
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max(0.0, (moment - datetime.now(UTC)).total_seconds()), LONGEST_RETRY_AFTER)
