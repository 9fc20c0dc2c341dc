-- What needs attention, with the page that says more.
select
    case when items.is_urgent then 'critical' else 'warning' end as severity,
    items.store_id,
    items.title,
    items.detail,
    items.kind,
    items.place,
    items.alerts,
    items.left_out,
    without_paths(items.parts) as parts,
    case
        when sensors.sensor_id is not null then sensor_link(sensors.sensor_id)
        when stores.store_id is not null then store_link(stores.store_id)
        when items.kind = 'air_limit_passed' then '/air/'
        when
            items.kind in ('feed_old', 'source_stale', 'ingestion_failed', 'rejected_above', 'test_failed')
            then '/pipeline/'
    end as link
from agg_attention as items
left join dim_stores as stores on items.store_id = stores.store_id
left join shown_sensors as sensors on items.sensor_id = sensors.sensor_id
order by items.is_urgent desc, items.title asc
