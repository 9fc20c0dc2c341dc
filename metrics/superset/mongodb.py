"""The air as Superset asks it of a MongoDB that `python -m publishing to` copies the marts to.

Superset's driver (PyMongoSQL) groups a collection itself in ways that are silently wrong, so each dataset is a query, whose
rows the driver fetches and groups in SQLite. What it understands of such a query is little, and it says nothing of the rest:

- One comparison: of several, or of `is not null` as Superset writes it (`not … is null`), it drops all.
- Values of one kind in a column: a null among them makes all of them text, and true and false words that are neither. Hence a
  dataset for each measure, of the documents that have it. Whole numbers come as text from some servers.
- No brackets, and words of SQL in quotes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from sqlglot import exp, parse_one

from metrics.engine import Metrics
from metrics.published import Published
from metrics.superset.content import DASHBOARDS, DAY, NEXT_HOURS, Chart
from metrics.superset.expressions import AGGREGATES, defined
from metrics.superset.files import chart_file, dashboard_file, database_file, dataset_file, id_of, metric_entry, slug_of
from publishing.columns import Column
from warehouse.sql import literal

DATABASE = "Tally in MongoDB"
IN_MONGODB = " (MongoDB)"
_DATABASE_ID = id_of("database", "mongodb")
_STATION = "station__station_name"
_HAS = {
    "co_mean": "co_hours > 0",
    "pm2_5_mean": "pm2_5_hours > 0",
    "exceeds_who_co": "is_valid_co = TRUE",
    "exceeds_who_pm2_5": "is_valid_pm2_5 = TRUE",
}
"""How the days are told that have a value in a column of fct_air_quality_daily."""


@dataclass(frozen=True)
class _Dataset:
    """A query on one collection.

    Attributes:
        name: what Superset calls it.
        collection: the mart.
        columns: the type of each column of the query, by name.
        fields: what each of them is called in the collection, where it is something else.
        rest: what stands behind the collection: a condition, or how many documents and which.
        expressions: columns that Superset works out of these.
    """

    name: str
    collection: str
    columns: dict[str, str]
    fields: dict[str, str]
    rest: str
    expressions: dict[str, str] = field(default_factory=dict)

    @property
    def sql(self) -> str:
        """The query, in the words that the driver knows."""
        listed = ", ".join(f"{self.fields[name]} AS {name}" if name in self.fields else name for name in self.columns)
        return f"SELECT {listed} FROM {self.collection} {self.rest}"


def files(url: str, metrics: Metrics, published: Published) -> dict[str, dict[str, Any]]:
    """The database, and a dashboard like that of the air on the published marts; each file by its path.

    Args:
        url: of the MongoDB that has the copies.
        metrics: what the charts show.
        published: names the stations, and how many forecasts an hour has.
    """
    stations = _stations(published)
    database = database_file(DATABASE, superset_url(url), _DATABASE_ID, extra={}, in_sqllab=False)
    found = {f"databases/{slug_of(DATABASE)}.yaml": database}

    def add(dataset: _Dataset, entries: Sequence[dict[str, Any]]) -> str:
        path = f"datasets/{slug_of(DATABASE)}/{dataset.name}.yaml"
        found[path] = _dataset_file(dataset, stations, entries)
        return dataset.name

    (air,) = (dashboard for dashboard in DASHBOARDS if dashboard.slug == "air-quality")
    charts = []
    for chart in air.charts:
        if chart.name == NEXT_HOURS:
            charts.append(_next_hours(add(_forecasts(published, len(stations)), _FORECAST_ENTRIES)))
            continue
        for metric in chart.metrics:
            dataset = add(_days_of(metric), [_entry(metrics, metric)])
            title = chart.name if len(chart.metrics) == 1 else metrics.metrics[metric].label
            charts.append(replace(chart, name=title + IN_MONGODB, dataset=dataset, metrics=(metric,)))
    dashboard = replace(
        air,
        slug=f"{air.slug}-mongodb",
        title=air.title + IN_MONGODB,
        charts=tuple(charts),
        filters=(("Station", _STATION, charts[0].dataset),),
    )
    found |= {f"charts/{slug_of(chart.name)}.yaml": chart_file(metrics, chart) for chart in charts}
    found[f"dashboards/{dashboard.slug}.yaml"] = dashboard_file(dashboard, published)
    return found


def superset_url(url: str) -> str:
    """A MongoDB's URL as Superset takes it: with the database that copies go to, and the driver's mode."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    path = parts.path if parts.path.strip("/") else "/tally"
    if parts.username and path != parts.path:
        query.setdefault("authSource", "admin")  # where a user is looked for who names no database
    query.setdefault("serverSelectionTimeoutMS", "5000")  # Superset waits several times for one that is down
    return urlunsplit(parts._replace(path=path, query=urlencode(query | {"mode": "superset"}, quote_via=quote)))


