"""Figures as the pages write them, and what a page shows, read back from it."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from playwright.sync_api import Locator, Page

PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
MINUS = "\u2212"


def rounded(value: Any, places: int) -> Decimal:
    return Decimal(value).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def count(value: Any) -> str:
    return "no data" if value is None else f"{rounded(value, 0):,}"


def money(value: Any) -> str:
    return f"€{count(value)}".replace("€-", f"{MINUS}€")


def change(value: float | None, is_closed: bool = False) -> str:
    if is_closed:
        return "closed"
    if value is None:
        return "nothing usual yet"
    shown = rounded(value, 1)
    sign = "+" if shown > 0 else MINUS if shown < 0 else "±"
    return f"{sign}{abs(shown)} %"


def day(value: date) -> str:
    return f"{value:%a}, {value.day} {_month(value)} {value.year}"


def short_day(value: date) -> str:
    return f"{value:%a} {value.day} {_month(value)}"


def day_and_month(value: date) -> str:
    return f"{value.day} {_month(value)}"


def _month(value: date) -> str:
    return "Sept" if value.month == 9 else f"{value:%b}"


def numbers(values: list[Any]) -> list[float | None]:
    return [None if value is None else float(value) for value in values]


def whole(values: list[Any]) -> list[Any]:
    """Values as a file for people has them: rounded half up; where the half is exact, either way."""
    return [None if value is None else pytest.approx(float(value), abs=0.5) for value in values]


def tenths(values: list[Any]) -> list[Any]:
    """The same for what is shown with one digit behind the point."""
    return [None if value is None else pytest.approx(float(value), abs=0.0501) for value in values]


def text(page: Page, selector: str) -> list[str]:
    return [" ".join(found.split()) for found in page.locator(selector).all_inner_texts()]


def bar_rows(bars: Locator) -> dict[str, tuple[str, str]]:
    """The rows of the bars against the usual: name to visits and change, as shown."""
    rows = {}
    for row in bars.locator(".row").all():
        name = row.locator(".name").inner_text().split("\n")[0]
        rows[name] = (row.locator(".visits").inner_text(), row.locator(".change").inner_text())
    return rows


def table(page: Page) -> list[dict[str, str]]:
    """The rows of the page's first table, by the heads of its columns."""
    shown = page.locator("article table").first
    heads = [" ".join(head.split()) for head in shown.locator("thead th").all_inner_texts()]
    rows = []
    for row in shown.locator("tbody tr").all():
        cells = [" ".join(cell.split()) for cell in row.locator("th, td").all_inner_texts()]
        rows.append(dict(zip(heads, cells, strict=True)))
    return rows


def between(page: Page, begin: date, end: date) -> None:
    """Choose the days of the page."""
    group = page.get_by_role("group", name="Days", exact=True)
    group.get_by_label("from").fill(str(begin))
    group.get_by_label("to").fill(str(end))


def downloaded(page: Page, what: str, name: str | None = None) -> list[dict[str, str]]:
    """The rows of the CSV of what the page has under that word; `name` is what the file must be called."""
    with page.expect_download() as download:
        page.get_by_role("button", name=f"Download CSV of {what}", exact=True).click()
    saved = download.value.suggested_filename
    if name is not None:
        assert saved == name
    assert re.fullmatch(r"tally-[\w.-]+-\d{4}-\d\d-\d\d\.csv", saved)
    # With the mark by which a spreadsheet knows UTF-8.
    assert download.value.path().read_bytes().startswith(codecs.BOM_UTF8)
    with download.value.path().open(encoding="utf-8-sig", newline="") as content:
        return list(csv.DictReader(content))


def number(text: str) -> float | None:
    """A number of a CSV; an empty field is null."""
    return float(text) if text else None


def compared(sold: Mapping[date, float], days: list[date], known: set[date], *weeks: int) -> float | None:
    """The change in percent of the revenue of these days vs the mean of the days so many weeks before, of days that have such."""
    now = was = 0.0
    for each in days:
        earlier = [sold.get(then, 0.0) for week in weeks if (then := each - timedelta(weeks=week)) in known]
        if earlier:
            now += sold.get(each, 0.0)
            was += sum(earlier) / len(earlier)
    return 100 * (now - was) / was if was > 0 else None
