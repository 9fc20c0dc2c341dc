"""Whatever a file holds, `draft` writes TOML, and says what it cannot read in one line."""

from __future__ import annotations

import csv
import io
import tomllib
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from ingestion.errors import SourceError
from ingestion.feeds.draft import draft
from ingestion.feeds.targets import TARGETS

LATEST = datetime(2026, 11, 27, tzinfo=UTC)
TITLES = some.one_of(
    some.sampled_from(["Date", "Heure", "SKU", "Qté", "Total", "Store", "Order ID", "Price", "Door", "In", "09:00", "10:00", "E-mail", "Date\nof sale", "Da\x7fte", "D\x0bay", "a\"b"]),
    some.text(max_size=8),
)  # fmt: skip
CELLS = some.one_of(
    some.sampled_from(["02/11/2026", "2026-11-02 10:00", "10:00-10:15", "1.299", "1,5", "7", "€ 3,50", "Total", "-", "ann@example.org", "=1+1"]),
    some.text(max_size=8),
)  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(
    some.integers(2, 6).flatmap(
        lambda width: some.tuples(
            some.lists(TITLES, min_size=width, max_size=width),
            some.lists(some.lists(CELLS, min_size=width, max_size=width), max_size=5),
        )
    ),
    some.sampled_from([None, *TARGETS]),
)
def test_a_draft_is_toml_whatever_the_file_holds(
    tmp_path_factory: pytest.TempPathFactory, table: tuple[list[str], list[list[str]]], fills: str | None
) -> None:
    out = io.StringIO()
    csv.writer(out).writerows([table[0], *table[1]])
    path = Path(tmp_path_factory.getbasetemp()) / "any.csv"
    path.write_bytes(out.getvalue().encode("utf-8", "replace"))
    with suppress(SourceError):
        made = draft(path, fills, None, None, LATEST)
        for text in (made.text, *made.others.values()):
            tomllib.loads(text)
        assert made.fills == fills or fills is None
        assert "ann@example.org" not in "".join(line for line in made.text.splitlines() if line.startswith("#   "))
