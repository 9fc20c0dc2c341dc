-- What was ordered by UTC day of each product, and from each country, of the orders that count, in the main currency.
select
    'product' as what,
    orders.day,
    coalesce(lines.product_name, 'not known yet') as name,
    null as note,
    sum(lines.quantity) as units,
    sum(lines.revenue) as revenue
from counted_orders as orders
inner join fct_order_lines as lines on orders.order_id = lines.order_id
group by orders.day, name
union all
select
    'country' as what,
    day,
    coalesce(customer_country, 'unknown') as name,
    null as note,
    sum(units) as units,
    sum(revenue) as revenue
from counted_orders
group by day, name
