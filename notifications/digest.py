"""The digest: a page of plain Markdown from what is published, for a terminal, a mail or GitHub."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from notifications.marts import Marts, readable
from publishing.publication import Publication, PublishingError, read_publication
from warehouse.connection import connect_memory
from warehouse.language import MISSING, Language, store_timezones
from warehouse.paths import WarehousePaths
from warehouse.settings import Site


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
        SettingsError: a setting SITE__… cannot be used.
    """
    folder = WarehousePaths(warehouse).marts
    publication = read_publication(folder)
    if publication.published_at is None:
        raise PublishingError(f"Nothing is published in {folder}: run `make run`, or `make build publish`.")
    with connect_memory() as connection, readable(folder):
        marts = Marts(connection, folder, publication)
        language = Language.load(store_timezones(connection))
        parts = [
            _heading(language, marts, publication),
            _attention(language, marts),
            _latest_day(language, marts),
            _week(language, marts),
            _sales(language, marts),
            _air(language, marts),
        ]
        ends = marts.rows("select max(latest_complete_date) as latest from dim_stores", "dim_stores")
    day = ends[0]["latest"] if ends else None
    return Digest("\n\n".join(part for part in parts if part) + "\n", f"{day:%Y-%m-%d}" if day else None)


def _heading(language: Language, marts: Marts, publication: Publication) -> str:
    ends = marts.rows(
        "select max(newest_hour_at) as newest, max(latest_complete_date) as latest from dim_stores", "dim_stores"
    )
    newest, latest = (ends[0]["newest"], ends[0]["latest"]) if ends else (None, None)
    title = (
        language.phrase("digest-title", day=language.day(latest))
        if latest
        else language.phrase("digest-title_without_day")
    )
    lines = [f"# {title}"]
    if newest:
        until = language.phrase("digest-until", moment=language.moment(newest))
        lines.append(f"{until} {language.phrase('digest-times', timezone=str(language.timezone))}")
    else:
        lines.append(language.phrase("digest-nothing_yet"))
    if publication.stale_since:
        lines.append(
            language.phrase(
                "digest-stale",
                built=language.moment(publication.built_at),
                since=language.moment(publication.stale_since),
                reason=publication.stale_reason,
            )
        )
    return "\n\n".join(lines)


def _attention(language: Language, marts: Marts) -> str:
    items = marts.rows("select * from agg_attention order by is_urgent desc, title", "agg_attention")
    title = f"## {language.phrase('digest-attention')}"
    if not items:
        return f"{title}\n\n{language.phrase('digest-nothing')}" if "agg_attention" in marts.names else ""
    lines = []
    for item in items:
        what, detail = attention_of(language, item)
        name = "digest-item_critical" if item["is_urgent"] else "digest-item"
        lines.append(f"- {language.phrase(name, title=_text(what), detail=_text(detail))}")
    return f"{title}\n\n" + "\n".join(lines)


def attention_of(language: Language, item: dict[str, Any]) -> tuple[str, str]:
    """The title and the detail of a row of `agg_attention` in a language; the mart's own English where it has no parts."""
    alerts: list[dict[str, str | None]] = json.loads(item.get("parts") or "[]")
    name = f"alerts-{item.get('kind')}-title"
    if not alerts or not language.knows(name):
        return item["title"], item["detail"]
    title = language.phrase(name, place=language.word("source", item["place"]), count=item["alerts"])
    if item["alerts"] == 1:
        detail = language.sentence(alerts[0], item["detail"])
        return title, detail if detail.endswith(".") else language.phrase("attention-full_stop", text=detail)
    named = language.phrase("list-separator").join(_in_list(language, alert) for alert in alerts)
    if item["left_out"]:
        return title, language.phrase("attention-longer_list", list=named, more=item["left_out"])
    return title, language.phrase("attention-list", list=named)


def _in_list(language: Language, alert: dict[str, str | None]) -> str:
    name = str(alert["id"]).rpartition("-")[0] + "-in_list"
    return language.sentence(alert | {"id": name} if language.knows(name) else alert, "")


def _latest_day(language: Language, marts: Marts) -> str:
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
        reason = day["closed_reason"]
        note = language.phrase("closed-why", reason=language.word("holiday", reason)) if reason else ""
        if day["visit_date"] != day["newest_date"]:
            note = ", ".join(
                part for part in (language.phrase("digest-on", day=language.day(day["visit_date"])), note) if part
            )
        rows.append(
            [
                _text(day["store_name"]),
                language.count(day["visits_estimated"]),
                language.count(day["visits_usual"]),
                language.percent(day["visits_vs_usual_pct"], signed=True),
                language.percent(day["visits_avg_4w_change_pct"], signed=True),
                language.percent(day["coverage_pct"]),
                _text(note),
            ]
        )
    names = ("store", "visits", "usual", "vs_usual", "trend", "counted")
    header = [*(language.phrase(f"digest-{name}") for name in names), ""]
    title = language.phrase("digest-latest_day", day=language.day(days[0]["newest_date"]))
    return f"## {title}\n\n{_table(header, rows)}\n\n{language.phrase('digest-latest_day_note')}"


