"""The steps of a run, in their order. Each says how it went; a failure lets those that can go on go on."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

SITE = Path(__file__).resolve().parent.parent / "reports" / "build"
SITE_TIME_LIMIT = 900.0


@dataclass(frozen=True)
class Step:
    """How a step ended. `trouble` is None where all went well, else one line."""

    name: str
    seconds: float
    summary: str
    trouble: str | None = None


def ingest(warehouse: Path) -> tuple[str, str | None]:
    """Load every source. One that fails is named; the others are loaded all the same."""
    from ingestion.progress import Progress, closing_table
    from ingestion.runner import run
    from ingestion.settings import lock_timeout

    results = run([], warehouse, lock_timeout=lock_timeout(), progress=Progress.on(Console(stderr=True)))
    Console().print(closing_table(results))
    failed = [result.source for result in results if result.error]
    rows = sum(result.new + result.changed for result in results)
    return f"{rows:,} rows new or changed", f"failed: {', '.join(failed)}" if failed else None


def build(warehouse: Path) -> tuple[str, str | None]:
    """`dbt build` in this process."""
    from orchestration.dbt_runner import dbt, trouble_of

    result = dbt("build")
    if result.exception:
        return "", trouble_of(result)
    statuses = [str(node.status) for node in result.result]
    summary = f"{statuses.count('success')} models and seeds, {statuses.count('pass')} tests passed"
    return summary, trouble_of(result)


def alerts(warehouse: Path) -> tuple[str, str | None]:
    """What the rules find at fault, from what is in the warehouse, and so also after a build that failed."""
    from orchestration.dbt_runner import ALERTS, dbt, trouble_of
    from publishing.alerts import open_alerts
    from publishing.publication import PublishingError

    if trouble := trouble_of(dbt("build", "--select", ALERTS, "--exclude-resource-type", "unit_test")):
        return "", trouble
    try:
        return f"{open_alerts(warehouse)} open", None
    except PublishingError as error:
        return "", str(error)


def publish(warehouse: Path) -> tuple[str, str | None]:
    """The marts as Parquet; yesterday's stay where the build failed."""
    from publishing.parquet import publish as publish_marts
    from publishing.publication import PublishingError

    try:
        publication = publish_marts(warehouse)
    except PublishingError as error:
        return "", str(error)
    return f"{len(publication.marts)} marts, {sum(publication.marts.values()):,} rows", None


def mail(warehouse: Path) -> tuple[str, str | None]:
    """What alerts opened and closed since the last time, to the addresses that are set, if any is."""
    from publishing.alerts import send
    from publishing.publication import PublishingError
    from publishing.settings import alert_urls

    try:
        urls = alert_urls()
        return (send(warehouse, urls) if urls else "nobody is to be told: PUBLISHING__ALERT_URLS is not set"), None
    except PublishingError as error:
        return "", str(error)


def report(warehouse: Path) -> tuple[str, str | None]:
    """The site, from what is published."""
    from reports.errors import SiteError
    from reports.site import build as build_site

    try:
        pages = build_site(warehouse, SITE, SITE_TIME_LIMIT, lambda step: None)
    except SiteError as error:
        return "", str(error)
    return f"{pages} pages in reports/build", None


STEPS: dict[str, Callable[[Path], tuple[str, str | None]]] = {
    "ingest": ingest,
    "build": build,
    "alerts": alerts,
    "publish": publish,
    "mail": mail,
    "reports": report,
}


def run(warehouse: Path, names: tuple[str, ...], tell: Callable[[str], None]) -> list[Step]:
    """Run the named steps on a warehouse, each after the other, whatever became of the one before.

    A failed ingestion leaves the other sources' news, a failed build yesterday's marts, and both are to be seen in the
    pages: so every step is tried.
    """
    from ingestion.errors import IngestionError

    steps = []
    for name in names:
        tell(f"── {name}")
        begun = time.monotonic()
        try:
            summary, trouble = STEPS[name](warehouse)
        except IngestionError as error:
            summary, trouble = "", str(error)
        step = Step(name, time.monotonic() - begun, summary, trouble)
        tell(f"   {name}: {step.trouble or step.summary} ({step.seconds:.1f} s)")
        steps.append(step)
    return steps
