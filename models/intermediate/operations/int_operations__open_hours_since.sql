-- Open hours between a device's last count and the store's newest look: beyond what its feed delivered there is no spine to count on.
with source_loads as (
    select * from {{ ref('int_operations__source_loads') }}
    where source = 'footfall' and loaded_at is not null
),

stores as (
    select
        *,
        {{ minute_of_day('opens_at') }} as opens_minute,
        {{ closing_minute('opens_at', 'closes_at') }} as closes_minute
    from {{ built_or_empty('dim_stores') }}
),

closed_days as (
    select * from {{ built_or_empty('int_footfall__closed_days', {'store_id': 'string', 'visit_date': 'date'}) }}
),

sensors as (
    select
        sensors.sensor_id,
        sensors.store_id,
        sensors.newest_observed_hour_at,
        stores.timezone,
        stores.opens_minute,
        stores.closes_minute,
        {{ dbt.dateadd('hour', 1, start_of_local_hour('coalesce(sensors.newest_observed_hour_at, sensors.installed_at)', 'stores.timezone')) }}
            as first_hour_at,
        -- the last hour that had ended an hour before the newest check
        {{ dbt.dateadd('hour', -2, start_of_local_hour('source_loads.loaded_at', 'stores.timezone')) }} as last_hour_at
    from {{ built_or_empty('dim_sensors') }} as sensors
    inner join stores on sensors.store_id = stores.store_id
    cross join source_loads
    where sensors.is_in_service
),

hours as (
    -- no more than four weeks of them: who is silent for longer needs no exact figure
    select
        *,
        {{ unnest_hours('greatest(first_hour_at, ' ~ dbt.dateadd('day', -28, 'last_hour_at') ~ ')', 'last_hour_at') }} as hour_start_at
    from sensors
    where first_hour_at <= last_hour_at
),

local_hours as (
    select
        *,
        {{ local_timestamp('hour_start_at', 'timezone') }} as local_start_at
    from hours
),

minutes as (
    select
        *,
        cast(local_start_at as date) as visit_date,
        cast(60 * extract(hour from local_start_at) + extract(minute from local_start_at) as integer) as local_minute
    from local_hours
),

final as (
    select
        minutes.sensor_id,
        minutes.store_id,
        minutes.newest_observed_hour_at,
        min(minutes.hour_start_at) as silent_since,
        count(
            case
                when {{ is_open_hour(
                    'minutes.local_minute', 'minutes.opens_minute', 'minutes.closes_minute', 'minutes.closes_minute', 'closed_today.store_id is null', 'closed_yesterday.store_id is null'
                ) }}
                    then 1
            end
        ) as open_hours_silent
    from minutes
    left join closed_days as closed_today
        on minutes.store_id = closed_today.store_id and minutes.visit_date = closed_today.visit_date
    left join closed_days as closed_yesterday
        on
            minutes.store_id = closed_yesterday.store_id
            and {{ add_days('minutes.visit_date', -1) }} = closed_yesterday.visit_date
    group by minutes.sensor_id, minutes.store_id, minutes.newest_observed_hour_at
)

select * from final
