{{ config(materialized='view') }}

{# Days of history that forecasts learn from: 1100 before each fit, of which the oldest in use ends up to 112 days ago. #}
{% set history_days = 1212 %}

with stores as (
    select * from {{ ref('dim_stores') }}
),

closed_days as (
    select * from {{ ref('int_footfall__closed_days') }}
),

event_days as (
    select * from {{ ref('int_footfall__event_days') }}
),

holidays as (
    select * from {{ ref('holidays') }}
),

spans as (
    select
        store_id,
        min(visit_date) as first_date,
        max(case when is_complete then visit_date end) as known_until
    from {{ ref('fct_store_visits_daily') }}
    group by store_id
),

bounds as (
    select
        store_id,
        known_until,
        greatest(first_date, {{ add_days('known_until', -history_days) }}) as first_date,
        {{ add_days('known_until', 14) }} as last_date
    from spans
    where known_until is not null
),

days as (
    select
        store_id,
        known_until,
        {{ unnest_days('first_date', 'last_date') }} as visit_date
    from bounds
),

store_days as (
    select * from {{ ref('fct_store_visits_daily') }}
    where visit_date >= (select min(first_date) from bounds)
),

final as (
    select
        days.store_id,
        stores.country_code,
        days.visit_date,
        {{ iso_weekday('days.visit_date') }} as iso_weekday,
        store_days.visit_date is not null as is_known,
        closed_days.store_id is null as is_open,
        case when closed_days.store_id is null then cast(store_days.visits_estimated as double) end as visits,
        holidays.holiday_name,
        event_days.event_label,
        coalesce(event_days.is_unusual, false) as is_unusual
    from days
    inner join stores on days.store_id = stores.store_id
    left join store_days
        on
            days.store_id = store_days.store_id
            and days.visit_date = store_days.visit_date
            and store_days.visit_date <= days.known_until
    left join closed_days on days.store_id = closed_days.store_id and days.visit_date = closed_days.visit_date
    left join event_days on days.store_id = event_days.store_id and days.visit_date = event_days.visit_date
    left join holidays on stores.country_code = holidays.country_code and days.visit_date = holidays.holiday_date
)

select * from final
