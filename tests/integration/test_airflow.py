"""The schedules in a real Airflow: they load, run green on a small warehouse, and mail once when a task fails for good."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from mock_api.app import create_app
from mock_api.server import running
from mock_api.settings import Settings
from tests import flow, preloaded
from tests.servers import missing
from tests.smtp import Inbox

AIRFLOW = flow.PROJECT / "orchestration" / "airflow"
PACKAGES = ("airflow.__main__", "airflow.cli.commands.dag_command", "airflow.cli.commands.task_command")
"""What each of its commands would import again, for seconds."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Airflow's own database, with the pool that `make airflow` makes, and its command, preloaded."""
    if not (AIRFLOW / ".venv/.installed").exists():
        missing("Airflow is not installed: `make orchestration/airflow/.venv/.installed`")
    folder = tmp_path_factory.mktemp("airflow")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AIRFLOW_HOME", str(folder / "home"))
        python = around(folder / "server", f'#!/bin/sh\nexec "{AIRFLOW}/.venv/bin/python" "$@"\n')
        server = preloaded.Server(str(python), PACKAGES)
        around(folder / "commands", server.text(AIRFLOW / ".venv/bin/airflow"))
        for arguments in (("db", "migrate"), ("pools", "set", "warehouse", "1", "one writer")):
            done = airflow(folder, *arguments)
            assert done.returncode == 0, done.stdout
        yield folder


def around(folder: Path, program: str) -> Path:
    """`orchestration/airflow/run` in a folder in which `program` stands for Airflow's."""
    (folder / ".venv/bin").mkdir(parents=True)
    for name in ("run", "dags"):
        (folder / name).symlink_to(AIRFLOW / name)
    (folder / ".venv/bin/airflow").write_text(program, "utf-8")
    (folder / ".venv/bin/airflow").chmod(0o755)
    return folder / "run"


def airflow(home: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """`orchestration/airflow/run …`, as `make airflow` calls it."""
    return subprocess.run(
        [home / "commands/run", *arguments],
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=550,
        check=False,
    )


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the tasks find `python` and `dbt`."""
    flow.parse_once()
    return preloaded.programs(tmp_path_factory.mktemp("programs") / "bin")


@pytest.fixture
def place(programs: Path, warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A warehouse of the test's own, and no patience."""
    monkeypatch.setenv("TALLY_BIN", str(programs))
    monkeypatch.setenv("DBT_EXCLUDE_RESOURCE_TYPES", "test unit_test")  # the whole flow runs them
    monkeypatch.setenv("DBT_WRITE_JSON", "false")
    monkeypatch.setenv("TALLY_RETRY_SECONDS", "0.1")
    monkeypatch.setenv("RUNTIME__REQUEST_MAX_ATTEMPTS", "1")
    return warehouse


def test_the_schedules_load(home: Path) -> None:
    done = airflow(home, "dags", "list", "--local", "-o", "json")
    dags = {dag["dag_id"]: dag for dag in json.loads(done.stdout[done.stdout.index("[{") :])}
    assert set(dags) == {"tally_hourly", "tally_nightly", "tally_orders", "tally_backfill"}
    assert "list-import-errors" not in done.stdout  # what it says where a file does not load


def test_both_schedules_run_green_and_publish_what_came(place: Path, home: Path) -> None:
    settings = Settings.model_validate(
        {"world": "seeds", "now": "2026-11-20T09:20:00Z", "history": "2026-11-10", "orders_rate": 0.002}
    )
    with running(create_app(settings)) as address:
        environment = {
            "SOURCES__FOOTFALL__BASE_URL": f"{address}/footfall/v1",
            "SOURCES__ORDERS__BASE_URL": f"{address}/orders/v1",
            "SOURCES__RETAIL__PRODUCTS_URL": f"{address}/retail/produits.csv",
            "SOURCES__RETAIL__STORES_URL": f"{address}/retail/magasins.csv",
            "SOURCES__RETAIL__SALES_URL": f"{address}/retail/ventes.csv",
            "SOURCES__AIR_QUALITY__STATION_IDS": "[]",
        }
        orders = airflow(home, "dags", "test", "tally_orders", **environment)
        assert orders.returncode == 0, orders.stdout[-5000:]
        # The site's build is tested where the site is, and the orders' tasks are the other schedule's.
        done_already = "^(reports|ingest_orders|build_orders)$"
        hourly = airflow(home, "dags", "test", "tally_hourly", "--mark-success-pattern", done_already, **environment)
    assert hourly.returncode == 0, hourly.stdout[-5000:]
    for said in (orders.stdout, hourly.stdout):
        assert [
            line for line in said.splitlines() if re.search(r"Task failed|ERROR creating|FAIL \d|state:failed", line)
        ] == []
    published = place.with_suffix(".marts")
    for mart in ("fct_orders", "fct_store_visits_daily", "fct_sales", "fct_runs"):
        rows = flow.query(place, f"select count(*) from '{published / mart}.parquet'")
        assert rows[0][0] > 0, mart
    assert flow.query(place, f"select count(*) from '{published}/fct_orders.parquet'") == flow.query(
        place, "select count(*) from raw_orders.orders"
    )


def test_a_backfill_takes_events_from_the_day_that_is_given(place: Path, home: Path) -> None:
    settings = Settings.model_validate({"world": "seeds", "now": "2026-11-20T09:20:00Z", "history": "2026-11-01"})
    with running(create_app(settings)) as address:
        # One task: the others of this schedule are the hourly one's.
        done = airflow(
            home,
            "tasks",
            "test",
            "tally_backfill",
            "ingest_footfall",
            "--task-params",
            '{"since": "2026-11-18"}',
            SOURCES__FOOTFALL__BASE_URL=f"{address}/footfall/v1",
        )
    assert done.returncode == 0, done.stdout[-5000:]
    days = flow.query(place, "select min(hour_start)::date::varchar from raw_footfall.readings")
    assert days == [("2026-11-18",)]


def test_a_task_that_fails_is_tried_again_and_mails_once(place: Path, home: Path) -> None:
    inbox = Inbox()
    inbox.up()
    try:
        done = airflow(
            home,
            "dags",
            "test",
            "tally_orders",
            "--mark-success-pattern",
            "^(build_orders|publish)$",
            SOURCES__ORDERS__BASE_URL="http://127.0.0.1:9/orders/v1",
            PUBLISHING__ALERT_URLS=inbox.url,
        )
    finally:
        inbox.down()
    assert done.stdout.count("Command exited with return code 1") == 3
    ((subject, body),) = inbox.take()
    assert subject == "Tally: tally_orders.ingest_orders failed"
    assert "failed at its try 3" in body
    assert inbox.url not in done.stdout
