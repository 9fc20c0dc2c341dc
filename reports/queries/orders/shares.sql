select
    what,
    name,
    null as note,
    sum(quantity) filter (where is_now) as units,
    coalesce(sum(revenue) filter (where is_now), 0) as revenue,
    100 * coalesce(sum(revenue) filter (where is_now), 0) / nullif(sum(coalesce(sum(revenue) filter (where is_now), 0)) over (partition by what), 0) as share,
    100 * (coalesce(sum(revenue) filter (where is_now), 0) - sum(revenue) filter (where not is_now)) / nullif(sum(revenue) filter (where not is_now), 0) as vs_before
from (
    select 'product' as what, coalesce(lines.product_name, 'not known yet') as name, orders.minutes_before < 1440 as is_now, lines.quantity, lines.revenue
    from recent_orders as orders
    inner join fct_order_lines as lines on orders.order_id = lines.order_id
    where orders.is_counted
    union all
    select 'country', coalesce(customer_country, 'unknown'), minutes_before < 1440, units, revenue from recent_orders where is_counted
) as lines
group by what, name
order by what, revenue desc, name
