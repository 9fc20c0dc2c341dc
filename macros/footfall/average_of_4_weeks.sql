{#
    The CTEs `averaged` and `compared`, the same for sensors and stores: a day's figures against the average of its
    weekday over four weeks. By the calendar: the frame counts days, so that a missing week is missing and nothing
    slides into its place. Sums are exact; only the average and the percentages are doubles.

    relation: a CTE with visit_date, iso_weekday, is_complete and visits_estimated; key: what one series is of.
#}
{% macro average_of_4_weeks(relation, key) %}
usable as (
    select
        *,
        {{ day_number('visit_date') }} as visit_day,
        case when is_complete then visits_estimated end as usable_visits
    from {{ relation }}
),

averaged as (
    select
        *,
        count(usable_visits) over four_weeks as weeks_in_avg_4w,
        case
            when is_complete
                then cast(sum(usable_visits) over four_weeks as double) / nullif(count(usable_visits) over four_weeks, 0)
        end as visits_avg_4w
    from usable
    window four_weeks as (
        partition by {{ key }}, iso_weekday
        order by visit_day
        range between 21 preceding and current row
    )
),

a_week_before as (
    select
        *,
        max(visits_avg_4w) over (
            partition by {{ key }}, iso_weekday
            order by visit_day
            range between 7 preceding and 7 preceding
        ) as visits_avg_4w_a_week_before
    from averaged
),

compared as (
    select
        *,
        case when open_hours > 0 then 100 * cast(observed_hours as double) / open_hours end as coverage_pct,
        100 * (cast(visits_estimated as double) - visits_avg_4w) / nullif(visits_avg_4w, 0) as visits_vs_avg_4w_pct,
        100 * (visits_avg_4w - visits_avg_4w_a_week_before) / nullif(visits_avg_4w_a_week_before, 0)
            as visits_avg_4w_change_pct
    from a_week_before
)
{% endmacro %}
