"""Text from outside, made safe to show in a log, on a terminal or in a mail."""

from __future__ import annotations

# Joiners that Persian, Indian scripts and emoji need. Every other invisible character can hide or turn round what is shown.
_JOINERS = "\u200c\u200d"


def one_line(text: object, longest: int | None = None) -> str:
    """The text on one line, without control characters, at most `longest` characters of it.

    Line ends and other white space become one space. What cannot be printed (escape sequences, marks that turn the
    direction of writing, halves of surrogate pairs) becomes U+FFFD.
    """
    line = " ".join("".join(_shown(character) for character in str(text)).split())
    return line if longest is None or len(line) <= longest else line[:longest] + "…"


def printable_lines(text: str) -> str:
    """The text with its lines as they are, each without control characters."""
    return "\n".join("".join(_shown(character) for character in line) for line in text.split("\n"))


def _shown(character: str) -> str:
    if character.isprintable() or character in _JOINERS:
        return character
    return " " if character.isspace() else "\N{REPLACEMENT CHARACTER}"
