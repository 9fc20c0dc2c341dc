"""The files in which Superset exports and imports its assets. All ids follow from names: importing again adds nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import cycle
from typing import Any
from uuid import UUID, uuid5

from metrics.engine import Metrics
from metrics.published import Published
from metrics.superset.content import DAY, Chart, Dashboard
from publishing.columns import Column

_OURS = UUID("6f1a2f0e-4b0c-5d0a-9a58-3f4f2f5a7f11")


def database_file(name: str, uri: str, uuid: str, extra: dict[str, Any], in_sqllab: bool) -> dict[str, Any]:
    """A database that is only read.

    Args:
        name: what Superset calls it.
        uri: its address as SQLAlchemy takes it.
        uuid: its id.
        extra: how it is opened.
        in_sqllab: whether people may write SQL for it.
    """
    return {
        "database_name": name,
        "sqlalchemy_uri": uri,
        "expose_in_sqllab": in_sqllab,
        "allow_ctas": False,
        "allow_cvas": False,
        "allow_dml": False,
        "allow_file_upload": False,
        "extra": extra | {"allows_virtual_table_explore": True},
        "uuid": uuid,
        "version": "1.0.0",
    }


def dataset_file(
    name: str,
    database: str,
    sql: str | None,
    columns: Sequence[Column],
    description: str,
    metrics: Sequence[dict[str, Any]] = (),
    expressions: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """A dataset: a table of its own name, or a query.

    Args:
        name: what Superset calls it.
        database: the id of its database.
        sql: the query; None for a table.
        columns: its columns.
        description: what it holds.
        metrics: what can be asked of it (`metric_entry`); the number of rows where there are none.
        expressions: the columns that are worked out of others, by name.
    """
    dates = [column.name for column in columns if column.type.startswith(("DATE", "TIMESTAMP"))]
    return {
        "table_name": name,
        "main_dttm_col": dates[0] if dates else None,
        "description": description,
        "schema": "marts" if sql is None or '"marts"' in sql else None,
        "sql": sql,
        "columns": [
            {
                "column_name": column.name,
                "verbose_name": _label(column.name),
                "description": column.description,
                "type": column.type,
                "is_dttm": column.name in dates,
                "groupby": True,
                "filterable": True,
                "expression": (expressions or {}).get(column.name),
            }
            for column in columns
        ],
        "metrics": list(metrics) or [metric_entry("rows", "Rows", "count(*)", "How many rows there are.")],
        "uuid": id_of("dataset", name),
        "database_uuid": database,
        "version": "1.0.0",
    }


def metric_entry(
    name: str, label: str, expression: str, description: str, number_format: str | None = None
) -> dict[str, Any]:
    """What can be asked of a dataset: an expression over its columns."""
    entry = {"metric_name": name, "verbose_name": label, "expression": expression, "description": description}
    return entry | {"d3format": number_format} if number_format else entry


def _label(column: str) -> str:
    name = "Day" if column == DAY else column.rpartition("__")[2].replace("_", " ").capitalize()
    return name


_KINDS = {
    "line": "echarts_timeseries_line",
    "bar": "echarts_timeseries_bar",
    "table": "table",
    "rows": "table",
}
_TWO_PLACES = {
    "column_config": {
        f"{newest}{name}": {"d3NumberFormat": ",.2f"}
        for newest in ("", "newest_")
        for name in ("value", "lower_90", "upper_90")
    },
    "show_cell_bars": False,
}
"""How a table of forecasts writes its figures."""


def chart_file(metrics: Metrics, chart: Chart) -> dict[str, Any]:
    """A chart; `metrics` tell where its level is drawn."""
    is_over_days = chart.kind == "line"
    x = {"columnType": "BASE_AXIS", "sqlExpression": chart.x, "label": chart.x, "expressionType": "SQL"}
    if is_over_days:
        x["timeGrain"] = chart.grain
    filters = [_sql_filter(chart.where)] if chart.where else []
    query: dict[str, Any] = {
        "filters": [],
        "extras": {"having": "", "where": f"({chart.where})" if chart.where else ""},
        "row_limit": 10_000,
        "metrics": list(chart.metrics),
        "columns": [x, *chart.by],
        "orderby": [[chart.metrics[0], False]],
    }
    params: dict[str, Any] = {
        "viz_type": _KINDS[chart.kind],
        "metrics": list(chart.metrics),
        "groupby": list(chart.by),
        "adhoc_filters": filters,
        "row_limit": 10_000,
        "rich_tooltip": True,
        "show_legend": True,
        "color_scheme": "supersetColors",
        "y_axis_format": "SMART_NUMBER",
    }
    if chart.kind == "rows":
        query |= {"metrics": None, "columns": list(chart.metrics), "orderby": []}
        params |= {"query_mode": "raw", "all_columns": list(chart.metrics), "metrics": []} | _TWO_PLACES
    elif chart.kind == "table":
        query["columns"] = [chart.x, *chart.by]
        params |= {"query_mode": "aggregate", "groupby": [chart.x, *chart.by]}
        if chart.sort:
            query["orderby"] = [[chart.sort, True]]
            params |= {"timeseries_limit_metric": chart.sort, "order_desc": False} | _TWO_PLACES
    else:
        params |= {"x_axis": chart.x, "x_axis_sort_asc": True, "markerEnabled": False, "truncateYAxis": False}
        params |= {"annotation_layers": [_level(metrics, chart.level)]} if chart.level else {}
        params |= {"time_grain_sqla": chart.grain} if is_over_days else {}
        params |= {"x_axis_time_format": "%Y-%m-%d", "tooltipTimeFormat": "%Y-%m-%d"} if is_over_days else {}
        if is_over_days:
            query["orderby"] = []
            query["series_columns"] = list(chart.by)
            query["post_processing"] = _post_processing(chart)
    datasource = {"id": 0, "type": "table"}
    return {
        "slice_name": chart.name,
        "viz_type": _KINDS[chart.kind],
        "params": params,
        "query_context": json.dumps(
            {
                "datasource": datasource,
                "force": False,
                "queries": [query],
                "form_data": params,
                "result_format": "json",
                "result_type": "full",
            }
        ),
        "uuid": id_of("chart", chart.name),
        "dataset_uuid": id_of("dataset", chart.dataset),
        "version": "1.0.0",
    }


def _level(metrics: Metrics, name: str) -> dict[str, Any]:
    """A dashed line at a metric's value."""
    ((value,),) = metrics.query([name]).rows
    return {
        "annotationType": "FORMULA",
        "name": f"{metrics.metrics[name].label} ({value:g})" if value is not None else metrics.metrics[name].label,
        "value": "0" if value is None else f"{value:g}",
        "show": value is not None,
        "showLabel": True,
        "style": "dashed",
        "color": "#E04355",
        "width": 2,
        "opacity": "",
        "hideLine": False,
        "showMarkers": False,
    }


