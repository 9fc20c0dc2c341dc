-- What was observed in raw, less what was rejected and what lies in hours that are not observed, is what the sensors' hours hold.
with readings as (
    select coalesce(sum(visits), 0) as visits
    from {{ ref('stg_footfall__readings') }}
    where status = 'ok'
),

unusable as (
    select coalesce(sum(visits), 0) as visits
    from {{ ref('int_footfall__unusable_readings') }}
    where reason is not null and status = 'ok'
),

sensor_doors as (
    select * from {{ ref('int_footfall__sensor_doors') }}
),

-- An hour without one of its intervals, or with a reading where none of them starts, is not observed, and nobody's visits count in it.
incomplete_hours as (
    select
        hours.sensor_id,
        hours.hour_start_at,
        local_hours.hour_end_at
    from {{ ref('fct_sensor_visits_hourly') }} as hours
    inner join sensor_doors
        on
            hours.sensor_id = sensor_doors.sensor_id
            and sensor_doors.holds_from <= hours.hour_start_at
            and hours.hour_start_at < sensor_doors.holds_until
    inner join {{ ref('int_footfall__local_hours') }} as local_hours
        on
            sensor_doors.timezone = local_hours.timezone
            and hours.hour_start_at = local_hours.hour_start_at
    where
        not hours.is_observed
        and (
            sensor_doors.interval_minutes < 60
            or (hours.sensor_id, hours.hour_start_at) in (
                select
                    sensor_id,
                    hour_of_store_at
                from {{ ref('int_footfall__unusable_readings') }}
                where is_off_interval
            )
        )
),

uncounted as (
    select coalesce(sum(readings.visits), 0) as visits
    from {{ ref('stg_footfall__readings') }} as readings
    inner join incomplete_hours
        on
            readings.sensor_id = incomplete_hours.sensor_id
            and readings.hour_start_at >= incomplete_hours.hour_start_at
            and readings.hour_start_at < incomplete_hours.hour_end_at
    left join {{ ref('int_footfall__unusable_readings') }} as rejected
        on
            readings.sensor_id = rejected.sensor_id
            and readings.hour_start_at = rejected.hour_start_at
            and rejected.reason is not null
    where readings.status = 'ok' and rejected.sensor_id is null
),

-- Intervals that were counted before the hour that they belong to was delivered to its end.
begun as (
    select coalesce(sum(readings.visits), 0) as visits
    from {{ ref('stg_footfall__readings') }} as readings
    inner join sensor_doors
        on
            readings.sensor_id = sensor_doors.sensor_id
            and sensor_doors.raw_holds_from <= readings.raw_hour_start
            and readings.raw_hour_start < sensor_doors.raw_holds_until
    inner join {{ ref('int_footfall__store_feeds') }} as feeds on sensor_doors.store_id = feeds.store_id
    left join {{ ref('int_footfall__unusable_readings') }} as rejected
        on
            readings.sensor_id = rejected.sensor_id
            and readings.hour_start_at = rejected.hour_start_at
            and rejected.reason is not null
    where
        readings.status = 'ok'
        and rejected.sensor_id is null
        and sensor_doors.interval_minutes < 60
        and {{ hour_of_reading('readings.hour_start_at', 'sensor_doors') }} > feeds.newest_hour_at
),

counted as (
    select coalesce(sum(visits), 0) as visits
    from {{ ref('fct_sensor_visits_hourly') }}
)

select
    readings.visits as visits_in_raw,
    unusable.visits as visits_rejected,
    uncounted.visits as visits_in_incomplete_hours,
    begun.visits as visits_in_an_hour_that_has_begun,
    counted.visits as visits_in_marts
from readings
cross join unusable
cross join uncounted
cross join begun
cross join counted
where readings.visits - unusable.visits - uncounted.visits - begun.visits <> counted.visits
