"""The tables and columns that the site holds.

All of it is on the site in full and can be downloaded: columns that no page needs are not listed. Page SQL reads the
tables under these names.
"""

from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """How a column is written: the expression over the mart's column, its type, and Evidence's name for that type.

    The browser's DuckDB (0.9) and Evidence know no more types than these.
    """

    TEXT = ("{}::varchar", "varchar", "string")
    NUMBER = ("{}::double", "double", "number")
    DATE = ("{}::date", "date", "date")
    FLAG = ("{}::boolean", "boolean", "boolean")
    TIME = (
        "strftime({}, '%Y-%m-%d %H:%M')",
        "varchar",
        "string",
    )  # Evidence prints a timestamp's date alone
    LINE = (
        "regexp_replace({}::varchar, '(^|[^A-Za-z0-9_./:])/([^ /:]+/)+', '\\1', 'g')",
        "varchar",
        "string",
    )  # a message that may name a path of this machine

    def __init__(self, expression: str, sql_type: str, evidence_type: str) -> None:
        self.expression = expression
        self.sql_type = sql_type
        self.evidence_type = evidence_type


@dataclass(frozen=True)
class Table:
    """A mart as the site holds it.

    Attributes:
        name: the mart's name, and the table's on the site.
        columns: the columns that the site holds, in order.
        sort: columns that the rows are sorted by, so that a page about one entity reads little.
        where: SQL over the mart's columns; `{mart}` stands for the mart.
        page_of: the key that has a page for each of its values; adds the column `page`, its last part in the address.
    """

    name: str
    columns: dict[str, Kind]
    sort: str
    where: str = "true"
    page_of: str | None = None


def _columns(**kinds: str) -> dict[str, Kind]:
    """`text="a b"` and so on, to one ordered dictionary."""
    return {column: Kind[kind.upper()] for kind, names in kinds.items() for column in names.split()}


THIRTEEN_MONTHS = "hour_start_at > (select max(hour_start_at) from {mart}) - interval 13 months"

# Of each station, counted back from its own newest hour: one that fell silent shows its last days.
LAST_DAYS = "{column} > (select max(own.{column}) from {{mart}} as own where own.station_id = mart.station_id) - interval 3 days"

_DAILY = _columns(
    text="store_id",
    date="visit_date",
    flag="is_complete",
    number="iso_weekday open_hours observed_hours coverage_pct visits visits_estimated visits_avg_4w weeks_in_avg_4w"
    " visits_vs_avg_4w_pct visits_avg_4w_change_pct anomalous_hours imputed_hours",
)

_TO_DATE = _columns(
    text="period",
    date="begins_on ends_on known_from",
    number="days known_days visits visits_estimated weeks_before visits_before visits_vs_before_pct visits_last_year"
    " visits_vs_last_year_pct",
)

