"""A file of a feed, as the place that has it lists it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Listed:
    """A file as its folder lists it.

    Attributes:
        path: what it is known by and shown as; no path of this machine.
        size: in bytes, -1 where the place does not say.
        modified_at: as the place says it; only compared.
        read: gives its bytes.
        is_final: what is there under this path never changes.
    """

    path: str
    size: int
    modified_at: str
    is_fresh: bool
    read: Callable[[], bytes]
    is_final: bool = False

    @property
    def order(self) -> tuple[str, str]:
        """Older files come first."""
        return self.modified_at, self.path
