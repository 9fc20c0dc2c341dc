select
    case when items.is_urgent then 'act' else 'look' end as severity,
    items.store_id,
    items.title,
    items.detail,
    case
        when sensors.page is not null then '/sensors/' || sensors.page
        when stores.page is not null then '/stores/' || stores.page
    end as link
from agg_attention as items
left join dim_stores as stores on items.store_id = stores.store_id
left join dim_sensors as sensors on items.sensor_id = sensors.sensor_id
order by items.is_urgent desc, items.title
