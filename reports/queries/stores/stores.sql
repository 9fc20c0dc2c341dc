-- Each store's latest complete day.
select
    stores.store_name,
    store_link(stores.store_id) as link,
    stores.latest_complete_date as latest_day,
    days.estimated as visits,
    days.vs_usual,
    days.coverage,
    stores.sensors_in_service,
    silent.doors as silent_doors,
    utc(stores.newest_hour_at) as data_until
from dim_stores as stores
left join store_days as days on stores.store_id = days.store_id and stores.latest_complete_date = days.day
left join (
    select
        store_id,
        count(*) filter (where is_in_service and open_hours_silent >= 3) as doors
    from dim_sensors
    group by store_id
) as silent on stores.store_id = silent.store_id
order by stores.store_name, stores.store_id
