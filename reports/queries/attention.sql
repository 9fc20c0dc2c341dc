select
    case when items.is_urgent then 'critical' else 'warning' end as severity,
    items.store_id,
    items.title,
    items.detail,
    case
        when sensors.page is not null then '/sensors/' || sensors.page
        when stores.page is not null then '/stores/' || stores.page
        when items.kind = 'air_limit_passed' then '/air'
        when items.kind in ('feed_old', 'source_stale', 'ingestion_failed', 'rejected_above', 'test_failed') then '/pipeline'
    end as link
from agg_attention as items
left join dim_stores as stores on items.store_id = stores.store_id
left join dim_sensors as sensors on items.sensor_id = sensors.sensor_id
order by items.is_urgent desc, items.title
