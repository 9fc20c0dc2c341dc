with days as (
    select
        sensor_id,
        visit_date,
        visits,
        visits_estimated
    from {{ ref('fct_sensor_visits_daily') }}
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
