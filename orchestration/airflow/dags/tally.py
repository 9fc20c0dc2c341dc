"""Tally's schedules: everything once an hour, the orders every two minutes, and the past again by hand.

A task calls one of the project's own commands, as a person would; what it does and how it fails is written there. The
pool `warehouse` has one slot, because DuckDB lets one process write: tasks of both schedules take turns.
"""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, Param, TriggerRule

PROJECT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(PROJECT))

from ingestion.sources import NAMES  # noqa: E402
from orchestration.steps import STEPS  # noqa: E402

BIN = Path(os.environ.get("TALLY_BIN", PROJECT / ".venv/bin"))
RETRY_SECONDS = float(os.environ.get("TALLY_RETRY_SECONDS", "60"))


def tell(context: dict[str, Any]) -> None:
    """Mail that a task failed for good; the addresses are those of Tally's alerts."""
    task = context["task_instance"]
    name = f"{task.dag_id}.{task.task_id}"
    text = (
        f"{name} failed at its try {task.try_number}, and is not tried again in this run ({context['run_id']}).\n"
        "Its log in Airflow says why; docs/runbook.md says what to do. The next run goes on where this one stood."
    )
    done = subprocess.run(
        [BIN / "python", "-m", "notifications", "tell", "--subject", f"Tally: {name} failed", text],
        cwd=PROJECT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    print(done.stdout or done.stderr, end="")


def command(task_id: str, words: str, **options: Any) -> BashOperator:
    """A task that runs one command from the project's root."""
    return BashOperator(
        task_id=task_id,
        bash_command=f"exec {BIN}/{words}",
        cwd=str(PROJECT),
        append_env=True,
        pool="warehouse",
        retries=2,
        retry_delay=timedelta(seconds=RETRY_SECONDS),
        retry_exponential_backoff=True,
        max_retry_delay=timedelta(minutes=10),
        execution_timeout=timedelta(hours=1),
        on_failure_callback=tell,
        **options,
    )


def ingest(source: str, since: str = "") -> BashOperator:
    """The ingestion of one source."""
    return command(f"ingest_{source}", STEPS["ingest"].command.format(sources=source + since))


def build(domain: str) -> BashOperator:
    """dbt of a domain and what is upstream. It also runs where the ingestion failed: late rows are no wrong rows."""
    words = STEPS["build"].command.format(selection=f"--select +tag:{domain}")
    return command(f"build_{domain}", words, trigger_rule=TriggerRule.ALL_DONE)


def schedule(dag_id: str, description: str, when: str | None, **options: Any) -> DAG:
    """A DAG of which one run goes at a time, and none for the hours that it missed: a run takes all that has come."""
    return DAG(
        dag_id,
        description=description,
        schedule=when,
        start_date=datetime(2026, 1, 1),
        catchup=False,
        max_active_runs=1,
        dagrun_timeout=timedelta(hours=4),
        tags=["tally"],
        **options,
    )


def flow(since: str = "") -> None:
    """The tasks of a whole run: each source and its domain, then what stands on all of them."""
    builds = []
    for source in NAMES:
        builds.append(ingest(source, since) >> build(source))
    others = STEPS["build"].command.format(selection="--exclude " + " ".join(f"tag:{source}" for source in NAMES))
    operations = command("build_operations", others, trigger_rule=TriggerRule.ALL_DONE)
    builds >> operations
    alerts = command("alerts", STEPS["alerts"].command, trigger_rule=TriggerRule.ALL_DONE)
    publish = command("publish", STEPS["publish"].command)
    mail = command("mail", STEPS["mail"].command, trigger_rule=TriggerRule.ALL_DONE)
    operations >> alerts >> mail
    operations >> publish >> [mail, command("site", STEPS["reports"].command)]


with schedule("tally_hourly", "All sources, dbt, Parquet, alerts, the site", "5 * * * *"):
    flow()

with schedule("tally_orders", "The online shop's orders, up to the Parquet", "*/2 * * * *"):
    ingest("orders") >> build("orders") >> command("publish", STEPS["publish"].command)

with schedule(
    "tally_backfill",
    "All sources again from a date on: trigger it by hand",
    None,
    params={"since": Param("2026-01-01", type="string", format="date", description="Take events from this day on.")},
):
    flow(" --since {{ params.since }}")
