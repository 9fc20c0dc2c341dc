"""docs/your-own-data.md: every command that it shows runs, in the order shown, in a copy of the project; its feeds are feeds, its messages ours."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import jsonschema
import pytest

from ingestion.feeds import presets
from ingestion.feeds.config import Feed
from tests.flow import PROJECT

PAGE = (PROJECT / "docs" / "your-own-data.md").read_text(encoding="utf-8")
# What the page shows and does not run here: the site of a whole flow is built by the browser's tests, and test_commands serves it.
ELSEWHERE = {"make run", "make serve"}
SAYS = {
    "ingestion draft": "It fills retail.sales, as the preset till-fr does.",
    "ingestion check": "1,197.40",
    "ingestion till": "till           4             0         0",
    "ingestion accept": "No file of till is refused",
}
"""What the output of a command holds."""


def blocks(language: str) -> list[str]:
    return re.findall(rf"(?ms)^```{language}\n(.*?)^```$", PAGE)


def test_every_command_runs_in_the_order_shown(tmp_path: Path) -> None:
    """From what git holds of the feeds, in a folder with the project's packages."""
    for name in ("ingestion", "warehouse", "feeds", ".dlt", ".venv"):
        (tmp_path / name).symlink_to(PROJECT / name)
    # The owner's feeds lie beside the presets.
    (tmp_path / "feeds").unlink()
    (tmp_path / "feeds").mkdir()
    (tmp_path / "feeds" / "presets").symlink_to(PROJECT / "feeds" / "presets")
    lines = [line for block in blocks("bash") for line in block.splitlines()]
    shown = dict.fromkeys(SAYS, 0)
    for line in lines:
        if line in ELSEWHERE:
            continue
        command = line.replace(".venv/bin/python", sys.executable)
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=tmp_path,
            env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(PROJECT), "TALLY_WAREHOUSE": str(tmp_path / "w.duckdb")},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, (line, done.stdout, done.stderr)
        for name, says in SAYS.items():
            if name in line:
                shown[name] += 1
                assert says in done.stdout, (line, done.stdout)
    assert all(shown.values())
    assert set(lines) >= ELSEWHERE


def test_the_feeds_that_it_shows_are_feeds() -> None:
    assert len(blocks("toml")) == 4
    for block in blocks("toml"):
        Feed.model_validate(tomllib.loads(block))


def test_each_preset_is_in_its_table() -> None:
    named = re.findall(r"(?m)^\| `([a-z-]+)` \| .* \| `[a-z_]+\.[a-z]+` \|", PAGE)
    assert sorted(named) == [name for name in presets.names() if not presets.preset(name).feed.is_asked]
    for name, fills in re.findall(r"(?m)^\| `([a-z-]+)` \| .*? \| `([a-z_]+\.[a-z]+)` \|", PAGE):
        assert presets.preset(name).feed.fills == fills


def test_its_messages_are_those_of_the_code() -> None:
    code = {
        node.value
        for path in (PROJECT / "ingestion").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    section = PAGE.partition("## When something is wrong")[2].partition("\n## ")[0]
    messages = [
        message for row in re.findall(r"(?m)^\| (`.*?) \| ", section) for message in re.findall("`([^`]+)`", row)
    ]
    assert len(messages) > 20
    unknown = {
        part
        for message in messages
        for part in re.split("…", message.removesuffix("?"))
        if len(part.strip()) > 3 and not any(part.strip(" '") in each for each in code)
    }
    assert unknown == set()


def test_the_schema_takes_the_presets_and_marks_what_is_no_feed() -> None:
    schema = json.loads((PROJECT / "feeds" / "feed.schema.json").read_text(encoding="utf-8"))
    for path in presets.FOLDER.glob("*/*.toml"):
        jsonschema.validate(tomllib.loads(path.read_text(encoding="utf-8")), schema)
    for wrong in (
        {"from": "x"},
        {"fills": "retail.sale", "from": "x"},
        {"fills": "retail.sales", "from": "x", "colums": {}},
        {"fills": "retail.sales", "from": "x", "columns": {"product": "a"}},
        {"fills": "retail.sales", "from": "x", "layout": {"delimiter": ";;"}},
    ):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, schema)
