"""Connections that can be closed from another thread when their deadline is over, in any state.

A time-out of a socket begins anew with each byte: a server that sends one now and then keeps a client waiting for ever,
in the handshake, in the headers, or in the line before a chunk. Here a timer closes the socket instead.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import requests.adapters
import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection


class Timer:
    """Cuts connections once, unless cancelled before."""

    def __init__(self, connections: Connections, seconds: float) -> None:
        self.has_cut = False
        self._connections = connections
        self._lock = threading.Lock()
        self._is_cancelled = False
        self._timer = threading.Timer(max(0.0, seconds), self._cut)
        self._timer.daemon = True
        self._timer.start()

    def cancel(self) -> None:
        with self._lock:
            self._is_cancelled = True
        self._timer.cancel()

    def _cut(self) -> None:
        with self._lock:
            if not self._is_cancelled:
                self.has_cut = True
                self._connections.cut()


class Connections:
    """The sockets of one client, which makes one request at a time."""

    def __init__(self) -> None:
        self._sockets: set[Any] = set()
        self._lock = threading.Lock()
        self._is_cut = False
        self._is_closed = False

    def add(self, connected: Any) -> None:
        """Take in a socket; it is closed when the next request begins, and at once where the time is over already."""
        with self._lock:
            self._sockets.add(connected)
            if self._is_cut:
                _shut_down(connected)

    def cut(self) -> None:
        """Shut down every socket, and each that is added before the next block of `cut_after` begins.

        A thread that waits for one gets the end of the stream, or an error.
        """
        with self._lock:
            self._is_cut = True
            for each in self._sockets:
                _shut_down(each)

    def close(self) -> None:
        """Cut what is open, and whatever is opened later."""
        self._is_closed = True
        self.cut()

    @contextmanager
    def cut_after(self, seconds: float) -> Iterator[Timer]:
        """Cut what is open, or still being connected, once so many seconds have passed within the block."""
        with self._lock:
            self._is_cut = self._is_closed
        timer = Timer(self, seconds)
        try:
            yield timer
        finally:
            timer.cancel()

    def begin(self) -> None:
        """Release the sockets of the previous request."""
        with self._lock:
            self._sockets.clear()


def _shut_down(connected: Any) -> None:
    # Closed already, or never connected.
    with suppress(OSError):
        # Of a TLS socket the plain one below: its own method waits for the other side.
        socket.socket.shutdown(connected, socket.SHUT_RDWR)


class Adapter(requests.adapters.HTTPAdapter):
    """The transport of requests, with connections that stand in `connections`."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        super().__init__()

    def send(self, *arguments: Any, **options: Any) -> requests.Response:
        self._connections.begin()
        return super().send(*arguments, **options)

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options)
        self.poolmanager.pool_classes_by_scheme = _pools(self._connections)

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **options)
        if isinstance(manager, urllib3.ProxyManager) and not proxy.lower().startswith("socks"):
            manager.pool_classes_by_scheme = _pools(self._connections)
        return manager


def _pools(connections: Connections) -> dict[str, type[urllib3.HTTPConnectionPool]]:
    """urllib3's pools, of connections that stand in `connections` while a request is under way."""

    class Cuttable:
        _twin: socket.socket | None = None
        sock: Any

        def _new_conn(self) -> socket.socket:
            connected: socket.socket = super()._new_conn()  # type: ignore[misc]
            # TLS takes the socket over while it shakes hands: until then its twin can be cut.
            self._twin = connected.dup()
            connections.add(self._twin)
            return connected

        def connect(self) -> None:
            try:
                super().connect()  # type: ignore[misc]
                connections.add(self.sock)
            finally:
                if self._twin is not None:
                    self._twin.close()

        def getresponse(self) -> Any:
            connections.add(self.sock)
            return super().getresponse()  # type: ignore[misc]

    class Plain(Cuttable, HTTPConnection):
        pass

    class Secure(Cuttable, HTTPSConnection):
        pass

    class PlainPool(urllib3.HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(urllib3.HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}
