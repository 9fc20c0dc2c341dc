"""The digest: a page of plain Markdown from what is published, for a terminal, a mail or GitHub."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb

from publishing.publication import Publication, PublishingError, read_publication
from warehouse.connection import connect_memory
from warehouse.errors import first_line
from warehouse.paths import WarehousePaths

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Digest:
    """The digest's text (Markdown), and the newest complete day in it (ISO); None where no store has one."""

    text: str
    day: str | None


def make_digest(warehouse: Path) -> Digest:
    """Yesterday, the week and what needs attention, as Markdown whose tables line up without being rendered.

    Args:
        warehouse: the DuckDB file; only what was published beside it is read.

    Raises:
        PublishingError: nothing has been published, or it cannot be read.
    """
    folder = WarehousePaths(warehouse).marts
    publication = read_publication(folder)
    if publication.published_at is None:
        raise PublishingError(f"Nothing is published in {folder}: run `make run`, or `make build publish`.")
    with connect_memory() as connection, _readable(folder):
        marts = _Marts(connection, folder, publication)
        parts = [
            _heading(marts, publication),
            _attention(marts),
            _latest_day(marts),
            _week(marts),
            _sales(marts),
            _air(marts),
        ]
        ends = marts.rows("select max(latest_complete_date) as latest from dim_stores", "dim_stores")
    day = ends[0]["latest"] if ends else None
    return Digest("\n\n".join(part for part in parts if part) + "\n", f"{day:%Y-%m-%d}" if day else None)


@contextmanager
def _readable(folder: Path) -> Iterator[None]:
    try:
        yield
    except (duckdb.BinderException, duckdb.CatalogException, duckdb.ParserException):  # our own SQL
        raise
    except duckdb.Error as error:
        raise PublishingError(
            f"A published file in {folder} cannot be read ({first_line(error)}): `python -m publishing` writes it again."
        ) from None


