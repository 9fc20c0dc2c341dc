"""An iterator that is run ahead in a thread: the next page is fetched while this one is loaded."""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator, Iterator
from typing import TypeVar

T = TypeVar("T")


def prefetch(items: Iterator[T], depth: int) -> Generator[T, None, None]:
    """The same items in the same order, at most `depth` of them fetched ahead; errors come where they arose."""
    # An item stands in a list of its own; an error ends the iterator, and so does None.
    ready: queue.Queue[list[T] | BaseException | None] = queue.Queue(depth)
    stopped = threading.Event()

    def put(what: list[T] | BaseException | None) -> None:
        while not stopped.is_set():
            try:
                return ready.put(what, timeout=0.1)
            except queue.Full:
                continue

    def fetch() -> None:
        try:
            for item in items:
                put([item])
                if stopped.is_set():
                    return
            put(None)
        except BaseException as error:
            put(error)

    threading.Thread(target=fetch, name="fetch", daemon=True).start()
    try:
        while True:
            what = ready.get()
            if what is None:
                return
            if isinstance(what, BaseException):
                raise what
            yield what[0]
    finally:
        stopped.set()
