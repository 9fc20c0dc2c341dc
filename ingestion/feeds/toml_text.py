"""Parts of a feed's TOML, as `draft` writes it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from warehouse.paths import PROJECT
from warehouse.settings import feeds_path


def schema_line() -> list[str]:
    """The line by which editors find the schema: it lies beside the feeds of the project."""
    return ["#:schema ./feed.schema.json"] if feeds_path().absolute() == PROJECT / "feeds" else []


def quoted(text: str) -> str:
    """A text as TOML has it."""
    # JSON leaves one control character as it is.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def text_of(lines: Sequence[str]) -> str:
    """Lines as a file's text: what a title or a cell has of control characters would end a comment, or be no TOML."""
    return "".join(re.sub(r"[\x00-\x1f\x7f]", " ", line) + "\n" for line in lines)


def listed(texts: Sequence[str]) -> str:
    """One text, or several as a list."""
    each = [quoted(text) for text in texts]
    return each[0] if len(each) == 1 else f"[{', '.join(each)}]"
