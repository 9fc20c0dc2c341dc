"""A page on A4, as a reader's browser prints it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pypdfium2 as pdfium
import pytest

from tests.browser.conftest import Built, NewReader
from tests.browser.shown import day_and_month

pytestmark = pytest.mark.timeout(1800)

A4 = (595, 842)
"""Points."""


@dataclass(frozen=True)
class Sheet:
    """A printed page: its lines of text, and where they stand."""

    lines: list[str]
    text: pdfium.PdfTextPage

    def box_of(self, words: str) -> tuple[float, float]:
        """How high the foot and the head of the words stand, in points from the sheet's foot; where they come again, the last."""
        search = self.text.search(words, match_case=True, match_whole_word=True)
        found = None
        while following := search.get_next():
            found = following
        assert found, words
        return self._box(*found)

    def lowest(self) -> float:
        """The foot of the lowest letter."""
        return self._box(0, self.text.count_chars())[0]

    def _box(self, start: int, length: int) -> tuple[float, float]:
        boxes = [self.text.get_charbox(at) for at in range(start, start + length)]
        drawn = [box for box in boxes if box[3] > box[1]]  # a space has no height
        return min(box[1] for box in drawn), max(box[3] for box in drawn)


def test_a_store_prints_on_a4(site: Built, reader_of: NewReader) -> None:
    """In light though the reader has it dark: the words, each chart under its heading, and nothing to choose."""
    reader = reader_of(site, color_scheme="dark")
    page = reader.open("/store/?store=paris")
    first_day, last_day = (date.fromisoformat(reader.charts()[0]["x"][at]) for at in (0, -1))
    headings = page.locator("article :is(h1, h2, h3)").all_inner_texts()
    document = pdfium.PdfDocument(page.pdf(prefer_css_page_size=True, print_background=True))
    assert {tuple(round(side) for side in sheet.get_size()) for sheet in document} == {A4}
    texts = [sheet.get_textpage() for sheet in document]
    sheets = [
        Sheet([line.strip() for line in text.get_text_range().splitlines() if line.strip()], text) for text in texts
    ]

    lines = [line for sheet in sheets for line in sheet.lines]
    assert [heading for heading in headings if heading not in lines] == []
    days = f"{day_and_month(first_day)} {first_day.year} to "
    assert [line for line in lines if days in line and line.endswith(", compared with usual")]
    controls = ("Download CSV", "Open the menu", "To the content", "Pipeline", "from", "4 weeks", "All days")
    assert [line for line in lines if line.startswith(controls)] == []
    for sheet in sheets:
        for heading in set(headings) & set(sheet.lines):
            assert sheet.lowest() < sheet.box_of(heading)[0], f"{heading} is torn from what is under it"
    # A chart's axis is under the chart, and its heading above, on one sheet.
    for heading, label in (("By day", day_and_month(first_day)), ("By hour", "08:00")):
        (sheet,) = [sheet for sheet in sheets if heading in sheet.lines]
        assert 30 < sheet.box_of(label)[0] < sheet.box_of(heading)[0] - 100
    assert document[0].render(scale=0.2).to_numpy().mean() > 200  # more paper than ink
    # And the screen is as it was.
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert last_day > first_day
