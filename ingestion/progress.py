"""What a run prints: a progress bar on a terminal, plain lines elsewhere, a closing table."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from datetime import datetime

from rich.console import Console
from rich.progress import (
    BarColumn,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.progress import Progress as Bars
from rich.table import Table

from ingestion.schemas import RunResult

SECONDS_A_LINE = 5.0

logger = logging.getLogger(__name__)


class Progress:
    """Silent unless one of the two below."""

    @staticmethod
    def silent() -> Progress:
        return Progress()

    @staticmethod
    def on(console: Console) -> Progress:
        """A bar if the console is a terminal, else lines."""
        return _Bar(console) if console.is_terminal else _Lines()

    def begin(self, source: str) -> None:
        """A source's run begins."""

    def received(self, source: str, rows: int) -> None:
        """So many more rows have come."""

    def end(self, source: str) -> None:
        """A source's run is over."""


class _Rows:
    """Rows so far and their rate."""

    def __init__(self) -> None:
        self.rows = 0
        self._begun = time.monotonic()

    def __str__(self) -> str:
        seconds = max(time.monotonic() - self._begun, 1e-3)
        return f"{self.rows:,} rows, {self.rows / seconds:,.0f} rows/s"


class _Lines(Progress):
    def __init__(self) -> None:
        self._rows = _Rows()
        self._logged_at = time.monotonic()

    def begin(self, source: str) -> None:
        self._rows = _Rows()
        self._log("%s: begins", source)

    def received(self, source: str, rows: int) -> None:
        self._rows.rows += rows
        if time.monotonic() - self._logged_at >= SECONDS_A_LINE:
            self._log("%s: %s", source, self._rows)

    def end(self, source: str) -> None:
        self._log("%s: ends, %s", source, self._rows)

    def _log(self, message: str, *values: object) -> None:
        self._logged_at = time.monotonic()
        logger.info(message, *values)


class _Bar(Progress):
    def __init__(self, console: Console) -> None:
        self._console = console
        self._bars: Bars | None = None
        self._task: TaskID | None = None
        self._rows = _Rows()

    def begin(self, source: str) -> None:
        self._rows = _Rows()
        # How many rows will come is not known before the last page: the bar pulses.
        self._bars = Bars(
            SpinnerColumn(), TextColumn(source), BarColumn(), TextColumn("{task.description}"), TimeElapsedColumn(),
            console=self._console, transient=True,
        )  # fmt: skip
        self._task = self._bars.add_task("asking", total=None)
        self._bars.start()

    def received(self, source: str, rows: int) -> None:
        self._rows.rows += rows
        if self._bars is not None and self._task is not None:
            self._bars.update(self._task, description=str(self._rows))

    def end(self, source: str) -> None:
        if self._bars is not None:
            self._bars.stop()
            self._bars = None


def closing_table(results: Sequence[RunResult]) -> Table:
    """One line a source: rows new, changed and rejected, how far its data reaches, seconds."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("source")
    for heading in ("rows new", "rows changed", "rejected"):
        table.add_column(heading, justify="right")
    table.add_column("newest data (UTC)")
    table.add_column("seconds", justify="right")
    table.add_column("outcome")
    for result in results:
        table.add_row(
            result.source,
            f"{result.new:,}",
            f"{result.changed:,}",
            f"{result.rejected:,}",
            _minute(result.newest),
            f"{result.seconds:.1f}",
            "failed" if result.error else "ok",
        )
    return table


def _minute(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else "none"
