"""What a shop has written, served as an API serves it: the newest version of each thing, in the order of writing.

A simulation says which versions were written in a block of time; what the clock shows of them is chosen when a page is
made. Blocks are made as they are needed, so a page costs the same wherever it is in the past.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
NEVER = int(np.iinfo(np.int64).max)


@dataclass(frozen=True)
class Versions:
    """Versions in the order (written_at, key), times in seconds since the epoch; `details` has one row a version.

    A version is served from `committed_at` on, which may be later than the `written_at` that it bears.
    """

    key: Ints
    written_at: Ints
    superseded_at: Ints
    details: Ints
    committed_at: Ints

    def __len__(self) -> int:
        return len(self.key)

    def take(self, which: NDArray[np.int64] | NDArray[np.bool_] | slice) -> "Versions":
        """Some of them, in the order given."""
        return Versions(*(getattr(self, field.name)[which] for field in fields(self)))

    @classmethod
    def joined(cls, parts: list["Versions"]) -> "Versions":
        """All of the parts (at least one), in the order (written_at, key)."""
        whole = cls(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(cls)))
        return whole.take(np.lexsort((whole.key, whole.written_at)))


@dataclass(frozen=True)
class Log:
    """Versions by block of `span` seconds: block n holds those whose floor(written_at / span) is n."""

    span: float
    written_in: Callable[[int], Versions]

    def block_of(self, second: int) -> int:
        """The block in which something written at a second is."""
        return int(np.floor(second / self.span))

    def page(self, since: int, as_of: int, after: tuple[int, int], limit: int) -> tuple[Versions, bool]:
        """The first `limit` versions written at `since` or later that were newest at `as_of`, and whether there are more.

        `after` is the (written_at, key) of the last one that the client has; (-1, -1) for none.
        """
        first = max(since, after[0])
        parts: list[Versions] = []
        wanted = limit + 1
        for number in range(self.block_of(first), self.block_of(as_of) + 1):
            block = self.written_in(number)
            time, key = block.written_at, block.key
            is_shown = (time >= first) & (block.committed_at <= as_of) & (block.superseded_at > as_of)
            is_shown &= (time > after[0]) | (key > after[1])
            parts.append(block.take(np.flatnonzero(is_shown)[:wanted]))
            wanted -= len(parts[-1])
            if wanted <= 0:
                break
        if not parts:
            return self.written_in(self.block_of(as_of)).take(slice(0)), False
        found = Versions.joined(parts)
        return found.take(slice(limit)), len(found) > limit
