"""The site that the whole flow left, that of a warehouse without a mart, and a browser to read them with."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.clone import clone
from tests.once import made_once
from tests.servers import missing
from tests.whole_flow import clean, run, started, whole_flow

CHROMIUM_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@dataclass(frozen=True)
class Built:
    """A served site.

    Attributes:
        url: where it is served, without a slash at the end.
        marts: the folder of the published Parquet whose rows it shows.
        rows: the folder of those rows, which it serves as /data.
    """

    url: str
    marts: Path
    rows: Path

    def query(self, sql: str, *parameters: Any) -> list[dict[str, Any]]:
        """Rows of a query over the published marts, which go by their names."""
        with duckdb.connect() as connection:
            for file in self.marts.glob("*.parquet"):
                connection.execute(f"create view {file.stem} as from '{file}'")
            answer = connection.execute(sql, parameters)
            names = [column[0] for column in answer.description or []]
            return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]

    def on_the_clock(self, moment: datetime) -> datetime:
        """A moment in UTC on the clock that the pages say moments on: the first store's."""
        (store,) = self.query("select timezone from dim_stores order by store_id limit 1")
        return moment.replace(tzinfo=UTC).astimezone(ZoneInfo(store["timezone"])).replace(tzinfo=None)


@contextmanager
def served(pages: Path, project: Path) -> Iterator[Built]:
    """The pages that the whole flow built, with the rows that were published in a copy of the project."""
    warehouse = project / "data" / "warehouse.duckdb"
    with started("reports", "serve", "--out", str(pages / "reports/build"), "--warehouse", str(warehouse)) as url:
        yield Built(url, warehouse.with_suffix(".marts"), warehouse.with_suffix(".site"))


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, chromium: str) -> Iterator[Built]:
    """The site of the whole flow, with all four sources."""
    project = whole_flow(tmp_path_factory)
    with served(project, project) as built:
        yield built


@pytest.fixture(scope="session")
def empty_site(tmp_path_factory: pytest.TempPathFactory, chromium: str) -> Iterator[Built]:
    """The site of a warehouse whose first build failed, so that nothing was ever published."""
    project = made_once(tmp_path_factory, "empty-site", publish_nothing)
    with served(whole_flow(tmp_path_factory), project) as built:
        yield built


def publish_nothing(folder: Path) -> None:
    """A publication of nothing, in a copy of the project."""
    project = clone(folder)
    with duckdb.connect(str(project / "data" / "warehouse.duckdb")) as connection:
        connection.execute("create schema raw_operations")
        connection.execute("""
            create table raw_operations.runs as
            select
                'first' as run_id, 'dbt build' as what, null::varchar as source,
                timestamptz '2026-11-12 09:00:00Z' as started_at, timestamptz '2026-11-12 09:10:00Z' as ended_at,
                'failed' as outcome, null::bigint as rows_new, null::bigint as rows_changed,
                null::bigint as rows_rejected, '1 of 30 nodes failed: dim_stores' as message
        """)
    assert run(clean(), sys.executable, "-m", "publishing", where=project).returncode == 1


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium."""
    found = os.environ.get("TALLY_CHROMIUM") or shutil.which("chromium")
    if not found:
        missing("Chromium is not installed (Debian: apt-get install chromium)")
    assert found
    return found


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        yield launched
        launched.close()


@dataclass
class Reader:
    """A reader of a site, who notes all that goes wrong on the way."""

    page: Page
    url: str
    errors: list[str] = field(default_factory=list)
    is_leaving: bool = False

    def __post_init__(self) -> None:
        self.page.on("pageerror", lambda error: self.errors.append(f"error: {error}"))
        self.page.on("requestfailed", self._failed)
        self.page.on("console", self._console)
        self.page.on("request", self._request)
        self.page.on("response", self._response)

    def _failed(self, request: Any) -> None:
        # What a page still asks for when its reader leaves is given up, and no failure.
        if not (self.is_leaving and request.failure == "net::ERR_ABORTED"):
            self.errors.append(f"failed: {request.url} {request.failure}")

    def _console(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.errors.append(f"console: {message.text}")

    def _request(self, request: Any) -> None:
        if not request.url.startswith((self.url + "/", "data:", f"blob:{self.url}/")):
            self.errors.append(f"another host: {request.url}")

    def _response(self, response: Any) -> None:
        if response.status >= 400:
            self.errors.append(f"{response.status}: {response.url}")

    def open(self, path: str) -> Page:
        """Open a page and wait until it has loaded all it wants."""
        self.is_leaving = True
        self.page.goto(self.url + path, wait_until="commit", timeout=60_000)
        self.is_leaving = False
        self.page.wait_for_selector("#__evidence_project_splash", state="detached", timeout=60_000)  # its script runs
        self.page.wait_for_load_state("networkidle", timeout=60_000)
        # Rows are asked for before the page's code is there: they may have come while it has yet to show them.
        self.page.wait_for_selector("span.line.title", state="detached", timeout=60_000)
        return self.page

    def charts(self) -> list[dict[str, list[Any]]]:
        """The values that each chart draws, by the name of the series, from the top of the page to its foot."""
        self.page.wait_for_function("""() => {
            return [...document.querySelectorAll('[data-chart]')].every((element) => element.chart);
        }""")
        drawn: list[dict[str, list[Any]]] = self.page.evaluate("""() => {
            return [...document.querySelectorAll('[data-chart]')].map((element) => {
                const option = element.chart.getOption();
                const plain = (point) => (point !== null && typeof point === 'object' ? point.value : point) ?? null;
                return {
                    x: option.xAxis[0].data,
                    dashed: option.series[0].data.map((point) => point?.itemStyle?.borderType === 'dashed'),
                    ...Object.fromEntries(option.series.map((series) => [series.name, series.data.map(plain)]))
                };
            });
        }""")
        return drawn


NewReader = Callable[..., Reader]


@pytest.fixture(scope="session")
def context_of(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Makes browser contexts, one for each set of options: pages in one share what they have downloaded."""
    made: dict[str, BrowserContext] = {}

    def make(**options: Any) -> BrowserContext:
        settings = {
            "viewport": {"width": 1280, "height": 900},
            "locale": "en-GB",
            "timezone_id": "Europe/Paris",
            **options,
        }
        name = repr(sorted(settings.items()))
        if name not in made:
            made[name] = browser.new_context(**settings)
        return made[name]

    yield make
    for context in made.values():
        context.close()


@pytest.fixture
def reader_of(context_of: Callable[..., BrowserContext]) -> Iterator[NewReader]:
    """Makes a reader of a site; keywords are those of a browser context. At the end nothing may have gone wrong."""
    readers = []

    def make(site: Built, **options: Any) -> Reader:
        readers.append(Reader(context_of(**options).new_page(), site.url))
        return readers[-1]

    yield make
    errors = [error for reader in readers for error in reader.errors]
    for reader in readers:
        reader.page.close()
    assert errors == []
