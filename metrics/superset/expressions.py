"""Metrics as expressions in SQL, as Superset puts them over a dataset's columns."""

from __future__ import annotations

import re
from typing import Any

from metrics.definitions import read_definitions

AGGREGATES = {"sum": "sum", "max": "max", "min": "min", "average": "avg"}


def parts(name: str) -> list[str]:
    """The simple metrics that a metric is made of."""
    params = defined(name).type_params
    if defined(name).type.value == "simple":
        return [name]
    inputs = [params.numerator, params.denominator] if params.numerator else list(params.metrics or ())
    return [part for one in inputs for part in parts(one.name)]


def expression(name: str) -> str:
    """A metric as an expression over a dataset's columns, which are called after the simple metrics.

    It says what MetricFlow's SQL says: `ratio` is the quotient of the sums, `derived` its own expression on them.
    """
    metric = defined(name)
    params = metric.type_params
    if metric.type.value == "simple":
        return f"{AGGREGATES[params.metric_aggregation_params.agg.value]}({name})"
    if metric.type.value == "ratio":
        over = f"nullif({expression(params.denominator.name)}, 0)"
        return f"cast({expression(params.numerator.name)} as double) / cast({over} as double)"
    inputs = {one.name: expression(one.name) for one in params.metrics}
    return re.sub(r"\b\w+\b", lambda word: inputs.get(word[0], word[0]), params.expr)


def defined(name: str) -> Any:
    """A metric's definition."""
    return next(metric for metric in read_definitions().metrics if metric.name == name)
