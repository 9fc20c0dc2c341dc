"""The demonstration as a video: an empty database, the services as they start, their logs, the filled database, the figures.

Everything in it happens while it is recorded, in a warehouse of its own. Chromium records itself: one of its pages
captures the other one, so no other program is needed.
"""

from __future__ import annotations

import base64
import os
import queue
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ingestion.sources import NAMES, source
from tools.pictures import CHROMIUM_FLAGS, needed
from warehouse.connection import connect
from warehouse.errors import TallyError
from warehouse.paths import PROJECT, WarehousePaths

if TYPE_CHECKING:
    from playwright.sync_api import Page

WIDTH, HEIGHT = 1280, 800
TITLE = "Tally, from an empty database to the figures"
STAGE, RECORDER = "http://localhost/stage", "http://localhost/recorder"
"""Pages that no server serves: the browser is given them. A page of localhost may capture another one."""
STEPS = (
    ("Ingestion: what the providers have", "python -m ingestion", "ingestion"),
    ("Build: models and their tests", "dbt build", "dbt.cli.main", "build", "--exclude-resource-type", "unit_test"),
    (
        "Alerts: what needs attention",
        "dbt build --select tag:alerts",
        "dbt.cli.main",
        "build",
        "--select",
        "tag:alerts",
    ),
    ("Publication: the marts, and the rows of the pages", "python -m publishing", "publishing"),
)
"""The flow: each step's title, how it is called, and the module and arguments that run."""

# In a corner of every page, the site's too: the machine's clock, while everything goes on.
CLOCK = """
addEventListener("DOMContentLoaded", () => {
  const clock = document.createElement("div");
  Object.assign(clock.style, {
    position: "fixed", right: "16px", bottom: "12px", zIndex: 99999, padding: "4px 12px", borderRadius: "6px",
    background: "#000c", color: "#fff", font: "16px ui-monospace, monospace",
  });
  const tick = () => {
    clock.textContent = new Date().toLocaleString("en-GB", { dateStyle: "full", timeStyle: "long" });
    if (!clock.isConnected) document.documentElement.append(clock);
  };
  tick();
  setInterval(tick, 250);
});
"""
RECORD = """async (frames) => {
  const stream = await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: frames }, audio: false });
  window.recorder = new MediaRecorder(stream, { mimeType: "video/webm;codecs=vp9", videoBitsPerSecond: 2_000_000 });
  recorder.ondataavailable = async (event) => {
    const text = await new Promise((done) => {
      const reader = new FileReader();
      reader.onload = () => done(reader.result);
      reader.readAsDataURL(event.data);
    });
    await keep(text);
  };
  recorder.start(1000);
}"""
STOP = "() => new Promise((done) => { recorder.onstop = () => setTimeout(done, 1000); recorder.stop(); })"


def record(out: Path, chromium: str, say: Callable[[str], None]) -> Path:
    """Record the demonstration; return the video (WebM, VP9).

    Args:
        out: the folder of the video and of the warehouse that it shows; a warehouse of an earlier one goes.
        chromium: the browser's program.
        say: called with a line at each scene.

    Raises:
        TallyError: Playwright or Chromium is not there, or a service did not start.
    """
    out.mkdir(parents=True, exist_ok=True)
    for old in out.glob("warehouse.*"):
        shutil.rmtree(old) if old.is_dir() and not old.is_symlink() else old.unlink()
    video = out / "tally.webm"
    with recording(video, chromium) as stage:
        _Demonstration(stage, out / "warehouse.duckdb", say).play()
    return video


@contextmanager
def recording(video: Path, chromium: str) -> Iterator[Page]:
    """A page of Chromium's with the stage in it, of which all that it shows within the block becomes the video.

    Raises:
        TallyError: Playwright or Chromium is not there.
    """
    found = needed(chromium)
    from playwright.sync_api import sync_playwright

    flags = [*CHROMIUM_FLAGS, f"--auto-select-tab-capture-source-by-title={TITLE}"]
    part = video.with_suffix(".part")
    with part.open("wb") as file, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=flags)
        context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}, locale="en-GB", color_scheme="light")
        html = (Path(__file__).parent / "demo.html").read_text("utf-8")
        context.route(STAGE, lambda route: route.fulfill(body=html, content_type="text/html"))
        context.route(RECORDER, lambda route: route.fulfill(body="<title>Recorder</title>", content_type="text/html"))
        stage = context.new_page()
        stage.add_init_script(CLOCK)
        stage.goto(STAGE)
        recorder = context.new_page()
        recorder.expose_binding("keep", lambda source, data: file.write(base64.b64decode(data.partition(",")[2])))
        recorder.goto(RECORDER)
        recorder.evaluate(RECORD, 10)
        stage.bring_to_front()
        yield stage
        recorder.evaluate(STOP)
        browser.close()
    part.replace(video)


