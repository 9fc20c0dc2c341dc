"""A site built by the whole flow from the mock providers, and a browser to read it with."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.servers import missing

PROJECT = Path(__file__).parents[2]
DBT = str(Path(sys.executable).with_name("dbt"))

# Thursday morning: the latest complete day is Armistice Day, on which the French store is closed.
NOW = "2026-11-12T09:20:00Z"

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
        marts: the folder of the published Parquet that it was built from.
        site: the folder that is served.
    """

    url: str
    marts: Path
    site: Path

    def query(self, sql: str, *parameters: Any) -> list[dict[str, Any]]:
        """Rows of a query over the published marts, which go by their names."""
        with duckdb.connect() as connection:
            for file in self.marts.glob("*.parquet"):
                connection.execute(f"create view {file.stem} as from '{file}'")
            answer = connection.execute(sql, parameters)
            names = [column[0] for column in answer.description or []]
            return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]


def run(environment: dict[str, str], *command: str) -> subprocess.CompletedProcess[str]:
    """A command of the project's, with `environment` on top of the test's."""
    return subprocess.run(
        command,
        cwd=PROJECT,
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=1200,
        check=False,
    )


def well(environment: dict[str, str], *command: str) -> None:
    """A command that must end well."""
    done = run(environment, *command)
    assert done.returncode == 0, done.stdout + done.stderr


@contextmanager
def started(*command: str) -> Iterator[str]:
    """A server of the project's on a free port; its address out of the first line that it prints."""
    with subprocess.Popen(
        [sys.executable, "-m", *command, "--port", "0"],
        cwd=PROJECT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        address = re.search(r"http://[\d.]+:\d+", line)
        assert address, f"{command} said {line!r}"
        try:
            yield address.group()
        finally:
            process.terminate()


@contextmanager
def served(folder: Path, warehouse: Path) -> Iterator[Built]:
    """The site of what is published beside a warehouse, built into `folder` and served."""
    if not (PROJECT / "reports/node_modules").exists():
        missing("the site's packages are not installed: `make setup`")
    site = folder / "site"
    well({"TALLY_WAREHOUSE": str(warehouse)}, sys.executable, "-m", "reports", "build", "--out", str(site))
    with started("reports", "serve", "--out", str(site)) as url:
        yield Built(url, warehouse.with_suffix(".marts"), site)


def tell_of_air(warehouse: Path) -> None:
    """What the simulated network does not show at that time: a station whose instrument is dead, a past given again."""
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("""
            set timezone = 'UTC';
            create table if not exists raw_air_quality.superseded (
                station_id bigint, measured_at timestamptz, parameter varchar, old_value double, new_value double,
                is_completion boolean, seen_at timestamptz, replaced_load_id varchar, _dlt_load_id varchar
            );
            insert into raw_air_quality.stations (station_id, station_name, latitude, longitude, _dlt_load_id)
            values (7, 'Dead end', 5.3, -4.0, '1794474000.0');
            insert into raw_air_quality.hourly (station_id, measured_at, co, pm2_5, _dlt_load_id)
            select 7, hour, 0.0, 12.5, '1794474000.0'
            from generate_series(timestamptz '2026-11-02 00:00:00Z', timestamptz '2026-11-12 08:00:00Z', interval 1 hour) as hours (hour)
            where date_part('hour', hour) <> 5;
            insert into raw_air_quality.superseded
                (station_id, measured_at, parameter, old_value, new_value, is_completion, seen_at, replaced_load_id, _dlt_load_id)
            select 283164601, hour, 'co', -0.3, 0.0, false, timestamptz '2026-11-10 08:50:00Z', '1794400000.0', '1794474000.0'
            from generate_series(timestamptz '2026-08-01 00:00:00Z', timestamptz '2026-08-01 03:00:00Z', interval 1 hour) as hours (hour)
        """)


def tell_of_doors(warehouse: Path) -> None:
    """Two doors that need a technician: Paris's seventh falls silent, Berlin's second counts the same hour after hour."""
    in_service = "installed_at < '2026-11-01 00:00:00Z' and (removed_at is null or removed_at > '2026-11-12 12:00:00Z')"
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(f"""
            set timezone = 'UTC';
            delete from raw_footfall.readings
            where
                sensor_id in (select sensor_id from raw_footfall.sensors where store_id = 'paris' and door = 7 and {in_service})
                and hour_start > timestamptz '2026-11-09 12:00:00Z';
            update raw_footfall.readings set visits = 2222, status = 'ok'
            where
                sensor_id in (select sensor_id from raw_footfall.sensors where store_id = 'berlin' and door = 2 and {in_service})
                and hour_start between timestamptz '2026-11-11 09:00:00Z' and timestamptz '2026-11-11 14:00:00Z'
        """)


def tell_the_time(warehouse: Path) -> None:
    """The ingestion as if it had run on that morning: silence and age are measured against it."""
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(f"""
            update raw_operations.runs set started_at = started_at - late.by, ended_at = ended_at - late.by
            from (select max(ended_at) - timestamptz '{NOW}' as by from raw_operations.runs) as late
        """)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, chromium: str) -> Iterator[Built]:
    """The whole flow once, with all four sources: mock providers, ingestion, dbt build, publishing, reports."""
    folder = tmp_path_factory.mktemp("flow")
    environment = {
        "TALLY_WAREHOUSE": str(folder / "warehouse.duckdb"),
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
    }
    # Orders seldom enough that their fortnight is some 12,000, and the page's two days some 1,700.
    with started("mock_api", "--now", NOW, "--orders-rate", "0.01") as provider:
        environment |= {
            "SOURCES__FOOTFALL__BASE_URL": f"{provider}/footfall/v1",
            "SOURCES__RETAIL__PRODUCTS_URL": f"{provider}/retail/produits.csv",
            "SOURCES__RETAIL__STORES_URL": f"{provider}/retail/magasins.csv",
            "SOURCES__RETAIL__SALES_URL": f"{provider}/retail/ventes.csv",
            "SOURCES__ORDERS__BASE_URL": f"{provider}/orders/v1",
            "SOURCES__AIR_QUALITY__BASE_URL": f"{provider}/air",
        }
        well(environment, sys.executable, "-m", "ingestion")
    tell_of_air(folder / "warehouse.duckdb")
    tell_of_doors(folder / "warehouse.duckdb")
    tell_the_time(folder / "warehouse.duckdb")
    well(environment, DBT, "build")
    well(environment, DBT, "build", "--select", "tag:alerts")
    well(environment, sys.executable, "-m", "publishing")
    with served(folder, folder / "warehouse.duckdb") as built:
        yield built


