"""dbt in this process, and the warehouse free again afterwards."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from warehouse.paths import PROJECT

if TYPE_CHECKING:
    from dbt.cli.main import dbtRunnerResult
    from dbt.contracts.graph.manifest import Manifest


def dbt(
    *arguments: str, manifest: Manifest | None = None, on_event: Callable[[Any], None] | None = None
) -> dbtRunnerResult:
    """Run a dbt command on TALLY_WAREHOUSE (profiles.yml); quiet but for what fails. A manifest saves the parsing.

    `on_event` is called with every event, whatever dbt itself writes.

    dbt keeps its connection for the process's whole life, and with it the file's lock: it is closed here.
    """
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    places = ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)]
    try:
        return dbtRunner(manifest=manifest, callbacks=[on_event] if on_event else []).invoke(
            [*arguments, *places, "--quiet", "--no-use-colors"]
        )
    finally:
        DuckDBConnectionManager.close_all_connections()


logger = logging.getLogger(__name__)

ALERTS = "tag:alerts"
"""The small selection that looks at what the build has left, whatever became of it."""


class WarmDbt:
    """dbt for a process that builds again and again: the project is parsed once, as it was then."""

    def __init__(self) -> None:
        self._manifest: Manifest | None = None

    def build(self, chosen: list[str]) -> str | None:
        """Build and test what is chosen but for the alerts, or everything; None where all went well, else one line.

        Unit tests are left out: they test the project, which has not changed, and not the data. So are views where
        something is chosen: they show what came by themselves, and their tests look at it.
        """
        kinds = ("config.materialized:table", "config.materialized:incremental", "resource_type:test")
        touched = [f"{each},{kind}" for each in chosen for kind in kinds]
        return self._build(["--select", *touched, "--exclude", ALERTS] if chosen else [])

    def alerts(self) -> str | None:
        """Compute the alerts from what is in the warehouse; None where all went well, else one line."""
        return self._build(["--select", ALERTS])

    def _build(self, selection: list[str]) -> str | None:
        if self._manifest is None:
            parsed = dbt("parse")
            if not parsed.success:
                return error_of(parsed)
            self._manifest = parsed.result
        # The manifest and the log's every line, written or not, would be a fifth of the time.
        quick = [
            "--exclude-resource-type",
            "unit_test",
            "--no-write-json",
            "--log-level",
            "none",
            "--log-level-file",
            "none",
        ]
        return error_of(dbt("build", *selection, *quick, manifest=self._manifest, on_event=_log_errors))


def _log_errors(event: Any) -> None:
    if event.info.level == "error":
        logger.error(event.info.msg)


def error_of(result: dbtRunnerResult) -> str | None:
    """What went wrong in one line; None where all went well."""
    if result.exception:
        # "Compilation Error" alone says little: the line after it names the model.
        return " ".join(line.strip() for line in str(result.exception).strip().splitlines()[:2])
    failed = [node.node.name for node in result.result or [] if str(node.status) in ("error", "fail", "runtime error")]
    return f"{len(failed)} failed: {', '.join(failed[:5])}" if failed else None
