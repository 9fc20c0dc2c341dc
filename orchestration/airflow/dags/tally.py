"""Tally's schedules: everything once an hour, the orders every two minutes, their last weeks again each night, and the past again by hand.

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
from orchestration.steps import RECONCILE_DAYS, STEPS  # noqa: E402

BIN = Path(os.environ.get("TALLY_BIN", PROJECT / ".venv/bin"))
RETRY_SECONDS = float(os.environ.get("TALLY_RETRY_SECONDS", "60"))


def mail_failure(context: dict[str, Any]) -> None:
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
        on_failure_callback=mail_failure,
        **options,
    )


def task(name: str, task_id: str = "", **blanks: str) -> BashOperator:
    """A step of the flow as a task; `blanks` fill its command."""
    step = STEPS[name]
    rule = TriggerRule.ALL_DONE if step.runs_always else TriggerRule.ALL_SUCCESS
    return command(task_id or name, step.command.format(**blanks), trigger_rule=rule)


def load_and_build(source: str, options: str = "") -> BashOperator:
    """The ingestion of one domain, by feeds and its source, and the domain's build, which this returns; a failed one builds all the same: late rows are no wrong rows."""
    ingest = task("ingest", f"ingest_{source}", sources=f"--domain {source}{options}")
    build = task("build", f"build_{source}", selection=f"--select +tag:{source}")
    ingest >> build
    return build


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
    """The tasks of a whole run, in the order of STEPS: each source and its domain, then what is downstream of all of them."""
    others = "--exclude " + " ".join(f"tag:{source}" for source in NAMES)
    build = task("build", "build_operations", selection=others)
    [load_and_build(source, since) for source in NAMES] >> build
    tasks = {"build": build}
    for name, step in STEPS.items():
        if "ingest" in (name, *step.after):
            continue
        tasks[name] = task(name)
        [tasks[before] for before in step.after] >> tasks[name]


with schedule("tally_hourly", "All sources, dbt, Parquet, alerts, the site", "5 * * * *"):
    flow()

with schedule("tally_orders", "The online shop's orders, up to the Parquet", "*/2 * * * *"):
    load_and_build("orders") >> task("publish")

with schedule("tally_nightly", "Orders that were committed late, edited in place or withdrawn", "30 3 * * *"):
    load_and_build("orders", f" --reconcile {RECONCILE_DAYS}") >> task("publish")

with schedule(
    "tally_backfill",
    "All sources again from a date on: trigger it by hand",
    None,
    params={"since": Param("2026-01-01", type="string", format="date", description="Take events from this day on.")},
):
    flow(" --since {{ params.since }}")
