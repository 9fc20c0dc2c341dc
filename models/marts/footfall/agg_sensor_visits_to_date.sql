with days as (
    -- where the sensor hangs now: two places compare with nothing
    select
        days.sensor_id,
        days.visit_date,
        days.visits,
        days.visits_estimated
    from {{ ref('fct_sensor_visits_daily') }} as days
    inner join {{ ref('dim_sensors') }} as sensors
        on
            days.sensor_id = sensors.sensor_id
            and days.store_id = sensors.store_id
),

ends as (
    select
        sensors.sensor_id,
        stores.latest_complete_date as ends_on
    from {{ ref('dim_sensors') }} as sensors
    inner join {{ ref('dim_stores') }} as stores on sensors.store_id = stores.store_id
    where
        sensors.is_in_service
        and stores.latest_complete_date is not null
),

{{ visits_to_date('days', 'ends', 'sensor_id') }}

select * from to_date
order by sensor_id, period
