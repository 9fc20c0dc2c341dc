"""`python -m metrics`: each figure of the pages and the digest is the metric's, on what `make run` left."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest
from metricflow_semantics.model.dbt_manifest_parser import parse_manifest_from_dbt_generated_manifest
from typer.testing import CliRunner, Result

from metrics.__main__ import app
from metrics.engine import Metrics
from notifications.__main__ import app as notifications
from publishing.site import publish_site
from tests import flow
from tests.whole_flow import whole_flow

LATEST = "2026-11-11"
"""The newest complete day of the flow."""


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return whole_flow(tmp_path_factory) / "data" / "warehouse.duckdb"


def ask(warehouse: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), env={"TALLY_WAREHOUSE": str(warehouse)})


def figures(warehouse: Path, metrics: Sequence[str], by: str = "", where: str = "") -> list[dict[str, Any]]:
    """What `python -m metrics query … --format json` prints."""
    options = [*(["--by", by] if by else []), *(["--where", where] if where else [])]
    done = ask(warehouse, "query", *metrics, *options, "--format", "json")
    assert done.exit_code == 0, done.output
    rows: list[dict[str, Any]] = json.loads(done.stdout)
    return rows


def site_rows(warehouse: Path, page: str, query: str) -> list[dict[str, Any]]:
    """The rows that a page shows; of a page for each store or station, those of all of them, with whose they are as `key`."""
    rows = warehouse.with_suffix(".site") / "rows"
    files = [rows / f"{page}.json"] if (rows / f"{page}.json").exists() else sorted((rows / page).glob("*/rows0.json"))
    found = []
    for file in files:
        columns: dict[str, list[Any]] = json.loads(file.read_text("utf-8"))[query]
        key = {"key": file.parent.name.removeprefix("key=")}
        found += [key | dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    return found


def rounded(value: float | None) -> Any:
    """Equal to what the same rows come to when they are summed in another order."""
    return None if value is None else pytest.approx(value, rel=1e-12)


def marts(warehouse: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect() as connection:
        connection.execute(f"set file_search_path = '{warehouse.with_suffix('.marts')}'")
        rows: list[tuple[Any, ...]] = connection.execute(sql).fetchall()
        return rows


def test_dbt_knows_the_same_metrics_and_makes_the_same_sql_of_them(warehouse: Path) -> None:
    """Were dbt to read the definitions as none, or otherwise than we do, one of these would differ."""
    flow.manifest()
    parsed = Path(os.environ["DBT_TARGET_PATH"]) / "semantic_manifest.json"
    of_dbt = parse_manifest_from_dbt_generated_manifest(parsed.read_text("utf-8"))
    listed = json.loads(ask(warehouse, "list", "--format", "json").stdout)
    assert len(of_dbt.metrics) >= 34
    assert sorted(metric.name for metric in of_dbt.metrics) == sorted(metric["name"] for metric in listed)
    ours, dbts = Metrics(warehouse), Metrics(warehouse, of_dbt)
    for metric in listed:
        assert metric["description"].endswith(".")
        assert ours.sql([metric["name"]], ["month"]) == dbts.sql([metric["name"]], ["month"])


SAME = {
    # page, query: the metric of each column, by what, which rows, and the column of each dimension
    "each day of the overview": (
        "overview",
        "trend",
        {
            "counted": "visits",
            "estimated": "visits_estimated",
            "vs_usual": "visits_vs_usual_pct",
            "coverage": "coverage_pct",
        },
        {"day": "metric_time__day"},
        "",
    ),
    "each store's latest day": (
        "overview",
        "latest",
        {
            "counted": "visits",
            "estimated": "visits_estimated",
            "vs_usual": "visits_vs_usual_pct",
            "coverage": "coverage_pct",
        },
        {"name": "store__store_name"},
        f"day = '{LATEST}'",
    ),
    "the overview's sales": (
        "overview",
        "sales",
        {"revenue": "revenue", "basket": "basket"},
        {"day": "metric_time__day", "currency": "currency"},
        "day between '2026-10-15' and '2026-11-11'",
    ),
    "each day of sales": (
        "sales",
        "days",
        {name: name for name in ("sales", "units", "revenue", "returned_units", "returns")},
        {"day": "metric_time__day"},
        "currency = 'EUR'",
    ),
    "sales of all time": (
        "sales",
        "total",
        {
            "sales": "sales",
            "units": "units",
            "revenue": "revenue",
            "returned_units": "returned_units",
            "returns": "returns",
            "revenue_a_sale": "basket",
        },
        {"currency": "currency"},
        "",
    ),
    "orders of all time": (
        "orders",
        "total",
        {"orders": "online_orders", "revenue": "online_revenue"},
        {},
        "currency = 'EUR'",
    ),
    "each day of orders": (
        "orders",
        "days",
        {"sales": "online_orders", "units": "online_units", "revenue": "online_revenue"},
        {"day": "metric_time__day"},
        "currency = 'EUR'",
    ),
    "each store's last days, on its own page": (
        "store",
        "latest",
        {
            "counted": "visits",
            "estimated": "visits_estimated",
            "vs_usual": "visits_vs_usual_pct",
            "coverage": "coverage_pct",
        },
        {"key": "store", "day": "metric_time__day"},
        "day between '2026-11-05' and '2026-11-11'",
    ),
    "each day of a station, on its own page": (
        "station",
        "days",
        {
            "pm2_5_mean": "pm2_5_mean",
            "co_mean": "co_mean",
            "pm2_5_limit": "pm2_5_limit",
            "co_limit": "co_limit",
            "exceeds_who_pm2_5": "days_above_who_pm2_5",
            "exceeds_who_co": "days_above_who_co",
        },
        {"key": "station", "day": "metric_time__day"},
        "",
    ),
    "the overview's air": (
        "overview",
        "air",
        {"pm2_5_mean": "pm2_5_mean", "pm2_5_limit": "pm2_5_limit"},
        {"station_name": "station__station_name", "day": "metric_time__day"},
        f"day = '{LATEST}'",
    ),
    "the latest day's air": (
        "air",
        "stations",
        {"pm2_5_mean": "pm2_5_mean", "co_mean": "co_mean"},
        {"station_name": "station__station_name"},
        f"day = '{LATEST}'",
    ),
}


@pytest.mark.parametrize("what", SAME)
def test_a_page_shows_the_metric(warehouse: Path, what: str) -> None:
    page, query, metric_of, dimension_of, where = SAME[what]
    shown = site_rows(warehouse, page, query)
    asked = figures(warehouse, list(metric_of.values()), ",".join(dimension_of.values()), where)
    assert len(shown) == len(asked) > 0

    def key(row: dict[str, Any], names: Sequence[str]) -> tuple[str, ...]:
        return tuple(str(row[name]) for name in names)

    by_key = {key(row, list(dimension_of.values())): row for row in asked}
    for row in shown:
        expected = by_key[key(row, list(dimension_of))]
        assert [row[column] for column in metric_of] == [rounded(expected[metric]) for metric in metric_of.values()]
    assert sum(row[column] is not None for row in shown for column in metric_of) > len(shown)


def test_the_overview_shows_conversion_as_the_metric_has_it(warehouse: Path, tmp_path: Path) -> None:
    """Also where a store sells on a closed day, and on a day that nobody counted, whose sales have no visitors."""
    other = tmp_path / "warehouse.duckdb"
    marts_of = [one.with_suffix(".marts") for one in (warehouse, other)]
    shutil.copytree(marts_of[0].resolve(), marts_of[1])
    with duckdb.connect() as connection:
        connection.execute(f"set file_search_path = '{marts_of[1]}'")
        connection.execute("create table days as from 'fct_store_performance_daily.parquet'")
        # Of the seeds' stores both feeds know one: a second one, which sells more.
        connection.execute(
            "insert into days by name select * replace ('berlin' as store_id, 7 * sales as sales) from days"
        )
        connection.execute("update days set is_closed_day = true where store_id = 'berlin' and day(visit_date) % 3 = 0")
        connection.execute(
            "update days set visits_estimated = null where store_id = 'berlin' and day(visit_date) % 5 = 0"
        )
        connection.execute(f"copy days to '{marts_of[1]}/fct_store_performance_daily.parquet'")
    reports = tmp_path / "reports"  # one page of one query, which is the project's own
    (reports / "pages").mkdir(parents=True)
    (reports / "pages/index.md").write_text(
        "---\ntitle: Overview\nsql:\n  conversion: overview/conversion.sql\n---\n", "utf-8"
    )
    for name in ("macros.sql", "queries"):
        (reports / name).symlink_to(flow.PROJECT / "reports" / name)
    publish_site(other, reports)
    for one in (warehouse, other):
        shown = {row["day"]: row["ratio"] for row in site_rows(one, "overview", "conversion")}
        asked = {row["metric_time__day"]: row["conversion_pct"] for row in figures(one, ["conversion_pct"], "day")}
        assert len(shown) == 28
        assert {day: 100 * ratio for day, ratio in shown.items()} == pytest.approx({day: asked[day] for day in shown})


def test_performance_and_shares_are_the_metrics(warehouse: Path) -> None:
    days = [row for row in site_rows(warehouse, "performance", "days") if row["is_complete"]]
    first, last = min(row["day"] for row in days), max(row["day"] for row in days)
    asked = figures(
        warehouse,
        ["sales_to_visitors", "revenue_from_visitors", "visitors"],
        "store,day",
        f"day between '{first}' and '{last}'",
    )
    assert len(days) > 20
    assert [(row["store_id"], row["day"], row["sales"], row["revenue"], row["visits"]) for row in days] == [
        (
            row["store"],
            row["metric_time__day"],
            row["sales_to_visitors"],
            rounded(row["revenue_from_visitors"]),
            rounded(row["visitors"]),
        )
        for row in asked
    ]
    shares = site_rows(warehouse, "sales", "shares")
    for what, by in (("product", "product__product_name"), ("region", "retail_store__region")):
        shown = {row["name"]: row["revenue"] for row in shares if row["what"] == what}
        rows = figures(warehouse, ["revenue"], by, "day > '2026-10-15' and day <= '2026-11-11'")
        assert {row[by]: row["revenue"] for row in rows} == pytest.approx(shown)


def test_forecasts_limits_and_alerts_are_the_metrics(warehouse: Path) -> None:
    accuracy = [
        row
        for file in sorted((warehouse.with_suffix(".site") / "rows" / "station").glob("*/rows0.json"))
        for answers in [json.loads(file.read_text("utf-8"))["accuracy"]]
        for row in [dict(zip(answers, values, strict=True)) for values in zip(*answers.values(), strict=True)]
    ]
    asked = figures(warehouse, ["forecast_error"], "station,forecast__horizon_hours")
    assert sorted(row["mae"] for row in accuracy if row["mae"] is not None) == pytest.approx(
        sorted(row["forecast_error"] for row in asked if row["forecast_error"] is not None)
    )
    verdicts = {row["station_name"]: row["pm2_5_verdict"] for row in site_rows(warehouse, "air", "stations")}
    above = figures(warehouse, ["days_above_who_pm2_5"], "station__station_name", f"day = '{LATEST}'")
    said = {1: "above", 0: "within", None: "too few hours"}
    assert {row["station__station_name"]: said[row["days_above_who_pm2_5"]] for row in above} == verdicts
    (state,) = site_rows(warehouse, "pipeline", "state")
    assert figures(warehouse, ["open_alerts"]) == [{"open_alerts": state["alerts_open"]}]


def test_the_digest_says_the_metrics(warehouse: Path) -> None:
    digest = CliRunner().invoke(notifications, ["digest"], env={"TALLY_WAREHOUSE": str(warehouse)}).stdout
    digest = digest.replace("\u00a0", " ")
    a_week = "day > '2026-11-04' and day <= '2026-11-11'"
    (sold,) = figures(warehouse, ["sales", "units", "revenue"])
    assert f"€{sold['revenue']:,.2f} in {sold['sales']:,} sales of {sold['units']:,} units" in digest
    assert f"November 2026: €{figures(warehouse, ['revenue'], '', a_week)[0]['revenue']:,.2f}, " in digest
    for by in ("retail_store__region", "product__product_name"):
        for row in figures(warehouse, ["revenue", "units"], by):
            (line,) = [line for line in digest.splitlines() if line.startswith(f"| {row[by]} ")]
            assert [cell.strip() for cell in line.split("|")][2:5:2] == [f"€{row['revenue']:,.2f}", f"{row['units']:,}"]
    air = digest.partition("## Air")[2]
    for row in figures(warehouse, ["pm2_5_mean", "days_above_who_pm2_5"], "station__station_name", f"day = '{LATEST}'"):
        (line,) = [line for line in air.splitlines() if line.startswith(f"| {row['station__station_name']} ")]
        assert [cell.strip() for cell in line.split("|")][5:7] == [
            f"{row['pm2_5_mean']:.1f}",
            ("within", "above")[row["days_above_who_pm2_5"]],
        ]
    lines = {
        line.split("|")[1].strip(): line for line in digest.partition("## The week")[0].splitlines() if "|" in line
    }
    latest = figures(
        warehouse,
        ["visits_estimated", "visits_vs_usual_pct", "coverage_pct"],
        "store__store_name",
        f"day = '{LATEST}'",
    )
    for row in latest:
        line = lines[row["store__store_name"]]
        assert f"{row['visits_estimated']:,.0f}" in line
        for figure in ("visits_vs_usual_pct", "coverage_pct"):  # none on a day on which the store is closed
            assert row[figure] is None or f"{abs(row[figure]):.1f}" in line
    assert sum(row["visits_vs_usual_pct"] is not None for row in latest) == 4
    weeks = digest.partition("## The week")[2].partition("## ")[0]
    for row in figures(warehouse, ["visits_estimated", "visits_vs_last_year_pct"], "store__store_name", a_week):
        (line,) = [line for line in weeks.splitlines() if f"| {row['store__store_name']} " in line]
        assert line.split("|")[2].strip() == f"{row['visits_estimated']:,.0f}"
        if row["visits_vs_last_year_pct"] is None:
            assert line.split("|")[4].strip() == "–"
        else:
            assert f"{abs(row['visits_vs_last_year_pct']):.1f}" in line


def test_metrics_of_the_marts_worked_out_by_hand(warehouse: Path) -> None:
    """Those that no page shows as such; and amounts come by currency whether or not it is asked for."""
    orders = marts(
        warehouse,
        "select customer_country, sum(revenue)::double / count(*) from 'fct_orders.parquet' where is_counted group by 1 order by 1",
    )
    asked = figures(warehouse, ["online_basket"], "order__customer_country")
    assert [(row["order__customer_country"], row["online_basket"]) for row in asked] == [
        (country, pytest.approx(basket)) for country, basket in orders
    ]
    assert {row["currency"] for row in asked} == {"EUR"}
    ((revenue, visits),) = marts(
        warehouse,
        "select sum(revenue)::double, sum(visits_estimated)::double from 'fct_store_performance_daily.parquet' "
        "where is_complete and visit_date >= '2026-10-01' and visits_estimated is not null",
    )
    (row,) = figures(warehouse, ["revenue_per_visitor"], "", "day >= '2026-10-01'")
    assert row == {"currency": "EUR", "revenue_per_visitor": pytest.approx(revenue / visits)}


def test_answers_are_tables_csv_and_json_in_the_order_asked_for(warehouse: Path) -> None:
    question = (
        "query",
        "visits",
        "coverage_pct",
        "--by",
        "store",
        "--by",
        "month",
        "--order",
        "-visits",
        "--limit",
        "3",
    )
    as_json = json.loads(ask(warehouse, *question, "--format", "json").stdout)
    assert list(as_json[0]) == ["store", "metric_time__month", "visits", "coverage_pct"]
    busiest = marts(
        warehouse,
        "select store_id, date_trunc('month', visit_date)::date::varchar, sum(visits) from 'fct_store_visits_daily.parquet' "
        "group by all order by 3 desc limit 3",
    )
    assert [(row["store"], row["metric_time__month"], row["visits"]) for row in as_json] == busiest
    as_csv = ask(warehouse, *question, "--format", "csv")
    assert "Only the first 3 rows are shown" in as_csv.stderr
    assert [row["visits"] for row in csv.DictReader(io.StringIO(as_csv.stdout))] == [str(row[2]) for row in busiest]
    table = ask(warehouse, *question).stdout
    assert f"{busiest[0][2]:,}" in table
    dimensions = json.loads(ask(warehouse, "list", "revenue", "sales", "--format", "json").stdout)
    assert {"currency", "retail_store__region", "metric_time__week"} <= {row["dimension"] for row in dimensions}
    assert "product" not in {row["dimension"] for row in dimensions}  # sales of a ticket do not add up over products


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["visit"], "There is no metric 'visit'. Did you mean visits"),
        (["visits", "--by", "store__cty"], "There is no dimension 'store__cty'. Did you mean store__city"),
        (["visits", "--where", "city = 'Paris'"], "Did you mean store__city?"),
        (["visits", "--where", "store__city in ("], "is no condition"),
        (["visits", "--where", "store__city = (select 1)"], "cannot stand in a condition"),
        (["visits", "--where", "store__city = getenv('HOME')"], "cannot stand in a condition"),
        (["visits", "--where", "store__city = '{{ 1 }}'"], "A condition is plain SQL"),
        (["visits", "--where", "day > 'yesterday'"], "timestamp"),
        (["visits", "--order", "revenue"], "Rows can be ordered by what is asked for: visits"),
        (["visits", "revenue", "--by", "day"], "ask for them apart"),
    ],
)
def test_a_question_that_cannot_be_answered_says_what_can_be_asked(
    warehouse: Path, arguments: list[str], says: str
) -> None:
    done = ask(warehouse, "query", *arguments)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith("metrics: ")
    assert says in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_without_a_publication_the_next_step_is_said(tmp_path: Path) -> None:
    done = ask(tmp_path / "warehouse.duckdb", "query", "visits")
    assert done.exit_code == 1
    assert "Nothing is published in" in done.stderr
    assert "run `make run`" in done.stderr
