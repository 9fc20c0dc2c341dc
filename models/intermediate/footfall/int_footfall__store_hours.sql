{{ config(materialized='view') }}

with rebuild_days as (
    select * from {{ ref('int_footfall__rebuild_days') }}
    where rebuilds_hours
),

feeds as (
    select * from {{ ref('int_footfall__store_feeds') }}
),

store_periods as (
    select
        *,
        {{ minute_of_day('opens_at') }} as opens_minute,
        {{ closing_minute('opens_at', 'closes_at') }} as closes_minute
    from {{ ref('int_footfall__store_periods') }}
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
        today.opens_minute,
        today.closes_minute,
        yesterday.closes_minute as closes_minute_yesterday,
        closed_today.store_id is null as opens_today,
        closed_yesterday.store_id is null as opened_yesterday
    from days
    inner join store_periods as today
        on
            days.store_id = today.store_id
            and today.holds_from_date <= days.visit_date
            and days.visit_date < today.holds_until_date
    left join store_periods as yesterday
        on
            days.store_id = yesterday.store_id
            and yesterday.holds_from_date <= {{ add_days('days.visit_date', -1) }}
            and {{ add_days('days.visit_date', -1) }} < yesterday.holds_until_date
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
        cast({{ dbt.datediff('local_hours.hour_start_at', 'local_hours.hour_end_at', 'minute') }} as integer) as hour_minutes,
        local_hours.visit_date,
        local_hours.local_hour,
        local_hours.iso_weekday,
        open_days.is_rebuilt,
        {{ is_open_hour(
            'local_hours.local_minute', 'open_days.opens_minute', 'open_days.closes_minute', 'open_days.closes_minute_yesterday',
            'open_days.opens_today', 'open_days.opened_yesterday'
        ) }} as is_open
    from open_days
    inner join feeds on open_days.store_id = feeds.store_id
    -- the clock is the one that the store had at that moment, also where its time zone changed
    inner join store_periods as clocks on open_days.store_id = clocks.store_id
    inner join local_hours
        on
            clocks.timezone = local_hours.timezone
            and open_days.visit_date = local_hours.visit_date
            and clocks.holds_from <= local_hours.hour_start_at
            and local_hours.hour_start_at < clocks.holds_until
    where local_hours.hour_start_at between feeds.first_hour_at and feeds.newest_hour_at
)

select * from final
