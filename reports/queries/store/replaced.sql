-- Sensors that have left since the data begins.
select
    store_id,
    sensor_id,
    sensor_link(sensor_id) as link,
    door,
    removed_at
from shown_sensors
where not is_in_service
order by store_id, door, removed_at
