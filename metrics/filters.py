"""A condition on dimensions, as one would write it in SQL, in MetricFlow's words."""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError

from metrics.errors import MetricsError, unknown

_FORBIDDEN = (exp.Query, exp.Anonymous, exp.ReadCSV, exp.Parameter, exp.Placeholder, exp.Star, exp.AggFunc, exp.Window)


def metricflow_filter(condition: str, dimensions: Mapping[str, str]) -> str:
    """The condition with each dimension as MetricFlow's filters name it.

    Args:
        condition: such as `store__city = 'Paris' and metric_time__day >= '2026-11-01'`.
        dimensions: what may stand in it, and MetricFlow's way to say it (`Dimension('store__city')`).

    Raises:
        MetricsError: it is no condition, names something else, or holds more than comparisons of dimensions and values.
    """
    if any(mark in condition for mark in ("{{", "{%", "{#")):
        raise MetricsError("A condition is plain SQL on dimensions, such as store__city = 'Paris'.")
    try:
        parsed = parse_one(condition, dialect="duckdb", into=exp.Condition)
    except (SqlglotError, ValueError):
        raise MetricsError(f"{condition!r} is no condition: write it as store__city = 'Paris'.") from None
    for part in parsed.walk():
        if isinstance(part, _FORBIDDEN):
            raise MetricsError(f"{part.sql('duckdb')} cannot stand in a condition: compare dimensions with values.")
    words: dict[str, str] = {}
    for number, column in enumerate(list(parsed.find_all(exp.Column))):
        name = column.sql("duckdb").strip('"')
        if name not in dimensions:
            raise unknown(
                "dimension", name, dimensions, f"These metrics can be filtered by {', '.join(sorted(dimensions))}."
            )
        mark = f"__dimension_{number}__"
        words[mark] = "{{ " + dimensions[name] + " }}"
        if column is parsed:
            parsed = exp.column(mark)
        else:
            column.replace(exp.column(mark))
    text = parsed.sql("duckdb")
    for mark, word in words.items():
        text = text.replace(mark, word)
    return text
