"""Fixtures that every test may use."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.provider import Provider


@pytest.fixture
def provider() -> Iterator[Provider]:
    """A footfall provider of the tests' own, empty and running."""
    with Provider() as running:
        yield running


@pytest.fixture
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The path of a warehouse of the test's own, set for every command the test starts."""
    path = tmp_path / "warehouse.duckdb"
    monkeypatch.setenv("TALLY_WAREHOUSE", str(path))
    return path
