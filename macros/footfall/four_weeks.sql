{#
    The 4-week comparison: a day against the mean of its weekday over this day and the weeks before it (`lookback_weeks`), by the calendar.
    Sums are exact; only the mean and the percentages are doubles.
#}

{# The window: the days of one series on the same weekday, as far back as the average looks. #}
{% macro over_4_weeks(key, date_column) -%}
    over (
        partition by {{ key }}{{ ', ' if key }}{{ iso_weekday(date_column) }}
        order by {{ day_number(date_column) }}
        {{ frame_of_weeks(lookback_weeks().average) }}
    )
{%- endmacro %}

{# Days with a value among the four. #}
{% macro weeks_in_4_weeks(value, key, date_column) -%}
    count({{ value }}) {{ over_4_weeks(key, date_column) }}
{%- endmacro %}

{# Mean of the values among the four days that have one, a double; null where none has. #}
{% macro mean_of_4_weeks(value, key, date_column) -%}
    cast(sum({{ value }}) {{ over_4_weeks(key, date_column) }} as double) / nullif({{ weeks_in_4_weeks(value, key, date_column) }}, 0)
{%- endmacro %}

{# How far a value lies from what it is compared with, in percent; null where that is 0 or null. #}
{% macro difference_pct(value, base) -%}
    100 * (cast({{ value }} as double) - {{ base }}) / nullif({{ base }}, 0)
{%- endmacro %}

{#
    The CTE `days_with_comparison`, the same for sensors and for stores: a relation's days with their coverage and their comparison.

    relation: a CTE with visit_date, open_hours, observed_hours, is_complete and visits_estimated; key: the column that is the series' key.
#}
{% macro compare_with_4_weeks(relation, key) %}
usable_days as (
    select
        *,
        case when is_complete then visits_estimated end as usable_visits
    from {{ relation }}
),

days_with_average as (
    select
        *,
        {{ weeks_in_4_weeks('usable_visits', key, 'visit_date') }} as weeks_in_avg_4w,
        case when is_complete then {{ mean_of_4_weeks('usable_visits', key, 'visit_date') }} end as visits_avg_4w
    from usable_days
),

days_with_earlier_average as (
    select
        *,
        max(visits_avg_4w) over (
            partition by {{ key }}, {{ iso_weekday('visit_date') }}
            order by {{ day_number('visit_date') }}
            {{ frame_of_weeks([lookback_weeks().average_change | max]) }}
        ) as visits_avg_4w_a_week_before
    from days_with_average
),

days_with_comparison as (
    select
        *,
        case when open_hours > 0 then 100 * cast(observed_hours as double) / open_hours end as coverage_pct,
        {{ difference_pct('visits_estimated', 'visits_avg_4w') }} as visits_vs_avg_4w_pct,
        {{ difference_pct('visits_avg_4w', 'visits_avg_4w_a_week_before') }} as visits_avg_4w_change_pct
    from days_with_earlier_average
)
{% endmacro %}
