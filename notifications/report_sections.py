"""What the report says: four sections, each made of figures, tables and sentences from the published marts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from notifications.digest import attention_of
from notifications.marts import Marts, Rows
from warehouse.language import MISSING, Language
from warehouse.settings import Site

# What two pages have room for.
MOST_STORES = 10
MOST_ITEMS = 4
MOST_TO_DO = 8
MOST_GOALS = 6
NAMED = 3
UNUSUAL_PCT = 25
MISSING_PCT = 10


@dataclass(frozen=True)
class Span:
    """The days that a report is about, both included, and whether they are a month."""

    begin: date
    end: date
    is_month: bool


@dataclass(frozen=True)
class Part:
    """A piece of a section, as `report.html` shows it: what is empty is left out."""

    title: str = ""
    tiles: Sequence[dict[str, str]] = ()
    bars: Sequence[dict[str, Any]] = ()
    header: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    items: Sequence[str] = ()
    text: str = ""
    is_note: bool = False


@dataclass(frozen=True)
class Section:
    """A heading and its parts."""

    title: str
    parts: list[Part] = field(default_factory=list)
    is_new_page: bool = False


def sections(language: Language, marts: Marts, span: Span) -> list[Section]:
    """What happened, why, what is coming, and what to do."""
    return [
        Section(language.phrase("report-happened"), _happened(language, marts, span)),
        Section(language.phrase("report-why"), [Part(items=_why(language, marts, span))]),
        Section(language.phrase("report-coming"), _coming(language, marts, span), is_new_page=True),
        Section(language.phrase("report-to_do"), [Part(items=_to_do(language, marts, span))]),
    ]


def _happened(language: Language, marts: Marts, span: Span) -> list[Part]:
    days = marts.rows(
        f"""
        select
            visit_date, sum(visits_estimated) as visits,
            sum(visits_estimated) filter (where visits_usual is not null) as comparable,
            sum(visits_usual) filter (where visits_estimated is not null) as usual,
            count(*) as stores, count(*) filter (where is_closed_day) as closed
        from fct_store_visits_daily
        where {_within(span)} and is_complete
        group by visit_date
        order by visit_date
        """,
        "fct_store_visits_daily",
    )
    parts = [Part(tiles=_tiles(language, marts, span, days)), _course(language, marts, span, days)]
    if rows := _stores(language, marts, span):
        header = ["digest-store", "digest-visits", "digest-vs_usual", "report-last_year", "report-conversion"]
        left = len(rows) - MOST_STORES
        parts.append(
            Part(
                header=[language.phrase(name) for name in [*header, "digest-revenue"]],
                rows=rows[:MOST_STORES],
                text=language.phrase("report-more_stores", stores=left) if left > 0 else "",
                is_note=True,
            )
        )
    return parts


def _tiles(language: Language, marts: Marts, span: Span, days: Rows) -> list[dict[str, str]]:
    visits = [day["visits"] for day in days if day["visits"] is not None]
    usual = _change(_sum(days, "comparable"), _sum(days, "usual"))
    tiles = [_tile(language, "visits", language.count(sum(visits)) if visits else MISSING, usual)]
    for same in marts.rows(
        f"select sum(visits) as now, sum(visits_compared) as before, count(*) as days from fct_like_for_like_daily where {_within(span)}",
        "fct_like_for_like_daily",
    ):
        change = _change(same["now"], same["before"])
        if change is not None:
            store_days = sum(day["stores"] for day in days)
            before = language.count(same["before"])
            note = language.phrase("report-like_for_like_note", visits=before, days=same["days"], all=store_days)
            label = language.phrase("report-like_for_like")
            tiles.append({"label": label, "value": language.percent(change, signed=True), "note": note})
    for sold in marts.rows(
        f"""
        select
            currency, sum(revenue) as revenue,
            sum(revenue) filter (where revenue_usual is not null) as comparable, sum(revenue_usual) as usual
        from agg_sales_daily
        where sale_date between date '{span.begin}' and date '{span.end}' and is_complete
            and currency in (
                select currency from agg_sales_total
                order by currency = '{Site.load().currency}' desc, is_main_currency desc, currency limit 1
            )
        group by currency
        """,
        "agg_sales_daily",
        "agg_sales_total",
    ):
        amount = language.money(sold["revenue"], sold["currency"])
        tiles.append(_tile(language, "revenue", amount, _change(sold["comparable"], sold["usual"])))
    return tiles


def _tile(language: Language, name: str, value: str, change: float | None) -> dict[str, str]:
    note = "" if change is None else language.phrase("compare-usual-vs", change=language.percent(change, signed=True))
    return {"label": language.phrase(name), "value": value, "note": note}


def _course(language: Language, marts: Marts, span: Span, days: Rows) -> Part:
    """A bar a day; of a month, a bar for each of its weeks."""
    events = _by_day(marts, f"select visit_date, event_label from fct_event_days where {_within(span)}")
    bars: dict[date, dict[str, Any]] = {}
    for day in days:
        at = day["visit_date"]
        first = max(span.begin, at - timedelta(days=at.weekday())) if span.is_month else at
        bar = bars.setdefault(first, {"visits": 0, "last": at, "notes": []})
        bar["visits"] += float(day["visits"] or 0)
        bar["last"] = at
        if day["closed"]:
            name = "report-closed_in_all" if day["closed"] == day["stores"] else "report-closed_in"
            closed = language.phrase(name, closed=day["closed"], stores=day["stores"])
            bar["notes"] += [closed] if not span.is_month else []
        bar["notes"] += [event for event in events.get(at, []) if event not in bar["notes"]]
    most = max((bar["visits"] for bar in bars.values()), default=0) or 1
    return Part(
        title=language.phrase("report-by_week" if span.is_month else "chart-visits_by_day"),
        bars=[
            {
                "label": _days(language, first, bar["last"]),
                "share": round(100 * bar["visits"] / most),
                "value": language.count(bar["visits"]),
                "note": language.phrase("list-separator").join(bar["notes"]),
                "is_ahead": False,
            }
            for first, bar in bars.items()
        ],
    )


def _stores(language: Language, marts: Marts, span: Span) -> list[list[str]]:
    stores = marts.rows(
        f"""
        select
            stores.store_id, coalesce(stores.store_name, stores.store_id) as name, sum(days.visits_estimated) as visits,
            sum(days.visits_estimated) filter (where days.visits_usual is not null) as comparable,
            sum(days.visits_usual) filter (where days.visits_estimated is not null) as usual
        from fct_store_visits_daily as days
        inner join dim_stores as stores using (store_id)
        where {_within(span)} and days.is_complete
        group by stores.store_id, stores.store_name
        order by visits desc nulls last, name
        """,
        "fct_store_visits_daily",
        "dim_stores",
    )
    growth = {
        row["store_id"]: _change(row["now"], row["before"])
        for row in marts.rows(
            "select store_id, sum(visits) as now, sum(visits_compared) as before from fct_like_for_like_daily "
            f"where {_within(span)} group by store_id",
            "fct_like_for_like_daily",
        )
    }
    sold = {
        row["store_id"]: row
        for row in marts.rows(
            "select store_id, sum(sales) as sales, sum(visits_estimated) filter (where sales is not null) as visits, "
            "sum(revenue) as revenue, max(currency) as currency from fct_store_performance_daily "
            f"where {_within(span)} and is_complete group by store_id",
            "fct_store_performance_daily",
        )
    }
    rows = []
    for store in stores:
        sales = sold.get(store["store_id"], {"sales": None, "visits": None, "revenue": None, "currency": None})
        conversion = (
            100 * float(sales["sales"]) / float(sales["visits"]) if sales["sales"] and sales["visits"] else None
        )
        rows.append(
            [
                store["name"],
                language.count(store["visits"]),
                language.percent(_change(store["comparable"], store["usual"]), signed=True),
                language.percent(growth.get(store["store_id"]), signed=True),
                language.percent(conversion),
                MISSING if sales["revenue"] is None else language.money(sales["revenue"], sales["currency"]),
            ]
        )
    return rows


def _why(language: Language, marts: Marts, span: Span) -> list[str]:
    items = _closures(language, marts, span) + _events(language, marts, span)
    items += _unusual_days(language, marts, span) + _sensors(language, marts, span)
    return items or [language.phrase("report-nothing_behind")]


def _closures(language: Language, marts: Marts, span: Span) -> list[str]:
    closures = marts.rows(
        f"""
        with closed as (
            select
                coalesce(stores.store_name, stores.store_id) as store, days.closed_reason as reason,
                min(days.visit_date) as first, max(days.visit_date) as last
            from fct_store_visits_daily as days
            inner join dim_stores as stores using (store_id)
            where {_within(span)} and days.is_closed_day
            group by all
        )
        select reason, first, last, list(store order by store) as stores
        from closed
        group by reason, first, last
        order by len(stores) desc, first, reason
        """,
        "fct_store_visits_daily",
        "dim_stores",
    )
    return [
        language.phrase(
            "report-closed",
            reason=language.word("holiday", each["reason"]),
            days=_days(language, each["first"], each["last"]),
            stores=_named(language, each["stores"]),
        )
        for each in closures[:MOST_ITEMS]
    ]


def _events(language: Language, marts: Marts, span: Span) -> list[str]:
    events = marts.rows(
        f"""
        select
            events.event_label as label, min(events.visit_date) as first, max(events.visit_date) as last,
            list(distinct coalesce(stores.store_name, stores.store_id) order by coalesce(stores.store_name, stores.store_id)) as stores,
            (select count(*) from dim_stores) as all_stores,
            sum(days.visits_estimated) filter (where days.visits_usual is not null) as visits,
            sum(days.visits_usual) filter (where days.visits_estimated is not null) as usual
        from fct_event_days as events
        inner join dim_stores as stores using (store_id)
        inner join fct_store_visits_daily as days using (store_id, visit_date)
        where {_within(span)} and not days.is_closed_day
        group by events.event_label
        order by first, label
        """,
        "fct_event_days",
        "dim_stores",
        "fct_store_visits_daily",
    )
    return [
        language.phrase(
            "report-event",
            event=each["label"],
            days=_days(language, each["first"], each["last"]),
            stores=language.phrase("report-all_stores")
            if len(each["stores"]) == each["all_stores"]
            else _named(language, each["stores"]),
            change=language.percent(_change(each["visits"], each["usual"]), signed=True),
        )
        for each in events[:MOST_ITEMS]
    ]


def _unusual_days(language: Language, marts: Marts, span: Span) -> list[str]:
    days = marts.rows(
        f"""
        select
            coalesce(stores.store_name, stores.store_id) as store, days.visit_date, days.visits_estimated as visits,
            days.visits_vs_usual_pct as change
        from fct_store_visits_daily as days
        inner join dim_stores as stores using (store_id)
        where {_within(span)} and not days.is_closed_day and days.event_label is null and abs(days.visits_vs_usual_pct) >= {UNUSUAL_PCT}
        order by abs(days.visits_estimated - days.visits_usual) desc
        limit {MOST_ITEMS}
        """,
        "fct_store_visits_daily",
        "dim_stores",
    )
    return [
        language.phrase(
            "report-unusual",
            store=each["store"],
            day=language.weekday(each["visit_date"]),
            visits=language.count(each["visits"]),
            change=language.percent(each["change"], signed=True),
        )
        for each in days
    ]


def _sensors(language: Language, marts: Marts, span: Span) -> list[str]:
    sensors = marts.rows(
        f"""
        select
            health.sensor_id, coalesce(stores.store_name, stores.store_id) as store, sum(health.open_hours) as open_hours,
            sum(health.open_hours) - sum(health.observed_hours) as missing, coalesce(sum(health.visits_imputed), 0) as imputed
        from fct_sensor_health_daily as health
        inner join dim_stores as stores using (store_id)
        where {_within(span)}
        group by all
        having 100 * missing >= {MISSING_PCT} * sum(health.open_hours) and missing > 0
        order by imputed desc, missing desc, health.sensor_id
        limit {MOST_ITEMS}
        """,
        "fct_sensor_health_daily",
        "dim_stores",
    )
    return [
        language.phrase(
            "report-sensor",
            sensor=each["sensor_id"],
            store=each["store"],
            missing=int(each["missing"]),
            hours=int(each["open_hours"]),
            visits=language.count(each["imputed"]),
        )
        for each in sensors
    ]


def _coming(language: Language, marts: Marts, span: Span) -> list[Part]:
    days = marts.rows(
        """
        select
            visit_date, sum(visits) as visits, sum(visits) filter (where mean_of_four is not null) as comparable,
            sum(mean_of_four) filter (where visits is not null) as mean_of_four, count(*) as stores,
            count(*) filter (where not is_open) as closed
        from fct_visits_ahead_daily
        where store_id in (select store_id from fct_visits_ahead_daily where visits > 0)
        group by visit_date
        having count(*) = (select count(distinct store_id) from fct_visits_ahead_daily where visits > 0)
        order by visit_date
        """,
        "fct_visits_ahead_daily",
    )
    parts = []
    if days:
        change = _change(_sum(days, "comparable"), _sum(days, "mean_of_four"))
        values = {
            "first": language.weekday(days[0]["visit_date"]),
            "last": language.weekday(days[-1]["visit_date"]),
            "visits": language.count(_sum(days, "visits")),
            "change": language.percent(change, signed=True),
        }
        events = _by_day(marts, "select distinct visit_date, event_label from fct_visits_ahead_daily order by all")
        people = {
            row["visit_date"]: row["hours"]
            for row in marts.rows(
                "select visit_date, sum(staff_needed) as hours from fct_staffing_plan_hourly group by visit_date",
                "fct_staffing_plan_hourly",
            )
        }
        parts.append(Part(text=language.phrase("report-coming_sum", **values)))
        parts.append(Part(bars=[_bar_ahead(language, day, days, events, people) for day in days]))
    else:
        parts.append(Part(text=language.phrase("report-no_forecast")))
    if rows := _goals(language, marts, span):
        header = [
            "digest-store",
            "column-month",
            "column-goal",
            "column-achieved",
            "column-on_track_for",
            "column-state",
        ]
        parts.append(
            Part(
                title=language.phrase("goals-title"),
                header=[language.phrase(name) for name in header],
                rows=rows[:MOST_GOALS],
            )
        )
    return parts


def _bar_ahead(
    language: Language, day: dict[str, Any], days: Rows, events: dict[date, list[str]], people: dict[date, Any]
) -> dict[str, Any]:
    at = day["visit_date"]
    notes = list(events.get(at, []))
    if day["closed"]:
        name = "report-closed_in_all" if day["closed"] == day["stores"] else "report-closed_in"
        notes.append(language.phrase(name, closed=day["closed"], stores=day["stores"]))
    if at in people:
        notes.append(language.phrase("report-person_hours", hours=int(people[at])))
    most = max(float(each["visits"] or 0) for each in days) or 1
    return {
        "label": language.weekday(at),
        "share": round(100 * float(day["visits"] or 0) / most),
        "value": language.count(day["visits"]),
        "note": language.phrase("list-separator").join(notes),
        "is_ahead": True,
    }


def _goals(language: Language, marts: Marts, span: Span) -> list[list[str]]:
    return [
        [
            _goal_store(language, goal),
            language.month(goal["month_start_date"]),
            language.count(goal["target"]),
            language.count(goal["achieved"]),
            language.count(goal["on_track_for"]),
            language.phrase(_goal_state(goal)),
        ]
        for goal in _goals_from(marts, span)
    ]


def _goals_from(marts: Marts, span: Span) -> Rows:
    """The goals of the month in which the report's days end, and of those that have begun since."""
    return marts.rows(
        f"""
        with ends as (select min(latest_complete_date) as oldest, max(latest_complete_date) as newest from dim_stores)
        select
            goals.*, coalesce(stores.store_name, goals.store_id) as name,
            goals.store_id is null or stores.store_id is not null as is_known,
            last_day(goals.month_start_date) <= coalesce(stores.latest_complete_date, ends.oldest) as is_over
        from fct_goal_progress as goals
        cross join ends
        left join dim_stores as stores on goals.store_id = stores.store_id
        where goals.month_start_date between date_trunc('month', date '{span.end}') and ends.newest + 14
        order by goals.month_start_date, goals.store_id is not null, name
        """,
        "fct_goal_progress",
        "dim_stores",
    )


