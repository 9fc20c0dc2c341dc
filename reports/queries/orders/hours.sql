-- The 24 hours up to the newest order's.
with spine as (
    select
        unnest(generate_series(newest_hour_at - interval 23 hour, newest_hour_at, interval 1 hour)) as hour,
        newest_hour_at
    from (select date_trunc('hour', max(ordered_at)) as newest_hour_at from fct_orders) as ends
)

select
    spine.hour,
    coalesce(sum(orders.revenue) filter (where orders.is_counted), 0) as revenue,
    count(*) filter (where orders.is_counted) as orders,
    coalesce(sum(orders.units) filter (where orders.is_counted), 0) as units,
    spine.hour = spine.newest_hour_at as is_newest
from spine
left join recent_orders as orders on spine.hour = date_trunc('hour', orders.ordered_at)
group by spine.hour, spine.newest_hour_at
order by spine.hour
