"""The site: how long its build takes, and what a phone downloads to see the overview."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.common import BIN, PROJECT, Log, Options, Report, mock_provider, run

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


def measure(options: Options, log: Log) -> Report:
    """The mock's default 120 days through the whole flow, then a phone on the overview: cold, and again."""
    chromium = os.environ.get("TALLY_CHROMIUM") or shutil.which("chromium")
    if not chromium:
        raise RuntimeError("Chromium is not installed (Debian: apt-get install chromium)")
    report = Report("The site", "python -m benchmarks site")
    with TemporaryDirectory(prefix="tally-bench-") as name:
        folder = Path(name)
        site = folder / "site"
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
        built = run([sys.executable, "-m", "reports", "build", "--out", str(site)], environment)
        pages = sum(1 for _ in site.rglob("index.html"))
        report.add(
            f"build of {pages} pages", f"{built.seconds:.0f} s, peak {built.peak / 1e9:.1f} GB in its largest process"
        )
        log(f"{pages} pages in {built.seconds:.0f} s")
        cold, warm, requests = _visit(chromium, site)
        report.add("the overview on a phone, first visit", f"{cold / 1e6:.2f} MB in {requests} requests")
        report.add("the overview on a phone, second visit", f"{warm / 1e6:.2f} MB")
        report.add("the whole site on disk", f"{_size(site) / 1e6:.0f} MB")
    report.notes.append(
        f"Bytes over the network as Chromium counts them (headers and packed bodies), emulating a {PHONE}, until nothing is loading any more; served by `python -m reports serve`."
    )
    return report


def _visit(chromium: str, site: Path) -> tuple[int, int, int]:
    """Bytes of a first visit and of a second one with the same browser, and the first one's requests."""
    from playwright.sync_api import sync_playwright

    command = [sys.executable, "-m", "reports", "serve", "--out", str(site), "--port", "0"]
    with (
        subprocess.Popen(command, cwd=PROJECT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as server,
        sync_playwright() as playwright,
    ):
        try:
            assert server.stdout is not None
            line = server.stdout.readline()
            address = re.search(r"http://[\d.]+:\d+", line)
            if address is None:
                raise RuntimeError(f"the site's server said {line!r}")
            browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
            context = browser.new_context(**playwright.devices[PHONE])
            page = context.new_page()
            done: list[Any] = []
            page.on("requestfinished", lambda request: done.append(request))  # the database's worker's are among them
            totals = []
            for _ in range(2):
                done.clear()
                page.goto(address.group() + "/", wait_until="networkidle", timeout=120_000)
                totals.append((sum(map(_bytes, done)), len(done)))
            browser.close()
        finally:
            server.terminate()
    return totals[0][0], totals[1][0], totals[0][1]


def _bytes(request: Any) -> int:
    sizes = request.sizes()
    return int(sizes["responseHeadersSize"] + sizes["responseBodySize"])


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