class _Marts:
    """The published marts, by name; a mart that is not among them is empty."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, folder: Path, publication: Publication) -> None:
        self._connection = connection
        self.names = set(publication.marts)
        for name in self.names:
            connection.read_parquet(str(folder / f"{name}.parquet")).create_view(name)

    def rows(self, sql: str, *needs: str) -> Rows:
        if not self.names.issuperset(needs):
            return []
        answer = self._connection.execute(sql)
        names = [column[0] for column in answer.description or []]
        return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]


def _heading(marts: _Marts, publication: Publication) -> str:
    ends = marts.rows(
        "select max(newest_hour_at) as newest, max(latest_complete_date) as latest from dim_stores", "dim_stores"
    )
    newest, latest = (ends[0]["newest"], ends[0]["latest"]) if ends else (None, None)
    lines = [f"# Tally, {_day(latest)}" if latest else "# Tally"]
    if newest:
        lines.append(f"Visitor counts up to {_moment(newest)} UTC.")
    else:
        lines.append("No visitor counts have come yet: `make ingest`, then `make build publish`.")
    if publication.stale_since:
        lines.append(
            f"**These are the figures of {_moment(publication.built_at)} UTC.** Every build since "
            f"{_moment(publication.stale_since)} UTC has failed: {publication.stale_reason}"
        )
    return "\n\n".join(lines)


def _attention(marts: _Marts) -> str:
    items = marts.rows(
        "select title, detail, is_urgent from agg_attention order by is_urgent desc, title", "agg_attention"
    )
    if not items:
        return "## What needs attention\n\nNothing." if "agg_attention" in marts.names else ""
    lines = [
        f"- **{_text(item['title'])}**{' (critical)' if item['is_urgent'] else ''}. {_text(item['detail'])}"
        for item in items
    ]
    return "## What needs attention\n\n" + "\n".join(lines)


def _latest_day(marts: _Marts) -> str:
    days = marts.rows(
        """
        select
            stores.store_name, days.visit_date, days.visits_estimated, days.visits_usual, days.visits_vs_usual_pct,
            days.visits_avg_4w_change_pct, days.coverage_pct, days.closed_reason,
            max(days.visit_date) over () as newest_date
        from dim_stores as stores
        inner join fct_store_visits_daily as days
            on stores.store_id = days.store_id and stores.latest_complete_date = days.visit_date
        order by days.visits_usual desc nulls last, stores.store_name
        """,
        "dim_stores",
        "fct_store_visits_daily",
    )
    if not days:
        return ""
    rows = []
    for day in days:
        note = f"closed: {day['closed_reason']}" if day["closed_reason"] else ""
        if day["visit_date"] != day["newest_date"]:
            note = ", ".join(part for part in (f"on {_day(day['visit_date'])}", note) if part)
        rows.append(
            [
                _text(day["store_name"]),
                _count(day["visits_estimated"]),
                _count(day["visits_usual"]),
                _percent(day["visits_vs_usual_pct"], signed=True),
                _percent(day["visits_avg_4w_change_pct"], signed=True),
                _percent(day["coverage_pct"]),
                _text(note),
            ]
        )
    header = ["Store", "Visits", "Usual", "vs usual", "Trend", "Counted", ""]
    return (
        f"## The latest day: {_day(days[0]['newest_date'])}\n\n"
        f"{_table(header, rows)}\n\n"
        "Visits are counted, and estimated where a door was not. *Usual*: the mean of the same weekday in the four weeks before, "
        "closed days left out. *Trend*: the 4-week average, week over week."
    )


def _week(marts: _Marts) -> str:
    weeks = marts.rows(
        """
        with ends as (
            select min(latest_complete_date) as last_date from dim_stores where latest_complete_date is not null
        ),
        days as (
            select
                days.*,
                ends.last_date,
                date_diff('day', days.visit_date, ends.last_date) as age
            from fct_store_visits_daily as days
            cross join ends
            where days.visit_date <= ends.last_date
        )
        select
            stores.store_name,
            any_value(days.last_date) as last_date,
            sum(days.visits_estimated) filter (where age < 7) as this_week,
            count(days.visits_estimated) filter (where age < 7) as this_week_days,
            sum(days.visits_estimated) filter (where age between 7 and 13) as week_before,
            count(days.visits_estimated) filter (where age between 7 and 13) as week_before_days,
            sum(days.visits) filter (where age < 7 and days.visits_same_day_last_year is not null) as this_week_counted,
            sum(days.visits_same_day_last_year) filter (where age < 7) as last_year
        from days
        inner join dim_stores as stores on days.store_id = stores.store_id
        group by stores.store_id, stores.store_name
        order by this_week desc nulls last, stores.store_name
        """,
        "dim_stores",
        "fct_store_visits_daily",
    )
    if not weeks:
        return ""
    rows = []
    for week in weeks:
        is_whole = week["this_week_days"] == 7
        is_comparable = is_whole and week["week_before_days"] == 7
        rows.append(
            [
                _text(week["store_name"]),
                _count(week["this_week"]) if is_whole else "–",
                _change(week["this_week"], week["week_before"]) if is_comparable else "–",
                _change(week["this_week_counted"], week["last_year"]),
            ]
        )
    header = ["Store", "Visits", "vs week before", "vs last year"]
    return (
        f"## The week to {_day(weeks[0]['last_date'])}\n\n{_table(header, rows)}\n\n"
        "Seven whole days. Last year: what was counted on the same weekdays 364 days before."
    )


# No amount is the sum of two currencies: the digest shows the one with the most sales, and says the others.
_IN_MAIN_CURRENCY = "currency in (select currency from agg_sales_total where is_main_currency)"


def _sales(marts: _Marts) -> str:
    totals = marts.rows("select * from agg_sales_total order by is_main_currency desc, currency", "agg_sales_total")
    if not totals:
        return ""
    total, *others = totals
    currency = total["currency"]
    regions = marts.rows(
        f"select region as name, sales, units, revenue from agg_sales_by_region where {_IN_MAIN_CURRENCY} order by revenue desc, name",
        "agg_sales_by_region",
        "agg_sales_total",
    )
    products = marts.rows(
        "select coalesce(products.product_name, sold.product_id) as name, sold.sales, sold.units, sold.revenue "
        "from agg_sales_by_product as sold "
        f"left join dim_products as products on sold.product_id = products.product_id where {_IN_MAIN_CURRENCY} "
        "order by sold.revenue desc, name",
        "agg_sales_by_product",
        "agg_sales_total",
        "dim_products",
    )
    newest = marts.rows("select max(sale_date) as newest from agg_sales_daily", "agg_sales_daily")
    until = f", up to {_day(newest[0]['newest'])}" if newest and newest[0]["newest"] else ""
    parts = [
        f"## Sales\n\n{_money(total['revenue'], currency)} in {_count(total['sales'])} sales of {_count(total['units'])} units{until}."
    ]
    if total["returned_units"]:
        parts.append(
            f"Returns of {_money(total['returns'], currency)} ({_count(total['returned_units'])} units) are taken off."
        )
    if others:
        amounts = ", ".join(_money(each["revenue"], each["currency"]) for each in others)
        parts.append(f"Sales in other currencies are not in these figures: {amounts}.")
    if week := _sales_week(marts, currency):
        parts.append(week)
    for title, rows in (("Region", regions), ("Product", products)):
        if rows:
            table = [
                [
                    _text(row["name"]),
                    _money(row["revenue"], currency),
                    _percent(100 * float(row["revenue"]) / float(total["revenue"]) if total["revenue"] > 0 else None),
                    _count(row["units"]),
                ]
                for row in rows
            ]
            parts.append(_table([title, "Revenue", "Share", "Units"], table))
    return "\n\n".join(parts)


def _sales_week(marts: _Marts, currency: str) -> str:
    """The seven days up to the last one that is over, vs the seven before; a day without a row sold nothing."""
    (week,) = marts.rows(
        f"""
        with days as (
            select sale_date, revenue, max(sale_date) filter (where is_complete) over () as last_date
            from agg_sales_daily
            where {_IN_MAIN_CURRENCY}
        )
        select
            any_value(last_date) as last_date,
            min(sale_date) <= any_value(last_date) - 13 as is_comparable,
            sum(revenue) filter (where sale_date between last_date - 6 and last_date) as this_week,
            sum(revenue) filter (where sale_date between last_date - 13 and last_date - 7) as week_before
        from days
        """,
        "agg_sales_daily",
        "agg_sales_total",
    ) or [{"last_date": None}]
    if not week["last_date"]:
        return ""
    change = _change(week["this_week"] or 0, week["week_before"]) if week["is_comparable"] else "–"
    against = "" if change == "–" else f", {change} vs the week before"
    return f"The week to {_day(week['last_date'])}: {_money(week['this_week'] or 0, currency)}{against}."


def _air(marts: _Marts) -> str:
    rows = marts.rows(
        """
        with ends as (
            select station_id, arg_max(measured_at, measured_at) as newest_at, arg_max(pm2_5, measured_at) as pm2_5
            from fct_air_quality_hourly
            where pm2_5 is not null
            group by station_id
        ),
        ahead as (
            select station_id, max(value) filter (where horizon_hours = 1) as one, max(value) filter (where horizon_hours = 2) as two
            from fct_air_quality_forecasts as forecasts
            inner join dim_stations as stations using (station_id)
            where forecasts.pollutant = 'pm2_5' and forecasts.issued_at = stations.newest_measured_at
            group by station_id
        ),
        days as (
            select * from fct_air_quality_daily
            where is_complete
            qualify row_number() over (partition by station_id order by measured_date desc) = 1
        )
        select
            stations.station_name, ends.newest_at, ends.pm2_5, ahead.one, ahead.two, days.measured_date, days.pm2_5_mean,
            days.exceeds_who_pm2_5, days.exceeds_who_co, days.pm2_5_limit
        from dim_stations as stations
        inner join ends using (station_id)
        left join ahead using (station_id)
        left join days using (station_id)
        order by stations.station_name, stations.station_id
        """,
        "dim_stations",
        "fct_air_quality_hourly",
        "fct_air_quality_forecasts",
        "fct_air_quality_daily",
    )
    if not rows:
        return ""
    verdicts = {True: "above", False: "within", None: "too few hours"}
    table = [
        [
            _text(row["station_name"]),
            _concentration(row["pm2_5"]),
            _concentration(row["one"]),
            _concentration(row["two"]),
            _concentration(row["pm2_5_mean"]),
            verdicts[row["exceeds_who_pm2_5"]] if row["measured_date"] else "",
            f"{_moment(row['newest_at'])} UTC",
        ]
        for row in rows
    ]
    limit = next((row["pm2_5_limit"] for row in rows if row["pm2_5_limit"] is not None), None)
    co = sum(row["exceeds_who_co"] is True for row in rows)
    notes = (
        [
            f"PM2.5 in µg/m³, now and one and two hours on; the day is each station's latest complete one, its limit {limit:g}."
        ]
        if limit
        else []
    )
    if co:
        notes.append(f"CO was above its limit at {co} of {len(rows)} stations.")
    header = ["Station", "PM2.5", "In 1 h", "In 2 h", "Day's mean", "Limit", "Newest hour"]
    return "\n\n".join(["## Air", _table(header, table), *([" ".join(notes)] if notes else [])])


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table whose columns line up: the first and an unnamed last one to the left, figures to the right."""
    if all(not row[-1] for row in rows) and not header[-1]:
        header, rows = header[:-1], [row[:-1] for row in rows]
    widths = [max(len(cell) for cell in column) for column in zip(header, *rows, strict=True)]
    is_left = [index == 0 or not name for index, name in enumerate(header)]

    def line(cells: Sequence[str]) -> str:
        padded = [
            cell.ljust(width) if left else cell.rjust(width)
            for cell, width, left in zip(cells, widths, is_left, strict=True)
        ]
        return f"| {' | '.join(padded)} |"

    rule = [
        "-" * max(width, 3) if left else "-" * max(width - 1, 2) + ":"
        for width, left in zip(widths, is_left, strict=True)
    ]
    return "\n".join([line(header), f"| {' | '.join(rule)} |", *map(line, rows)])


def _text(value: object) -> str:
    """Text that is nothing but text in Markdown: a provider's name must not become a table's border or a link."""
    escaped = "".join(f"\\{char}" if char in "\\`*_[]<>|#" else char for char in str(value))
    return " ".join(escaped.split())


def _count(value: Any) -> str:
    return "–" if value is None else f"{round(value):,}"


def _concentration(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"


def _money(value: Any, currency: str) -> str:
    return f"{value:,.2f} {'€' if currency == 'EUR' else currency}"


def _percent(value: float | None, *, signed: bool = False) -> str:
    if value is None:
        return "–"
    shown = f"{abs(value):.1f} %"
    if not signed or round(value, 1) == 0:
        return shown
    return ("+" if value > 0 else "−") + shown


def _change(now: Any, before: Any) -> str:
    return _percent(100 * float(now - before) / float(before), signed=True) if now is not None and before else "–"


def _day(value: date) -> str:
    return f"{value:%A} {value.day} {value:%B %Y}"


def _moment(value: datetime | None) -> str:
    if value is None:
        return "an unknown time"
    value = value.astimezone(UTC) if value.tzinfo else value
    return f"{value.day} {value:%B %Y, %H:%M}"
