"""The digest, through its command line, on marts of a few rows whose figures are worked out by hand."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner, Result

from notifications.__main__ import app
from publishing.parquet import StaleError
from publishing.parquet import publish as publish_marts
from tests.integration.test_publishing import record_build


def run(warehouse: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), env={"TALLY_WAREHOUSE": str(warehouse)})


@pytest.fixture
def marts(warehouse: Path) -> Path:
    """Two stores. Every day of Roma brings 100 visits and of a week before 80; Oslo's name is a table's border."""
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create schema marts")
        connection.execute("""
            create table marts.dim_stores as
            select * from (values
                ('roma', 'Roma', date '2024-05-19', timestamp '2024-05-20 07:00:00'),
                ('oslo', 'Os|lo', date '2024-05-18', timestamp '2024-05-19 01:00:00')
            ) as t (store_id, store_name, latest_complete_date, newest_hour_at)
        """)
        connection.execute("""
            create table marts.fct_store_visits_daily as
            select
                store_id,
                date '2024-05-20' - n::integer as visit_date,
                case when n < 9 then 100 else 80 end::bigint as visits,
                case when n < 9 then 100 else 80 end::decimal(18, 3) as visits_estimated,
                case when n > 0 then 80.0::double end as visits_usual,
                case when n > 0 then 25.0::double end as visits_vs_usual_pct,
                case when n > 0 then -1.25::double end as visits_avg_4w_change_pct,
                95.0::double as coverage_pct,
                case when store_id = 'oslo' and n = 2 then 'Founding day' end as closed_reason,
                case when store_id = 'roma' then 50 end::bigint as visits_same_day_last_year
            from (values ('roma'), ('oslo')) as stores (store_id) cross join range(20) as days (n)
        """)
        connection.execute("""
            create table marts.agg_attention as
            select * from (values
                ('Roma: low coverage', 'Half of it.', false), ('Oslo: no new data', 'Since *yesterday*.', true)
            ) as t (title, detail, is_urgent)
        """)
    record_build(warehouse, 3)
    publish_marts(warehouse)
    return warehouse


def cells(line: str) -> list[str]:
    return [cell.strip().replace("\u00a0", " ") for cell in line.strip("|").split(" | ")]


def test_the_digest_says_the_day_the_week_and_what_needs_attention(marts: Path) -> None:
    result = run(marts, "digest")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0] == "# Tally, Sunday, 19 May 2024"
    assert lines[2] == "Visitor counts up to 20 May 2024, 07:00. Times are those of UTC."
    attention = [line for line in lines if line.startswith("- ")]
    assert attention == [
        "- **Oslo: no new data** (critical). Since \\*yesterday\\*.",
        "- **Roma: low coverage**. Half of it.",
    ]
    rows = [cells(line) for line in lines if line.startswith("| ")]
    assert rows[2:4] == [
        ["Os\\|lo", "100", "80", "+25.0 %", "−1.2 %", "95.0 %", "on Saturday, 18 May 2024, closed: Founding day"],
        ["Roma", "100", "80", "+25.0 %", "−1.2 %", "95.0 %", ""],
    ]
    # The week ends with the last day that every store has, the 18th: seven days of 100 after seven of 80.
    assert "## The week to Saturday, 18 May 2024" in lines
    assert rows[6:] == [
        ["Os\\|lo", "700", "+25.0 %", "–"],
        ["Roma", "700", "+25.0 %", "+100.0 %"],
    ]


def test_the_digests_tables_line_up_unrendered_and_are_tables_rendered(marts: Path) -> None:
    lines = run(marts, "digest").stdout.splitlines()
    tables: list[list[str]] = [[]]
    for line in lines:
        if line.startswith("|"):
            tables[-1].append(line)
        elif tables[-1]:
            tables.append([])
    for table in filter(None, tables):
        assert len({len(line) for line in table}) == 1, table
        borders = [[i for i, char in enumerate(line) if char == "|" and line[i - 1] != "\\"] for line in table]
        assert all(found == borders[0] for found in borders), table


def test_the_digest_names_the_sales_where_there_are_any(marts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with duckdb.connect(str(marts)) as connection:
        connection.execute("""
            create table marts.agg_sales_total as
                select * from (values
                    ('CHF', 1::bigint, 9::bigint, 99::decimal(18, 2), 0::bigint, 0::decimal(18, 2), false), ('EUR', 3, 1204, 1500.5, 2, 20, true)
                ) as t (currency, sales, units, revenue, returned_units, returns, is_main_currency);
            create table marts.agg_sales_by_region as
                select * from (values
                    ('Grand Est', 'EUR', 1::bigint, 4::bigint, 375.125::decimal(18, 3)), ('Bretagne', 'EUR', 2, 1200, 1125.375), ('Bretagne', 'CHF', 1, 9, 99)
                ) as t (region, currency, sales, units, revenue);
            create table marts.agg_sales_by_product as
                select 'REF001' as product_id, 'EUR' as currency, 3::bigint as sales, 1204::bigint as units, 1500.5::decimal(18, 2) as revenue;
            create table marts.dim_products as select 'REF001' as product_id, 'Produit A' as product_name;
            create table marts.agg_sales_daily as
                select sale_date::date as sale_date, 'EUR' as currency, revenue::decimal(18, 2) as revenue, is_complete
                from (values
                    ('2024-05-18', 7000, false), ('2024-05-17', 400.25, true), ('2024-05-12', 600, true), ('2024-05-11', 99.75, true),
                    ('2024-05-10', 500, true), ('2024-05-04', 500, true), ('2024-05-03', 9000, true)
                ) as t (sale_date, revenue, is_complete);
        """)
    record_build(marts, 4)
    publish_marts(marts)
    lines = run(marts, "digest").stdout.splitlines()
    start = lines.index("## Sales")
    assert lines[start + 2] == "€1,500.50 in 3 sales of 1,204 units, up to Saturday, 18 May 2024."
    assert lines[start + 4] == "Returns of €20.00 (2 units) are taken off."
    assert lines[start + 6] == "Sales in other currencies are not in these figures: CHF\u00a099.00."
    # 400.25 + 600 + 99.75 against 500 + 500: the day that is not over is in neither, and what is older neither.
    assert lines[start + 8] == "The week to Friday, 17 May 2024: €1,100.00, +10.0 % vs the week before."
    rows = [cells(line) for line in lines[start:] if line.startswith("| ")]
    assert rows[2:4] == [["Bretagne", "€1,125.38", "75.0 %", "1,200"], ["Grand Est", "€375.12", "25.0 %", "4"]]
    assert rows[6:] == [["Produit A", "€1,500.50", "100.0 %", "1,204"]]

    # In the owner's currency where there are sales in it, however few, and otherwise as without the setting.
    monkeypatch.setenv("SITE__CURRENCY", "CHF")
    words = run(marts, "digest").stdout
    assert "CHF\u00a099.00 in 1 sale of 9 units, up to" in words
    assert "Sales in other currencies are not in these figures: €1,500.50." in words
    assert [cells(line) for line in words.splitlines() if line.startswith("| Bretagne")] == [
        ["Bretagne", "CHF 99.00", "100.0 %", "9"]
    ]
    monkeypatch.setenv("SITE__CURRENCY", "GBP")
    assert "€1,500.50 in 3 sales of 1,204 units" in run(marts, "digest").stdout


def test_the_digest_compares_no_week_with_one_that_the_sales_do_not_reach(marts: Path) -> None:
    with duckdb.connect(str(marts)) as connection:
        connection.execute("""
            create table marts.agg_sales_total as
                select 'EUR' as currency, 2::bigint as sales, 2::bigint as units, 12::decimal(18, 2) as revenue, 0::bigint as returned_units,
                0::decimal(18, 2) as returns, true as is_main_currency;
            create table marts.agg_sales_daily as
                select 'EUR' as currency, unnest([date '2024-05-05', date '2024-05-17']) as sale_date, 6::decimal(18, 2) as revenue, true as is_complete;
        """)
    record_build(marts, 4)
    publish_marts(marts)
    assert "\nThe week to Friday, 17 May 2024: €6.00.\n" in run(marts, "digest").stdout


def test_the_digest_shows_the_air_now_ahead_and_vs_its_limit(marts: Path) -> None:
    """Street's newest hour has no PM2.5 yet; Yard has no forecast and too short a day; a station without hours is left out."""
    with duckdb.connect(str(marts)) as connection:
        connection.execute("""
            create table marts.dim_stations as
                select * from (values (1, 'Street', timestamp '2024-05-20 07:00:00'), (2, 'Yard', timestamp '2024-05-20 03:00:00'), (3, 'New', null))
                as t (station_id, station_name, newest_measured_at);
            create table marts.fct_air_quality_hourly as
                select * from (values
                    (1, timestamp '2024-05-20 07:00:00', null), (1, timestamp '2024-05-20 06:00:00', 21.26::double),
                    (1, timestamp '2024-05-20 05:00:00', 99), (2, timestamp '2024-05-20 03:00:00', 4)
                ) as t (station_id, measured_at, pm2_5);
            create table marts.fct_air_quality_forecasts as
                select * from (values
                    (1, 'pm2_5', 1, timestamp '2024-05-20 07:00:00', 20.0::double), (1, 'pm2_5', 2, timestamp '2024-05-20 07:00:00', 18.04),
                    (1, 'pm2_5', 1, timestamp '2024-05-20 06:00:00', 77), (1, 'co', 1, timestamp '2024-05-20 07:00:00', 0.5)
                ) as t (station_id, pollutant, horizon_hours, issued_at, value);
            create table marts.fct_air_quality_daily as
                select *, 15.0::double as pm2_5_limit from (values
                    (1, date '2024-05-20', 90.0::double, true, false, false), (1, date '2024-05-19', 15.1, true, true, true),
                    (2, date '2024-05-19', 3, null, null, true)
                ) as t (station_id, measured_date, pm2_5_mean, exceeds_who_pm2_5, exceeds_who_co, is_complete);
        """)
    record_build(marts, 4)
    publish_marts(marts)
    lines = run(marts, "digest").stdout.splitlines()
    start = lines.index("## Air")
    rows = [cells(line) for line in lines[start:] if line.startswith("| ")]
    assert rows[2:] == [
        ["Street", "21.3", "20.0", "18.0", "15.1", "above", "20 May 2024, 06:00"],
        ["Yard", "4.0", "–", "–", "3.0", "too few hours", "20 May 2024, 03:00"],
    ]
    assert lines[-1].endswith("its limit 15. CO was above its limit at 1 of 2 stations.")


