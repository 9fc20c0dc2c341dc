{{ config(materialized='view') }}

with interval_doors as (
    select * from {{ ref('int_footfall__sensor_doors') }}
    where interval_minutes < 60
),

interval_readings as (
    select
        readings.sensor_id,
        {{ hour_of_reading('readings.hour_start_at', 'interval_doors') }} as hour_start_at,
        readings.hour_start_at as interval_start_at,
        {{ newest_visits() }} as visits
    from {{ ref('stg_footfall__readings') }} as readings
    inner join interval_doors
        on
            readings.sensor_id = interval_doors.sensor_id
            and interval_doors.raw_holds_from <= readings.raw_hour_start
            and readings.raw_hour_start < interval_doors.raw_holds_until
    where {{ instant_in_chunk('raw_hour_start') }}
    group by readings.sensor_id, readings.hour_start_at, interval_doors.phase_minutes, interval_doors.phase_from
),

final as (
    select
        sensor_id,
        hour_start_at,
        cast(sum(visits) as bigint) as visits,
        count(*) as intervals
    from interval_readings
    where visits >= 0
    group by sensor_id, hour_start_at
)

select * from final
