"""The project as dbt sees it: its manifest, read in a scratch folder."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from warehouse.errors import TallyError

Manifest = dict[str, Any]
"""dbt's manifest.json, version 12: https://schemas.getdbt.com/dbt/manifest/v12.json"""


class DocsError(TallyError):
    """What keeps the documentation from being made, in one line."""


@dataclass(frozen=True)
class Scratch:
    """A folder for one use of dbt, with an empty warehouse that no other process uses."""

    folder: Path

    @property
    def target(self) -> Path:
        """Where dbt writes."""
        return self.folder / "target"

    def dbt(self, *arguments: str) -> None:
        """Run a dbt command here.

        Raises:
            DocsError: it failed.
        """
        from warehouse.dbt_runner import dbt

        places = ["--target-path", str(self.target), "--log-path", str(self.folder / "logs")]
        done = dbt(*arguments, *places)
        if not done.success:
            cause = str(done.exception).strip().splitlines()[0] if done.exception else "see above"
            raise DocsError(f"`dbt {' '.join(arguments)}` failed: {cause}")


@contextmanager
def scratch() -> Iterator[Scratch]:
    """A scratch folder; TALLY_WAREHOUSE points into it within the block."""
    before = os.environ.get("TALLY_WAREHOUSE")
    with TemporaryDirectory(prefix="tally-docs-") as folder:
        os.environ["TALLY_WAREHOUSE"] = str(Path(folder) / "warehouse.duckdb")
        try:
            yield Scratch(Path(folder))
        finally:
            if before is None:
                del os.environ["TALLY_WAREHOUSE"]
            else:
                os.environ["TALLY_WAREHOUSE"] = before


def read_manifest() -> Manifest:
    """Parse the project; no database is asked for.

    Raises:
        DocsError: the project does not parse.
    """
    with scratch() as place:
        place.dbt("parse")
        manifest: Manifest = json.loads((place.target / "manifest.json").read_text("utf-8"))
        return manifest
