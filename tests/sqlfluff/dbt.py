"""Stand-ins for dbt's cross-database macros: sqlfluff needs SQL of the right shape, not the right SQL, and dbt is slow to start."""

from __future__ import annotations


def date_trunc(part: str, date: str) -> str:
    return f"date_trunc('{part}', {date})"


def dateadd(part: str, interval: object, date: str) -> str:
    return f"date_add({date}, {interval})"


def datediff(first: str, second: str, part: str) -> str:
    return f"date_diff('{part}', {first}, {second})"


def listagg(measure: str, delimiter: str = "','", order_by: str | None = None) -> str:
    return f"listagg({measure}, {delimiter})"


def split_part(text: str, delimiter: str, part: int) -> str:
    return f"split_part({text}, {delimiter}, {part})"


def type_string() -> str:
    return "varchar"


def hash(field: str) -> str:
    return f"md5({field})"
