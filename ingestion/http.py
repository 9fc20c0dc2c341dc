"""HTTP with retries, back-off and one deadline of two minutes; bounded bodies; errors that name the cause."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

import orjson
import requests
import urllib3

from ingestion.errors import SourceError
from warehouse.settings import Retries
from warehouse.urls import readable_url, without_secrets

T = TypeVar("T")

logger = logging.getLogger(__name__)

JSON = "application/json"
LARGEST_BODY = 64 * 1024 * 1024
CHUNK = 1024 * 1024
PASSING = frozenset({408, 425, 429, 500, 502, 503, 504, 507, 509, 520, 521, 522, 523, 524, 529})


class UnreadableError(Exception):
    """A body that is not what it says it is. It may have been cut: worth another attempt."""


@dataclass(frozen=True)
class Response:
    """An answer with status 200 (or 304). `is_framed` tells whether a cut would have been noticed by HTTP itself."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    is_framed: bool

    @property
    def content_type(self) -> str:
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()

    def json(self) -> Any:
        """The body parsed as JSON.

        Raises:
            SourceError: it is a page of HTML.
            UnreadableError: it is empty or not JSON.
        """
        if self.content_type == "text/html" or self.body[:20].lstrip()[:1] == b"<":
            raise SourceError(f"{self.url} answered with a page of HTML, not JSON: check the address")
        if not self.body.strip():
            raise UnreadableError("an empty body")
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError:
            raise UnreadableError("a body that is not valid JSON, or was cut") from None


class Client:
    """GET requests to one provider.

    `key_variable` is the environment variable that error messages name where a key is refused. Each wait of more than
    a second is logged.
    """

    def __init__(
        self,
        api_key: str | None = None,
        retries: Retries | None = None,
        key_variable: str = "",
    ) -> None:
        self._session = _Session()
        self._session.headers["User-Agent"] = "tally"
        if api_key is not None:
            if not api_key.isascii() or not api_key.isprintable():
                raise SourceError(f"{key_variable} holds a character that an HTTP header cannot carry")
            self._session.headers["X-API-Key"] = api_key
        self._key = api_key
        self._key_variable = key_variable
        self._retries = retries or Retries.load()
        self._closed = threading.Event()

    def close(self) -> None:
        """End every wait; requests under way end at their next chunk."""
        self._closed.set()
        self._session.close()

    def get(
        self,
        url: str,
        parse: Callable[[Response], T],
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        largest_body: int = LARGEST_BODY,
        timeout: float | None = None,
    ) -> T:
        """What `parse` makes of the answer; asks again where the trouble may pass.

        `timeout` is how many seconds to try at most, where that is to be less than two minutes.

        Raises:
            SourceError: the provider refused, or the trouble did not pass in time.
        """
        started = time.monotonic()
        deadline = started + (
            self._retries.request_deadline if timeout is None else min(timeout, self._retries.request_deadline)
        )
        attempt = 0
        while True:
            attempt += 1
            try:
                return parse(self._once(url, params or {}, headers or {}, deadline, largest_body))
            except UnreadableError as error:
                trouble = _RetryableError(f"answered with {error}")
            except _RetryableError as error:
                trouble = error
            wait = min(self._retries.request_backoff_factor * 2 ** (attempt - 1), self._retries.request_max_retry_delay)
            wait = max(wait, trouble.wait)
            attempts = min(self._retries.request_max_attempts, trouble.attempts)
            spent = time.monotonic() - started
            if attempt >= attempts or time.monotonic() + wait >= deadline:
                asked = (
                    f"; it asks to wait {trouble.wait:.0f} s"
                    if trouble.wait > self._retries.request_max_retry_delay
                    else ""
                )
                tries = f" ({attempt} attempts in {spent:.0f} s)" if attempt > 1 else ""
                raise SourceError(f"{readable_url(url)} {trouble}{tries}{asked}{trouble.advice}") from None
            if wait > 1:
                logger.info("%s %s; asking again in %.0f s", readable_url(url), trouble, wait)
            if self._closed.wait(wait):
                raise SourceError("stopped")

    def _once(
        self, url: str, params: Mapping[str, str], headers: Mapping[str, str], deadline: float, largest_body: int
    ) -> Response:
        left = max(0.1, deadline - time.monotonic())
        timeout = min(self._retries.request_timeout, left)
        try:
            with self._session.get(
                url, params=dict(params), headers=dict(headers), timeout=(min(10.0, timeout), timeout), stream=True
            ) as answer:
                body = self._body(answer, deadline, largest_body)
        except requests.exceptions.SSLError:
            raise SourceError(f"{readable_url(url)} has no TLS certificate that can be trusted") from None
        except (requests.exceptions.ConnectTimeout, requests.exceptions.ReadTimeout, urllib3.exceptions.TimeoutError):
            raise _RetryableError(f"did not answer within {timeout:.0f} s") from None
        except requests.exceptions.ProxyError:
            raise _RetryableError("cannot be reached through the proxy", attempts=4) from None
        except requests.exceptions.ConnectionError as error:
            raise _connection_trouble(error) from None
        except (
            requests.exceptions.ChunkedEncodingError,
            urllib3.exceptions.HTTPError,
            HTTPException,
            OSError,
        ) as error:
            if isinstance(error, requests.exceptions.TooManyRedirects | ValueError):
                raise SourceError(f"{readable_url(url)} cannot be asked: {type(error).__name__}") from None
            raise _RetryableError("cut the connection in the middle of an answer") from None
        if answer.status_code in PASSING:
            raise _RetryableError(
                f"answered {answer.status_code}", wait=_retry_after(answer.headers.get("Retry-After"))
            )
        if answer.status_code not in (200, 304):
            raise SourceError(f"{readable_url(url)} {self._refusal(url, answer.status_code, body)}")
        is_framed = "Content-Length" in answer.headers or answer.headers.get("Transfer-Encoding") == "chunked"
        return Response(readable_url(url), answer.status_code, answer.headers, body, is_framed)

    def _body(self, answer: requests.Response, deadline: float, largest: int) -> bytes:
        # read1 and not iter_content: it returns with what has come, so that a trickle meets the deadline.
        parts: list[bytes] = []
        size = 0
        while part := answer.raw.read1(CHUNK, decode_content=True):
            size += len(part)
            if size > largest:
                raise SourceError(
                    f"{readable_url(answer.url)} sent more than {largest // 2**20} MB in one answer: not what was asked for"
                )
            if time.monotonic() > deadline:
                raise _RetryableError("sends too slowly to be done within two minutes")
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
            detail = orjson.loads(body)["detail"]
        except (orjson.JSONDecodeError, KeyError, TypeError, IndexError):
            return ""
        line = without_secrets(" ".join(str(detail).split()), url)
        if self._key:
            line = line.replace(self._key, "***")
        return f": {line[:200]}" if line else ""


