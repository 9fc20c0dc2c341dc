"""What dbt-duckdb loads before it connects (profiles.yml): a warehouse that is no database is said so at once.

DuckDB raises the same exception for it as for a file that another process holds, and that one is tried again for half a minute.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dbt.adapters.duckdb.plugins import BasePlugin
from dbt_common.exceptions import DbtRuntimeError

# https://duckdb.org/docs/stable/internals/storage: the main header's checksum, then these.
_MAGIC_AT, _MAGIC = 8, b"DUCK"


class Plugin(BasePlugin):  # type: ignore[misc]
    """Looks at the file's first bytes."""

    def initialize(self, plugin_config: dict[str, Any]) -> None:
        """Refuse a file that DuckDB cannot have written; an empty or missing one is made by dbt.

        Raises:
            DbtRuntimeError: what lies at the warehouse's path is something else.
        """
        path = Path(self.creds.path) if self.creds else Path()
        try:
            with path.open("rb") as file:
                head = file.read(_MAGIC_AT + len(_MAGIC))
        except OSError:  # not there, or not readable: DuckDB says which
            return
        if head and head[_MAGIC_AT:] != _MAGIC:
            raise DbtRuntimeError(
                f"{path} is no DuckDB database: check TALLY_WAREHOUSE, or put a back-up in its place with `make restore`."
            )
