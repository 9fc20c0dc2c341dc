select
    lower(status) as status,
    count(*) as orders,
    sum(bill) as billed,
    min(currency) as currency,
    100 * count(*) / sum(count(*)) over () as share
from recent_orders
where minutes_before < 1440
group by lower(status)
order by orders desc
