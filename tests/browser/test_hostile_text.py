"""Text and ids of every kind, from providers and seeds: none is markup on a page, a formula in a CSV, or without a page."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.air_provider import AirProvider
from tests.browser.conftest import Built, NewReader, served
from tests.browser.shown import downloaded, number, table
from tests.clone import clone
from tests.orders_provider import Shop
from tests.provider import Provider
from tests.retail_provider import SALES, RetailProvider
from tests.whole_flow import clean, well, whole_flow

pytestmark = pytest.mark.timeout(1800)

FIRST, LAST = datetime(2024, 5, 6), datetime(2024, 5, 19)
CLOSED = datetime(2024, 5, 18)


def hostile(field: str) -> str:
    """A text that runs if a page takes it for markup or code, or a spreadsheet for a formula; it begins with an equals sign."""
    return (
        f"""={field}"'><img src=x onerror=window.hacked=1></script><script>window.hacked=2</script>"""
        """{window.hacked=3}${window.hacked=4}{{5*5}}&lt;"""
    )


IDS = [
    "paris",
    "Paris",
    "index.html",
    "..",
    "a/b",
    "a?b#c%d",
    "%2e%2e",
    "東京",
    "x" * 300,
    "x" * 299 + "y",
    "O'Neill; --",
    "paris-0123456789ab",
    hostile("id"),
]


# A store that has never delivered anything.
SILENT = "silent"


def names(what: str) -> dict[str, str]:
    """What the store or the city of each store id is called: one of them is hostile."""
    return {each: hostile(what) if each == "paris" else f"{what} {at}" for at, each in enumerate(IDS)}


STORE_NAMES, CITIES = names("store"), names("city")
REASON, EVENT = hostile("reason"), hostile("event")
PRODUCT, RETAIL_CITY, WARE, COUNTRY, STATION, UNREADABLE = map(
    hostile, ("product", "retail city", "ware", "country", "station", "date")
)


@pytest.fixture(scope="module")
def hostile_site(tmp_path_factory: pytest.TempPathFactory, chromium: str) -> Iterator[Built]:
    """The whole flow on providers whose every text is hostile, and whose ids are as odd as ids can be."""
    project = clone(tmp_path_factory.mktemp("hostile") / "project")
    close_a_day(project)
    name_an_event(project)
    dbt = str(Path(sys.executable).with_name("dbt"))
    with Provider(arrow=False) as footfall, RetailProvider() as retail, Shop() as shop, AirProvider() as air:
        fill_footfall(footfall)
        fill_retail(retail)
        fill_shop(shop)
        fill_air(air)
        environment = {
            "SOURCES__FOOTFALL__BASE_URL": footfall.base_url,
            "SOURCES__ORDERS__BASE_URL": shop.base_url,
            **retail.environment(),
            **air.environment(),
        }
        well(clean() | environment, sys.executable, "-m", "ingestion", where=project)
    well(clean(), dbt, "build", "--exclude-resource-type", "unit_test", where=project)
    well(clean(), dbt, "build", "--select", "tag:alerts", where=project)
    well(clean(), sys.executable, "-m", "publishing", where=project)
    with served(whole_flow(tmp_path_factory), project) as built:
        yield built


