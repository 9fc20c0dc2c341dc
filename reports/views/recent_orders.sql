-- The orders of the 48 hours up to the newest, in the main currency.
with ends as (select max(ordered_at) as newest_at from fct_orders)

select
    orders.*,
    date_diff('minute', date_trunc('minute', orders.ordered_at), date_trunc('minute', ends.newest_at)) as minutes_before
from fct_orders as orders
cross join ends
where
    orders.ordered_at > ends.newest_at - interval 48 hour
    and orders.currency = coalesce((select currency from main_order_currency), (select min(currency) from fct_orders))
