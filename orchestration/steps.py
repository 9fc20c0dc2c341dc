"""The steps of a run, in their order. Each says how it went; a failure lets those that can go on go on."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from warehouse.errors import TallyError
from warehouse.paths import PROJECT

SITE = PROJECT / "reports" / "build"
SITE_TIME_LIMIT = 900.0

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Step:
    """How a step ended. `error` is None where all went well, else one line."""

    name: str
    seconds: float
    summary: str
    error: str | None = None


def ingest(warehouse: Path) -> tuple[str, str | None]:
    """Load every source. One that fails is named; the others are loaded all the same."""
    from rich.console import Console

    from ingestion.progress import Progress, closing_table
    from ingestion.runner import run
    from warehouse.log import console
    from warehouse.settings import lock_timeout

    results = run([], warehouse, lock_timeout=lock_timeout(), progress=Progress.on(console))
    Console().print(closing_table(results))
    failed = [result.source for result in results if result.error]
    rows = sum(result.new + result.changed for result in results)
    return f"{rows:,} rows new or changed", f"failed: {', '.join(failed)}" if failed else None


def build(warehouse: Path) -> tuple[str, str | None]:
    """`dbt build` in this process."""
    from warehouse.dbt_runner import dbt, error_of

    result = dbt("build")
    if result.exception:
        return "", error_of(result)
    statuses = [str(node.status) for node in result.result]
    summary = f"{statuses.count('success')} models and seeds, {statuses.count('pass')} tests passed"
    return summary, error_of(result)


def alerts(warehouse: Path) -> tuple[str, str | None]:
    """What the rules find at fault, from what is in the warehouse, and so also after a build that failed."""
    from notifications.alerts import open_alerts
    from warehouse.dbt_runner import ALERTS, dbt, error_of

    if error := error_of(dbt("build", "--select", ALERTS, "--exclude-resource-type", "unit_test")):
        return "", error
    return f"{open_alerts(warehouse)} open", None


def publish(warehouse: Path) -> tuple[str, str | None]:
    """The marts as Parquet; yesterday's stay where the build failed."""
    from publishing.parquet import publish as publish_marts

    publication = publish_marts(warehouse)
    return f"{len(publication.marts)} marts, {sum(publication.marts.values()):,} rows", None


def mail(warehouse: Path) -> tuple[str, str | None]:
    """What alerts opened and closed since the last time, to the addresses that are set, if any is."""
    from notifications.alerts import send
    from warehouse.settings import Publishing

    urls = Publishing.load().alert_urls
    return (send(warehouse, urls) if urls else "No alert recipients configured: set PUBLISHING__ALERT_URLS"), None


def report(warehouse: Path) -> tuple[str, str | None]:
    """The site, from what is published."""
    from reports.site import build as build_site

    pages = build_site(warehouse, SITE, SITE_TIME_LIMIT, lambda step: None)
    return f"{pages} pages in reports/build", None


STEPS: dict[str, Callable[[Path], tuple[str, str | None]]] = {
    "ingest": ingest,
    "build": build,
    "alerts": alerts,
    "publish": publish,
    "mail": mail,
    "reports": report,
}


def run(warehouse: Path, names: tuple[str, ...]) -> list[Step]:
    """Run the named steps on a warehouse, each after the other, whatever became of the one before.

    A failed ingestion leaves the other sources' news, a failed build yesterday's marts, and both are to be seen in the
    pages: so every step is tried.
    """
    steps = []
    for name in names:
        logger.info("── %s", name)
        begun = time.monotonic()
        try:
            summary, error = STEPS[name](warehouse)
        except TallyError as foreseen:
            summary, error = "", str(foreseen)
        step = Step(name, time.monotonic() - begun, summary, error)
        logger.info("   %s: %s (%.1f s)", name, step.error or step.summary, step.seconds)
        steps.append(step)
    return steps
