-- The currency that the orders page is in: the owner's, or the one that most of the orders are in where none is in hers.
select found.currency
from order_currencies as found
cross join settings
order by found.currency = settings.currency desc, found.orders desc, found.currency asc
limit 1
