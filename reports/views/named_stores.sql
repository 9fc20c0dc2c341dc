-- The stores by their names; one without a name goes by its id.
select * replace (coalesce(store_name, store_id) as store_name)
from dim_stores
