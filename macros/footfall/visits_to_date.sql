{#
    The CTE `to_date`: the day, week, month and year to date of each series, against the same span of days whole weeks earlier, so
    that weekday stands against weekday: a week before, and for the month 4 and for the year 52 weeks before; and 52 weeks before.

    relation: a CTE with visit_date, visits and visits_estimated; ends: a CTE with what one series is of and the latest complete
    date, `ends_on`; key: what one series is of.
#}
{% macro visits_to_date(relation, ends, key) %}
periods as (
    {% for period, weeks in [('day', 1), ('week', 1), ('month', 4), ('year', 52)] %}
        select
            {{ key }},
            '{{ period }}' as period,
            {{ weeks }} as weeks_before,
            cast({{ dbt.date_trunc(period, 'ends_on') }} as date) as begins_on,
            ends_on
        from {{ ends }}
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

spans as (
    {% for span, days in [('now', '0'), ('before', '-7 * weeks_before'), ('last_year', -7 * (lookback_weeks().last_year | first))] %}
        select
            *,
            '{{ span }}' as span,
            {{ add_days('begins_on', days) }} as span_begins_on,
            {{ add_days('ends_on', days) }} as span_ends_on
        from periods
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

spanned_days as (
    select *
    from {{ relation }}
    where visit_date >= (select min(span_begins_on) from spans)
),

sums_of_spans as (
    select
        spans.{{ key }},
        spans.period,
        spans.weeks_before,
        spans.begins_on,
        spans.ends_on,
        {{ dbt.datediff('spans.begins_on', 'spans.ends_on', 'day') }} + 1 as days,
        min(case when spans.span = 'now' and days.visits_estimated is not null then days.visit_date end) as known_from,
        sum(case when spans.span = 'now' then days.visits end) as visits,
        {% for span in ['now', 'before', 'last_year'] %}
            sum(case when spans.span = '{{ span }}' then days.visits_estimated end) as visits_{{ span }},
            count(case when spans.span = '{{ span }}' then days.visits_estimated end) as days_{{ span }}{{ ',' if not loop.last }}
        {% endfor %}
    from spans
    left join spanned_days as days
        on
            spans.{{ key }} = days.{{ key }}
            and days.visit_date between spans.span_begins_on and spans.span_ends_on
    group by spans.{{ key }}, spans.period, spans.weeks_before, spans.begins_on, spans.ends_on
),

complete_spans as (
    -- a span that lacks a day is no measure of another
    select
        *,
        case when days_before = days then visits_before end as complete_before,
        case when days_last_year = days then visits_last_year end as complete_last_year,
        case when days_now = days then cast(visits_now as double) end as complete_now
    from sums_of_spans
),

to_date as (
    select
        {{ key }},
        period,
        begins_on,
        ends_on,
        known_from,
        cast(days as bigint) as days,
        cast(days_now as bigint) as known_days,
        cast(visits as bigint) as visits,
        cast(visits_now as decimal(18, 3)) as visits_estimated,
        cast(weeks_before as integer) as weeks_before,
        cast(complete_before as decimal(18, 3)) as visits_before,
        {{ difference_pct('complete_now', 'cast(complete_before as double)') }} as visits_vs_before_pct,
        cast(complete_last_year as decimal(18, 3)) as visits_last_year,
        {{ difference_pct('complete_now', 'cast(complete_last_year as double)') }}
            as visits_vs_last_year_pct
    from complete_spans
)
{% endmacro %}
