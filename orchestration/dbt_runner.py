"""dbt in this process, and the warehouse free again afterwards."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dbt.cli.main import dbtRunnerResult

PROJECT = Path(__file__).resolve().parent.parent


def dbt(*arguments: str) -> dbtRunnerResult:
    """Run a dbt command on TALLY_WAREHOUSE (profiles.yml); quiet but for what fails.

    dbt keeps its connection for the process's whole life, and with it the file's lock: it is closed here.
    """
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    places = ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)]
    try:
        return dbtRunner().invoke([*arguments, *places, "--quiet", "--no-use-colors"])
    finally:
        DuckDBConnectionManager.close_all_connections()
