-- The orders that count, in the main currency, with their UTC day.
select
    *,
    order_date as day
from fct_orders
where is_counted and currency = (select currency from main_order_currency)
