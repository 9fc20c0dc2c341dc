select
    sensor_id as id,
    sensor_id || case when is_in_service then '' else ' (replaced)' end as name,
    store_id,
    store_name
from shown_sensors
order by store_name, door, installed_at
