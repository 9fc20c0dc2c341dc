"""`make demo`: that what the stage shows becomes a video, with the clock in it."""

from __future__ import annotations

import re
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser.conftest import CHROMIUM_FLAGS
from tests.servers import find
from tools.demo import HEIGHT, WIDTH, recording

# The size of a video, and how light the parts of its last frame are, from 0 to 255.
LOOK = """async (data) => {
  const video = Object.assign(document.createElement("video"), { src: "data:video/webm;base64," + data, muted: true });
  await new Promise((done, failed) => { video.onended = done; video.onerror = failed; video.playbackRate = 4; video.play(); });
  const canvas = Object.assign(document.createElement("canvas"), { width: video.videoWidth, height: video.videoHeight });
  const drawn = canvas.getContext("2d");
  drawn.drawImage(video, 0, 0);
  const light = (...place) => drawn.getImageData(...place).data.filter((_, at) => at % 4 == 0).reduce((a, b) => Math.max(a, b));
  return [canvas.width, canvas.height, light(0, 0, 640, 70), light(0, 90, 640, 60), light(0, 400, 640, 200)];
}"""


def test_what_the_stage_shows_becomes_a_video_with_the_time_in_sight(tmp_path: Path) -> None:
    """In a thread of its own: the other tests' browser runs in this one, and Playwright has one a thread."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(record_and_look, tmp_path).result()


def record_and_look(tmp_path: Path) -> None:
    """Record a scene, then look at the video in a browser."""
    chromium = find("chromium", "chromium")
    with recording(tmp_path / "demo.webm", chromium) as stage:
        stage.evaluate("scene('The database is empty', ['ls'])")
        stage.evaluate("for (let line = 0; line < 200; line++) say(0, `line ${line}\\n`)")
        stage.wait_for_timeout(1500)
        # The newest lines are in sight, and so is the clock: a day, and a time that goes on.
        assert stage.evaluate(
            "(pane => pane.scrollTop + pane.clientHeight >= pane.scrollHeight - 2)(document.querySelector('pre'))"
        )
        shown = [stage.inner_text("html > div"), stage.wait_for_timeout(1200) or stage.inner_text("html > div")]
        assert all(re.search(r"day,? \d{1,2} \w+ 20\d\d at \d\d:\d\d:\d\d", text) for text in shown), shown
        assert shown[0] != shown[1]
    data = b64encode((tmp_path / "demo.webm").read_bytes()).decode()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        width, height, title, line, below = browser.new_page().evaluate(LOOK, data)
        browser.close()
    assert (width, height) == (WIDTH, HEIGHT)
    assert title > 200 and line > 100 and below > 200  # light letters on the dark stage, not a black picture
