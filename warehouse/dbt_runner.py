"""dbt in this process, and the warehouse free again afterwards."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from warehouse import seeds
from warehouse.paths import PROJECT
from warehouse.permissions import owner_only

if TYPE_CHECKING:
    from dbt.cli.main import dbtRunnerResult
    from dbt.contracts.graph.manifest import Manifest


logger = logging.getLogger(__name__)

ALERTS = "tag:alerts"
"""The selection that computes the alerts, after a failed build too."""


def dbt(
    *arguments: str, manifest: Manifest | None = None, on_event: Callable[[Any], None] | None = None
) -> dbtRunnerResult:
    """Run a dbt command on TALLY_WAREHOUSE (profiles.yml); quiet but for what fails. A manifest saves the parsing.

    `on_event` is called with every event, also those that dbt does not print.

    dbt keeps its connection for the process's whole life, and with it the file's lock: it is closed here.
    """
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner, dbtRunnerResult
    from dbt_common.exceptions import DbtRuntimeError

    folders = ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)]
    with owner_only():
        try:
            result = dbtRunner(manifest=manifest, callbacks=[on_event] if on_event else []).invoke(
                [*arguments, *folders, "--quiet", "--no-use-colors"]
            )
            # dbt reads a seed's bytes before the plugin can check them, and names no file.
            if isinstance(result.exception, UnicodeDecodeError) and (errors := seeds.errors(PROJECT)):
                return dbtRunnerResult(success=False, exception=DbtRuntimeError(seeds.listing(errors)))
            return result
        finally:
            DuckDBConnectionManager.close_all_connections()


class Dbt:
    """`dbt build` as the flow calls it.

    A `is_warm` one is for a process that builds again and again: the project is parsed once, unit tests (which test
    the project and not the data) are left out, and dbt writes no files.
    """

    def __init__(self, *, is_warm: bool = False) -> None:
        self._is_warm = is_warm
        self._manifest: Manifest | None = None

    def build(self, sources: Sequence[str]) -> tuple[str, str | None]:
        """Build and test what is downstream of the sources but for the alerts; with none, everything.

        Of chosen sources views are left out: they show what came by themselves, and their tests look at it.

        Returns:
            How many models and tests went well, and one line of error, None where all did.
        """
        kinds = ("config.materialized:table", "config.materialized:incremental", "resource_type:test")
        touched = [f"source:{name}+,{kind}" for name in sources for kind in kinds]
        result = self._build(["--select", *touched, "--exclude", ALERTS] if sources else [])
        error = error_of(result)
        if result.exception:
            return "", error
        statuses = [str(node.status) for node in result.result or []]
        return f"{statuses.count('success')} models and seeds, {statuses.count('pass')} tests passed", error

    def alerts(self) -> str | None:
        """Compute the alerts from what is in the warehouse; None where all went well, else one line."""
        return error_of(self._build(["--select", ALERTS, "--exclude-resource-type", "unit_test"]))

    def _build(self, selection: list[str]) -> dbtRunnerResult:
        if not self._is_warm:
            return dbt("build", *selection)
        if self._manifest is None:
            parsed = dbt("parse")
            if not parsed.success:
                return parsed
            self._manifest = parsed.result
        # The manifest and the log's every line, written or not, would be a fifth of the time.
        quick = ["--no-write-json", "--log-level", "none", "--log-level-file", "none"]
        if "unit_test" not in selection:
            quick += ["--exclude-resource-type", "unit_test"]
        return dbt("build", *selection, *quick, manifest=self._manifest, on_event=_log_errors)


def _log_errors(event: Any) -> None:
    if event.info.level == "error":
        logger.error(event.info.msg)


def error_of(result: dbtRunnerResult) -> str | None:
    """What went wrong in one line; None where all went well."""
    if result.exception:
        # "Compilation Error" alone says little: the line after it names the model. These say nothing.
        lines = [line.strip() for line in str(result.exception).strip().splitlines()]
        return " ".join([line for line in lines if line not in ("Database Error", "Runtime Error")][:2])
    failed = [node.node.name for node in result.result or [] if str(node.status) in ("error", "fail", "runtime error")]
    return f"{len(failed)} failed: {', '.join(failed[:5])}" if failed else None
