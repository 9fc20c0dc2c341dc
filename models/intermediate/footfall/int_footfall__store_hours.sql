{{ config(materialized='view') }}

with rebuild_days as (
    select * from {{ ref('int_footfall__rebuild_days') }}
    where rebuilds_hours
),

feeds as (
    select * from {{ ref('int_footfall__store_feeds') }}
),

opening_hours as (
    select
        store_id,
        {{ minute_of_day('opens_at') }} as opens_minute,
        {{ closing_minute('opens_at', 'closes_at') }} as closes_minute
    from {{ ref('stg_footfall__stores') }}
),

closed_days as (
    select * from {{ ref('int_footfall__closed_days') }}
),

local_hours as (
    select * from {{ ref('int_footfall__local_hours') }}
),

days as (
    {{ days_with_weeks_before('rebuild_days', weeks_read_by_hours()) }}
),

open_days as (
    select
        days.store_id,
        days.visit_date,
        days.is_rebuilt,
        opening_hours.opens_minute,
        opening_hours.closes_minute,
        closed_today.store_id is null as opens_today,
        closed_yesterday.store_id is null as opened_yesterday
    from days
    inner join opening_hours on days.store_id = opening_hours.store_id
    left join closed_days as closed_today
        on
            days.store_id = closed_today.store_id
            and days.visit_date = closed_today.visit_date
    left join closed_days as closed_yesterday
        on
            days.store_id = closed_yesterday.store_id
            and {{ add_days('days.visit_date', -1) }} = closed_yesterday.visit_date
),

final as (
    select
        feeds.store_id,
        local_hours.hour_start_at,
        local_hours.raw_hour_start,
        local_hours.visit_date,
        local_hours.local_hour,
        local_hours.iso_weekday,
        open_days.is_rebuilt,
        {{ is_open_hour(
            'local_hours.local_minute', 'open_days.opens_minute', 'open_days.closes_minute', 'open_days.opens_today', 'open_days.opened_yesterday'
        ) }} as is_open
    from open_days
    inner join feeds on open_days.store_id = feeds.store_id
    inner join local_hours
        on
            feeds.timezone = local_hours.timezone
            and open_days.visit_date = local_hours.visit_date
    where local_hours.hour_start_at between {{ dbt.date_trunc('hour', 'feeds.first_hour_at') }} and feeds.newest_hour_at
)

select * from final