def _days_of(metric: str) -> _Dataset:
    """The station days on which a metric of the air is known."""
    (column,) = {column.name for column in parse_one(_measure(metric)).find_all(exp.Column)}
    return _Dataset(
        f"{metric}_days_in_mongodb",
        "fct_air_quality_daily",
        {"station_id": "STRING", DAY: "TIMESTAMP", "air_day__is_complete": "BOOLEAN", column: "DOUBLE"},
        {DAY: "measured_date", "air_day__is_complete": "is_complete"},
        f"WHERE {_HAS[column]}",
    )


def _measure(metric: str) -> str:
    return str(defined(metric).type_params.expr)


def _entry(metrics: Metrics, metric: str) -> dict[str, Any]:
    """A metric over the column that it is made of, as its definition has it."""
    said, aggregate = metrics.metrics[metric], defined(metric).type_params.metric_aggregation_params.agg.value
    expression = f"{AGGREGATES[aggregate]}({_measure(metric)})"
    return metric_entry(metric, said.label, expression, said.description, ",.2f" if said.unit else ",.0f")


def _forecasts(published: Published, stations: int) -> _Dataset:
    """The forecasts of the newest day: of an older one no hour is still to come."""
    asked = "select count(distinct (pollutant, horizon_hours)) from fct_air_quality_forecasts"
    ((an_hour,),) = published.ask(asked, ["fct_air_quality_forecasts"], limit=1).rows
    moments, figures = ("issued_at", "target_at"), ("forecast", "lower_90", "upper_90")
    return _Dataset(
        "air_quality_next_hours_in_mongodb",
        "fct_air_quality_forecasts",
        {"station_id": "STRING", "pollutant": "STRING", "horizon_hours": "BIGINT"}
        | dict.fromkeys(moments, "TIMESTAMP")
        | dict.fromkeys(figures, "DOUBLE"),
        {"forecast": '"value"'},
        f"ORDER BY issued_at DESC LIMIT {max(24 * an_hour * stations, 1)}",
        {"hours_ahead": "cast(horizon_hours as integer)"},
    )


# SQLite takes the columns beside one max() from the row that has it: the newest forecast of so many hours ahead.
_FORECAST_ENTRIES = (
    metric_entry("newest_issued_at", "Issued", "max(issued_at)", "Last hour (UTC) that the forecast knew."),
    metric_entry("newest_target_at", "Hour", "target_at", "Hour (UTC) that is forecast."),
    metric_entry("newest_value", "Forecast", "forecast", "What is forecast: CO in mg/m³, PM2.5 in µg/m³.", ",.2f"),
    metric_entry("newest_lower_90", "Low", "lower_90", "Low end of the interval that holds 9 in 10 values.", ",.2f"),
    metric_entry("newest_upper_90", "High", "upper_90", "High end of the interval that holds 9 in 10 values.", ",.2f"),
)


def _next_hours(dataset: str) -> Chart:
    return Chart(
        NEXT_HOURS + IN_MONGODB,
        dataset,
        "table",
        tuple(entry["metric_name"] for entry in _FORECAST_ENTRIES),
        x=_STATION,
        by=("pollutant", "hours_ahead"),
        sort="newest_target_at",
    )


def _dataset_file(
    dataset: _Dataset, stations: dict[str, str | None], entries: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    worked_out = dataset.expressions | {_STATION: _name_of(stations)}
    kinds = dataset.columns | dict.fromkeys(dataset.expressions, "BIGINT") | {_STATION: "STRING"}
    columns = [Column(name=name, type=kind, description=None, refers_to=None) for name, kind in kinds.items()]
    description = f"Documents of the collection {dataset.collection}: {dataset.rest}."
    return dataset_file(dataset.name, _DATABASE_ID, dataset.sql, columns, description, entries, worked_out)


def _name_of(stations: dict[str, str | None]) -> str:
    """A station's name by its id, in SQL: the driver joins no collections."""
    cases = " ".join(f"when {literal(key)} then {literal(name)}" for key, name in sorted(stations.items()) if name)
    return f"case station_id {cases} else station_id end" if cases else "station_id"


def _stations(published: Published) -> dict[str, str | None]:
    """The name of each station."""
    asked = "select station_id, station_name from dim_stations"
    return dict(published.ask(asked, ["dim_stations"], limit=10_000).rows)
