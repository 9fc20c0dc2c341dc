-- One row a store, with its latest complete day.
with firsts as (
    select
        store_id,
        min(day) as day
    from store_days
    group by store_id
)

select
    stores.store_id,
    stores.store_name,
    stores.city,
    stores.country_code,
    stores.opens_at,
    stores.closes_at,
    stores.timezone,
    stores.sensors_in_service,
    stores.newest_local_hour,
    stores.latest_complete_date as latest_day,
    stores.newest_date as newest_day,
    firsts.day as first_day,
    days.* exclude (store_id, day)
from named_stores as stores
left join firsts
    on stores.store_id = firsts.store_id
left join store_days as days on stores.store_id = days.store_id and stores.latest_complete_date = days.day
order by stores.store_id
