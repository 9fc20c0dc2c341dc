"""The three files as a spreadsheet writes them, in any dialect of the contract."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

# What `?dialect=` takes, besides nothing: each changes one thing about the file.
CHANGES = {
    "semicolon": "delimiter",
    "crlf": "line end",
    "no-final-newline": "last line",
    "bom": "byte-order mark",
    "no-accents": "header",
    "slashes": "dates",
    "decimal-comma": "decimals",
}


@dataclass(frozen=True)
class Dialect:
    """How a file is written; the plain one is comma, LF, UTF-8 with accents, 2023-05-27 and 49.99."""

    changes: frozenset[str] = frozenset()

    @classmethod
    def named(cls, text: str | None) -> "Dialect":
        """From names with commas between them. Raises ValueError for an unknown one."""
        names = frozenset((text or "").split(",")) - {""}
        if unknown := sorted(names - CHANGES.keys()):
            raise ValueError(f"no dialect {unknown[0]!r}: there are {', '.join(CHANGES)}, and commas between them")
        return cls(names)

    def date(self, day: date) -> str:
        return day.strftime("%d/%m/%Y") if "slashes" in self.changes else day.isoformat()

    def decimal(self, amount: object) -> str:
        return str(amount).replace(".", ",") if "decimal-comma" in self.changes else str(amount)

    def file(self, header: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
        """The bytes of a file."""
        delimiter = ";" if "semicolon" in self.changes else ","
        end = "\r\n" if "crlf" in self.changes else "\n"
        titles = [_without_accents(title) for title in header] if "no-accents" in self.changes else header
        lines = [delimiter.join(f'"{cell}"' if delimiter in cell else cell for cell in row) for row in (titles, *rows)]
        text = end.join(lines) + ("" if "no-final-newline" in self.changes else end)
        return (b"\xef\xbb\xbf" if "bom" in self.changes else b"") + text.encode()


def _without_accents(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
