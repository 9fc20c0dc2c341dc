"""The pages for who does not see them well, or has no mouse."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, ViewportSize

from tests.browser.conftest import Built, NewReader
from tests.browser.test_content_security import CHARTS
from tests.flow import PROJECT

pytestmark = pytest.mark.timeout(1800)

AXE = PROJECT / "reports/node_modules/axe-core/axe.min.js"
DESKTOP, PHONE = ViewportSize(width=1280, height=900), ViewportSize(width=390, height=844)


# What WCAG asks for; on the second look at a page only what the theme and the width change.
ALL = "{ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }"
LOOKS = "{ runOnly: { type: 'rule', values: ['color-contrast', 'target-size', 'scrollable-region-focusable'] } }"


def findings(page: Page, rules: str) -> list[str]:
    """What axe-core finds serious or worse: the rule and the first elements."""
    found: list[dict[str, Any]] = page.evaluate(f"axe.run({rules}).then((all) => all.violations)")
    return [
        f"{rule['id']}: {[node['html'][:200] for node in rule['nodes'][:3]]}"
        for rule in found
        if rule["impact"] in ("serious", "critical")
    ]


def test_axe_finds_nothing_serious_on_any_page(site: Built, reader_of: NewReader) -> None:
    """In light on a desktop, and in dark on a phone, where tables are cards."""
    (sensor,) = site.query("select min(sensor_id) as name from dim_sensors where store_id = 'london' and is_in_service")
    reader = reader_of(site)
    reader.page.add_init_script(path=AXE)
    found = {}
    for path in (path.replace("london-1a", sensor["name"]) for path in CHARTS):
        for theme, screen in (("light", DESKTOP), ("dark", PHONE)):
            reader.page.set_viewport_size(screen)
            reader.page.emulate_media(color_scheme=theme)
            page = reader.open(path) if theme == "light" else reader.page
            page.wait_for_selector(f"html[data-theme={theme}]")
            ground = page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")
            assert (min(ground) > 127) == (theme == "light")
            found[f"{path} {theme}"] = findings(page, ALL if theme == "light" else LOOKS)
    assert {where: what for where, what in found.items() if what} == {}


def test_a_page_is_read_with_the_keyboard_alone(site: Built, reader_of: NewReader) -> None:
    """Each thing that Tab reaches is in sight, marked, and has a name; the first leads past the menu."""
    page = reader_of(site, reduced_motion="reduce").open("/store/?store=paris")
    reached = []
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate("""() => {
                const element = document.activeElement;
                const [style, box] = [getComputedStyle(element), element.getBoundingClientRect()];
                return {
                    name: (element.getAttribute('aria-label') ?? element.labels?.[0]?.innerText ?? element.innerText).trim(),
                    isMarked: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
                    isInSight: box.width > 0 && box.top < innerHeight && box.bottom > 0 && box.left >= 0
                };
            }""")
        )
    assert [each for each in reached if not (each["name"] and each["isMarked"] and each["isInSight"])] == []
    names = [each["name"] for each in reached]
    assert names[0] == "To the content"
    assert {"Stores", "from", "to", "Download CSV of days"} <= set(names)
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
    page.goto(page.url)
    page.wait_for_selector("article h1")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.url.endswith("#content")
    rows = page.get_by_role("table", name="Visits vs usual").last.get_by_role("row")
    doors = rows.get_by_role("rowheader").all_inner_texts()
    assert len(doors) == rows.count() > 0