def _goal_store(language: Language, goal: dict[str, Any]) -> str:
    return language.phrase("goals-all_stores") if goal["store_id"] is None else str(goal["name"])


def _goal_state(goal: dict[str, Any]) -> str:
    if not goal["is_known"]:
        return "goals-unknown_store"
    if goal["is_over"]:
        return "goals-reached" if goal["achieved"] >= goal["target"] else "goals-missed"
    if goal["on_track_for"] is None:
        return "goals-no_forecast"
    return "goals-on_track" if goal["on_track_for"] >= goal["target"] else "goals-short"


def _to_do(language: Language, marts: Marts, span: Span) -> list[str]:
    items = []
    for item in marts.rows("select * from agg_attention order by is_urgent desc, title", "agg_attention"):
        title, detail = attention_of(language, item)
        name = "report-attention_urgent" if item["is_urgent"] else "report-attention"
        items.append(language.phrase(name, title=title, detail=detail))
    for goal in _goals_from(marts, span):
        if _goal_state(goal) == "goals-short":
            items.append(
                language.phrase(
                    "report-goal_short",
                    store=_goal_store(language, goal),
                    month=language.month(goal["month_start_date"]),
                    missing=language.count(goal["target"] - goal["on_track_for"]),
                    goal=language.count(goal["target"]),
                )
            )
        elif not goal["is_known"]:
            items.append(language.phrase("report-goal_unknown", store=_goal_store(language, goal)))
    left = len(items) - MOST_TO_DO
    items = items[:MOST_TO_DO] + ([language.phrase("report-more_to_do", items=left)] if left > 0 else [])
    items += _fullest_hours(language, marts)
    return items or [language.phrase("digest-nothing")]


