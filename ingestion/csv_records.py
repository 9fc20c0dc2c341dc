"""CSV text, whatever program wrote it: its encoding, its records, and where each begins.

Python's csv splits the records. A quote that is not closed spoils its line, not the rest.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import unicodedata
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

RECORDS_A_CHUNK = 5_000
MOST_LINES_A_RECORD = 100

_UTF_16 = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


@dataclass
class Chunk:
    """Records of so many lines, each with the line that it begins at (the file's first is 1).

    `errors` says of some, by their line, why they cannot be split into cells.
    """

    lines: int
    numbers: Sequence[int]
    records: list[list[str]]
    errors: dict[int, str] = field(default_factory=dict)


def encoding_of(body: bytes) -> str:
    """UTF-8, with or without mark, UTF-16 or Windows-1252: the one in which most of what is no ASCII makes sense."""
    if body.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if name := _UTF_16.get(body[:2]):
        return name
    if body[1:2] == b"\0" or body[:1] == b"\0":
        return "utf-16-le" if body[1:2] == b"\0" else "utf-16-be"
    try:
        body.decode()
        return "utf-8"
    except UnicodeDecodeError:
        decoded = body.decode("utf-8", "surrogateescape")
    good, bad = len(re.findall("[^\0-\x7f\udc80-\udcff]", decoded)), len(re.findall("[\udc80-\udcff]", decoded))
    return "utf-8" if good > bad else "cp1252"


def text_of(body: bytes, encoding: str) -> io.TextIOWrapper:
    """The file's lines with their ends, be they LF, CRLF or CR. A byte that is no character becomes half of a surrogate pair."""
    errors = "surrogatepass" if encoding.startswith("utf-16") else "surrogateescape"
    return io.TextIOWrapper(io.BytesIO(body), encoding, errors, newline="")


class _Lines(Iterator[str]):
    """Lines that can be given back."""

    def __init__(self, text: Iterator[str]) -> None:
        self._text = text
        self._again: deque[str] = deque()
        self.taken: list[str] = []

    def __next__(self) -> str:
        if len(self.taken) == MOST_LINES_A_RECORD:
            raise StopIteration
        line = self._again.popleft() if self._again else next(self._text)
        self.taken.append(line)
        return line

    def take(self, most: int) -> list[str]:
        again = [self._again.popleft() for _ in range(min(most, len(self._again)))]
        return again + list(islice(self._text, most - len(again)))

    def give_back(self, lines: Sequence[str]) -> None:
        self._again.extendleft(reversed(lines))


def chunks_of(text: Iterator[str], delimiter: str, width: int | None, most: int = RECORDS_A_CHUNK) -> Iterator[Chunk]:
    """The records of a file, whose quotes may hold line ends if the record then has `width` cells."""
    lines = _Lines(text)
    number = 1
    while chunk := lines.take(most):
        try:
            records = list(csv.reader(chunk, delimiter=delimiter, strict=True))
        except csv.Error:
            records = []
        if len(records) == len(chunk):  # one line each
            found = Chunk(len(chunk), range(number, number + len(chunk)), records)
        else:
            lines.give_back(chunk)
            found = _one_by_one(lines, delimiter, width, number, len(chunk))
        yield found
        number += found.lines


def _one_by_one(lines: _Lines, delimiter: str, width: int | None, first: int, count: int) -> Chunk:
    """The records of so many lines, and of those that the last one goes on into.

    A record that cannot be split, or whose quotes hold line ends and that has other cells than `width`, is its first line alone: it
    has a quote that is not closed.
    """
    numbers: list[int] = []
    records: list[list[str]] = []
    errors: dict[int, str] = {}
    number = first
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while number < first + count:
        lines.taken = []
        error = "a quote that is not closed"
        try:
            record = next(reader)
            is_record = len(lines.taken) == 1 or width in (None, len(record))
        except StopIteration:
            break
        except csv.Error as why:
            is_record, error = False, str(why)
            reader = csv.reader(lines, delimiter=delimiter, strict=True)
        if not is_record:
            lines.give_back(lines.taken[1:])
            del lines.taken[1:]
            record = [lines.taken[0].rstrip("\r\n")]
            errors[number] = f"cannot be split into cells ({error})"
        numbers.append(number)
        records.append(record)
        number += len(lines.taken)
    return Chunk(number - first, numbers, records, errors)


def is_filled(cells: Sequence[str]) -> bool:
    return any(cell.strip() for cell in cells)


def plain_title(title: str) -> str:
    """A title without accents, capitals, hyphens and spaces around it."""
    decomposed = unicodedata.normalize("NFKD", title.replace("-", " "))
    return " ".join("".join(c for c in decomposed if not unicodedata.combining(c)).casefold().split())


def paired(cell: str) -> str:
    """A cell whose halves of surrogate pairs are all those that stand for a byte."""
    return re.sub("[\ud800-\udc7f\udd00-\udfff]", "\N{REPLACEMENT CHARACTER}", cell)


def is_text(cells: Sequence[str]) -> bool:
    try:
        for cell in cells:
            cell.encode()
    except UnicodeEncodeError:
        return False
    return True
