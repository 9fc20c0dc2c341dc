-- The sensors in service on the store's latest complete day.
select
    sensors.store_id,
    sensors.sensor_id as name,
    sensor_link(sensors.sensor_id) as link,
    sensors.door,
    days.day,
    days.counted,
    days.estimated,
    days.usual,
    days.vs_usual,
    days.coverage,
    coalesce(closings.is_closed, false) as is_closed,
    closings.closed_reason
from dim_sensors as sensors
inner join dim_stores as stores on sensors.store_id = stores.store_id
left join sensor_days as days
    on
        sensors.sensor_id = days.sensor_id
        and sensors.store_id = days.store_id
        and stores.latest_complete_date = days.day
left join store_days as closings
    on stores.store_id = closings.store_id and stores.latest_complete_date = closings.day
where sensors.is_in_service
order by sensors.store_id, sensors.door, sensors.sensor_id
