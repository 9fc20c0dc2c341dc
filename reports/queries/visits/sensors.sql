select
    sensor_id as id,
    sensor_id as name,
    not is_in_service as is_replaced,
    store_id,
    store_name
from shown_sensors
order by store_name, door, installed_at
