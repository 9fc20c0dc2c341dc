"""The names of time zones that both Python and DuckDB know, so that no query meets one that it cannot use."""

from __future__ import annotations

from functools import cache
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import AfterValidator

from warehouse.connection import connect_memory

# Files of a machine's zone database that name no place.
_NO_PLACES = frozenset({"Factory", "localtime", "posixrules"})


def time_zone(name: str) -> str:
    """The IANA name as it is spelt (`Europe/Paris` for `europe/paris`).

    Raises:
        ValueError: there is no such time zone.
    """
    try:
        return _names()[name.strip().lower()]
    except KeyError:
        raise ValueError("is not an IANA time zone such as Europe/Paris") from None


def _setting(value: str) -> str:
    try:
        return time_zone(value)
    except ValueError as error:
        raise ValueError(f"it {error}") from None


TimeZone = Annotated[str, AfterValidator(_setting)]
"""The type of a setting that is an IANA name; kept as it is spelt."""


@cache
def _names() -> dict[str, str]:
    with connect_memory() as connection:
        known = {name for (name,) in connection.execute("select name from pg_timezone_names()").fetchall()}
    return {name.lower(): name for name in (known & available_timezones()) - _NO_PLACES}
