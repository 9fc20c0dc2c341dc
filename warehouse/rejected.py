"""Rejected records: rows of a provider that cannot be used, kept once each in the source's `rejected_records`."""

from __future__ import annotations

import hashlib

TABLE = "rejected_records"


def payload_hash(payload: str, occurrence: int = 1) -> str:
    """What tells one rejected record from every other: SHA-256 of its payload, and its number among equal ones."""
    numbered = payload if occurrence == 1 else f"{payload} {occurrence}"
    return hashlib.sha256(numbered.encode()).hexdigest()
