"""The flow: its steps in their order, once. `run`, the loop and Airflow's DAGs all read it here.

Importing this module needs nothing but Python: Airflow reads it in an environment of its own.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from warehouse.errors import TallyError, unexpected
from warehouse.paths import PROJECT

if TYPE_CHECKING:
    from ingestion.progress import Progress
    from ingestion.schemas import RunResult
    from warehouse.dbt_runner import Dbt

SITE = PROJECT / "reports" / "build"
SITE_TIME_LIMIT = 900.0
# What a shop changes without saying so, it changes in an order's first weeks.
RECONCILE_DAYS = 30

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outcome:
    """How a step ended: a summary, the seconds it took, and one line of error, None where all went well."""

    name: str
    summary: str
    seconds: float
    error: str | None = None


@dataclass
class Flow:
    """One warehouse on its way through the steps; what one step leaves here the next one reads.

    `unbuilt` are the sources whose new rows no build has processed without an error; `builds_all` asks for a build of everything,
    because an earlier process may have left models unbuilt. One that `is_nightly` asks the sources again, once a
    night, for what they wrote before (`python -m ingestion --reconcile`). `unreported` are the errors of steps that no
    alert can report, because the alerts themselves could not be computed: the mail reports them.
    """

    warehouse: Path
    dbt: Dbt
    progress: Progress | None = None
    results: Sequence[RunResult] = ()
    unbuilt: set[str] = field(default_factory=set)
    builds_all: bool = True
    is_nightly: bool = False
    unreported: dict[str, str] = field(default_factory=dict)

    @property
    def has_changes(self) -> bool:
        """Whether there is anything to build."""
        return self.builds_all or bool(self.unbuilt)


@dataclass(frozen=True)
class Step:
    """One step: what it does in this process, and the command that a scheduler runs in its place.

    `run` returns a summary and one line of error, None where all went well. `command` begins with a program of the
    virtual environment; its blanks are filled by the scheduler. `after` are the steps that come before it; where
    `runs_always` is true a scheduler runs it after their failure too, as `run` does with every step.
    """

    name: str
    command: str
    run: Callable[[Flow], tuple[str, str | None]]
    after: tuple[str, ...] = ()
    runs_always: bool = False


def ingest(flow: Flow) -> tuple[str, str | None]:
    """Load every feed, and every source that is to be asked. One that fails is named; the others are loaded all the same."""
    from ingestion.runner import Reconciliation, run
    from warehouse.settings import lock_timeout

    reconcile = Reconciliation(RECONCILE_DAYS, only_nightly=True) if flow.is_nightly else None
    flow.results = run([], flow.warehouse, reconcile=reconcile, lock_timeout=lock_timeout(), progress=flow.progress)
    flow.unbuilt |= {
        each.domain for each in flow.results if each.domain and (each.new or each.changed or each.rejected)
    }
    new, changed, rejected = (
        sum(getattr(each, name) for each in flow.results) for name in ("new", "changed", "rejected")
    )
    failed = "; ".join(f"{each.source}: {each.error}" for each in flow.results if each.error)
    return f"{new:,} rows new, {changed:,} changed, {rejected:,} rejected", failed or None


def build(flow: Flow) -> tuple[str, str | None]:
    """`dbt build` of everything, or, where a build before it in this process went well, of what new rows touch."""
    from orchestration import on_spark
    from warehouse import spark

    if not flow.has_changes:
        return "nothing new", None
    chosen = [] if flow.builds_all else sorted(flow.unbuilt)
    if spark.address():
        summary, error = on_spark.build(flow.warehouse, flow.dbt, chosen)
    else:
        summary, error = flow.dbt.build(chosen)
    # Models downstream of one that failed were left as they were: the next build must not pass them by.
    flow.builds_all = error is not None
    if error is None:
        flow.unbuilt.clear()
    return summary, error


def alerts(flow: Flow) -> tuple[str, str | None]:
    """Compute the alerts from what is in the warehouse, after a failed build too."""
    from notifications.alerts import open_alerts
    from orchestration import on_spark
    from warehouse import spark

    flow.unreported.pop("alerts", None)
    if error := flow.dbt.alerts():
        flow.unreported["alerts"] = f"The alerts could not be computed: {error}"
        return "", error
    if spark.address():
        on_spark.show(flow.warehouse)
    return f"{open_alerts(flow.warehouse)} open", None


def publish(flow: Flow) -> tuple[str, str | None]:
    """The marts as Parquet and the rows of the site; yesterday's stay where the build failed."""
    from publishing.site import publish_all

    publication = publish_all(flow.warehouse)
    return f"{len(publication.marts)} marts, {sum(publication.marts.values()):,} rows", None


def mail(flow: Flow) -> tuple[str, str | None]:
    """What alerts opened and closed since the last time, and the reports that are due, to the addresses that are set, if any is."""
    from notifications.alerts import send
    from notifications.report import send_due_reports
    from warehouse.settings import Publishing

    urls = Publishing.load().alert_urls
    if not urls:
        return "No alert recipients configured: set PUBLISHING__ALERT_URLS", None
    failures = list(flow.unreported.values())
    try:
        reports = send_due_reports(flow.warehouse, urls)
    except TallyError as error:  # who waits for the report is told by the mail of alerts
        reports = ""
        failures.append(f"The report could not be sent: {error}")
    said = send(flow.warehouse, urls, failures=failures)
    return "; ".join(part for part in (reports, said) if part), failures[-1] if len(failures) > len(
        flow.unreported
    ) else None


def report(flow: Flow) -> tuple[str, str | None]:
    """The site's pages; their rows came with `publish`."""
    from reports.site import build as build_site

    pages = build_site(SITE, SITE_TIME_LIMIT, lambda step: None)
    return "the pages are up to date" if pages is None else f"{pages} pages in reports/build", None


STEPS = {
    step.name: step
    for step in (
        Step("ingest", "python -m ingestion {sources}", ingest),
        Step("build", "dbt build {selection}", build, after=("ingest",), runs_always=True),
        Step("alerts", "dbt build --select tag:alerts", alerts, after=("build",), runs_always=True),
        Step("publish", "python -m publishing", publish, after=("build",)),
        Step("mail", "python -m orchestration run --step mail", mail, after=("alerts", "publish"), runs_always=True),
        Step("reports", "python -m reports build", report, after=("publish",)),
    )
}
"""Every step by its name, in the order of the flow."""

CYCLE = tuple(name for name in STEPS if name != "reports")
"""A cycle of the loop: the site is rebuilt at its own pace."""


def run_step(flow: Flow, name: str) -> Outcome:
    """Run one step; a foreseen error is its outcome."""
    begun = time.monotonic()
    try:
        summary, error = STEPS[name].run(flow)
    except TallyError as foreseen:
        summary, error = "", str(foreseen)
    return Outcome(name, summary, time.monotonic() - begun, error)


def run(flow: Flow, names: Sequence[str]) -> list[Outcome]:
    """Run the named steps, one after another, also after one that failed.

    After a failed ingestion the other sources' new rows, and after a failed build yesterday's marts, are still to be shown
    in the pages.
    """
    outcomes = []
    for name in names:
        logger.info("── %s", name)
        begun = time.monotonic()
        try:
            outcome = run_step(flow, name)
        except Exception as bug:
            # The steps after it can still show what there is.
            logger.exception("the step %s ended with an unexpected error", name)
            outcome = Outcome(name, "", time.monotonic() - begun, unexpected(bug))
        logger.info("   %s: %s (%.1f s)", name, outcome.error or outcome.summary, outcome.seconds)
        outcomes.append(outcome)
    return outcomes
