select
    day,
    is_complete
from order_days
order by day
