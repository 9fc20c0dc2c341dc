"""What commands say while they work: the standard library's logging, on a terminal through rich, elsewhere as plain lines."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

from rich.console import Console
from rich.logging import RichHandler

from warehouse.text import printable_lines

PACKAGES = (
    "warehouse",
    "ingestion",
    "publishing",
    "notifications",
    "reports",
    "orchestration",
    "metrics",
    "tools",
    "mock_api",
)

console = Console(stderr=True, highlight=False, soft_wrap=True)
"""Where messages and progress bars go, so that neither draws over the other."""


def set_up_logging(*, with_time: bool = False) -> None:
    """Show what Tally's own modules log from INFO on, and other libraries' warnings, on standard error.

    `with_time` puts the time of day (UTC) before each line, for a process that runs for days.
    """
    handler: logging.Handler
    if console.is_terminal:
        handler = RichHandler(
            console=console, show_time=False, show_level=False, show_path=False, markup=False, highlighter=None
        )
    else:
        handler = logging.StreamHandler()
    handler.setFormatter(_Plain(with_time))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for package in PACKAGES:
        logging.getLogger(package).setLevel(logging.INFO)


class _Plain(logging.Formatter):
    """The message on one line, and below it the traceback where one was asked for; no control characters."""

    def __init__(self, with_time: bool) -> None:
        super().__init__("%(message)s")
        self._with_time = with_time

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        # A provider's line end must not look like a line of ours. Leading blanks stay.
        record.message = printable_lines(record.message).replace("\n", " ")
        return super().formatMessage(record)

    def format(self, record: logging.LogRecord) -> str:
        text = printable_lines(super().format(record))
        moment = datetime.fromtimestamp(record.created, UTC)
        return f"{moment:%H:%M:%S} {text}" if self._with_time else text
