"""The site of a warehouse of which nothing was ever published."""

from __future__ import annotations

import pytest

from tests.browser.conftest import Built, NewReader

pytestmark = pytest.mark.timeout(1800)


def test_a_site_without_data_says_so_kindly(empty_site: Built, reader_of: NewReader) -> None:
    reader = reader_of(empty_site)
    for path in ("/", "/stores/", "/sensors/", "/visits/", "/sales/", "/orders/", "/performance/", "/health/", "/air/"):
        words = " ".join(reader.open(path).locator("article").inner_text().split())
        assert "There is no data yet. make run fetches, builds and publishes it" in words
        assert (
            "Nothing has been published yet. Since 12 Nov 2026, 09:10 no newer ones could be published: "
            "the dbt build of 2026-11-12 09:00 UTC failed (1 of 30 nodes failed: dim_stores)."
        ) in words


def test_a_domain_without_data_has_no_page_in_the_menu(empty_site: Built, reader_of: NewReader) -> None:
    page = reader_of(empty_site).open("/")

    assert page.locator("nav a").all_inner_texts() == ["Overview", "Pipeline"]
