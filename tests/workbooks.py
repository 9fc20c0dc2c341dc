"""Workbooks (.xlsx) for tests."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import Any

import openpyxl
from msoffcrypto.format.ooxml import OOXMLFile
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.worksheet.worksheet import Worksheet


def workbook(
    rows: Sequence[Sequence[Any]], change: Callable[[Worksheet], None] = lambda sheet: None, *, is_1904: bool = False
) -> bytes:
    """A workbook of one sheet, `Sheet`, with these rows; `change` may do more to it. With `is_1904` its days are counted from 1904."""
    book = openpyxl.Workbook()
    if is_1904:
        book.epoch = CALENDAR_MAC_1904
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    for row in rows:
        sheet.append(list(row))
    change(sheet)
    return saved(book)


def saved(book: openpyxl.Workbook) -> bytes:
    """A workbook's bytes."""
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def encrypted(body: bytes) -> bytes:
    """The workbook with a password."""
    out = io.BytesIO()
    OOXMLFile(io.BytesIO(body)).encrypt("secret", out)
    return out.getvalue()