def _post_processing(chart: Chart) -> list[dict[str, Any]]:
    aggregates = {name: {"operator": "mean"} for name in chart.metrics}
    pivot = {"index": [chart.x], "columns": list(chart.by), "aggregates": aggregates, "drop_missing_columns": False}
    return [{"operation": "pivot", "options": pivot}, {"operation": "flatten"}]


def _sql_filter(condition: str) -> dict[str, Any]:
    return {"expressionType": "SQL", "clause": "WHERE", "sqlExpression": condition}


# Superset's own, without the red of a level: left to itself it gives two of five stores the same.
_COLORS = ("#1FA8C9", "#454E7C", "#5AC189", "#FF7F44", "#A868B7", "#666666", "#FCC700", "#3CCCCB", "#A38F79", "#8FD3E4")


def dashboard_file(dashboard: Dashboard, published: Published) -> dict[str, Any]:
    """A dashboard, with its charts in rows and its filters; `published` has the names that get a colour."""
    position: dict[str, Any] = {
        "DASHBOARD_VERSION_KEY": "v2",
        "ROOT_ID": {"type": "ROOT", "id": "ROOT_ID", "children": ["GRID_ID"]},
        "HEADER_ID": {"type": "HEADER", "id": "HEADER_ID", "meta": {"text": dashboard.title}},
        "GRID_ID": {"type": "GRID", "id": "GRID_ID", "parents": ["ROOT_ID"], "children": []},
    }
    for number, row in enumerate(_rows(dashboard.charts)):
        row_id = f"ROW-{number}"
        position["GRID_ID"]["children"].append(row_id)
        position[row_id] = {
            "type": "ROW",
            "id": row_id,
            "parents": ["ROOT_ID", "GRID_ID"],
            "children": [f"CHART-{slug_of(chart.name)}" for chart in row],
            "meta": {"background": "BACKGROUND_TRANSPARENT"},
        }
        for chart in row:
            position[f"CHART-{slug_of(chart.name)}"] = {
                "type": "CHART",
                "id": f"CHART-{slug_of(chart.name)}",
                "parents": ["ROOT_ID", "GRID_ID", row_id],
                "children": [],
                "meta": {
                    "uuid": id_of("chart", chart.name),
                    "sliceName": chart.name,
                    "width": chart.width,
                    "height": 50,
                    "chartId": 0,
                },
            }
    filters = [
        {
            "id": f"NATIVE_FILTER-{slug_of(label)}",
            "name": label,
            "filterType": "filter_select",
            "targets": [{"datasetUuid": id_of("dataset", dataset), "column": {"name": column}}],
            "controlValues": {"multiSelect": True, "enableEmptyFilter": False, "defaultToFirstItem": False},
            "defaultDataMask": {"extraFormData": {}, "filterState": {}},
            "cascadeParentIds": [],
            "scope": {"rootPath": ["ROOT_ID"], "excluded": []},
            "type": "NATIVE_FILTER",
        }
        for label, column, dataset in dashboard.filters
    ]
    filters.append(
        {
            "id": "NATIVE_FILTER-days",
            "name": "Days",
            "filterType": "filter_time",
            "targets": [{}],
            "controlValues": {},
            "defaultDataMask": {"extraFormData": {}, "filterState": {}},
            "cascadeParentIds": [],
            "scope": {"rootPath": ["ROOT_ID"], "excluded": []},
            "type": "NATIVE_FILTER",
        }
    )
    return {
        "dashboard_title": dashboard.title,
        "slug": dashboard.slug,
        "description": None,
        "css": "",
        "published": True,
        "position": position,
        "metadata": {
            "native_filter_configuration": filters,
            "color_scheme": "supersetColors",
            "cross_filters_enabled": True,
            "label_colors": dict(zip(_names(dashboard, published), cycle(_COLORS), strict=False)),
        },
        "uuid": id_of("dashboard", dashboard.slug),
        "version": "1.0.0",
    }


def _names(dashboard: Dashboard, published: Published) -> list[str]:
    if not dashboard.colored:
        return []
    mart, column = dashboard.colored
    asked = f"select distinct {column} from {mart} where {column} is not null order by {column}"
    return [name for (name,) in published.ask(asked, [mart], limit=10_000).rows]


def _rows(charts: Sequence[Chart]) -> Iterator[list[Chart]]:
    """Charts side by side until twelve columns are full."""
    row: list[Chart] = []
    for chart in charts:
        if row and sum(one.width for one in row) + chart.width > 12:
            yield row
            row = []
        row.append(chart)
    if row:
        yield row


def slug_of(name: str) -> str:
    """A name as it stands in an address or a file's name."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def id_of(*names: str) -> str:
    """The id of what has these names."""
    return str(uuid5(_OURS, "/".join(names)))
