{{ config(materialized='view') }}

{# Weeks after which a day says nothing of another of its weekday any more. #}
{% set oldest_weeks = 26 %}
{# Days, the last of all stores, whose baselines are of use: forecasts are made from the last twelve weeks, for two weeks. #}
{% set forecast_days = 112 %}

with days_with_calendar as (
    select * from {{ ref('int_forecasts__store_calendar') }}
),

days_with_kind as (
    select
        *,
        visits is not null and holiday_name is null and not is_unusual as is_ordinary
    from days_with_calendar
),

newest as (
    select max(visit_date) as visit_date from days_with_kind
),

days_with_weekdays_before as (
    select
        store_id,
        visit_date,
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
    where visit_date > (select {{ add_days('visit_date', -(forecast_days + 7 * oldest_weeks)) }} from newest)
),

baselines as (
    select
        store_id,
        visit_date,
        cast({{ median_of_last('weekdays_before_one_week', 8) }} as double) as baseline_one_week,
        cast({{ median_of_last('weekdays_before_two_weeks', 8) }} as double) as baseline_two_weeks
    from days_with_weekdays_before
    where visit_date > (select {{ add_days('visit_date', -forecast_days) }} from newest)
),

final as (
    select
        days_with_kind.store_id,
        coalesce(days_with_kind.country_code, '') as country_code,
        days_with_kind.visit_date,
        days_with_kind.is_known,
        days_with_kind.is_open,
        days_with_kind.is_ordinary,
        days_with_kind.visits,
        days_with_kind.holiday_name,
        days_with_kind.event_label,
        baselines.baseline_one_week,
        baselines.baseline_two_weeks
    from days_with_kind
    left join baselines
        on days_with_kind.store_id = baselines.store_id and days_with_kind.visit_date = baselines.visit_date
)

select * from final
