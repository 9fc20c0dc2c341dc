-- The currencies of the orders that count, the commonest first.
select
    currency,
    sum(orders) as orders,
    sum(revenue) as revenue
from agg_orders_hourly
group by currency
order by orders desc, currency asc
