"""Rejected records: rows of a provider that cannot be used, kept once each in the source's `rejected_records`."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from warehouse.text import one_line

TABLE = "rejected_records"

LONGEST_ID = 200
# A person's name or address has a space or an @ or no digit, and a phone number in full begins with +.
ID = re.compile(r"(?=[^0-9]*[0-9])[A-Za-z0-9._:/#-]{1,64}")

# Deeper than any contract goes, and what every reader of JSON can read.
DEEPEST = 200


def payload_hash(payload: str, occurrence: int = 1) -> str:
    """What identifies a rejected record: SHA-256 of its payload, and its number among equal ones."""
    numbered = payload if occurrence == 1 else f"{payload} {occurrence}"
    return hashlib.sha256(numbered.encode()).hexdigest()


def payload_of(record: Any) -> str:
    """A record as JSON text that every reader can read, its keys sorted.

    It says what the provider wrote; numbers that JSON has none for (NaN, Infinity) stand as texts, and what is nested
    over 200 levels deep as `…`.
    """
    kept = _kept(record, DEEPEST)
    text = json.dumps(kept, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair: only an escape can say it
        return json.dumps(kept, sort_keys=True, separators=(",", ":"))
    return text


def record_id(payload: str, key: Sequence[str]) -> str | None:
    """The key of a record in a payload, as the provider wrote it: `1001`, or several values joined, `paris-1, 2026-11-05T10:00:00Z`.

    None where the payload is no object, or has none of the fields.
    """
    try:
        record = json.loads(payload)
    except ValueError:  # not JSON, or cut
        return None
    if not isinstance(record, dict):
        return None
    values = [
        str(record[name]) for name in key if isinstance(record.get(name), str | int | float) and record[name] != ""
    ]
    return one_line(", ".join(values), LONGEST_ID) if values else None


def _kept(value: Any, levels: int) -> Any:
    if isinstance(value, dict):
        return {str(key): _kept(each, levels - 1) for key, each in value.items()} if levels else "…"
    if isinstance(value, list):
        return [_kept(each, levels - 1) for each in value] if levels else "…"
    if isinstance(value, float) and not math.isfinite(value):
        return {math.inf: "Infinity", -math.inf: "-Infinity"}.get(value, "NaN")
    if isinstance(value, Decimal) and Decimal(str(float(value))) == value:
        return float(value)
    if value is None or isinstance(value, str | int | float):
        return value
    return value.isoformat() if isinstance(value, date) else str(value)
