"""dbt in this process, and the warehouse free again afterwards."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from warehouse import seeds, spark
from warehouse.garbage import collect_rarely, keep_for_good
from warehouse.paths import PROJECT
from warehouse.permissions import owner_only

if TYPE_CHECKING:
    from dbt.cli.main import dbtRunnerResult
    from dbt.contracts.graph.manifest import Manifest


logger = logging.getLogger(__name__)

ALERTS = "tag:alerts"
"""The selection that computes the alerts, after a failed build too."""
VIEWS = "config.materialized:view"
TESTS_OF_ALERTS = tuple(
    f"{ALERTS}+1,config.materialized:{kind}+1,resource_type:test" for kind in ("table", "incremental")
)
"""The tests of what the alerts make. Their views show the ledger, which nobody but Tally writes: a build of everything tests these."""
SEEDS_OF_ALERTS = (f"{ALERTS},resource_type:seed", f"{ALERTS}+1,resource_type:seed+1,resource_type:test")
"""The seeds that the alerts read, and their tests."""
FAILED = {"error", "fail", "runtime error", "skipped"}
"""How a node ends that did not go well."""
NOT_BUILT = ("config.materialized:ephemeral", "resource_type:source", "resource_type:exposure")
"""What is downstream of a source and nothing to build."""


def dbt(
    *arguments: str,
    manifest: Manifest | None = None,
    on_event: Callable[[Any], None] | None = None,
    on_error: Callable[[Any], None] | None = None,
) -> dbtRunnerResult:
    """Run a dbt command on TALLY_WAREHOUSE (profiles.yml); quiet but for what fails. A manifest saves the parsing.

    `on_event` is called with every event, also those that dbt does not print; `on_error` with warnings and errors at least.

    dbt keeps its connection for the process's whole life, and with it the file's lock: it is closed here.
    """
    collect_rarely()
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner, dbtRunnerResult
    from dbt_common.events.event_manager_client import ctx_set_event_manager
    from dbt_common.exceptions import DbtRuntimeError

    from warehouse.dbt_events import Events
    from warehouse.dbt_plugin import Plugin

    ctx_set_event_manager(Events(needs_all=on_event is not None))

    folders = ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)]
    with owner_only():
        try:
            result = dbtRunner(manifest=manifest, callbacks=[each for each in (on_event, on_error) if each]).invoke(
                [*arguments, *folders, "--quiet", "--no-use-colors"]
            )
            # dbt reads a seed's bytes before the plugin can check them, and names no file.
            if isinstance(result.exception, UnicodeDecodeError) and (errors := seeds.errors(PROJECT)):
                return dbtRunnerResult(success=False, exception=DbtRuntimeError(seeds.listing(errors)))
            return result
        finally:
            DuckDBConnectionManager.close_all_connections()
            Plugin.held.close()


class Dbt:
    """`dbt build` as the flow calls it: without unit tests, which test the project and not the data.

    A `is_warm` one is for a process that builds again and again: the project is parsed once, and dbt writes no files.
    """

    def __init__(self, *, is_warm: bool = False) -> None:
        self._is_warm = is_warm
        self._manifest: Manifest | None = None
        self._has_views = False
        self._seeds: str | None = None
        # What did not go well when it was last built or tested; None until everything was.
        self._failing: set[str] | None = None
        self._has_alerts = False

    def build(self, sources: Sequence[str], exclude: Sequence[str] = ()) -> tuple[str, str | None]:
        """Build and test what is downstream of the sources but for the alerts; with none, everything. `exclude` is a selection to leave out.

        Of chosen sources views are left out: they show what came by themselves, and their tests look at it. The alerts are computed in the
        same run where it cannot make a difference: a build's own failures are on record once it has ended.

        Returns:
            How many models and tests went well, and one line of error, None where all did.
        """
        touched = [f"source:{name}+" for name in sources]
        with_alerts = bool(sources) and not exclude and self._failing == set() and self._may_narrow_alerts()
        # Tests are downstream of sources as models are. To look for others by what they test costs seconds.
        chosen = [
            "--indirect-selection",
            "empty",
            "--select",
            *touched,
            *([ALERTS, *TESTS_OF_ALERTS] if with_alerts else []),
        ]
        left_out = [
            *NOT_BUILT,
            _views(),
            *(SEEDS_OF_ALERTS if with_alerts else (ALERTS, f"{ALERTS}+1,resource_type:test")),
        ]
        result = self._build(
            [*chosen, "--exclude", *left_out, *exclude] if sources else ["--exclude", *exclude] if exclude else []
        )
        error = error_of(result)
        # An alert's view says what is there when it is made: over a mart that was never built it would stay empty.
        self._has_views = self._has_views or not (sources or error)
        self._note_failures(result, is_everything=not (sources or exclude))
        self._has_alerts = with_alerts and self._failing == set()
        return _summary(result), error

    def build_selected(self, selection: str) -> tuple[str, str | None]:
        """Build and test a selection; as `build`."""
        result = self._build(["--select", selection])
        return _summary(result), error_of(result)

    def alerts(self) -> str | None:
        """Compute the alerts from what is in the warehouse, unless the build before has; None where all went well, else one line.

        Their seeds are loaded where any seed has changed since the last time.
        """
        if self._has_alerts:
            self._has_alerts = False
            return None
        if not (self._is_warm and self._has_views):
            return error_of(self._build(["--select", ALERTS]))
        seeds_now = seeds.digest(PROJECT)
        seeds_are_loaded = seeds_now == self._seeds
        chosen = ["--select", ALERTS, *TESTS_OF_ALERTS, *(() if seeds_are_loaded else SEEDS_OF_ALERTS)]
        left_out = ["--exclude", _views(), *(SEEDS_OF_ALERTS if seeds_are_loaded else ())]
        result = self._build(["--indirect-selection", "empty", *chosen, *left_out])
        error = error_of(result)
        self._note_failures(result)
        self._seeds = seeds_now if error is None else None
        return error

    def _may_narrow_alerts(self) -> bool:
        """Whether the alerts need neither their views made again nor their seeds loaded, and are built where everything is."""
        return self._is_warm and self._has_views and not spark.address() and self._seeds == seeds.digest(PROJECT)

    def _note_failures(self, result: dbtRunnerResult, *, is_everything: bool = False) -> None:
        if result.exception:
            self._failing = None
            return
        failed: set[str] = set()
        others: set[str] = set()
        for each in result.result or []:
            (failed if str(each.status) in FAILED else others).add(each.node.unique_id)
        if is_everything:
            self._failing = failed
        elif self._failing is not None:
            self._failing = self._failing - others | failed

    def _build(self, selection: list[str]) -> dbtRunnerResult:
        selection = [*selection, "--exclude-resource-type", "unit_test"]
        if not self._is_warm:
            return dbt("build", *selection)
        if self._manifest is None:
            parsed = dbt("parse")
            if not parsed.success:
                return parsed
            self._manifest = parsed.result
            keep_for_good()
        # The manifest and the log's every line, written or not, would be a fifth of the time. Relations of schemas in which nothing is built are not asked for.
        quick = ["--no-write-json", "--log-level", "none", "--log-level-file", "none", "--cache-selected-only"]
        return dbt("build", *selection, *quick, manifest=self._manifest, on_error=_log_errors)


def _log_errors(event: Any) -> None:
    if event.info.level == "error":
        logger.error(event.info.msg)


def _views() -> str:
    """The views, which show new rows by themselves: on Spark those of staging, because the others are tables there."""
    return f"{VIEWS},path:models/staging" if spark.address() else VIEWS


def _summary(result: dbtRunnerResult) -> str:
    if result.exception:
        return ""
    statuses = [str(node.status) for node in result.result or []]
    return f"{statuses.count('success')} models and seeds, {statuses.count('pass')} tests passed"


def error_of(result: dbtRunnerResult) -> str | None:
    """What went wrong in one line; None where all went well."""
    if result.exception:
        # "Compilation Error" alone says little: the line after it names the model. These say nothing.
        lines = [line.strip() for line in str(result.exception).strip().splitlines()]
        return " ".join([line for line in lines if line not in ("Database Error", "Runtime Error")][:2])
    failed = [node.node.name for node in result.result or [] if str(node.status) in FAILED - {"skipped"}]
    return f"{len(failed)} failed: {', '.join(failed[:5])}" if failed else None
