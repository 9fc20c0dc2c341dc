"""The documentation's two pages in a browser: they open from the file, and ask nobody for anything."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests import flow
from tests.flow import PROJECT
from tests.servers import missing
from tests.whole_flow import clean, run


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that `python -m tools build` wrote into."""
    if importlib.util.find_spec("dbt_colibri") is None:
        missing("the docs' packages are not installed: `make docs`")
    folder = tmp_path_factory.mktemp("docs")
    parsed = {"DBT_TARGET_PATH": str(flow.parse_once().parent)}
    done = run(clean() | parsed, sys.executable, "-m", "tools", "build", "--out", str(folder))
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def opened(browser: Browser, file: Path, place: str, text: str) -> tuple[Page, list[str]]:
    """A page opened from its file once it shows `text`, and the addresses that it asked for on the way."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(file.as_uri() + place)
    page.get_by_text(text).first.wait_for(timeout=60_000)
    return page, asked


def outside(asked: list[str]) -> list[str]:
    return [url for url in asked if not url.startswith(("file:", "data:", "blob:"))]


def test_dbts_documentation_opens_offline_on_our_overview(browser: Browser, pages: Path) -> None:
    page, asked = opened(browser, pages / "static_index.html", "", "Which grain am I after?")
    assert asked
    assert outside(asked) == []
    page.close()


def test_dbts_documentation_describes_a_marts_columns(browser: Browser, pages: Path) -> None:
    place = "#!/model/model.tally.fct_store_visits_daily"
    page, asked = opened(browser, pages / "static_index.html", place, "visits_avg_4w_change_pct")
    assert "Share of the day's open hours that were observed, in percent, 0 to 100." in page.inner_text("body")
    assert outside(asked) == []
    page.close()


def test_the_lineage_of_columns_opens_offline(browser: Browser, pages: Path) -> None:
    page, asked = opened(browser, pages / "column_lineage.html", "", "visits_avg_4w_change_pct")
    assert "?model=model.tally.fct_store_visits_daily&" in f"{page.url}&"
    assert outside(asked) == []
    edges = page.evaluate("""() => window.colibriData.lineage.edges
        .filter((edge) => edge.target === 'model.tally.fct_store_visits_hourly' && edge.targetColumn === 'visits_estimated')
        .map((edge) => edge.source)""")
    assert "model.tally.fct_sensor_visits_hourly" in edges
    page.close()


def test_no_page_tells_of_the_machine_that_it_was_made_on(pages: Path) -> None:
    for page in sorted(pages.glob("*.html")):
        text = page.read_text("utf-8")
        assert str(PROJECT) not in text
        assert str(Path.home()) + "/" not in text
        assert "tally-docs-" not in text
