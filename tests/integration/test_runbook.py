"""docs/runbook.md leaves out no alert and no error, and its commands do what it says."""

from __future__ import annotations

import ast
import csv
import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mock_api.app import create_app
from mock_api.server import running
from mock_api.settings import Settings
from tests import flow

RUNBOOK = (flow.PROJECT / "docs" / "runbook.md").read_text("utf-8")
PACKAGES = ("warehouse", "ingestion", "publishing", "notifications", "reports", "orchestration", "tools")
PASSED_ON = {"ValueError", "TypeError", "LookupError", "RuntimeError", "KeyError", "NotImplementedError"}
SHORT = 12
"""Letters: what is shorter is a message passed on, or a part of one that varies."""


def messages() -> Iterator[tuple[str, str]]:
    """Where an error of the project's own is raised, and the longest part of its message that does not vary."""
    for package in PACKAGES:
        for file in sorted((flow.PROJECT / package).rglob("*.py")):
            if {".venv", "node_modules", ".work"} & set(file.parts):
                continue
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if not (isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)):
                    continue
                name = node.exc.func.id if isinstance(node.exc.func, ast.Name) else ""
                if not name.endswith("Error") or name in PASSED_ON:
                    continue
                parts = [
                    part.value
                    for argument in node.exc.args
                    for part in ast.walk(argument)
                    if isinstance(part, ast.Constant) and isinstance(part.value, str)
                ]
                longest = max(parts, key=len, default="").strip(" :;.,()'")
                if len(longest) >= SHORT:
                    yield f"{file.relative_to(flow.PROJECT)}:{node.lineno}", longest


def commands() -> list[str]:
    blocks = re.findall(r"```bash\n(.*?)```", RUNBOOK, re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


def test_every_error_is_in_it() -> None:
    found = dict(messages())
    assert len(found) > 60  # the search itself works
    assert {where: text for where, text in found.items() if text not in RUNBOOK} == {}


def test_every_alert_is_in_it() -> None:
    with (flow.PROJECT / "seeds" / "alert_rules.csv").open(encoding="utf-8", newline="") as file:
        rules = {row["rule_id"] for row in csv.DictReader(file)}
    assert rules
    assert {rule for rule in rules if f"`{rule}`" not in RUNBOOK} == set()


def test_every_command_works(warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One after the other, on a warehouse that has what they need."""
    monkeypatch.setenv("DBT_EXCLUDE_RESOURCE_TYPES", "test unit_test")  # the whole flow runs them
    settings = Settings.model_validate({"world": "seeds", "now": "2026-11-20T09:20:00Z", "history": "2026-11-08"})
    with running(create_app(settings)) as address:
        for name, path in {
            "FOOTFALL__BASE_URL": "/footfall/v1",
            "RETAIL__PRODUCTS_URL": "/retail/produits.csv",
            "RETAIL__STORES_URL": "/retail/magasins.csv",
            "RETAIL__SALES_URL": "/retail/ventes.csv",
        }.items():
            monkeypatch.setenv(f"SOURCES__{name}", address + path)
        flow.ingest("footfall", "retail")
        flow.build(
            "--select", "+tag:footfall", "+tag:retail", "+tag:alerts", "int_operations__mart_keys", *flow.UNTESTED
        )
        assert flow.run(*_words("python -m publishing")).returncode == 0
        listed = commands()
        assert len(listed) >= 10
        for command in listed:
            done = flow.run(*_words(command))
            assert done.returncode == 0, f"{command}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
    rows = flow.query(warehouse, "select count(*) from marts.fct_store_visits_daily")
    assert rows[0][0] == 5 * 13  # five stores, 8 to 20 November


def _words(command: str) -> list[str]:
    """The command with the tested environment's own programs."""
    program, *arguments = shlex.split(command)
    return [sys.executable if program == "python" else str(Path(sys.executable).with_name(program)), *arguments]