class _Demonstration:
    """The scenes, one after another."""

    def __init__(self, stage: Page, warehouse: Path, say: Callable[[str], None]) -> None:
        self._stage = stage
        self._paths = WarehousePaths(warehouse)
        self._say = say
        self._scenes = 0
        self._lines: queue.Queue[tuple[int, int, str]] = queue.Queue()
        self._environment = os.environ | {
            "TALLY_WAREHOUSE": str(warehouse), "DBT_TARGET_PATH": str(warehouse.with_suffix(".target")),
            "DBT_LOG_PATH": str(warehouse.with_suffix(".logs")), "PYTHONUNBUFFERED": "1", "DBT_USE_COLORS": "false",
        }  # fmt: skip

    def play(self) -> None:
        """Play them all; the services end with it."""
        connect(self._paths.warehouse, 30).close()
        self._scene("The database is empty", f"ls {self._paths.warehouse.name}; tables by schema")
        self._show(0, self._contents(), 6)
        with ExitStack() as services:
            self._scene("The services start", "python -m mock_api", "python -m reports serve")
            provider = self._serve(services, 0, "mock_api", "--port", "0")
            site = self._serve(services, 1, "reports", "serve", "--port", "0")
            self._environment |= _addresses(provider)
            for title, command, *words in STEPS:
                self._scene(title, command)
                self._run(services, *words)
            self._scene("The database is filled", f"ls {self._paths.warehouse.name}; tables by schema")
            self._show(0, self._contents(), 8)
            self._scene("The newest days", "select … from marts.fct_store_visits_daily")
            self._show(0, self._newest_days(), 8)
            self._scene("The synthesis, as it comes by mail each morning", "python -m notifications digest")
            digest = self._output("notifications", "digest").splitlines(keepends=True)
            for first in range(0, len(digest), 10):  # slowly, for who reads along
                self._show(0, "".join(digest[first : first + 10]), 2)
            self._say("The synthesis, as its pages show it")
            for address in ("/", "/store/?store={store}", "/sales/", "/air/", "/pipeline/"):
                self._look_at(site + address.format(store=self._a_store()))

    def _scene(self, title: str, *commands: str) -> None:
        self._say(title)
        self._scenes += 1
        self._stage.evaluate("([title, commands]) => scene(title, commands)", [title, commands])

    def _show(self, pane: int, text: str, seconds: float) -> None:
        self._stage.evaluate("([pane, text]) => say(pane, text)", [pane, text])
        self._watch(seconds)

    def _watch(self, seconds: float) -> None:
        """Let that much time pass, while the services' lines appear."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self._stage.wait_for_timeout(min(200.0, 1000 * left))
            while not self._lines.empty():
                scene, pane, line = self._lines.get()
                if scene == self._scenes:
                    self._stage.evaluate("([pane, text]) => say(pane, text)", [pane, line])

    def _start(self, services: ExitStack, pane: int, *command: str) -> subprocess.Popen[str]:
        """A command, whose lines go to a pane of this scene."""
        scene = self._scenes
        process = services.enter_context(
            subprocess.Popen(
                [sys.executable, "-m", *command],
                cwd=PROJECT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
            )
        )
        services.callback(process.terminate)

        def read() -> None:
            assert process.stdout is not None
            for line in process.stdout:
                self._lines.put((scene, pane, line))

        threading.Thread(target=read, daemon=True).start()
        return process

    def _serve(self, services: ExitStack, pane: int, *command: str) -> str:
        """A server; the address in the line that it begins with."""
        process = self._start(services, pane, *command)
        try:
            line = self._lines.get(timeout=60)[2]
        except queue.Empty:
            line = ""
        if (address := re.search(r"http://\S+", line)) is None:
            process.kill()
            raise TallyError(f"`python -m {' '.join(command)}` did not start: {line.strip() or 'it says nothing'}.")
        self._show(pane, line, 2)
        return address.group()

    def _run(self, services: ExitStack, *command: str) -> None:
        """Watch a command until it has ended, well."""
        process = self._start(services, 0, *command)
        while process.poll() is None:
            self._watch(0.5)
        self._watch(3)
        if process.returncode:
            raise TallyError(f"`python -m {' '.join(command)}` failed: run it by hand, it says why.")

    def _query(self, sql: str) -> list[tuple[object, ...]]:
        with closing(connect(self._paths.warehouse, 120, read_only=True)) as connection:
            rows: list[tuple[object, ...]] = connection.execute(sql).fetchall()
            return rows

    def _contents(self) -> str:
        """The size of the file, and how many tables and rows each schema has."""
        found = self._query("""
            select schema_name, count(*), sum(estimated_size) from duckdb_tables()
            where database_name = 'warehouse' and not internal group by all order by all
        """)
        lines = [f"{schema:<24}{tables:>8} tables {int(str(rows)):>14,} rows" for schema, tables, rows in found]
        size = self._paths.file.stat().st_size
        return f"{size / 1e6:,.1f} MB\n\n" + ("\n".join(lines) or "no schema has a table") + "\n"

    def _newest_days(self) -> str:
        found = self._query("""
            select store_id, visit_date, visits, round(visits_usual), round(visits_vs_usual_pct, 1)
            from marts.fct_store_visits_daily where is_complete and visits is not null
            order by visit_date desc, store_id limit 16
        """)
        rows = [("store", "day", "visits", "usual", "%"), *found]
        return "\n".join("".join(f"{'–' if cell is None else str(cell):<16}" for cell in row) for row in rows) + "\n"

    def _output(self, *command: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", *command], cwd=PROJECT, env=self._environment, capture_output=True, text=True, check=False
        )  # fmt: skip
        if done.returncode:
            raise TallyError(f"`python -m {' '.join(command)}` failed: {done.stderr.strip()}")
        return done.stdout

    def _a_store(self) -> str:
        return str(self._query("select min(store_id) from marts.dim_stores")[0][0])

    def _look_at(self, address: str) -> None:
        """Open a page of the site and scroll through it."""
        self._stage.goto(address)
        self._stage.wait_for_selector("article canvas, article table")
        self._stage.wait_for_load_state("networkidle")
        self._watch(3)
        for _ in range(4):
            self._stage.mouse.wheel(0, HEIGHT * 0.7)
            self._watch(2)


def _addresses(provider: str) -> dict[str, str]:
    """The settings that point every source to a mock provider."""
    return {
        settings.variable(field): urlsplit(url)._replace(netloc=urlsplit(provider).netloc).geturl()
        for settings in (source(name).settings for name in NAMES)
        for field, url in settings.shipped().items()
        if field.endswith("_url")
    }
