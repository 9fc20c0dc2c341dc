with store_hours as (
    select * from {{ ref('int_footfall__store_hours') }}
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
    where {{ instant_in_read_ranges('raw_hour_start', 'hours_read') }}
    group by sensor_id, raw_hour_start
),

observations as (
    select * from readings
    where visits >= 0
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
