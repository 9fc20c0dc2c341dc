-- The events of the sensor's store.
select
    sensors.sensor_id,
    events.visit_date as day,
    events.event_label as label
from fct_event_days as events
inner join dim_sensors as sensors on events.store_id = sensors.store_id
order by sensors.sensor_id, day
