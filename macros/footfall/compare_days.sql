{#
    A day compared with other days of its weekday, by the calendar: with the usual, which is their mean over the weeks before it, and with the
    4-week average, in which the day itself is one of the four (`lookback_weeks`). Sums are exact; only means and percentages are doubles.
#}

{# The window: the days of one series on the same weekday, so many weeks back. #}
{% macro over_weeks(weeks, key, date_column) -%}
    over (
        partition by {{ key }}{{ ', ' if key }}{{ iso_weekday(date_column) }}
        order by {{ day_number(date_column) }}
        {{ frame_of_weeks(weeks) }}
    )
{%- endmacro %}

{# Days with a value among those of the window. #}
{% macro count_of_weeks(value, weeks, key, date_column) -%}
    count({{ value }}) {{ over_weeks(weeks, key, date_column) }}
{%- endmacro %}

{# Mean of the values in the window, a double; null where there is none. #}
{% macro mean_of_weeks(value, weeks, key, date_column) -%}
    cast(sum({{ value }}) {{ over_weeks(weeks, key, date_column) }} as double) / nullif({{ count_of_weeks(value, weeks, key, date_column) }}, 0)
{%- endmacro %}

{# How far a value lies from what it is compared with, in percent; null where that is 0 or null. #}
{% macro difference_pct(value, base) -%}
    100 * (cast({{ value }} as double) - {{ base }}) / nullif({{ base }}, 0)
{%- endmacro %}

{# Whether a day counts as open. One that is not over may have no open hour yet, and is no closed day for that. #}
{% macro is_open_day() -%}
    (not is_closed_day and (open_hours > 0 or not is_complete))
{%- endmacro %}

{# Whether a day counts in the means of its weekday: it is complete and open, and has an estimate. #}
{% macro counts_in_means() -%}
    (is_complete and {{ is_open_day() }} and visits_estimated is not null)
{%- endmacro %}

{# Whether it counts in the usual of its weekday, which leaves out the days of unusual events too. #}
{% macro counts_in_usual() -%}
    ({{ counts_in_means() }} and not coalesce(is_unusual, false))
{%- endmacro %}

{#
    The CTE `days_with_comparison`, the same for sensors and for stores: a relation's days with their coverage and their comparisons. Closed
    days are compared with nothing, and nothing with them. Days of an unusual event are compared with the usual and do not stand in it; the 4-week
    average has them.

    relation: a CTE with visit_date, is_closed_day, is_unusual, open_hours, observed_hours, is_complete and visits_estimated; key: the columns that are the
    series' key.
#}
{% macro compare_days(relation, key) %}
{%- set weeks = lookback_weeks() -%}
usable_days as (
    select
        *,
        {{ is_open_day() }} as is_open_day,
        case when {{ counts_in_means() }} then visits_estimated end as usable_visits,
        case when {{ counts_in_usual() }} then visits_estimated end as ordinary_visits
    from {{ relation }}
),

days_with_means as (
    select
        *,
        {{ count_of_weeks('ordinary_visits', weeks.usual, key, 'visit_date') }} as weeks_in_usual,
        case when is_open_day then {{ mean_of_weeks('ordinary_visits', weeks.usual, key, 'visit_date') }} end as visits_usual,
        {{ count_of_weeks('usable_visits', weeks.average, key, 'visit_date') }} as weeks_in_avg_4w,
        case when is_complete and is_open_day then {{ mean_of_weeks('usable_visits', weeks.average, key, 'visit_date') }} end as visits_avg_4w
    from usable_days
),

days_with_earlier_average as (
    select
        *,
        max(visits_avg_4w) {{ over_weeks([weeks.average_change | max], key, 'visit_date') }} as visits_avg_4w_a_week_before
    from days_with_means
),

days_with_comparison as (
    select
        *,
        case when open_hours > 0 then 100 * cast(observed_hours as double) / open_hours end as coverage_pct,
        case when is_complete then {{ difference_pct('visits_estimated', 'visits_usual') }} end as visits_vs_usual_pct,
        {{ difference_pct('visits_estimated', 'visits_avg_4w') }} as visits_vs_avg_4w_pct,
        {{ difference_pct('visits_avg_4w', 'visits_avg_4w_a_week_before') }} as visits_avg_4w_change_pct
    from days_with_earlier_average
)
{% endmacro %}
