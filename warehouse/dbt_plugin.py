"""What dbt-duckdb loads before it connects (profiles.yml): seeds are checked, and a warehouse that is no database is said so at once.

DuckDB raises the same exception for it as for a file that another process holds, and that one is tried again for half a minute.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dbt.adapters.duckdb.plugins import BasePlugin
from dbt.adapters.events.logging import AdapterLogger
from dbt.flags import get_flags
from dbt_common.exceptions import DbtRuntimeError
from duckdb import DuckDBPyConnection

from warehouse import seeds

# https://duckdb.org/docs/stable/internals/storage: the main header's checksum, then these.
_MAGIC_AT, _MAGIC = 8, b"DUCK"


class Plugin(BasePlugin):  # type: ignore[misc]
    """Looks at the seeds and at the file's first bytes."""

    def initialize(self, plugin_config: dict[str, Any]) -> None:
        """Refuse seeds that cannot be read, and a file that DuckDB cannot have written; an empty or missing one is made by dbt.

        Raises:
            DbtRuntimeError: a seed has errors, or what lies at the warehouse's path is something else.
        """
        if errors := seeds.errors(_project()):
            raise DbtRuntimeError(seeds.listing(errors))
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

    def configure_connection(self, conn: DuckDBPyConnection) -> None:
        """Warn of what the seeds name and no provider has delivered."""
        for warning in seeds.warnings(_project(), conn):
            AdapterLogger("DuckDB").warning(str(warning))


def _project() -> Path:
    return Path(get_flags().PROJECT_DIR)
