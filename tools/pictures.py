"""The pictures of the site in README and the tour, taken with Chromium."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from warehouse.errors import TallyError
from warehouse.paths import PROJECT, WarehousePaths

CHROMIUM_FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]


@dataclass(frozen=True)
class Picture:
    """One picture: the address that it is of, where {store} stands for a store's id, and the size of the window in pixels."""

    address: str
    width: int
    height: int


PICTURES = {
    "site.png": Picture("/", 1080, 760),
    "store.png": Picture("/store/?store={store}", 1080, 1000),
    "phone.png": Picture("/", 390, 844),
}
"""Each file's name in the folder of pictures."""


def take(out: Path, warehouse: Path, site: Path, chromium: str) -> list[Path]:
    """Take the pictures of a built site; return their files.

    Args:
        out: the folder that they are written into.
        warehouse: the DuckDB file whose newest publication they show.
        site: the folder of the built pages.
        chromium: the browser's program.

    Raises:
        TallyError: Chromium, its driver, the site or its rows are not there.
    """
    found = needed(chromium)
    from playwright.sync_api import sync_playwright

    stores = sorted((WarehousePaths(warehouse).site / "rows/store").glob("key=*"))
    if not stores:
        raise TallyError(f"Nothing was published beside {warehouse}: run `make run`, or `make publish`.")
    taken = []
    with _served(site, warehouse) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=CHROMIUM_FLAGS)
        for name, picture in PICTURES.items():
            page = browser.new_page(
                viewport={"width": picture.width, "height": picture.height}, locale="en-GB", color_scheme="light"
            )
            page.goto(url + picture.address.format(store=stores[0].name.removeprefix("key=")))
            page.wait_for_selector("article [data-chart] canvas")
            page.wait_for_load_state("networkidle")
            page.screenshot(path=out / name)
            page.close()
            taken.append(out / name)
        browser.close()
    return taken


def needed(chromium: str) -> str:
    """Where the browser's program is.

    Raises:
        TallyError: it is not there, or Playwright, which drives it, is not.
    """
    if find_spec("playwright") is None:
        raise TallyError("Playwright is not installed: run `make test` once, or `uv sync --group test`.")
    found = shutil.which(chromium)
    if found is None:
        raise TallyError("Chromium is not installed (Debian: apt-get install chromium).")
    return found


@contextmanager
def _served(site: Path, warehouse: Path) -> Iterator[str]:
    """The address of the served site."""
    command = [sys.executable, "-m", "reports", "serve", "--out", str(site), "--warehouse", str(warehouse), "--port", "0"]  # fmt: skip
    with subprocess.Popen(
        command, cwd=PROJECT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None and server.stderr is not None
        try:
            address = re.search(r"http://\S+", server.stdout.readline())
            if address is None:
                raise TallyError(server.stderr.read().strip().removeprefix("reports: "))
            yield address.group()
        finally:
            server.terminate()
