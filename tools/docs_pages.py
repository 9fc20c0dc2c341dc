"""Two pages that open offline: dbt's documentation, and where each column comes from."""

from __future__ import annotations

import logging
import re
import shutil
from pathlib import Path

from tools.project import DocsError, Scratch, scratch
from warehouse.paths import PROJECT

logger = logging.getLogger(__name__)

PAGES = {"static_index.html": "dbt's documentation", "column_lineage.html": "the lineage of columns"}


FIRST_MART = "model.tally.fct_store_visits_daily"
"""The mart that most people come for."""
# A page opened without saying which model shows all of them, as small as dust.
_OPEN_ON_FIRST_MART = f"if (!location.search) location.replace(location.pathname + '?model={FIRST_MART}')"


def build(out: Path) -> list[Path]:
    """Write the two pages into `out` and return their paths.

    Column types and lineage are read from a warehouse, so an empty one is built: its tables and no rows.

    Raises:
        DocsError: dbt failed, or the docs' packages are not installed.
    """
    try:
        import dbt_colibri  # noqa: F401
    except ImportError:
        raise DocsError("the docs' packages are not installed: run `make docs`") from None
    with scratch() as place:
        logger.info("building an empty warehouse")
        place.dbt("build", "--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")
        logger.info("writing dbt's documentation")
        place.dbt("docs", "generate", "--static")
        logger.info("tracing columns")
        untraced = _write_lineage(place.target)
        if untraced:
            logger.info(f"the lineage of {len(untraced)} columns is unknown: {', '.join(untraced)}")
        out.mkdir(parents=True, exist_ok=True)
        return [_copy(place.target / name, out / name, place) for name in PAGES]


def _copy(page: Path, to: Path, place: Scratch) -> Path:
    """The page without this machine's folders, which dbt writes into it; that of lineage opens on `FIRST_MART`."""
    text = page.read_text("utf-8").replace(str(place.folder), ".").replace(str(PROJECT), ".")
    if page.name == "column_lineage.html":
        text = text.replace("<head>", f"<head><script>{_OPEN_ON_FIRST_MART}</script>", 1)
    to.write_text(text, encoding="utf-8")
    return to


class _Kept(logging.Handler):
    """dbt's messages, kept to be shown in one line."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


def _write_lineage(target: Path) -> list[str]:
    """Write the page beside the manifest; return the columns (`model.column`) that could not be traced."""
    # Not through its command line, which looks for a newer version of itself on the internet.
    from dbt_colibri.lineage_extractor.extractor import DbtColumnLineageExtractor
    from dbt_colibri.report.generator import DbtColibriReportGenerator

    kept = _Kept()
    logger = logging.getLogger("colibri")
    logger.addHandler(kept)
    logger.propagate = False
    extractor = DbtColumnLineageExtractor(str(target / "manifest.json"), str(target / "catalog.json"))
    report = DbtColibriReportGenerator(extractor, disable_telemetry=True)
    report.generate_report(str(target / "lineage"))
    shutil.move(target / "lineage" / "index.html", target / "column_lineage.html")
    found = (re.search(r"model model\.\w+\.(\w+), column (\w+)", message) for message in kept.messages)
    return sorted({f"{match[1]}.{match[2]}" if match else "a whole model" for match in found})
