{{ config(materialized='view') }}

with store_hours as (
    select * from {{ ref('int_footfall__store_hours') }}
    where {{ in_chunk('visit_date', weeks_read_by_hours() | max) }}
),

sensor_doors as (
    select
        sensor_doors.*,
        numbered_doors.sensor_door_number,
        numbered_doors.door_number,
        numbered_doors.store_number
    from {{ ref('int_footfall__sensor_doors') }} as sensor_doors
    inner join {{ ref('int_footfall__numbered_doors') }} as numbered_doors
        on
            sensor_doors.sensor_id = numbered_doors.sensor_id
            and sensor_doors.store_id = numbered_doors.store_id
            and sensor_doors.door_key = numbered_doors.door_key
),

readings as (
    -- the newest version of each, should there be two; -1 stands for a version that is no observation
    select
        sensor_id,
        raw_hour_start,
        {{ newest_visits() }} as visits
    from {{ ref('stg_footfall__readings') }}
    where {{ instant_in_chunk('raw_hour_start') }}
    group by sensor_id, raw_hour_start
),

observations as (
    select * from readings
    where visits >= 0
),

interval_sums as (
    select * from {{ ref('int_footfall__interval_sums') }}
),

-- Hours in which a reading starts where no interval does: what the others count is not known.
disturbed_hours as (
    select distinct
        sensor_id,
        hour_of_store_at
    from {{ ref('int_footfall__unusable_readings') }}
    where is_off_interval
),

final as (
    select
        sensor_doors.sensor_door_number,
        sensor_doors.door_number,
        sensor_doors.store_number,
        store_hours.hour_start_at,
        store_hours.visit_date,
        store_hours.local_hour,
        store_hours.iso_weekday,
        store_hours.is_open,
        store_hours.is_rebuilt,
        case
            when disturbed_hours.sensor_id is not null then null
            when sensor_doors.interval_minutes = 60 then observations.visits
            when interval_sums.intervals * sensor_doors.interval_minutes >= store_hours.hour_minutes then interval_sums.visits
        end as visits
    from store_hours
    inner join sensor_doors
        on
            store_hours.store_id = sensor_doors.store_id
            and sensor_doors.in_service_from <= store_hours.hour_start_at
            and store_hours.hour_start_at < sensor_doors.in_service_until
    left join observations
        on
            sensor_doors.sensor_id = observations.sensor_id
            and store_hours.raw_hour_start = observations.raw_hour_start
    left join interval_sums
        on
            sensor_doors.sensor_id = interval_sums.sensor_id
            and store_hours.hour_start_at = interval_sums.hour_start_at
    left join disturbed_hours
        on
            sensor_doors.sensor_id = disturbed_hours.sensor_id
            and store_hours.hour_start_at = disturbed_hours.hour_of_store_at
)

select * from final
