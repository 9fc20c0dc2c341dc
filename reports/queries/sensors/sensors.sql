-- Every sensor that has a page, with its store's latest complete day.
select
    sensors.sensor_id,
    sensor_link(sensors.sensor_id) as link,
    sensors.store_name,
    sensors.door,
    sensors.state,
    days.estimated as visits,
    days.vs_usual,
    days.coverage,
    utc(sensors.newest_observed_hour_at) as last_reading
from shown_sensors as sensors
left join sensor_days as days
    on
        sensors.sensor_id = days.sensor_id
        and sensors.store_id = days.store_id
        and sensors.latest_complete_date = days.day
order by sensors.store_name, sensors.door, sensors.installed_at
