"""The site: how long its pages take to build, what a publication takes to write their rows, and what a phone downloads."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from benchmarks.common import BIN, PROJECT, Log, Options, Report, median, mock_provider, run

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
PHONE = "Pixel 7"
STORES, SENSORS_EACH = 300, 8
MOST_BYTES, FIRST_CHART, SLOWER = 1_000_000, 2.0, 4
HEALTH_BYTES, HEALTH_NODES = 300_000, 2_000
LONGER = 1.3
DEV = 10.0


def measure(options: Options, log: Log) -> Report:
    """The mock's default 120 days through the whole flow, then its marts again as those of 300 stores with 2,400 sensors."""
    chromium = os.environ.get("TALLY_CHROMIUM") or shutil.which("chromium")
    if not chromium:
        raise RuntimeError("Chromium is not installed (Debian: apt-get install chromium)")
    report = Report("The site", "python -m benchmarks site")
    with TemporaryDirectory(prefix="tally-bench-") as name:
        folder = Path(name)
        environment = {
            "TALLY_WAREHOUSE": str(folder / "warehouse.duckdb"),
            "DBT_TARGET_PATH": str(folder / "target"),
            "DBT_LOG_PATH": str(folder / "logs"),
        }
        with mock_provider("2026-07-23") as address:
            for source, part in (("FOOTFALL", "footfall/v1"), ("ORDERS", "orders/v1"), ("AIR_QUALITY", "air")):
                environment[f"SOURCES__{source}__BASE_URL"] = f"{address}/{part}"
            for what, file in (("PRODUCTS", "produits"), ("STORES", "magasins"), ("SALES", "ventes")):
                environment[f"SOURCES__RETAIL__{what}_URL"] = f"{address}/retail/{file}.csv"
            run([sys.executable, "-m", "ingestion"], environment)
        run([str(BIN / "dbt"), "build", "--quiet"], environment)
        run([sys.executable, "-m", "publishing"], environment)
        log("a warehouse is there")
        of_chain(folder / "warehouse.duckdb", folder / "chain.duckdb")
        log(f"and its marts as those of {STORES} stores")
        add_to(report, folder / "warehouse.duckdb", folder / "chain.duckdb", folder, chromium, options.rounds, log)
        shown = dev_seconds(chromium, folder / "warehouse.duckdb")
        report.add("`reports dev store`, until the page is there", f"{shown:.1f} s", f"≤ {DEV:.0f} s", shown <= DEV)
    report.notes.append(
        f"Of the chain of {STORES} stores with {STORES * SENSORS_EACH:,} sensors, the rows of a mart are those of one store, given to each. Bytes are those over the network as Chromium counts them (headers and "
        f"packed bodies), emulating a {PHONE}, until nothing is loading any more; served by `python -m reports serve`. The first chart is timed from the request, with the processor slowed down {SLOWER} times."
    )
    return report


def add_to(report: Report, small: Path, chain: Path, folder: Path, chromium: str, rounds: int, log: Log) -> None:
    """The figures of two published warehouses, and the marks that they are held against."""
    seconds = {}
    for name, warehouse in (("5 stores", small), (f"{STORES} stores", chain)):
        # Else what has not changed is taken over, which is everything.
        warehouse.with_suffix(".site").unlink(missing_ok=True)
        begun = time.monotonic()
        run([sys.executable, "-c", "import sys; from pathlib import Path; from publishing.site import publish_site; publish_site(Path(sys.argv[1]))", str(warehouse)])  # fmt: skip
        report.add(f"rows of {name}, written by a publication", f"{time.monotonic() - begun:.1f} s, {_size(warehouse.with_suffix('.site').resolve()) / 1e6:,.0f} MB")  # fmt: skip
        site = folder / f"pages of {name}"
        built = run([sys.executable, "-m", "reports", "build", "--out", str(site)], {"TALLY_WAREHOUSE": str(warehouse)})
        seconds[name] = built.processor
        pages = sum(1 for _ in site.rglob("index.html"))
        report.add(f"{pages} pages for {name}", f"{built.seconds:.0f} s, {built.processor:.0f} s of processor")
        log(f"{name}: {pages} pages in {built.seconds:.0f} s")
    first, second = seconds.values()
    report.add(f"pages for {STORES} stores, against 5", f"{second / first:.2f} times the processor", f"≤ {LONGER}", second / first <= LONGER)  # fmt: skip
    with served(site, chain) as address:
        visits = [visit(chromium, address + "/store/?store=store-7", slower=SLOWER) for _ in range(rounds)]
        cold = visits[0] | {"chart": median([each["chart"] for each in visits])}
        report.add(f"a store's page on a phone, of {STORES}", f"{cold['bytes'] / 1e6:.2f} MB in {cold['requests']} requests", "≤ 1.0 MB", cold["bytes"] <= MOST_BYTES)  # fmt: skip
        report.add("its first chart", f"{cold['chart']:.1f} s", f"≤ {FIRST_CHART:.0f} s", cold["chart"] <= FIRST_CHART)
        health = visit(chromium, address + "/health/")
        report.add(f"the health page of {STORES} stores", f"{health['bytes'] / 1e3:.0f} kB", "< 300 kB", health["bytes"] < HEALTH_BYTES)  # fmt: skip
        report.add("its elements", f"{health['nodes']:,}", "< 2,000", health["nodes"] < HEALTH_NODES)
        overview = visit(chromium, address + "/")
        report.add("the overview on a phone", f"{overview['bytes'] / 1e6:.2f} MB")
    log("a phone has visited")


