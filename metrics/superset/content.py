"""Which datasets, charts and dashboards Superset is given.

The datasets of the dashboards are queries that MetricFlow writes: the sums that metrics are made of, by every dimension
that they share. A metric is an expression over these sums, so that Superset can put any filter and grouping on top.
"""

from __future__ import annotations

from dataclasses import dataclass

DAY = "metric_time__day"
WHOLE_WEEK = "is_whole_week"
"""A column of the dashboards' datasets: false in the week of the newest day, which would look like a fall."""


@dataclass(frozen=True)
class Dataset:
    """A dataset of the dashboards.

    Attributes:
        name: what Superset calls it.
        metrics: those that it offers; their parts come with them.
        by: the dimensions of its rows.
    """

    name: str
    metrics: tuple[str, ...]
    by: tuple[str, ...]


@dataclass(frozen=True)
class Chart:
    """A chart.

    Attributes:
        name: its title.
        dataset: where its rows come from.
        kind: `line` or `bar` over days or a dimension, `table`, or `rows` (the dataset's rows as they are).
        metrics: what it shows; for `rows` the columns.
        x: the dimension along the axis.
        by: what else it is grouped by, a line or a bar each.
        grain: over days, how many go together: P1D, P1W, P1M.
        where: a condition on the dataset's columns.
        level: a metric drawn as one dashed line, at its greatest value when this is imported.
        width: of twelve.
        sort: a metric of a table of forecasts by which its rows ascend.
    """

    name: str
    dataset: str
    kind: str
    metrics: tuple[str, ...]
    x: str = DAY
    by: tuple[str, ...] = ()
    grain: str = "P1D"
    where: str | None = None
    level: str | None = None
    width: int = 12
    sort: str | None = None


@dataclass(frozen=True)
class Dashboard:
    """A dashboard.

    Attributes:
        slug: the end of its address.
        title: its title.
        charts: its charts from the top.
        filters: the columns that it can be filtered by: what the filter is called, the column, its dataset.
        colored: the mart and column whose values have one colour each in all its charts.
    """

    slug: str
    title: str
    charts: tuple[Chart, ...]
    filters: tuple[tuple[str, str, str], ...] = ()
    colored: tuple[str, str] | None = None


DATASETS = (
    Dataset(
        "air_quality_days",
        ("co_mean", "pm2_5_mean", "co_limit", "pm2_5_limit", "days_above_who_co", "days_above_who_pm2_5"),
        (DAY, "station__station_name", "air_day__is_complete"),
    ),
    Dataset(
        "store_days",
        ("visits", "visits_estimated", "coverage_pct", "visits_vs_usual_pct", "visits_vs_last_year_pct"),
        (
            DAY,
            "store__store_name",
            "store__city",
            "store__country_code",
            "store_day__is_complete",
            "store_day__is_closed_day",
        ),
    ),
    Dataset(
        "conversion_days",
        ("conversion_pct", "revenue_per_visitor"),
        (DAY, "store__store_name", "currency", "performance_day__is_low_coverage"),
    ),
    Dataset(
        "sales_days",
        ("sales", "revenue", "units", "returned_units", "returns", "basket"),
        (DAY, "retail_store__city", "retail_store__region", "currency"),
    ),
    Dataset(
        "product_days", ("revenue", "units", "returned_units", "returns"), (DAY, "product__product_name", "currency")
    ),
    Dataset(
        "online_order_days",
        ("online_orders", "online_units", "online_revenue", "online_basket"),
        (DAY, "order__customer_country", "currency"),
    ),
)

NEXT_HOURS = "The next hours, with what 9 in 10 lie between"
FORECASTS = "air_quality_next_hours"
FORECASTS_SQL = """\
select
    stations.station_name as station__station_name,
    forecasts.pollutant,
    forecasts.horizon_hours,
    forecasts.target_at,
    forecasts.value,
    forecasts.lower_90,
    forecasts.upper_90,
    forecasts.issued_at
from "warehouse"."marts"."fct_air_quality_forecasts" as forecasts
inner join "warehouse"."marts"."dim_stations" as stations
    on forecasts.station_id = stations.station_id and forecasts.issued_at = stations.newest_measured_at"""

DASHBOARDS = (
    Dashboard(
        "air-quality",
        "Air quality",
        (
            Chart(
                "PM2.5 by day against the WHO's level (µg/m³)",
                "air_quality_days",
                "line",
                ("pm2_5_mean",),
                level="pm2_5_limit",
                by=("station__station_name",),
                where="air_day__is_complete",
            ),
            Chart(
                "CO by day against the WHO's level (mg/m³)",
                "air_quality_days",
                "line",
                ("co_mean",),
                level="co_limit",
                by=("station__station_name",),
                where="air_day__is_complete",
            ),
            Chart(
                "Days above the WHO's levels",
                "air_quality_days",
                "bar",
                ("days_above_who_pm2_5", "days_above_who_co"),
                x="station__station_name",
                width=6,
            ),
            Chart(
                NEXT_HOURS,
                FORECASTS,
                "rows",
                ("station__station_name", "pollutant", "target_at", "value", "lower_90", "upper_90"),
                width=6,
            ),
        ),
        (("Station", "station__station_name", "air_quality_days"),),
        ("dim_stations", "station_name"),
    ),
    Dashboard(
        "footfall",
        "Footfall",
        (
            Chart(
                "Visits by day", "store_days", "line", ("visits_estimated",), by=("store__store_name",),
                where="store_day__is_complete and not store_day__is_closed_day",
            ),
            Chart(
                "Visits vs usual, by week (%)", "store_days", "line", ("visits_vs_usual_pct",),
                by=("store__store_name",), grain="P1W", where=WHOLE_WEEK,
            ),
            Chart("Stores", "store_days", "table", ("visits", "visits_estimated", "coverage_pct"), x="store__store_name", width=6),
            Chart(
                "Conversion by week (%)", "conversion_days", "line", ("conversion_pct",), by=("store__store_name",),
                grain="P1W", where=WHOLE_WEEK, width=6,
            ),
        ),
        (("Store", "store__store_name", "store_days"),),
        ("dim_stores", "store_name"),
    ),
    Dashboard(
        "sales",
        "Sales",
        (
            Chart("Revenue by week", "sales_days", "line", ("revenue",), by=("currency",), grain="P1W", where=WHOLE_WEEK),
            Chart("Revenue by region", "sales_days", "bar", ("revenue",), x="retail_store__region", by=("currency",), width=6),
            Chart("Revenue by product", "product_days", "bar", ("revenue",), x="product__product_name", by=("currency",), width=6),
            Chart("Basket by month", "sales_days", "line", ("basket",), by=("currency",), grain="P1M", width=6),
            Chart(
                "Online orders by country", "online_order_days", "table", ("online_orders", "online_revenue", "online_basket"),
                x="order__customer_country", by=("currency",), width=6,
            ),
        ),
        (("Region", "retail_store__region", "sales_days"),),
    ),
)  # fmt: skip
