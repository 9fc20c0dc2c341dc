select
    sum(orders) as orders,
    sum(revenue) as revenue,
    min(hour_start_at) as first_hour
from agg_orders_hourly
where currency = (select currency from main_order_currency)
