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
    ready: queue.SimpleQueue[list[T] | BaseException | None] = queue.SimpleQueue()
    room = threading.Semaphore(depth)
    stopped = threading.Event()

    def fetch() -> None:
        try:
            room.acquire()
            for item in items:
                ready.put([item])
                del item
                room.acquire()
                if stopped.is_set():
                    return
            ready.put(None)
        except BaseException as error:
            ready.put(error)

    threading.Thread(target=fetch, name="fetch", daemon=True).start()
    try:
        while True:
            what = ready.get()
            if what is None:
                return
            if isinstance(what, BaseException):
                raise what
            room.release()
            yield what.pop()
    finally:
        stopped.set()
        room.release()
