"""Workbooks as tables of cells: xlsx, xlsb, xls and ods. Dates are dates, and numbers numbers."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from typing import Any
from xml.etree import ElementTree

import pyarrow as pa

from ingestion.errors import SourceError
from ingestion.feeds.config import Layout, nearest
from ingestion.feeds.tables import FAULT, MOST_ROWS_ABOVE, Cells, header_place, lacking, refuse_twice, typed, written
from warehouse.text import one_line

ROWS_A_CHUNK = 20_000


def read_workbook(name: str, body: bytes, layout: Layout, wanted: Sequence[str]) -> Cells:
    """The rows of one sheet.

    Raises:
        SourceError: the workbook cannot be opened, has no such sheet, or the sheet is empty or lacks a column.
    """
    sheet = Sheet(name, body, layout)
    rows = sheet.rows()
    first = list(islice(rows, MOST_ROWS_ABOVE + layout.skip_rows))
    if layout.header is not None:
        titles, begins = list(layout.header), layout.skip_rows
        width = max((len(row) for row in first[begins:]), default=0)
        if width != len(titles):
            raise SourceError(f"{name} has {width} columns, where [layout] header names {len(titles)}")
    else:
        shown = [[written(cell) for cell in row] for row in first]
        place = header_place(shown, layout, wanted)
        if place is None:
            raise lacking(f"{name} [{sheet.name}]", shown, layout, wanted)
        titles, begins = [title.strip() for title in shown[place]], place + 1
    refuse_twice(name, titles, wanted)
    parts: list[list[pa.Array]] = [[] for _ in titles]
    count = 0
    body_rows = chain(first[begins:], rows)
    while chunk := list(islice(body_rows, ROWS_A_CHUNK)):
        count += len(chunk)
        for place, part in enumerate(parts):
            part.append(pa.array([row[place] if place < len(row) else "" for row in chunk], pa.string()))
    columns = [pa.chunked_array(part, pa.string()) for part in parts]
    return Cells(
        titles,
        columns,
        pa.array(range(begins + 1, begins + 1 + count), pa.int64()),
        sheet=sheet.name,
        notes=sheet.notes,
    )


class Sheet:
    """One sheet of a workbook: its name, its rows from the first line on, and what the owner should know of it.

    Raises:
        SourceError: the workbook cannot be opened, has no such sheet, or the sheet is empty.
    """

    def __init__(self, file: str, body: bytes, layout: Layout) -> None:
        workbook = _opened(file, body)
        self.name = _sheet(file, list(workbook.sheet_names), layout, workbook)
        self._shown = f"{file} [{self.name}]"
        with self._reading():
            self._sheet = workbook.get_sheet_by_name(self.name)
        if self._sheet.end is None:
            raise SourceError(f"{self._shown} is empty")
        self._faults = _faults(body, self.name)
        merged = [area for area in (self._sheet.merged_cell_ranges or []) if area[1][0] > area[0][0]]
        self.notes = [
            f"{self._shown} has cells merged over several rows: only the first of them has a value, and the others are "
            "blank (carry_down in [layout] takes the value as above)"
        ] * bool(merged)

    def rows(self) -> Iterator[list[str]]:
        """The rows as text cells, one after another, from the first column on."""
        _, left = self._sheet.start or (0, 0)
        with self._reading():
            for line, cells in enumerate(self._sheet.iter_rows()):
                row = [""] * left + [typed(cell) for cell in cells]
                for place, fault in self._faults.get(line, {}).items():
                    row += [""] * (place + 1 - len(row))
                    row[place] = fault
                yield row

    @contextmanager
    def _reading(self) -> Iterator[None]:
        import python_calamine as calamine

        try:
            yield
        except (calamine.CalamineError, OSError, ValueError) as error:
            raise SourceError(
                f"{self._shown} cannot be read ({one_line(error, 100)}): open it and save it again"
            ) from None


def _opened(name: str, body: bytes) -> Any:
    import python_calamine as calamine

    try:
        workbook = calamine.load_workbook(io.BytesIO(body))
    except calamine.PasswordError:
        raise SourceError(f"{name} has a password: save it without one") from None
    except (calamine.CalamineError, OSError, ValueError) as error:
        is_encrypted = body.startswith(b"\xd0\xcf\x11\xe0") and b"E\0n\0c\0r\0y\0p\0t" in body
        if is_encrypted:
            raise SourceError(f"{name} has a password: save it without one") from None
        raise SourceError(
            f"{name} is not a workbook, or is damaged ({one_line(error, 100)}): open it and save it again"
        ) from None
    return workbook


def sheets_of(name: str, body: bytes) -> dict[str, list[list[str]]]:
    """The rows of each sheet of a workbook that can be seen and has any.

    Raises:
        SourceError: it cannot be opened, or no sheet has rows.
    """
    workbook = _opened(name, body)
    filled = [each for each in _visible(workbook) if workbook.get_sheet_by_name(each).end is not None]
    if not filled:
        raise SourceError(f"{name} is empty")
    return {each: list(Sheet(name, body, Layout(sheet=each)).rows()) for each in filled}


def _visible(workbook: Any) -> list[str]:
    """The sheets that can be seen; where none can, all."""
    import python_calamine as calamine

    seen = [
        each.name for each in workbook.sheets_metadata
        if each.visible == calamine.SheetVisibleEnum.Visible and each.typ == calamine.SheetTypeEnum.WorkSheet
    ]  # fmt: skip
    return seen or list(workbook.sheet_names)


def _sheet(name: str, names: list[str], layout: Layout, workbook: Any) -> str:
    if not names:
        raise SourceError(f"{name} has no sheet")
    if layout.sheet is None:
        seen = _visible(workbook)
        if len(seen) > 1:
            filled = [each for each in seen if workbook.get_sheet_by_name(each).end is not None]
            if len(filled) != 1:
                raise SourceError(
                    f'{name} has several sheets ({", ".join(seen)}): say in [layout] which, as in sheet = "{seen[0]}"'
                )
            seen = filled
        return seen[0]
    if isinstance(layout.sheet, int):
        if not 1 <= layout.sheet <= len(names):
            raise SourceError(f"{name} has {len(names)} sheets, not a sheet {layout.sheet}")
        return names[layout.sheet - 1]
    if layout.sheet not in names:
        raise SourceError(f"{name} has no sheet {layout.sheet!r}{nearest(layout.sheet, names)}")
    return layout.sheet


_CELL = re.compile(rb"<c\b(?P<attributes>[^>]*?)(?:/>|>(?P<content>.*?)</c>)", re.DOTALL)


def _faults(body: bytes, sheet_name: str) -> dict[int, dict[int, str]]:
    """The cells of a sheet of an .xlsx file whose formula has an error or no stored result, by line and column from 0 on.

    The reader of workbooks gives them as blank, which would say that nothing is there.
    """
    if not body.startswith(b"PK"):
        return {}
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            text = archive.read(_part_of_sheet(archive, sheet_name))
    except (KeyError, StopIteration, ElementTree.ParseError, zipfile.BadZipFile):
        return {}  # an .ods or .xlsb file, which has no such parts
    if b't="e"' not in text and b"<f" not in text:
        return {}
    found: dict[int, dict[int, str]] = {}
    for cell in _CELL.finditer(text):
        content = cell["content"] or b""
        is_error = b't="e"' in cell["attributes"]
        value = re.search(rb"<v>(.*?)</v>", content)
        reference = re.search(rb'\br="([A-Z]+)([0-9]+)"', cell["attributes"])
        if reference is None or not (is_error or (b"<f" in content and value is None)):
            continue
        column = 0
        for letter in reference[1]:
            column = column * 26 + letter - 64
        said = (
            value[1].decode(errors="replace") if value else "a formula without a result: open the workbook and save it"
        )
        found.setdefault(int(reference[2]) - 1, {})[column - 1] = FAULT + said
    return found


def _part_of_sheet(archive: zipfile.ZipFile, sheet_name: str) -> str:
    names = {"r": "http://schemas.openxmlformats.org/officeDocument/2006/relationships"}
    book = ElementTree.fromstring(archive.read("xl/workbook.xml"))
    sheet = next(each for each in book.iter() if each.tag.endswith("}sheet") and each.get("name") == sheet_name)
    wanted = sheet.get(f"{{{names['r']}}}id")
    relations = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    target = next(str(each.get("Target")) for each in relations if each.get("Id") == wanted)
    return target.lstrip("/") if target.startswith("/") else f"xl/{target}"
