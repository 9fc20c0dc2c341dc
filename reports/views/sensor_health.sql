-- The sensors in service, with how they counted in the last four weeks.
select
    health.*,
    stores.store_name,
    sensor_link(health.sensor_id) as link,
    stores.latest_complete_date as latest_day
from agg_sensor_health as health
inner join dim_stores as stores on health.store_id = stores.store_id
