-- One row a sensor, with its latest complete day: of a device that has left, the last day that it counted on.
with latest as (
    select days.*
    from sensor_days as days
    inner join shown_sensors as sensors on days.sensor_id = sensors.sensor_id and days.store_id = sensors.store_id
    where days.is_complete and (sensors.is_in_service or days.observed_hours > 0)
    qualify row_number() over (partition by days.sensor_id order by days.day desc) = 1
),

spans as (
    select
        sensor_id,
        min(day) as first_day,
        max(day) as last_day
    from sensor_days
    group by sensor_id
)

select
    sensors.sensor_id,
    sensors.door,
    sensors.is_in_service,
    sensors.installed_at,
    sensors.removed_at,
    sensors.newest_observed_hour_at,
    sensors.open_hours_silent,
    stores.store_id,
    stores.store_name,
    store_link(stores.store_id) as store_link,
    stores.newest_local_hour,
    stores.newest_date as newest_day,
    spans.first_day,
    spans.last_day,
    latest.day as latest_day,
    latest.* exclude (sensor_id, store_id, day)
from shown_sensors as sensors
inner join named_stores as stores on sensors.store_id = stores.store_id
left join spans on sensors.sensor_id = spans.sensor_id
left join latest on sensors.sensor_id = latest.sensor_id
order by sensors.sensor_id