def _week(language: Language, marts: Marts) -> str:
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
            sum(days.visits_same_day_last_year) filter (where age < 7 and days.visits is not null) as last_year
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
                language.count(week["this_week"]) if is_whole else MISSING,
                _change(language, week["this_week"], week["week_before"]) if is_comparable else MISSING,
                _change(language, week["this_week_counted"], week["last_year"]),
            ]
        )
    header = [language.phrase(f"digest-{name}") for name in ("store", "visits", "vs_week_before", "vs_last_year")]
    title = language.phrase("digest-week", day=language.day(weeks[0]["last_date"]))
    return f"## {title}\n\n{_table(header, rows)}\n\n{language.phrase('digest-week_note')}"


# No amount is the sum of two currencies: the digest shows the owner's, or the one with the most sales where there are none in hers, and says the others.
_SHOWN = "select currency from agg_sales_total order by currency = '{}' desc, is_main_currency desc, currency limit 1"


def _is_shown() -> str:
    return f"currency in ({_SHOWN.format(Site.load().currency)})"


def _sales(language: Language, marts: Marts) -> str:
    totals = marts.rows(f"select * from agg_sales_total order by {_is_shown()} desc, currency", "agg_sales_total")
    if not totals:
        return ""
    total, *others = totals
    currency = total["currency"]
    regions = marts.rows(
        f"select region as name, sales, units, revenue from agg_sales_by_region where {_is_shown()} order by revenue desc, name",
        "agg_sales_by_region",
        "agg_sales_total",
    )
    products = marts.rows(
        "select coalesce(products.product_name, sold.product_id) as name, sold.sales, sold.units, sold.revenue "
        "from agg_sales_by_product as sold "
        f"left join dim_products as products on sold.product_id = products.product_id where {_is_shown()} "
        "order by sold.revenue desc, name",
        "agg_sales_by_product",
        "agg_sales_total",
        "dim_products",
    )
    newest = marts.rows("select max(sale_date) as newest from agg_sales_daily", "agg_sales_daily")
    until = {"day": language.day(newest[0]["newest"])} if newest and newest[0]["newest"] else {}
    amount = language.money(total["revenue"], currency)
    sums = {"amount": amount, "sales": total["sales"], "units": total["units"]}
    parts = [
        f"## {language.phrase('digest-sales')}",
        language.phrase("digest-sales_sum_until" if until else "digest-sales_sum", **sums, **until),
    ]
    if total["returned_units"]:
        amount = language.money(total["returns"], currency)
        parts.append(language.phrase("digest-returns", amount=amount, units=total["returned_units"]))
    if others:
        amounts = ", ".join(language.money(each["revenue"], each["currency"]) for each in others)
        parts.append(language.phrase("digest-other_currencies", amounts=amounts))
    if week := _sales_week(language, marts, currency):
        parts.append(week)
    for title, rows in (("region", regions), ("product", products)):
        if rows:
            table = [
                [
                    _text(language.word("region", row["name"]) if title == "region" else row["name"]),
                    language.money(row["revenue"], currency),
                    language.percent(
                        100 * float(row["revenue"]) / float(total["revenue"]) if total["revenue"] > 0 else None
                    ),
                    language.count(row["units"]),
                ]
                for row in rows
            ]
            header = [language.phrase(f"digest-{name}") for name in (title, "revenue", "share", "units")]
            parts.append(_table(header, table))
    return "\n\n".join(parts)


def _sales_week(language: Language, marts: Marts, currency: str) -> str:
    """The seven days up to the last one that is over, vs the seven before; a day without a row sold nothing."""
    (week,) = marts.rows(
        f"""
        with days as (
            select sale_date, revenue, max(sale_date) filter (where is_complete) over () as last_date
            from agg_sales_daily
            where {_is_shown()}
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
    change = _change(language, week["this_week"] or 0, week["week_before"]) if week["is_comparable"] else MISSING
    values = {"day": language.day(week["last_date"]), "amount": language.money(week["this_week"] or 0, currency)}
    if change == MISSING:
        return language.phrase("digest-sales_week", **values)
    return language.phrase("digest-sales_week_change", **values, change=change)


def _air(language: Language, marts: Marts) -> str:
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
    verdicts = {True: "verdict-above", False: "verdict-within", None: "verdict-too_few_hours"}
    table = [
        [
            _text(row["station_name"]),
            language.number(row["pm2_5"]),
            language.number(row["one"]),
            language.number(row["two"]),
            language.number(row["pm2_5_mean"]),
            language.phrase(verdicts[row["exceeds_who_pm2_5"]]) if row["measured_date"] else "",
            language.moment(row["newest_at"]),
        ]
        for row in rows
    ]
    limit = next((row["pm2_5_limit"] for row in rows if row["pm2_5_limit"] is not None), None)
    co = sum(row["exceeds_who_co"] is True for row in rows)
    notes = [language.phrase("digest-air_note", limit=f"{limit:g}")] if limit else []
    if co:
        notes.append(language.phrase("digest-co_above", above=co, stations=len(rows)))
    names = ("in_1_h", "in_2_h", "day_s_mean", "limit", "newest_hour")
    header = [language.phrase("digest-station"), "PM2.5", *(language.phrase(f"digest-{name}") for name in names)]
    title = f"## {language.phrase('digest-air')}"
    return "\n\n".join([title, _table(header, table), *([" ".join(notes)] if notes else [])])


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


def _change(language: Language, now: Any, before: Any) -> str:
    is_known = now is not None and before
    return language.percent(100 * float(now - before) / float(before), signed=True) if is_known else MISSING