def fill_footfall(provider: Provider) -> None:
    """A store and a sensor of each id, of which the hostile store's has alerts for the hours that are missing."""
    hours = int((LAST + timedelta(days=1) - FIRST) / timedelta(hours=1))
    for at, each in enumerate(IDS):
        provider.put_store(each, name=STORE_NAMES[each], city=CITIES[each])
        provider.put_sensor(each, each, door=1)
        provider.put_readings(
            {
                "sensor_id": each,
                "hour_start": f"{FIRST - timedelta(hours=2) + timedelta(hours=hour):%Y-%m-%dT%H:%M:%SZ}",
                "visits": visits_at(each, hour // 24, hour % 24, at),
            }
            for hour in range(hours)
        )
    provider.put_store(SILENT, name="Silent", city="Nowhere")
    provider.put_unreadable({"sensor_id": "paris", "hour_start": UNREADABLE, "visits": 1, "status": "ok"})


def visits_at(store: str, day: int, hour: int, at: int) -> int | None:
    """Fewer in the second week than in the first; on its closed day nobody came, on the last some hours are missing."""
    if store == "paris" and day == (CLOSED - FIRST).days:
        return 0
    if store == "paris" and day == (LAST - FIRST).days and hour in (10, 11, 12):
        return None
    return (100 if day < 7 else 80) + at


def fill_retail(provider: RetailProvider) -> None:
    provider.names["REF001"] = PRODUCT
    provider.cities["1"] = RETAIL_CITY
    for day in range((LAST - FIRST).days + 1):
        for product in provider.prices:
            provider.sell(f"{FIRST + timedelta(days=day):%Y-%m-%d}", product, 2, 1)
    provider.raw_lines[SALES].append('"' + UNREADABLE.replace('"', '""') + '",REF001,2,1')


def fill_shop(shop: Shop) -> None:
    shop.put_customer(1, country=COUNTRY, updated_at=FIRST.isoformat() + "Z")
    shop.put_product(1, name=WARE, updated_at=FIRST.isoformat() + "Z")
    for order in range(1, 40):
        moment = LAST + timedelta(hours=12) - timedelta(hours=2 * order)
        shop.put_order(order, ordered_at=moment.isoformat() + "Z")


def fill_air(provider: AirProvider) -> None:
    for station, name in ((7, STATION), (8, "Plain")):
        provider.put_station(station, name=name)
        for hour in range(24 * 10):
            provider.put(
                station,
                f"{LAST - timedelta(hours=hour):%Y-%m-%d %H}:00:00",
                {"CO": 0.4, "PM2.5": 12 + hour % 7},
            )


def close_a_day(project: Path) -> None:
    """Closures of a day, whose reason is hostile, in a copy of the project."""
    with (project / "seeds/closures.csv").open("a", encoding="utf-8", newline="") as file:
        day = f"{CLOSED:%Y-%m-%d}"
        csv.writer(file, lineterminator="\n").writerows([each, day, day, REASON] for each in ("paris", "東京"))


def name_an_event(project: Path) -> None:
    """An event of a day, whose name is hostile, in a copy of the project."""
    with (project / "seeds/events.csv").open("a", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerow(
            ["paris", f"{LAST:%Y-%m-%d}", f"{LAST:%Y-%m-%d}", EVENT, "false"]
        )


def is_harmless(page: Page) -> bool:
    """Nothing ran, and no element came of a text."""
    return bool(
        page.evaluate("""() => window.hacked === undefined
            && document.querySelectorAll('img[src="x"], [onerror]').length === 0""")
    )


def pages_of(site: Built, kind: str) -> dict[str, str]:
    """The address of each store, sensor or station, by its id."""
    found = {}
    for file in (site.rows / "rows" / kind).glob("key=*/*.json"):
        (entity,) = json.loads(file.read_text("utf-8"))[kind][f"{kind}_id"]
        found[entity] = f"/{kind}/?{kind}={file.parent.name.removeprefix('key=')}"
    return found


KINDS = (
    "/",
    "/stores/",
    "/sensors/",
    "/visits/",
    "/forecast/",
    "/sales/",
    "/orders/",
    "/performance/",
    "/health/",
    "/air/",
    "/pipeline/",
)


@pytest.mark.parametrize("has_policy", [True, False], ids=["with the policy", "without it"])
def test_no_text_is_markup(hostile_site: Built, reader_of: NewReader, has_policy: bool) -> None:
    """Each text is there as it was written. Without the policy too: it is the second line, not the first."""
    reader = reader_of(hostile_site, bypass_csp=not has_policy)
    stores, stations = pages_of(hostile_site, "store"), pages_of(hostile_site, "station")
    shows = {
        "/": STORE_NAMES["paris"],
        "/stores/": STORE_NAMES["paris"],
        "/sensors/": hostile("id"),
        "/visits/": STORE_NAMES["paris"],
        "/forecast/": STORE_NAMES["paris"],
        "/sales/": PRODUCT,
        "/orders/": WARE,
        "/performance/": STORE_NAMES["paris"],
        "/health/": hostile("id"),
        "/air/": STATION,
        "/pipeline/": UNREADABLE[:50],
        stores["paris"]: STORE_NAMES["paris"],
        pages_of(hostile_site, "sensor")[hostile("id")]: hostile("id"),
        stations["7"]: STATION,
    }
    assert set(shows) >= set(KINDS)
    for path, text in shows.items():
        page = reader.open(path)
        assert text in page.locator("article").inner_text(), path
        assert is_harmless(page), path
    reader.open("/sales/")
    words = reader.page.locator("article").inner_text()
    assert RETAIL_CITY in words
    assert UNREADABLE[:50] in words
    assert COUNTRY in reader.open("/orders/").locator("article").inner_text()
    assert CITIES["paris"] in reader.open(stores["paris"]).locator("article").inner_text()


def hover(page: Page, chart: int, index: int) -> str:
    """The words of the tooltip that shows when the pointer rests on a place of a chart."""
    x, y = page.evaluate(
        """([chart, index]) => {
            const drawn = document.querySelectorAll('[data-chart]')[chart].chart;
            drawn.getDom().scrollIntoView({ block: 'center', behavior: 'instant' });
            const box = drawn.getDom().getBoundingClientRect();
            return [box.left + drawn.convertToPixel({ xAxisIndex: 0 }, index), box.top + box.height / 2];
        }""",
        [chart, index],
    )
    page.mouse.move(x - 3, y - 3)
    page.mouse.move(x, y)
    tooltip = page.locator("[data-chart]").nth(chart).locator("div:has(> div > b), div:has(> b)").last
    tooltip.wait_for(state="visible", timeout=10_000)
    words: str = tooltip.inner_text()
    return words


@pytest.mark.parametrize("has_policy", [True, False], ids=["with the policy", "without it"])
def test_a_closures_reason_is_text_in_a_tooltip(hostile_site: Built, reader_of: NewReader, has_policy: bool) -> None:
    reader = reader_of(hostile_site, bypass_csp=not has_policy)
    page = reader.open(pages_of(hostile_site, "store")["paris"])
    daily, *others, hourly = reader.charts()
    at = daily["x"].index(f"{CLOSED:%Y-%m-%d}")

    assert f"closed: {REASON}" in hover(page, 0, at)
    assert is_harmless(page)
    assert f"event: {EVENT}" in hover(page, 0, daily["x"].index(f"{LAST:%Y-%m-%d}"))
    assert is_harmless(page)
    assert f"closed: {REASON}" in hover(page, len(others) + 1, hourly["closed"].index(1))
    assert is_harmless(page)
    assert f"closed: {REASON}" in page.locator(".bars").first.inner_text()


@pytest.mark.parametrize("kind", ["store", "sensor"])
def test_every_id_opens_a_page_of_its_own(hostile_site: Built, reader_of: NewReader, kind: str) -> None:
    reader = reader_of(hostile_site)
    pages = pages_of(hostile_site, kind)

    pages.pop(SILENT, None)
    assert set(pages) == set(IDS)
    assert len({page.lower() for page in pages.values()}) == len(IDS)
    for each, path in pages.items():
        page = reader.open(path)
        title = page.locator("h1").inner_text()
        assert title == (STORE_NAMES[each] if kind == "store" else each)
        assert len(path.split("=")[1]) <= 64
        width, content = page.evaluate("[window.innerWidth, document.documentElement.scrollWidth]")
        assert content <= width, path
    assert pages["paris"] == f"/{kind}/?{kind}=paris"


def test_a_store_that_never_delivered_says_so_and_nothing_else(hostile_site: Built, reader_of: NewReader) -> None:
    reader = reader_of(hostile_site)
    page = reader.open(pages_of(hostile_site, "store")[SILENT])
    words = page.locator("article").inner_text()
    assert "It has delivered nothing yet." in words
    assert "footfall of silent has brought nothing yet" in words
    for wrong in ("null", "undefined", "NaN", "Nothing needs attention"):
        assert wrong not in words
    assert "Silent: no new data" in reader.open("/").locator("article").inner_text()


def test_the_tables_lead_to_those_pages(hostile_site: Built, reader_of: NewReader) -> None:
    page = reader_of(hostile_site).open("/stores/")
    links = page.locator("article tbody a").evaluate_all("links => links.map(link => link.href)")

    expected = pages_of(hostile_site, "store").values()
    assert {link.removeprefix(hostile_site.url) for link in links} == set(expected)


def test_the_explorer_takes_every_id(hostile_site: Built, reader_of: NewReader) -> None:
    """A link into it names the store; its rows are then that store's alone."""
    reader = reader_of(hostile_site)
    for each in ("a?b#c%d", "O'Neill; --", hostile("id")):
        page = reader.open(pages_of(hostile_site, "store")[each])
        page.get_by_role("link", name="More in the explorer").click()
        page.get_by_role("status").get_by_text(f"of {STORE_NAMES[each]}, in store time").wait_for(timeout=60_000)
        assert {row["Store"] for row in table(page)} == {STORE_NAMES[each]}


def test_no_cell_of_a_csv_is_a_formula(hostile_site: Built, reader_of: NewReader) -> None:
    reader = reader_of(hostile_site)
    files = {
        "/stores/": ("stores", "Store", STORE_NAMES["paris"]),
        "/sensors/": ("sensors", "Sensor", hostile("id")),
        "/sales/": ("revenue-by-product", "Name", PRODUCT),
        "/orders/": ("revenue-by-country", "Name", COUNTRY),
        "/air/": ("stations", "Station", STATION),
    }
    for path, (file, column, text) in files.items():
        rows = downloaded(reader.open(path), file)
        assert "'" + text in {row[column] for row in rows}
        for row in rows:
            for cell in row.values():
                assert not cell.lstrip("\t\r").startswith(("=", "+", "@")), (path, cell)
                assert not cell.startswith("-") or number(cell) is not None, (path, cell)


def test_a_days_closure_is_text_in_its_csv_and_negative_numbers_stay_numbers(
    hostile_site: Built, reader_of: NewReader
) -> None:
    page = reader_of(hostile_site).open(pages_of(hostile_site, "store")["paris"])
    rows = downloaded(page, "days")
    (days,) = [hostile_site.query("select * from fct_store_visits_daily where store_id = 'paris' order by visit_date")]

    reasons = [row["closed_reason"] or "" for row in days]
    assert REASON in reasons
    closed = [f"closed: {each}" for each in reasons if each]
    assert [row["State"] for row in rows if row["State"].startswith("closed: ")] == closed
    against = [number(row["vs usual, %"]) for row in rows]
    assert against == [pytest.approx(row["visits_vs_usual_pct"], abs=0.051) for row in days]
    assert min(each for each in against if each is not None) < 0
