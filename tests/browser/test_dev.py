"""`python -m reports dev PAGE`: the page with its rows, and again at each save."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Built
from tests.flow import PROJECT
from tests.servers import free_port

pytestmark = pytest.mark.timeout(1800)


def test_a_page_is_shown_while_it_is_written(site: Built, browser: Browser, tmp_path: Path) -> None:
    """A save of the page shows, and so does one of its SQL; interrupted, it ends with all that it started."""
    project = site.marts.parents[1]
    left_out = shutil.ignore_patterns("build", ".work*", "__pycache__")
    reports = shutil.copytree(project / "reports", tmp_path / "reports", symlinks=True, ignore=left_out)
    shutil.copytree(project / "locales", tmp_path / "locales")
    port = free_port()
    command = [sys.executable, "-m", "reports", "dev", "stores", "--port", str(port)]
    process = subprocess.Popen(
        [*command, "--warehouse", str(site.marts.with_suffix(".duckdb"))],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": f"{tmp_path}:{PROJECT}"},
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    page = browser.new_page()
    try:
        line = process.stderr.readline()
        assert line == (
            f"reports: http://127.0.0.1:{port}/stores/ shows stores; each save shows at once. Ctrl-C ends it.\n"
        )
        page.goto(f"http://127.0.0.1:{port}/stores/", timeout=120_000)
        (paris,) = site.query("select store_name from dim_stores where store_id = 'paris'")
        row = page.get_by_role("rowheader", name=paris["store_name"])
        expect(row).to_be_visible(timeout=120_000)

        text = reports / "pages/stores/index.md"
        text.write_text(text.read_text("utf-8") + "\nA sentence that was just written.\n", encoding="utf-8")
        expect(page.get_by_text("A sentence that was just written.")).to_be_visible(timeout=120_000)
        expect(row).to_be_visible(timeout=120_000)

        sql = reports / "queries/stores/stores.sql"
        only = f"select * from ({sql.read_text('utf-8')}) as every_store where store_name <> '{paris['store_name']}'"
        sql.write_text(only, encoding="utf-8")
        # Between two states the page is empty: the other stores' rows have to be there while hers is not.
        page.wait_for_function(
            "name => (names => names.length > 0 && !names.includes(name))"
            "([...document.querySelectorAll('tbody th')].map(each => each.innerText.trim()))",
            arg=paris["store_name"],
            timeout=120_000,
        )
    finally:
        page.close()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert shutil.which("node")
    running = [Path(entry) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    assert [each for each in running if _works_in(each, tmp_path)] == []


def _works_in(process: Path, folder: Path) -> bool:
    try:
        return folder in (process / "cwd").readlink().parents
    except OSError:  # it has ended, or is another user's
        return False
