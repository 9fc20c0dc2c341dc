"""A small HTTP server for the providers of the tests: it answers with whatever a function says."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Request:
    """What was asked: the path below the prefix, its parameters, its headers in lower case."""

    path: str
    params: dict[str, str]
    headers: dict[str, str]


class Cut(Exception):
    """Raised from `chunks`: the connection ends there."""


@dataclass
class Answer:
    """What is sent back. `length` other than the body's own makes a cut answer; `chunks` streams."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    length: int | None = None
    chunks: Iterator[bytes] | None = None


def as_json(body: object, status: int = 200, **headers: str) -> Answer:
    content = json.dumps(body, default=str).encode()
    return Answer(status, {"Content-Type": "application/json", **headers}, content)


class HttpServer:
    """Serves on 127.0.0.1 for the length of a with block, in threads. `address` is `http://127.0.0.1:<port><prefix>`."""

    def __init__(self, answer: Callable[[Request], Answer], prefix: str = "") -> None:
        self._server = _Server(answer, prefix)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}{self._server.prefix}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, answer: Callable[[Request], Answer], prefix: str) -> None:
        self.answer = answer
        self.prefix = prefix
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that disconnected (a killed run) is no error."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 1 << 16
    server: _Server

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        request = Request(
            parts.path.removeprefix(self.server.prefix),
            dict(parse_qsl(parts.query)),
            {name.lower(): value for name, value in self.headers.items()},
        )
        answer = self.server.answer(request)
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.chunks is None:
            self.send_header("Content-Length", str(len(answer.body) if answer.length is None else answer.length))
            self.end_headers()
            self.wfile.write(answer.body)
        else:
            self._send(answer.chunks)
        self.wfile.flush()
        if answer.length not in (None, len(answer.body)):
            self.close_connection = True

    def _send(self, chunks: Iterator[bytes]) -> None:
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            for chunk in chunks:
                self.wfile.write(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n")
                self.wfile.flush()
            self.wfile.write(b"0\r\n\r\n")
        except Cut:
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: the tests look at what the provider was asked."""
