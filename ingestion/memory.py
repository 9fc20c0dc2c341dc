"""Memory that reading has taken and no longer needs."""

from __future__ import annotations

import ctypes
import sys
from functools import cache
from typing import Any

import duckdb
import pyarrow as pa

from warehouse.sql import literal


def give_back(connection: duckdb.DuckDBPyConnection | None = None) -> None:
    """Give to the system what this process has freed, with a connection what DuckDB has freed too, before the next step takes its own.

    The peak is that of one step.
    """
    pa.default_memory_pool().release_unused()
    if (trim := _trim()) is not None:
        trim(0)
    if connection is not None:
        # DuckDB looks for what it can give back where a limit is set, be it the one that was.
        (limit,) = connection.execute("select current_setting('memory_limit')").fetchall()[0]
        connection.execute(f"set memory_limit = {literal(limit)}")


@cache
def _trim() -> Any:
    """glibc's malloc_trim; None where the C library has none."""
    if not sys.platform.startswith("linux"):
        return None
    return getattr(ctypes.CDLL(None), "malloc_trim", None)
