"""`python -m ingestion draft`: a first TOML of a feed, from a preset, or from a file's header and cells.

What the cells leave one reading for is written; what only the owner can know becomes a comment that has `# ?` and the question at its end.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from ingestion.errors import SourceError
from ingestion.feeds import presets
from ingestion.feeds.config import COMMANDS, load, nearest
from ingestion.feeds.export import FirstRows, export, first_rows
from ingestion.feeds.folder import all_feeds, root
from ingestion.feeds.guess import Guess
from ingestion.feeds.mapping import wanted_titles
from ingestion.feeds.tables import LARGEST_FILE
from ingestion.feeds.targets import TARGETS
from ingestion.feeds.toml_text import quoted, schema_line, text_of
from ingestion.feeds.words import plain
from ingestion.sources import NAMES

OWNERS = "#?"
"""In a preset, what stands before the remark on a line that only the owner can answer."""


@dataclass
class Draft:
    """A feed that was drafted.

    Attributes:
        name: what the feed is called.
        text: its TOML.
        preset: the preset that it was made from, if one.
        fills: what it fills; None where that is a question.
        others: feeds that come with it, by their names.
    """

    name: str
    text: str
    preset: str | None
    fills: str | None
    others: dict[str, str] = field(default_factory=dict)

    @property
    def questions(self) -> int:
        """How many questions are left in it."""
        return sum(len(_questions(text)) for text in (self.text, *self.others.values()))


def _questions(text: str) -> set[str]:
    """The keys that are questions; one that can be answered in several ways is one."""
    asked = [line for line in text.splitlines() if "# ? " in line]
    return {key[1] if (key := re.match(r"# *([a-z0-9_]+) *=", line)) else line for line in asked}


def draft(file: Path, fills: str | None, preset: str | None, name: str | None, latest: datetime) -> Draft:
    """A feed for a file; `latest` is the latest moment that a row can have.

    Raises:
        SourceError: the file cannot be read, or there is no such preset or entity.
    """
    if fills is not None and fills not in TARGETS:
        raise SourceError(f"--fills {fills!r} is nothing that a feed fills{nearest(fills, TARGETS)}")
    body = _bytes_of(file)
    name = name or name_of(file)
    place = _place_of(file)
    first = first_rows(file.name, body)
    chosen = presets.preset(preset) if preset else None
    if chosen is None and fills is None:
        found = {each.name: each for rows in first.values() if (each := presets.recognised(rows)) is not None}
        chosen = next(iter(found.values())) if len(found) == 1 else None
    if chosen is not None and fills not in (None, chosen.feed.fills):
        raise SourceError(
            f"the preset {chosen.name} fills {chosen.feed.fills}, not {fills}: leave one of --preset and --fills out"
        )
    if chosen is not None:
        return of_preset(chosen, name, place, first)
    text, what, others = Guess(export(file.name, body, first, latest), fills).feed(name, place)
    return Draft(name, text, None, what, others)


def write(made: Draft, out: Path) -> list[Path]:
    """Write the drafted feeds, none of which may be there.

    Raises:
        SourceError: one is there, or cannot be written.
    """
    texts = {out: made.text} | {out.with_name(f"{name}.toml"): text for name, text in made.others.items()}
    if there := [path for path in texts if path.exists()]:
        raise SourceError(
            f"{there[0].parent.name}/{there[0].name} is there already: delete it, or say --out with another name"
        )
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        for path, text in texts.items():
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise SourceError(f"{out.parent.name}/{out.name} cannot be written: {error.strerror}") from None
    return list(texts)


def _bytes_of(file: Path) -> bytes:
    try:
        if file.is_dir():
            raise SourceError(
                f"{file.name} is a folder: name one of its files; `from` in the feed then takes a pattern such as {file.name}/*.csv"
            )
        if file.stat().st_size > LARGEST_FILE:
            raise SourceError(
                f"{file.name} has {file.stat().st_size / 1e6:,.0f} MB: draft from a smaller export of the same kind"
            )
        body = file.read_bytes()
    except OSError as error:
        raise SourceError(f"{file.name} cannot be read: {error.strerror}") from None
    if not body.strip():
        raise SourceError(f"{file.name} is empty")
    return body


def name_of(file: Path) -> str:
    """A feed's name after the file: without dates and numbers at its end."""
    decomposed = unicodedata.normalize("NFKD", file.stem).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", decomposed).strip("-").split("-")
    while len(words) > 1 and words[-1].isdigit():
        words.pop()
    while len(words) > 1 and words[0].isdigit():
        words.pop(0)
    name = "-".join(words)[:40].strip("-") or "feed"
    return f"my-{name}" if name in (*NAMES, *COMMANDS) else name


def _place_of(file: Path) -> str:
    """What `from` says: relative to the folder above that of the feeds, where the file is below it."""
    absolute = file.absolute()
    return absolute.relative_to(root()).as_posix() if absolute.is_relative_to(root()) else absolute.as_posix()


# From a preset.


def of_preset(chosen: presets.Preset, name: str, place: str, first: FirstRows) -> Draft:
    text = _answered(chosen.path.read_text(encoding="utf-8"), place)
    wanted = {plain(title): title for title in wanted_titles(chosen.feed)}
    there = [{plain(cell) for cell in row} for rows in first.values() for row in rows]
    lacking = [title for short, title in wanted.items() if not any(short in header for header in there)]
    if lacking:
        text += f"\n# ? the file has no column {', '.join(lacking)}: name the right one above, or delete the line\n"
    filled = {feed.fills for feed in all_feeds().values()}
    others = {}
    for path in chosen.companions:
        if load(path).fills not in filled:
            others[f"{name}-{path.stem}"] = _answered(path.read_text(encoding="utf-8"), place)
    return Draft(name, text, chosen.name, chosen.feed.fills, others)


def _answered(text: str, place: str) -> str:
    """A preset's text for the owner's file: what only the owner knows is a question."""
    lines: list[str] = []
    for line in text.splitlines():
        if line.startswith("#:schema"):
            lines += schema_line()
        elif re.match(r"from\s*=", line) and not any(each.startswith("[") for each in lines):
            lines.append(re.sub(r"=.*", lambda _: f"= {quoted(place)}", line))
        elif OWNERS in line:
            said, _, question = line.partition(OWNERS)
            lines.append(f"# {said.rstrip()}  # ? {question.strip()}")
        else:
            lines.append(line)
    return text_of(lines)
