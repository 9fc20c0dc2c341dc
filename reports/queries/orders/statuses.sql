-- All orders by UTC day and status, in the main currency, whether they count or not; the days are those of the page.
select
    order_date as day,
    lower(status) as status,
    count(*) as orders,
    sum(bill) as billed
from fct_orders
where
    currency = (select currency from main_order_currency)
    and order_date > (select max(newest.order_date) from fct_orders as newest) - interval 25 month
group by order_date, lower(status)
order by order_date, lower(status)
