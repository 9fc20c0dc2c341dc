"""The built site in other languages than it was built in: a publication brings the phrases, nothing is built again."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from playwright.sync_api import Page

from publishing.site import publish_site
from tests.browser.conftest import Built, NewReader
from tests.whole_flow import started, whole_flow

pytestmark = pytest.mark.timeout(1800)


@pytest.fixture(scope="module")
def elsewhere(site: Built, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    """The same pages and marts, served from a folder of their own into which a test publishes the rows in a language."""
    warehouse = tmp_path_factory.mktemp("languages") / "shop.duckdb"
    warehouse.with_suffix(".marts").symlink_to(site.marts.resolve())
    pages = whole_flow(tmp_path_factory) / "reports/build"
    with started("reports", "serve", "--out", str(pages), "--warehouse", str(warehouse)) as url:
        yield Built(url, site.marts, warehouse.with_suffix(".site"))


def speak(site: Built, locale: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SITE__LOCALE", locale)
    publish_site(site.rows.with_suffix(".duckdb"))


def shown(page: Page, selector: str) -> list[str]:
    """Texts as they are read, with the spaces that French has for plain ones."""
    return [" ".join(text.split()) for text in page.locator(selector).all_inner_texts()]


def in_french(value: float, digits: int = 0) -> str:
    return f"{value:,.{digits}f}".replace(",", "\u202f").replace(".", ",")


def test_the_site_in_french(elsewhere: Built, reader_of: NewReader, monkeypatch: pytest.MonkeyPatch) -> None:
    speak(elsewhere, "fr-FR", monkeypatch)
    with urlopen(f"{elsewhere.url}/") as answer:  # before any code has run
        assert b'<html lang="fr-FR"' in answer.read()
    with pytest.raises(HTTPError) as missing:
        urlopen(f"{elsewhere.url}/nowhere/")
    assert "<h1>Page introuvable</h1>" in missing.value.read().decode()

    reader = reader_of(elsewhere)
    page = reader.open("/stores/")
    assert page.title() == "Magasins · Tally"
    assert shown(page, "nav a")[:5] == ["Vue d’ensemble", "Magasins", "Capteurs", "Explorateur", "Prévisions"]
    assert shown(page, "article h1") == ["Magasins"]
    days = {
        row["store_name"]: row
        for row in elsewhere.query(
            "select stores.store_name, days.* from dim_stores as stores inner join fct_store_visits_daily as days "
            "on stores.store_id = days.store_id and stores.latest_complete_date = days.visit_date"
        )
    }
    rows = {
        cells[0]: cells for cells in (row.locator("th, td").all_inner_texts() for row in page.locator("tbody tr").all())
    }
    known = [name for name in rows if name in days]
    assert known
    for name in known:
        assert rows[name][1] == f"{days[name]['visit_date']:%d/%m/%Y}"
        assert rows[name][3] == in_french(float(days[name]["visits_estimated"]))

    # A spreadsheet in French reads semicolons and decimal commas.
    with page.expect_download() as download:
        page.get_by_role("button", name="Télécharger en CSV").click()
    assert download.value.suggested_filename.startswith("tally-magasins-")
    with download.value.path().open(encoding="utf-8-sig", newline="") as file:
        saved = {row["Magasin"]: row for row in csv.DictReader(file, delimiter=";")}
    for name in known:
        if days[name]["coverage_pct"] is None:
            continue
        assert saved[name]["Jour"] == f"{days[name]['visit_date']}"
        assert float(saved[name]["Couverture, %"].replace(",", ".")) == pytest.approx(
            days[name]["coverage_pct"], abs=0.051
        )
    assert any("," in row["Couverture, %"] for row in saved.values())

    # No word of English is left where a page shows what the data says of itself.
    for path in ("/", "/sales/", "/orders/", "/air/", "/health/", "/pipeline/", "/visits/"):
        page = reader.open(path)
        words = " ".join(shown(page, "article"))
        assert "Publié le" in words
        width, content = page.evaluate("[window.innerWidth, document.documentElement.scrollWidth]")
        assert content <= width, path  # French is longer
        assert {"vs", "usual", "with", "closed", "above", "within", "since"}.isdisjoint(words.split())
    assert reader.errors == []


def test_a_third_language_is_on_the_pages_without_a_new_build(
    elsewhere: Built, reader_of: NewReader, monkeypatch: pytest.MonkeyPatch, icelandic: Path
) -> None:
    icelandic.write_text("pages-stores = Verslanir\ncolumn-visits = Gestir\n", encoding="utf-8")
    speak(elsewhere, "is-IS", monkeypatch)

    page = reader_of(elsewhere).open("/stores/")
    assert page.locator("html").get_attribute("lang") == "is-IS"
    assert shown(page, "article h1") == ["Verslanir"]
    heads = shown(page, "thead th")
    assert "Gestir" in heads
    assert "Coverage" in heads  # what the file lacks is said in English
