{% set newest_load_built = newest_load_built() %}

with changed_stores as (
    select * from {{ ref('int_footfall__changed_stores') }}
),

local_hours as (
    select * from {{ ref('int_footfall__local_hours') }}
),

sensor_doors as (
    select * from {{ ref('int_footfall__sensor_doors') }}
),

-- the time zones that a store has, or had
time_zones as (
    select distinct
        store_id,
        timezone
    from {{ ref('int_footfall__store_periods') }}
),

new_readings as (
    select distinct
        sensor_id,
        raw_hour_start,
        hour_start_at
    from {{ ref('stg_footfall__readings') }}
    -- where everything is rebuilt, what arrived since makes no difference
    where _dlt_load_id > '{{ newest_load_built }}' and {{ 'true' if newest_load_built else 'false' }}
),

hours_of_new_readings as (
    select distinct
        sensor_doors.store_id,
        sensor_doors.timezone,
        {{ hour_of_reading('new_readings.hour_start_at', 'sensor_doors') }} as hour_start_at
    from new_readings
    inner join sensor_doors
        on
            new_readings.sensor_id = sensor_doors.sensor_id
            and sensor_doors.raw_holds_from <= new_readings.raw_hour_start
            and new_readings.raw_hour_start < sensor_doors.raw_holds_until
),

days_of_new_readings as (
    select
        hours_of_new_readings.store_id,
        local_hours.visit_date
    from hours_of_new_readings
    inner join local_hours
        on
            hours_of_new_readings.timezone = local_hours.timezone
            and hours_of_new_readings.hour_start_at = local_hours.hour_start_at
    -- a new day's hours are found without a look at those of all years
    where
        local_hours.hour_start_at >= (select min(new_hours.hour_start_at) from hours_of_new_readings as new_hours)
        and local_hours.hour_start_at <= (select max(new_hours.hour_start_at) from hours_of_new_readings as new_hours)
),

local_days as (
    select
        timezone,
        visit_date,
        min(hour_start_at) as first_hour_at,
        max(hour_start_at) as last_hour_at
    from local_hours
    group by timezone, visit_date
),

days_of_changed_stores as (
    select
        changed_stores.store_id,
        local_days.visit_date
    from changed_stores
    inner join time_zones on changed_stores.store_id = time_zones.store_id
    inner join local_days
        on
            time_zones.timezone = local_days.timezone
            and changed_stores.changed_until_hour_at >= local_days.first_hour_at
            and changed_stores.changed_from_hour_at <= local_days.last_hour_at
),

final as (
    select * from days_of_new_readings
    union distinct
    select * from days_of_changed_stores
)

select * from final
