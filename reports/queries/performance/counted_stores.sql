-- The stores that are counted.
select
    store_id,
    store_name,
    store_link(store_id) as link
from named_stores
where latest_complete_date is not null
order by store_name, store_id
