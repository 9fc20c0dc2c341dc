-- The currencies that the page is not in.
select
    currency,
    orders,
    revenue
from order_currencies
where currency not in (select main.currency from main_order_currency as main)
order by orders desc, currency asc
