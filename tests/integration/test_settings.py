"""Every setting is documented, found in one place, and says in a line what is wrong with it."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import duckdb
import pytest

from tests import flow
from tests.flow import PROJECT

PACKAGES = ("warehouse", "ingestion", "publishing", "notifications", "reports", "orchestration", "forecasting", "tools")
# What sets up another program's environment, or reads what only that program knows.
ALLOWED = {
    "ingestion/load.py",  # what dlt must find, whatever the files say
    "publishing/__main__.py",  # env:NAME, a variable that the owner names
    "reports/site.py",  # Evidence's environment
    "orchestration/loop.py",  # the site's build is a child
    "orchestration/airflow/dags/tally.py",  # runs in Airflow's environment, without our packages
    "tools/demo.py",  # that of the services which it starts
    "tools/project.py",  # a scratch warehouse for dbt
    "forecasting/models.py",  # OpenMP's threads
    "warehouse/settings.py",
}
VARIABLE = re.compile(r"\b(?:TALLY|SOURCES|PUBLISHING|RETENTION|RUNTIME|SITE|SUPERSET_)_[A-Z0-9_]*[A-Z0-9]\b")


def documented() -> set[str]:
    return set(re.findall(r"^\| `([A-Z_]+)`", (PROJECT / "docs/settings.md").read_text("utf-8"), re.MULTILINE))


def test_every_variable_that_a_text_or_a_deployment_names_is_a_documented_setting() -> None:
    files = [*PROJECT.glob("*.md"), *PROJECT.glob("docs/*.md"), *PROJECT.glob("deploy/**/*"), PROJECT / "Makefile"]
    named = {
        variable
        for file in files
        if file.is_file() and file.suffix != ".png" and not {".venv", ".home"} & set(file.parts)
        for variable in VARIABLE.findall(file.read_text("utf-8"))
        # One of a family, as in `SOURCES__<NAME>__API_KEY`; and what Make calls itself.
        if not variable.endswith("__") and "__NAME" not in variable
    }
    airflow = {"TALLY_BIN", "TALLY_RETRY_SECONDS"}
    dlt = {"RUNTIME__DLTHUB_TELEMETRY"}
    assert named - documented() - airflow - dlt == set()
    assert {"TALLY_WAREHOUSE", "PUBLISHING__ALERT_URLS", "SOURCES__ORDERS__BASE_URL"} <= documented()


def test_nothing_but_the_settings_reads_the_environment() -> None:
    found = set()
    for package in PACKAGES:
        for file in (PROJECT / package).rglob("*.py"):
            if ".venv" in file.parts or "node_modules" in file.parts:
                continue
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv"):
                    found.add(file.relative_to(PROJECT).as_posix())
    assert found - ALLOWED == set()


@pytest.mark.parametrize(
    ("variable", "value", "command", "said"),
    [
        (
            "TALLY_LOCK_TIMEOUT",
            "soon",
            ("publishing",),
            "TALLY_LOCK_TIMEOUT cannot be used: it should be a valid number",
        ),
        ("RETENTION__RAW_DAYS", "30", ("ingestion", "compact"), "RETENTION__RAW_DAYS cannot be used: it must be 0"),
        (
            "PUBLISHING__DIGEST_HOUR",
            "25",
            ("notifications", "alerts", "--dry-run"),
            "PUBLISHING__DIGEST_HOUR cannot be",
        ),
        ("SOURCES__FOOTFALL__PAGE_SIZE", "0", ("ingestion", "footfall"), "SOURCES__FOOTFALL__PAGE_SIZE cannot be used"),
        ("SOURCES__ORDERS__BASE_URL", "ftp://x/s3cret", ("ingestion", "orders"), "SOURCES__ORDERS__BASE_URL cannot be"),
    ],
)
def test_a_setting_that_cannot_be_read_is_named_in_one_line_without_its_value(
    warehouse: Path, variable: str, value: str, command: tuple[str, ...], said: str
) -> None:
    duckdb.connect(str(warehouse)).close()
    done = flow.run(sys.executable, "-m", *command, **{variable: value})
    lines = [line for line in (done.stdout + done.stderr).splitlines() if variable in line]
    assert done.returncode == 1
    assert len(lines) == 1
    assert said in lines[0]
    assert "s3cret" not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_of_settings_that_cannot_be_read_is_named(warehouse: Path, tmp_path: Path) -> None:
    folder = tmp_path / ".dlt"
    folder.mkdir()
    (folder / "secrets.toml").write_text("[sources.orders\napi_key = 's3cret'")
    done = flow.run(sys.executable, "-m", "ingestion", "orders", DLT_PROJECT_DIR=str(tmp_path))
    assert done.returncode == 1
    assert ".dlt/secrets.toml cannot be read: TOMLDecodeError" in done.stderr
    assert "s3cret" not in done.stderr