TABLES = [
    Table(
        "agg_attention",
        _columns(text="attention_id kind store_id sensor_id title detail", flag="is_urgent"),
        sort="attention_id",
    ),
    Table(
        "dim_stores",
        _columns(
            text="store_id store_name city country_code timezone opens_at closes_at",
            date="opened_on newest_date latest_complete_date",
            number="doors sensors_in_service newest_local_hour",
            time="first_hour_at newest_hour_at",
        ),
        sort="store_id",
        page_of="store_id",
    ),
    Table(
        "dim_sensors",
        _columns(
            text="sensor_id store_id replaces_sensor_id",
            number="door hours_silent open_hours_silent",
            time="installed_at removed_at newest_observed_hour_at",
            flag="is_in_service",
        ),
        sort="store_id, door, sensor_id",
        page_of="sensor_id",
    ),
    Table(
        "fct_store_visits_daily",
        _DAILY
        | _columns(
            number="visits_same_day_last_year closed_days_in_avg_4w",
            flag="is_closed_day",
            text="closed_reason",
        ),
        sort="store_id, visit_date",
    ),
    Table(
        "fct_sensor_visits_daily",
        _columns(text="sensor_id") | _DAILY,
        sort="sensor_id, visit_date",
    ),
    Table(
        "agg_store_visits_to_date",
        _columns(text="store_id") | _TO_DATE,
        sort="store_id, period",
    ),
    Table(
        "agg_sensor_visits_to_date",
        _columns(text="sensor_id") | _TO_DATE,
        sort="sensor_id, period",
    ),
    Table(
        "fct_store_visits_hourly",
        _columns(
            text="store_id",
            time="hour_start_at",
            date="visit_date",
            number="local_hour sensors_expected sensors_observed visits visits_expected visits_estimated",
            flag="is_open",
        ),
        sort="store_id, hour_start_at",
        where=THIRTEEN_MONTHS,
    ),
    Table(
        "fct_sensor_visits_hourly",
        _columns(
            text="sensor_id store_id",
            time="hour_start_at",
            date="visit_date",
            number="local_hour visits visits_expected visits_estimated",
            flag="is_open is_observed is_anomaly is_imputed",
        ),
        sort="sensor_id, hour_start_at",
        where=THIRTEEN_MONTHS,
    ),
    Table(
        "dim_products",
        _columns(text="product_id product_name", number="price stock", time="updated_at"),
        sort="product_id",
    ),
    Table(
        "dim_retail_stores",
        _columns(text="retail_store_id city region", number="employees"),
        sort="retail_store_id",
    ),
    Table(
        "agg_sales_total",
        _columns(
            text="currency",
            number="sales units revenue returned_units returns",
            date="first_sale_date newest_sale_date",
            flag="is_main_currency",
        ),
        sort="newest_sale_date",
    ),
    Table(
        "agg_sales_by_product",
        _columns(text="product_id currency", number="sales units revenue returned_units returns revenue_share_pct"),
        sort="product_id",
    ),
    Table(
        "agg_sales_by_store",
        _columns(
            text="retail_store_id currency", number="sales units revenue returned_units returns revenue_share_pct"
        ),
        sort="retail_store_id",
    ),
    Table(
        "agg_sales_by_region",
        _columns(text="region currency", number="sales units revenue returned_units returns revenue_share_pct"),
        sort="region",
    ),
    Table(
        "agg_sales_daily",
        _columns(
            date="sale_date",
            text="currency",
            number="sales units revenue returned_units returns revenue_avg_4w weeks_in_avg_4w revenue_vs_avg_4w_pct",
            flag="is_complete",
        ),
        sort="sale_date",
    ),
    Table(
        "agg_sales_daily_by_store_and_product",
        _columns(
            date="sale_date",
            text="retail_store_id product_id currency",
            number="sales units revenue returned_units returns",
        ),
        sort="sale_date, retail_store_id, product_id",
        where="sale_date > (select max(sale_date) from {mart}) - interval 13 months",
    ),
    Table(
        "fct_orders",
        _columns(
            time="ordered_at",
            text="order_id status currency customer_country",
            number="units bill revenue refunded",
            flag="is_counted is_customer_known is_product_known",
        ),
        sort="ordered_at",
        where="ordered_at > (select max(ordered_at) from {mart}) - interval 48 hours",
    ),
    Table(
        "fct_order_lines",
        _columns(text="order_id product_name", number="quantity revenue", time="ordered_at"),
        sort="ordered_at",
        where="ordered_at > (select max(ordered_at) from {mart}) - interval 48 hours",
    ),
    Table(
        "agg_orders_hourly",
        _columns(time="hour_start_at", text="currency", number="orders units revenue"),
        sort="hour_start_at",
    ),
    Table(
        "dim_stations",
        _columns(
            text="station_id station_name",
            number="latitude longitude hours_expected hours_reported co_hours pm2_5_hours reported_pct co_reported_pct"
            " pm2_5_reported_pct",
            time="first_measured_at newest_measured_at",
        ),
        sort="station_id",
        page_of="station_id",
    ),
    Table(
        "fct_air_quality_hourly",
        _columns(text="station_id", time="measured_at", number="co pm2_5", flag="is_newest"),
        sort="station_id, measured_at",
        where=LAST_DAYS.format(column="measured_at"),
    ),
    Table(
        "fct_air_quality_forecasts",
        _columns(
            text="station_id pollutant reason",
            number="horizon_hours value lower_90 upper_90",
            time="issued_at target_at",
        ),
        sort="station_id, pollutant, issued_at, horizon_hours",
        where=LAST_DAYS.format(column="issued_at"),
    ),
    Table(
        "fct_air_quality_daily",
        _columns(
            text="station_id",
            date="measured_date",
            number="co_mean pm2_5_mean co_hours pm2_5_hours co_limit pm2_5_limit",
            flag="exceeds_who_co exceeds_who_pm2_5 is_complete",
        ),
        sort="station_id, measured_date",
        where="measured_date > (select max(measured_date) from {mart}) - interval 13 months",
    ),
    Table(
        "agg_forecast_accuracy",
        _columns(
            text="station_id pollutant model",
            flag="is_chosen",
            number="horizon_hours hours mae coverage_90 skill_vs_persistence_pct skill_vs_yesterday_pct",
        ),
        sort="station_id, pollutant, horizon_hours",
    ),
    Table(
        "fct_air_quality_restatements",
        _columns(text="station_id parameter", time="measured_at restated_at", number="value_change"),
        sort="station_id, restated_at, parameter, measured_at",
    ),
    Table(
        "agg_air_quality_rejected_values",
        _columns(
            text="station_id parameter_name unit",
            date="first_date_in_another_unit",
            number="lowest highest rejected_values least_value greatest_value days_in_another_unit",
            time="first_measured_at newest_measured_at",
        ),
        sort="station_id, parameter_name",
    ),
    Table(
        "fct_rejected_records",
        _columns(text="source entity record_id reason", time="first_seen_at"),
        sort="first_seen_at",
    ),
    Table(
        "fct_sensor_health_daily",
        _columns(
            text="sensor_id store_id",
            date="visit_date",
            flag="is_complete is_troubled",
            number="open_hours observed_hours missing_hours failed_hours outages outage_hours longest_outage_hours flat_hours"
            " impossible_readings anomalous_hours late_readings coverage_pct visits visits_estimated visits_imputed",
        ),
        sort="visit_date, sensor_id",
        where="visit_date > (select max(visit_date) from {mart}) - interval 3 months",
    ),
    Table(
        "agg_sensor_health",
        _columns(
            text="sensor_id store_id status reason",
            date="since_date",
            number="door open_hours_silent open_days open_hours observed_hours missing_hours failed_hours outages outage_hours"
            " flat_hours impossible_readings anomalous_hours late_readings coverage_pct coverage_7d_pct anomalous_7d_pct visits"
            " visits_imputed",
        ),
        sort="sensor_id",
    ),
    Table(
        "fct_store_performance_daily",
        _columns(
            text="store_id currency",
            date="visit_date",
            flag="is_complete is_closed_day is_low_coverage",
            number="coverage_pct visits visits_estimated sales units revenue conversion_pct sales_per_visitor",
        ),
        sort="store_id, visit_date",
    ),
    Table(
        "fct_alerts",
        _columns(
            text="rule_id kind entity severity store_id",
            line="message",
            time="opened_at closed_at",
            number="value threshold",
        ),
        sort="opened_at",
    ),
    Table(
        "fct_runs",
        _columns(
            text="what source outcome",
            line="message",
            time="started_at ended_at",
            number="duration_seconds rows_new rows_changed rows_rejected",
        ),
        sort="started_at",
        where="started_at > (select max(started_at) from {mart}) - interval 3 months",
    ),
    Table(
        "fct_test_results",
        _columns(
            text="name resource_type tested_model tested_column outcome",
            number="failures seconds",
            time="tested_at failing_since",
        ),
        sort="name",
    ),
    Table(
        "fct_warehouse_sizes",
        _columns(time="measured_at", number="bytes free_bytes"),
        sort="measured_at",
        where="measured_at > (select max(measured_at) from {mart}) - interval 3 months",
    ),
    Table("agg_table_rows", _columns(text="table_id schema_name table_name", number="table_rows"), sort="table_id"),
    Table(
        "agg_source_freshness",
        _columns(
            text="source",
            time="checked_at loaded_at newest_at oldest_at",
            number="feeds failures_in_a_row age_hours limit_hours",
            flag="is_fresh",
        ),
        sort="source",
    ),
    Table(
        "agg_pipeline_state",
        _columns(
            text="usable",
            line="reason",
            time="built_at checked_at tested_at",
            number="tests tests_failed tests_warned sources sources_failed sources_old alerts_open",
        ),
        sort="built_at",
    ),
]
