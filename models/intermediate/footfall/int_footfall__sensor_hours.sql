{% set ranges = footfall_hour_ranges() %}

with rebuild_days as (
    select * from {{ ref('int_footfall__rebuild_days') }}
    where rebuilds_hours
),

stores as (
    select * from {{ ref('int_footfall__store_changes') }}
),

opening_hours as (
    select
        store_id,
        {{ minute_of_day('opens_at') }} as opens_minute,
        {{ minute_of_day('closes_at') }} as closes_minute
    from {{ ref('stg_footfall__stores') }}
),

closed_days as (
    select * from {{ ref('int_footfall__closed_days') }}
),

local_hours as (
    select * from {{ ref('int_footfall__local_hours') }}
),

sensor_doors as (
    select * from {{ ref('int_footfall__sensor_doors') }}
),

readings as (
    -- the newest version of each, should there be two; -1 stands for a version that is no observation
    select
        sensor_id,
        raw_hour_start,
        {{ value_of_newest(
            "case when status = 'ok' and visits >= 0 and raw_hour_start <= raw_updated_at then visits else -1 end",
            'raw_updated_at'
        ) }} as visits
    from {{ ref('stg_footfall__readings') }}
    {% if ranges %}
        where
            {% for first, last in ranges %}
                (raw_hour_start >= {{ utc_literal(first) }} and raw_hour_start < {{ utc_literal(last) }})
                {{ 'or' if not loop.last }}
            {% endfor %}
    {% endif %}
    group by sensor_id, raw_hour_start
),

observations as (
    select * from readings
    where visits >= 0
),

days as (
    -- the days to rebuild, and the four before each that its expectation looks back to
    select
        store_id,
        visit_date,
        max(is_rebuilt) as is_rebuilt
    from (
        {% for weeks in [0, 1, 2, 3, 4] %}
            select
                store_id,
                {{ add_days('visit_date', -7 * weeks) }} as visit_date,
                {{ 'true' if weeks == 0 else 'false' }} as is_rebuilt
            from rebuild_days
            {{ 'union all' if not loop.last }}
        {% endfor %}
    ) as looked_at
    group by store_id, visit_date
),

open_days as (
    -- when the day's opening begins and ends, in minutes after its midnight; a closing time not after the opening time is the next day's
    select
        days.store_id,
        days.visit_date,
        days.is_rebuilt,
        opening_hours.opens_minute,
        case
            when opening_hours.closes_minute > opening_hours.opens_minute then opening_hours.closes_minute
            else opening_hours.closes_minute + 1440
        end as closes_minute,
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

store_hours as (
    select
        stores.store_id,
        local_hours.hour_start_at,
        local_hours.raw_hour_start,
        local_hours.visit_date,
        local_hours.local_hour,
        local_hours.iso_weekday,
        open_days.is_rebuilt,
        -- any part of the hour: of this day's opening, or of yesterday's that runs past midnight
        (
            open_days.opens_today
            and local_hours.local_minute + 60 > open_days.opens_minute
            and local_hours.local_minute < open_days.closes_minute
        )
        or (open_days.opened_yesterday and local_hours.local_minute + 1440 < open_days.closes_minute) as is_open
    from open_days
    inner join stores on open_days.store_id = stores.store_id
    inner join local_hours
        on
            stores.timezone = local_hours.timezone
            and open_days.visit_date = local_hours.visit_date
    where local_hours.hour_start_at between {{ dbt.date_trunc('hour', 'stores.first_hour_at') }} and stores.newest_hour_at
),

final as (
    select
        sensor_doors.sensor_id,
        store_hours.store_id,
        sensor_doors.door_key,
        store_hours.hour_start_at,
        store_hours.visit_date,
        store_hours.local_hour,
        store_hours.iso_weekday,
        store_hours.is_open,
        store_hours.is_rebuilt,
        observations.visits is not null as is_observed,
        observations.visits
    from store_hours
    inner join sensor_doors
        on
            store_hours.store_id = sensor_doors.store_id
            and sensor_doors.in_service_from <= store_hours.hour_start_at
            and (sensor_doors.in_service_until is null or store_hours.hour_start_at < sensor_doors.in_service_until)
    left join observations
        on
            sensor_doors.sensor_id = observations.sensor_id
            and store_hours.raw_hour_start = observations.raw_hour_start
)

select * from final
