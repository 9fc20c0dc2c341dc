"""MetricFlow's engine on the published marts: it writes the SQL, DuckDB runs it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from metricflow.engine.metricflow_engine import MetricFlowEngine, MetricFlowQueryRequest, OutputColumnOrderMode
from metricflow.protocols.sql_client import SqlClient, SqlEngine
from metricflow.sql.render.duckdb_renderer import DuckDbSqlPlanRenderer
from metricflow_semantic_interfaces.implementations.semantic_manifest import PydanticSemanticManifest
from metricflow_semantics.errors.error_classes import InvalidQueryException
from metricflow_semantics.model.semantic_manifest_lookup import SemanticManifestLookup

from metrics.definitions import read_definitions
from metrics.errors import MetricsError, unknown
from metrics.filters import metricflow_filter
from metrics.published import Answer, read_published

TIMES = ("day", "week", "month", "quarter", "year")
LISTED = "`python -m metrics list` (list_metrics) shows them all."


@dataclass(frozen=True)
class Metric:
    """A metric as a person reads it.

    Attributes:
        name: what a query calls it.
        label: its name on pages and charts.
        description: what it counts, of what, in which unit.
        unit: of its values: `%`, `currency` (each row says which), a unit of measurement; None for a number.
        always_by: what every answer is grouped by, because values of different ones do not add up.
    """

    name: str
    label: str
    description: str
    unit: str | None
    always_by: tuple[str, ...]


class Metrics:
    """The metrics of a warehouse's newest publication. It takes a second to make, and a question a tenth of that.

    Args:
        warehouse: the DuckDB file beside which the marts are published; it is not opened.
        definitions: other than those of models/semantic.
    """

    def __init__(self, warehouse: Path, definitions: PydanticSemanticManifest | None = None) -> None:
        self._warehouse = warehouse
        self._manifest = definitions or read_definitions()
        self._engine = MetricFlowEngine(SemanticManifestLookup(self._manifest), cast(SqlClient, _DuckDb()))

    @cached_property
    def metrics(self) -> dict[str, Metric]:
        """Every metric by name, in the order of the files."""
        found = {}
        for metric in self._manifest.metrics:
            meta: dict[str, Any] = metric.config.meta if metric.config else {}
            found[metric.name] = Metric(
                metric.name,
                metric.label or metric.name,
                metric.description or "",
                meta.get("unit"),
                tuple(meta.get("always_by", ())),
            )
        return found

    def dimensions(self, metrics: Sequence[str]) -> dict[str, str]:
        """What these metrics can all be grouped and filtered by, each with its description.

        Raises:
            MetricsError: there is no such metric.
        """
        self._check(metrics)
        found: dict[str, str] = {}
        for one in self._engine.list_group_bys(metric_names=list(metrics)):
            name = str(getattr(one, "dunder_name", None) or one.name)
            if name.startswith("metric_time"):
                found |= {f"metric_time__{time}": f"{time.capitalize()} of the metric's own date." for time in TIMES}
            elif name in self._categories:
                found[name] = self._categories[name]
            elif "__" not in name:
                found[name] = f"Key of the {name.replace('_', ' ')}."
        return dict(sorted(found.items()))

    def sql(
        self,
        metrics: Sequence[str],
        by: Sequence[str] = (),
        where: Sequence[str] = (),
        order: Sequence[str] = (),
        limit: int | None = None,
    ) -> str:
        """The SQL that answers a question, over `warehouse.marts`.

        Args:
            metrics: the metrics, at least one.
            by: dimensions; `day`, `week`, `month`, `quarter` and `year` are short for `metric_time__…`.
            where: conditions that all hold (`filters.metricflow_filter`).
            order: metrics and dimensions of the question, with a `-` in front for the greatest first; the dimensions without it.
            limit: how many rows at most.

        Raises:
            MetricsError: a name or a condition is wrong.
        """
        if not metrics:
            raise MetricsError(f"Name at least one metric. {LISTED}")
        dimensions = self.dimensions(metrics)
        grouped = list(dict.fromkeys([*map(_spelt_out, by), *self._always_by(metrics)]))
        if apart := set(self._always_by(metrics)) - set(dimensions):
            raise MetricsError(
                f"Not all of {', '.join(metrics)} have {' and '.join(apart)}, without which values would be added up that do "
                "not go together: ask for them apart."
            )
        together = f"{', '.join(metrics)} can be grouped by {', '.join(dimensions)}."
        for name in grouped:
            if name not in dimensions:
                raise unknown("dimension", name, dimensions, together)
        ordered = [f"-{_spelt_out(name[1:])}" if name.startswith("-") else _spelt_out(name) for name in order]
        for name in ordered:
            if name.removeprefix("-") not in {*grouped, *metrics}:
                raise MetricsError(f"Rows can be ordered by what is asked for: {', '.join([*metrics, *grouped])}.")
        said = {name: _said(name) for name in dimensions} | {
            time: _said(f"metric_time__{time}") for time in TIMES if f"metric_time__{time}" in dimensions
        }
        try:
            explained = self._engine.explain(
                MetricFlowQueryRequest.create(
                    metric_names=list(dict.fromkeys(metrics)),
                    group_by_names=grouped,
                    where_constraints=[metricflow_filter(one, said) for one in where],
                    order_by_names=ordered or grouped,
                    limit=limit,
                    output_column_order_mode=OutputColumnOrderMode.INPUT_ORDER,
                )
            )
        except InvalidQueryException as error:
            raise MetricsError(_one_line(error)) from None
        return str(explained.sql_statement.sql)

    def query(
        self,
        metrics: Sequence[str],
        by: Sequence[str] = (),
        where: Sequence[str] = (),
        order: Sequence[str] = (),
        limit: int = 10_000,
    ) -> Answer:
        """The figures of the newest publication; the arguments are those of `sql`.

        Raises:
            MetricsError: a name or a condition is wrong, or nothing is published.
        """
        published = read_published(self._warehouse)
        sql = self.sql(metrics, by, where, order)
        return published.ask(sql, re.findall(r'"warehouse"\."marts"\."(\w+)"', sql), limit=limit)

    def _check(self, metrics: Sequence[str]) -> None:
        for name in metrics:
            if name not in self.metrics:
                raise unknown("metric", name, self.metrics, LISTED)

    def _always_by(self, metrics: Sequence[str]) -> list[str]:
        return [name for metric in metrics for name in self.metrics[metric].always_by]

    @cached_property
    def _categories(self) -> dict[str, str]:
        """The dimensions that are no dates, each with its description; the date of a metric is its `metric_time`."""
        return {
            f"{entity}__{dimension.name}": dimension.description or ""
            for model in self._manifest.semantic_models
            for entity in _names_of(model)
            for dimension in model.dimensions
            if dimension.type.value == "categorical"
        }


def _said(name: str) -> str:
    """A dimension as a filter of MetricFlow's names it."""
    if name.startswith("metric_time__"):
        return f"TimeDimension('metric_time', '{name.removeprefix('metric_time__')}')"
    return f"Dimension('{name}')" if "__" in name else f"Entity('{name}')"


class _DuckDb:
    """What MetricFlow asks of a database to write SQL for it."""

    sql_engine_type = SqlEngine.DUCKDB
    sql_plan_renderer = DuckDbSqlPlanRenderer()

    def render_bind_parameter_key(self, bind_parameter_key: str) -> str:
        return f"${bind_parameter_key}"


def _names_of(model: Any) -> list[str]:
    """What the dimensions of a semantic model are called after: its primary entity."""
    primary = [entity.name for entity in model.entities if entity.type.value == "primary"]
    return [model.primary_entity] if model.primary_entity else primary


def _spelt_out(name: str) -> str:
    return f"metric_time__{name}" if name in TIMES else name


def _one_line(error: Exception) -> str:
    """MetricFlow's errors are of many lines; the message of the first says what is wrong."""
    found = re.search(r"Message:\s*(.*?)\n\s*\n", str(error), re.DOTALL)
    return " ".join((found[1] if found else str(error)).split())
