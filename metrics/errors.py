"""What can go wrong with a question, and what the asker may have meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from warehouse.errors import TallyError


class MetricsError(TallyError):
    """A question that cannot be answered, with what to ask instead."""


def unknown(kind: str, name: str, known: Iterable[str], elsewhere: str) -> MetricsError:
    """The error for a name that there is not: it says the nearest names, and where all of them are listed."""
    near = get_close_matches(name.lower(), list(known), n=3, cutoff=0.5)
    meant = f" Did you mean {' or '.join(near)}?" if near else ""
    return MetricsError(f"There is no {kind} {name!r}.{meant} {elsewhere}")
