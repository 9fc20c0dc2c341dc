"""A page of HTML as PDF, by Chromium, where this machine has one."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from warehouse.errors import TallyError
from warehouse.settings import Publishing

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
TIME_LIMIT = 120.0


class PdfError(TallyError):
    """Chromium is there and made no PDF."""


def find_chromium() -> str | None:
    """The program: that of the setting, else the first of its usual names on the path; None where there is none."""
    return Publishing.load().chromium or next((found for name in NAMES if (found := shutil.which(name))), None)


def write_pdf(html: str, file: Path) -> bool:
    """Print a page that needs no script and nothing from elsewhere.

    Args:
        html: the page.
        file: the PDF to write.

    Returns:
        False where there is no Chromium, and nothing was written.

    Raises:
        PdfError: Chromium cannot be started, failed, or took too long.
    """
    chromium = find_chromium()
    if chromium is None:
        return False
    with TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        page.write_text(html, encoding="utf-8")
        # The sandbox does not start as root, as whom containers run; the page is our own and runs no script.
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        command = [
            chromium,
            "--headless",
            *sandbox,
            "--disable-gpu",
            "--disable-background-networking",
            f"--user-data-dir={folder}/profile",
            "--no-pdf-header-footer",
            f"--print-to-pdf={folder}/page.pdf",
            page.as_uri(),
        ]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, errors="replace", timeout=TIME_LIMIT, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise PdfError(f"{chromium} could not make the report's PDF: {type(error).__name__}") from None
        made = Path(folder) / "page.pdf"
        if done.returncode != 0 or not made.exists():
            last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
            raise PdfError(f"{chromium} could not make the report's PDF: {last}")
        shutil.copyfile(made, file)
    return True