def join_url(base: str, path: str) -> str:
    """The address of `path` below a base address; a query of the base's stays where it is."""
    parts = urlsplit(base)
    return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{path}"))


class _RetryableError(Exception):
    """A trouble that may pass: what it was, the seconds asked for, how often to try at most, what to do next."""

    def __init__(self, trouble: str, wait: float = 0.0, attempts: int = 1_000_000, advice: str = "") -> None:
        super().__init__(trouble)
        self.wait = wait
        self.attempts = attempts
        self.advice = advice


class _Session(requests.Session):
    """A session that does not take the key along to another host."""

    def rebuild_auth(self, prepared_request: requests.PreparedRequest, response: requests.Response) -> None:
        super().rebuild_auth(prepared_request, response)  # type: ignore[no-untyped-call]
        old, new = response.request.url, prepared_request.url
        if old is None or new is None or self.should_strip_auth(old, new):  # type: ignore[no-untyped-call]
            prepared_request.headers.pop("X-API-Key", None)


def _connection_trouble(error: Exception) -> _RetryableError:
    text = str(error)
    advice = "; is the provider running, and is the address right?"
    if "NameResolutionError" in text or "getaddrinfo" in text:
        return _RetryableError("cannot be reached: its host name is not known", attempts=4, advice=advice)
    if "refused" in text:
        return _RetryableError("cannot be reached: nothing answers there", attempts=4, advice=advice)
    return _RetryableError("cut the connection")


def _retry_after(value: str | None) -> float:
    """Seconds from a Retry-After header, which holds seconds or an HTTP date; 0 where there is none."""
    if value is None:
        return 0.0
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return 0.0
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
