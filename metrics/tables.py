"""Answers as text: a table for people, CSV for a spreadsheet, JSON for a program."""

from __future__ import annotations

import csv
import io
import json
import sys
from datetime import date, datetime, time
from decimal import Decimal
from math import isfinite
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from metrics.published import Answer
from warehouse.text import one_line


def plain(value: Any) -> Any:
    """A value as JSON knows it: numbers as numbers, dates in ISO, everything else as text."""
    if isinstance(value, datetime) and value.time() == time():  # MetricFlow's days, weeks and months
        return value.date().isoformat()
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, float) and not isfinite(value):
        return None
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, dict):
        return {str(name): plain(one) for name, one in value.items()}
    return str(value)


def records(answer: Answer) -> list[dict[str, Any]]:
    """The rows, each an object."""
    return [dict(zip(answer.columns, map(plain, row), strict=True)) for row in answer.rows]


def json_text(answer: Answer) -> str:
    """A list of objects, one a row."""
    return json.dumps(records(answer), indent=2, ensure_ascii=False)


def csv_text(answer: Answer) -> str:
    """A header and a line a row; nothing where a value is null."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(answer.columns)
    writer.writerows([plain(value) for value in row] for row in answer.rows)
    return text.getvalue().rstrip("\n")


def print_table(columns: list[str], rows: list[list[Any]], numbers: set[int]) -> None:
    """A table on standard output; the columns at `numbers` are flush right."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for position, column in enumerate(columns):
        table.add_column(column, justify="right" if position in numbers else "left", overflow="fold")
    for row in rows:
        table.add_row(*(shown(value) for value in row))
    # Elsewhere than on a terminal, whole lines.
    width = None if sys.stdout.isatty() else 400
    Console(width=width, markup=False, highlight=False, emoji=False).print(table)


def print_answer(answer: Answer) -> None:
    """The answer as a table."""
    numbers = {
        position
        for position in range(len(answer.columns))
        if any(isinstance(row[position], int | float | Decimal) for row in answer.rows)
    }
    print_table(answer.columns, [[plain(value) for value in row] for row in answer.rows], numbers)


def shown(value: Any) -> str:
    """A value for a reader: thousands apart, four significant digits after the point at most."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.2f}" if abs(value) >= 1 or value == 0 else f"{value:.4g}"
    return one_line(value)
