-- The stores that both feeds know.
select distinct
    stores.store_id,
    stores.store_name,
    store_link(stores.store_id) as link
from performance_days as days
inner join named_stores as stores on days.store_id = stores.store_id
order by stores.store_name, stores.store_id
