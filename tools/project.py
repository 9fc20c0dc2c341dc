"""The project as dbt sees it: its manifest, read in a scratch folder."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from warehouse.errors import TallyError
from warehouse.paths import PROJECT

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
    """A scratch folder; TALLY_WAREHOUSE points into it within the block.

    It begins with what dbt parsed last: dbt parses again what has changed since, in place of everything.
    """
    before = os.environ.get("TALLY_WAREHOUSE")
    parsed = PROJECT / os.environ.get("DBT_TARGET_PATH", "target") / "partial_parse.msgpack"
    with TemporaryDirectory(prefix="tally-docs-") as folder:
        os.environ["TALLY_WAREHOUSE"] = str(Path(folder) / "warehouse.duckdb")
        place = Scratch(Path(folder))
        if parsed.exists():
            place.target.mkdir()
            shutil.copy(parsed, place.target)
        try:
            yield place
        finally:
            if before is None:
                del os.environ["TALLY_WAREHOUSE"]
            else:
                os.environ["TALLY_WAREHOUSE"] = before


@cache
def read_manifest() -> Manifest:
    """Parse the project, once a process; no database is asked for.

    Raises:
        DocsError: the project does not parse.
    """
    with scratch() as place:
        place.dbt("parse")
        manifest: Manifest = json.loads((place.target / "manifest.json").read_text("utf-8"))
        return manifest
