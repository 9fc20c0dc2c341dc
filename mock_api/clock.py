"""The one clock that every provider reads."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime


def machine_time() -> datetime:
    """The machine's time in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Clock:
    """Says what time it is: the machine's, a frozen moment, or what `read` returns."""

    read: Callable[[], datetime] = machine_time

    @classmethod
    def at(cls, frozen: datetime | None) -> "Clock":
        """A clock that stands at `frozen`, or the machine's where that is None."""
        return cls() if frozen is None else cls(lambda: frozen)

    def now(self) -> datetime:
        """The time, aware."""
        return self.read()