@pytest.fixture(scope="session")
def empty_site(tmp_path_factory: pytest.TempPathFactory, chromium: str) -> Iterator[Built]:
    """The site of a warehouse whose first build failed, so that nothing was ever published."""
    folder = tmp_path_factory.mktemp("empty")
    warehouse = folder / "warehouse.duckdb"
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create schema raw_operations")
        connection.execute("""
            create table raw_operations.runs as
            select
                'first' as run_id, 'dbt build' as what, null::varchar as source,
                timestamptz '2026-11-12 09:00:00Z' as started_at, timestamptz '2026-11-12 09:10:00Z' as ended_at,
                'failed' as outcome, null::bigint as rows_new, null::bigint as rows_changed,
                null::bigint as rows_rejected, '1 of 30 nodes failed: dim_stores' as message
        """)
    assert run({"TALLY_WAREHOUSE": str(warehouse)}, sys.executable, "-m", "publishing").returncode == 1
    with served(folder, warehouse) as built:
        yield built


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
    troubles: list[str] = field(default_factory=list)
    is_leaving: bool = False

    def __post_init__(self) -> None:
        self.page.on("pageerror", lambda error: self.troubles.append(f"error: {error}"))
        self.page.on("requestfailed", self._failed)
        self.page.on("console", self._console)
        self.page.on("request", self._request)
        self.page.on("response", self._response)

    def _failed(self, request: Any) -> None:
        # What a page still asks for when its reader leaves is given up, and no failure.
        if not (self.is_leaving and request.failure == "net::ERR_ABORTED"):
            self.troubles.append(f"failed: {request.url} {request.failure}")

    def _console(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.troubles.append(f"console: {message.text}")

    def _request(self, request: Any) -> None:
        if not request.url.startswith((self.url + "/", "data:", f"blob:{self.url}/")):
            self.troubles.append(f"another host: {request.url}")

    def _response(self, response: Any) -> None:
        if response.status >= 400:
            self.troubles.append(f"{response.status}: {response.url}")

    def open(self, path: str) -> Page:
        """Open a page and wait until it has loaded all it wants."""
        self.is_leaving = True
        self.page.goto(self.url + path, wait_until="commit", timeout=60_000)
        self.is_leaving = False
        self.page.wait_for_selector("#__evidence_project_splash", state="detached", timeout=60_000)  # its script runs
        self.page.wait_for_load_state("networkidle", timeout=60_000)
        # What Evidence says in passing: a warning that is none of the reader's business.
        self.troubles += [f"toast: {words}" for words in self.page.get_by_text("Search Failed").all_inner_texts()]
        return self.page

    def charts(self) -> list[dict[str, list[Any]]]:
        """The values that each chart draws, by the name of the series, from the top of the page to its foot."""
        self.page.wait_for_function("""() => {
            const charts = Object.keys(window[Symbol.for('__evidence-chart-window-debug__')] ?? {}).length;
            return charts === document.querySelectorAll('[data-chart]').length;
        }""")
        drawn: list[dict[str, list[Any]]] = self.page.evaluate("""() => {
            const charts = Object.values(window[Symbol.for('__evidence-chart-window-debug__')] ?? {});
            const top = (chart) => chart.getDom().getBoundingClientRect().top;
            return charts.sort((one, other) => top(one) - top(other)).map((chart) => {
                const option = chart.getOption();
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
    troubles = [trouble for reader in readers for trouble in reader.troubles]
    for reader in readers:
        reader.page.close()
    assert troubles == []
