-- Days with an event, all stores together: what it is called, and where it is, unless it is everywhere.
with all_stores as (select count(*) as stores from dim_stores)

select
    events.visit_date as day,
    events.event_label as label,
    count(*) = any_value(all_stores.stores) as is_all,
    count(*) as stores,
    case when count(*) <= 3 then string_agg(stores.store_name, ', ' order by stores.store_name) end as names
from fct_event_days as events
inner join named_stores as stores on events.store_id = stores.store_id
cross join all_stores
group by events.visit_date, events.event_label
order by day, label
