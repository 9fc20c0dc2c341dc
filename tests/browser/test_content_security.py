"""The pages under the content security policy that the site's server sends: they work, and what is smuggled in does not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.browser.conftest import Built, NewReader, Reader
from tests.http_server import Answer, HttpServer

pytestmark = pytest.mark.timeout(1800)

PAGES = Path(__file__).resolve().parents[2] / "reports" / "pages"

# How many charts each kind of page draws.
CHARTS = {
    "/": 1,
    "/stores/": 0,
    "/store/?store=london": 3,
    "/sensors/": 0,
    "/sensor/?sensor=london-1a": 2,
    "/visits/": 5,
    "/forecast/": 1,
    "/sales/": 1,
    "/orders/": 2,
    "/performance/": 0,
    "/health/": 0,
    "/air/": 0,
    "/station/?station=7": 4,
    "/pipeline/": 3,
}


def watched(reader: Reader) -> None:
    """Notes each violation of the policy in the page, before anything of the page's own runs."""
    reader.page.add_init_script("""
        window.violations = [];
        document.addEventListener('securitypolicyviolation', (event) => window.violations.push(event.effectiveDirective));
    """)


def violations(page: Page) -> list[str]:
    found: list[str] = page.evaluate("window.violations")
    return found


def test_every_page_is_one_that_is_opened_below() -> None:
    paths = {f"/{file.relative_to(PAGES).with_suffix('')}/".removesuffix("index/") for file in PAGES.rglob("*.md")}
    assert paths == {path.partition("?")[0] for path in CHARTS}


def test_every_kind_of_page_opens_and_draws_within_the_policy(site: Built, reader_of: NewReader) -> None:
    (sensor,) = site.query("select min(sensor_id) as name from dim_sensors where store_id = 'london' and is_in_service")
    reader = reader_of(site)
    watched(reader)
    for path, charts in CHARTS.items():
        page = reader.open(path.replace("london-1a", sensor["name"]))
        drawn = reader.charts()
        assert len(drawn) == charts, path
        assert all(any(value is not None for value in chart["x"]) for chart in drawn), path
        assert page.locator("canvas").count() >= charts, path
        assert violations(page) == [], path


def test_the_browsers_database_works_within_the_policy(site: Built, reader_of: NewReader) -> None:
    """WebAssembly and its worker."""
    reader = reader_of(site)
    watched(reader)
    page = reader.open("/visits/?store=roma&by=hour")
    page.get_by_role("status").get_by_text("hours of Roma").wait_for(timeout=60_000)

    assert violations(page) == []


def test_what_is_smuggled_into_a_page_does_not_run(site: Built, reader_of: NewReader) -> None:
    reader = reader_of(site)
    watched(reader)
    page = reader.open("/stores/")
    page.evaluate("""() => {
        const script = document.createElement('script');
        script.textContent = 'window.smuggled = "a script"';
        document.body.append(script);
        document.body.insertAdjacentHTML('beforeend', '<img src="data:," onerror="window.smuggled = 1">');
        document.body.insertAdjacentHTML('beforeend', '<a id="link" href="javascript:window.smuggled = 1">link</a>');
        document.getElementById("link").click();
        setTimeout('window.smuggled = "a string"', 0);
        document.body.insertAdjacentHTML('beforeend', '<base href="http://127.0.0.1:9/">');
    }""")
    page.wait_for_function("new Set(window.violations).size >= 4")

    assert set(violations(page)) >= {"script-src-elem", "script-src-attr", "script-src", "base-uri"}
    assert page.evaluate("window.smuggled") is None
    refused = [error for error in reader.errors if "Content Security Policy" in error]
    assert len(refused) >= 4
    reader.errors = [error for error in reader.errors if error not in refused]


def test_the_site_shows_in_no_frame_of_another(site: Built, context_of: Callable[..., BrowserContext]) -> None:
    body = f'<h1>Another site</h1><iframe src="{site.url}/stores/"></iframe>'.encode()
    with HttpServer(lambda request: Answer(headers={"Content-Type": "text/html"}, body=body)) as other:
        page = context_of().new_page()
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.goto(other.address)
        page.wait_for_load_state("networkidle")
        (frame,) = [frame for frame in page.frames if frame != page.main_frame]

        assert frame.locator("article").count() == 0
        assert any("frame-ancestors 'none'" in words for words in said)
        page.close()
