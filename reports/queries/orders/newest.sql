select max(ordered_at) as newest_at
from fct_orders
having count(*) > 0
