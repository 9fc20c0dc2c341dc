"""How each figure went from version to version: a page made of what git keeps of RESULTS.md."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.common import first_number, measured_in, times

BARS = "▁▂▃▄▅▆▇█"
HEAD = """# From version to version

Made by `python -m benchmarks` from the versions of [RESULTS.md](RESULTS.md) that git keeps: each figure that was measured more than once, with a bar for each measurement, the oldest first; the highest is the
largest number. Machines and their other load differ, so only a large step means something; ratios that were measured in one run are in RESULTS.md.
"""


@dataclass(frozen=True)
class Measurement:
    """One section of one version: the day it was measured, its heading, and what was measured by what it is."""

    day: str
    title: str
    measured: dict[str, str]


def sections(text: str) -> dict[str, Measurement]:
    """The sections of a version of RESULTS.md that say when they were measured, by their names."""
    found = {}
    for name, section in re.findall(r"<!-- (\w+) -->\n(.*?)(?=<!-- \w+ -->|\Z)", text, re.DOTALL):
        title, day = (
            re.search(r"^## (.*)$", section, re.MULTILINE),
            re.search(r"^(\d{4}-\d\d-\d\d)", section, re.MULTILINE),
        )
        if title and day:
            found[name] = Measurement(day[1], title[1], measured_in(section))
    return found


def bars(numbers: Iterable[float]) -> str:
    """A bar for each number, as high as its share of the largest."""
    each = list(numbers)
    highest = max(each) or 1
    return "".join(BARS[round(number / highest * (len(BARS) - 1))] for number in each)


def page(versions: Iterable[str]) -> str:
    """The page, from the versions of RESULTS.md, the oldest first."""
    history: dict[str, list[Measurement]] = {}
    for version in versions:
        for name, measurement in sections(version).items():
            measured = history.setdefault(name, [])
            if not measured or measured[-1] != measurement:
                measured.append(measurement)
    lines = [HEAD]
    for measured in history.values():
        newest = measured[-1]
        rows = []
        for what, now in newest.measured.items():
            same = [each for each in measured if times(now, each.measured.get(what, ""))]
            if len(same) > 1:
                drawn = bars(first_number(each.measured[what]) for each in same)
                first = same[0]
                ratio = times(now, first.measured[what])
                rows.append(
                    f"| {what} | {first.measured[what]} ({first.day}) | {now} ({newest.day}) | {ratio} | {drawn} |"
                )
        if rows:
            lines += [f"## {newest.title}\n", "| what | first | newest | times | |", "|---|---|---|---|---|", *rows, ""]
    return "\n".join(lines)


def kept(path: Path) -> list[str]:
    """The versions of a file that git keeps, the oldest first, and the file as it is now."""

    def git(*arguments: str) -> str:
        return subprocess.run(["git", *arguments], cwd=path.parent, capture_output=True, text=True, check=True).stdout

    commits = git("log", "--reverse", "--format=%H", "--", path.name).split()
    return [*(git("show", f"{commit}:./{path.name}") for commit in commits), path.read_text("utf-8")]