def test_the_digest_says_that_its_figures_are_old(marts: Path) -> None:
    record_build(marts, 5, outcome="failed", message="2 of 90 nodes failed: dim_stores, fct_runs")
    with pytest.raises(StaleError):
        publish_marts(marts)
    text = run(marts, "digest").stdout
    assert "**These are the figures of 22 November 2026, 03:30.**" in text
    assert "2 of 90 nodes failed: dim_stores, fct_runs" in text


def test_the_digest_of_nothing_says_what_to_run(warehouse: Path) -> None:
    result = run(warehouse, "digest")
    assert result.exit_code == 1
    assert "make run" in result.stderr


def test_the_digest_goes_to_a_file(marts: Path, tmp_path: Path) -> None:
    result = run(marts, "digest", "--out", str(tmp_path / "digest.md"))
    assert (result.exit_code, result.stdout) == (0, "")
    assert (tmp_path / "digest.md").read_text(encoding="utf-8") == run(marts, "digest").stdout
    result = run(marts, "digest", "--out", str(tmp_path / "no" / "digest.md"))
    assert result.exit_code == 1
    assert "cannot be written: No such file or directory" in result.stderr


def test_a_damaged_published_file_is_one_line_that_says_what_to_do(marts: Path) -> None:
    file = marts.with_suffix(".marts") / "fct_store_visits_daily.parquet"
    file.write_bytes(file.read_bytes()[:100])
    done = run(marts, "digest")
    assert done.exit_code == 1
    assert isinstance(done.exception, SystemExit)
    (line,) = str(done.stderr).splitlines()
    assert line.startswith("digest: A published file in ")
    assert line.endswith("`python -m publishing` writes it again.")
    publish_marts(marts)
    assert run(marts, "digest").exit_code == 0
