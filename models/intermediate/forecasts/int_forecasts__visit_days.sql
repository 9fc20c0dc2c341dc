{{ config(materialized='view') }}

{# Weeks after which a day says nothing of another of its weekday any more. #}
{% set oldest_weeks = 26 %}

with days_with_calendar as (
    select * from {{ ref('int_forecasts__store_calendar') }}
),

days_with_kind as (
    select
        *,
        visits is not null and holiday_name is null and not is_unusual as is_ordinary
    from days_with_calendar
),

days_with_weekdays_before as (
    select
        *,
        {{ list_where('visits', 'is_ordinary') }} over (
            partition by store_id, iso_weekday
            order by visit_date
            rows between {{ oldest_weeks }} preceding and 1 preceding
        ) as weekdays_before_one_week,
        {{ list_where('visits', 'is_ordinary') }} over (
            partition by store_id, iso_weekday
            order by visit_date
            rows between {{ oldest_weeks }} preceding and 2 preceding
        ) as weekdays_before_two_weeks
    from days_with_kind
),

final as (
    select
        store_id,
        coalesce(country_code, '') as country_code,
        visit_date,
        is_known,
        is_open,
        is_ordinary,
        visits,
        holiday_name,
        event_label,
        cast({{ median_of_last('weekdays_before_one_week', 8) }} as double) as baseline_one_week,
        cast({{ median_of_last('weekdays_before_two_weeks', 8) }} as double) as baseline_two_weeks
    from days_with_weekdays_before
)

select * from final
