select
    coalesce(severity, 'warning') as severity,
    without_paths(message) as message,
    without_paths(message_parts) as message_parts,
    opened_at,
    case when stores.store_id is not null then store_link(stores.store_id) end as link
from fct_alerts as alerts
left join dim_stores as stores on alerts.store_id = stores.store_id
where alerts.closed_at is null
order by alerts.severity asc, alerts.opened_at desc