def of_chain(warehouse: Path, chain: Path) -> None:
    """Published marts as those of a chain: of each mart about stores or sensors, one store's rows with its first sensors, given to each."""
    from publishing.publication import read_publication
    from warehouse.paths import WarehousePaths

    marts, version = WarehousePaths(warehouse).marts.resolve(), WarehousePaths(chain).marts
    version.mkdir()
    publication = read_publication(marts)
    rows = {}
    with duckdb.connect() as connection:
        sensors = f"(select sensor_id, row_number() over (order by sensor_id) as n from '{marts}/dim_sensors.parquet' where store_id = 'london' and is_in_service qualify n <= {SENSORS_EACH})"
        for mart in publication.marts:
            source = f"'{marts}/{mart}.parquet'"
            columns = {name for name, *_ in connection.execute(f"describe select * from {source}").fetchall()}
            sql = f"select * from {source}"
            if "sensor_id" in columns and "store_id" in columns and mart != "agg_attention":
                sql = f"select mart.* replace ('store-' || i as store_id, 'store-' || i || '-' || n as sensor_id) from {source} as mart inner join {sensors} as sensors using (sensor_id) cross join range({STORES}) as stores (i)"
            elif "sensor_id" in columns and mart != "agg_attention":
                sql = f"select mart.* replace ('store-' || i || '-' || n as sensor_id) from {source} as mart inner join {sensors} as sensors using (sensor_id) cross join range({STORES}) as stores (i)"
            elif "store_name" in columns:
                sql = f"select mart.* replace ('store-' || i as store_id, 'Store ' || i as store_name) from {source} as mart cross join range({STORES}) as stores (i) where store_id = 'london'"
            elif "store_id" in columns and mart not in ("agg_attention", "fct_alerts"):
                one = f"(select max(store_id) from {source})" if mart == "fct_store_performance_daily" else "'london'"
                sql = f"select mart.* replace ('store-' || i as store_id) from {source} as mart cross join range({STORES}) as stores (i) where store_id = {one}"
            written = connection.execute(f"copy ({sql}) to '{version}/{mart}.parquet' (format parquet)").fetchone()
            rows[mart] = int(written[0]) if written else 0
    state = publication.model_copy(update={"marts": rows, "files": {}, "published_at": datetime.now(UTC)})
    (version / "publication.json").write_text(state.model_dump_json(), encoding="utf-8")


@contextmanager
def served(site: Path, warehouse: Path) -> Iterator[str]:
    """The address of a served site."""
    command = [sys.executable, "-m", "reports", "serve", "--out", str(site), "--warehouse", str(warehouse), "--port", "0"]  # fmt: skip
    with subprocess.Popen(command, cwd=PROJECT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            line = server.stdout.readline()
            address = re.search(r"http://[\d.]+:\d+", line)
            if address is None:
                raise RuntimeError(f"the site's server said {line!r}")
            yield address.group()
        finally:
            server.terminate()


def visit(chromium: str, address: str, slower: int = 1) -> dict[str, Any]:
    """Bytes, requests, elements and the seconds to the first chart of a phone's first visit."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        # It begins with pages of its own, which would load beside the site's; a phone's browser is there already.
        browser.new_page().wait_for_timeout(2_000)
        context = browser.new_context(**playwright.devices[PHONE])
        page = context.new_page()
        context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slower})
        done: list[Any] = []
        page.on("requestfinished", lambda request: done.append(request))
        page.goto(address, wait_until="commit", timeout=120_000)
        chart = None
        if slower > 1:
            # By the page's own clock, which begins with the request: the first chart is drawn, and painted.
            chart = page.evaluate("""() => new Promise((done) => {
                const look = () => document.querySelector('[data-chart] canvas')
                    ? requestAnimationFrame(() => setTimeout(() => done(performance.now() / 1000)))
                    : requestAnimationFrame(look);
                look();
            })""")
        page.wait_for_load_state("networkidle", timeout=120_000)
        found = {
            "bytes": sum(map(_bytes, done)),
            "requests": len(done),
            "nodes": page.evaluate("document.querySelectorAll('*').length"),
            "chart": chart,
        }
        browser.close()
    return found


def dev_seconds(chromium: str, warehouse: Path) -> float:
    """The seconds from the start of `reports dev` until a browser shows the store page with its chart."""
    from playwright.sync_api import sync_playwright

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    store = sorted((warehouse.with_suffix(".site") / "rows/store").glob("key=*"))[0].name.removeprefix("key=")
    command = [sys.executable, "-m", "reports", "dev", "store", "--warehouse", str(warehouse), "--port", str(port)]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        page = browser.new_page()
        begun = time.monotonic()
        with subprocess.Popen(
            command, cwd=PROJECT, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        ) as process:
            try:
                assert process.stderr is not None
                process.stderr.readline()
                page.goto(f"http://127.0.0.1:{port}/store/?store={store}", wait_until="commit", timeout=120_000)
                page.wait_for_selector("[data-chart] canvas", timeout=120_000)
                seconds = time.monotonic() - begun
            finally:
                process.send_signal(signal.SIGINT)
                process.wait(timeout=60)
        browser.close()
    return seconds


def _bytes(request: Any) -> int:
    sizes = request.sizes()
    return int(sizes["responseHeadersSize"] + sizes["responseBodySize"])


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
