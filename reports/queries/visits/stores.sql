select
    store_id as id,
    store_name as name
from named_stores
where newest_hour_at is not null
order by store_name