def _fullest_hours(language: Language, marts: Marts) -> list[str]:
    """The hour of the next seven days in which each of the stores that need most people needs the most."""
    hours = marts.rows(
        f"""
        select coalesce(stores.store_name, plan.store_id) as store, plan.visit_date, plan.local_hour, plan.staff_needed
        from fct_staffing_plan_hourly as plan
        inner join dim_stores as stores on plan.store_id = stores.store_id
        where plan.visit_date <= plan.issued_on + 7
        qualify row_number() over (partition by plan.store_id order by plan.staff_needed desc, plan.visit_date, plan.local_hour) = 1
        order by plan.staff_needed desc, store
        limit {NAMED}
        """,
        "fct_staffing_plan_hourly",
        "dim_stores",
    )
    return [
        language.phrase(
            "report-fullest_hour",
            store=each["store"],
            day=language.weekday(each["visit_date"]),
            hour=f"{each['local_hour']:02}:00",
            people=each["staff_needed"],
        )
        for each in hours
    ]


def _within(span: Span) -> str:
    return f"visit_date between '{span.begin}' and '{span.end}'"


def _by_day(marts: Marts, sql: str) -> dict[date, list[str]]:
    """The labels of each day's events, of a query of `visit_date` and `event_label`."""
    found: dict[date, list[str]] = {}
    for row in marts.rows(sql, "fct_event_days", "fct_visits_ahead_daily"):
        if row["event_label"] and row["event_label"] not in found.setdefault(row["visit_date"], []):
            found[row["visit_date"]].append(row["event_label"])
    return found


def _days(language: Language, first: date, last: date) -> str:
    if first == last:
        return language.weekday(first)
    return language.phrase("range-printed", begin=language.weekday(first), end=language.weekday(last))


def _named(language: Language, stores: Sequence[str]) -> str:
    if len(stores) > NAMED:
        return language.phrase("report-stores", stores=len(stores))
    return ", ".join(stores)


def _sum(rows: Rows, name: str) -> float | None:
    known = [float(row[name]) for row in rows if row[name] is not None]
    return sum(known) if known else None


def _change(now: Any, before: Any) -> float | None:
    return 100 * (float(now) - float(before)) / float(before) if now is not None and before else None
