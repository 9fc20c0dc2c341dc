-- The sensors in service, and those that left in the last four weeks, with how they counted in them.
select
    health.*,
    stores.store_name,
    case when health.is_in_service then health.status else 'replaced' end as state,
    sensor_link(health.sensor_id) as link,
    stores.latest_complete_date as latest_day
from agg_sensor_health as health
inner join named_stores as stores on health.store_id = stores.store_id
