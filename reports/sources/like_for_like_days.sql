select
    store_id,
    day,
    visits,
    compared
from like_for_like_days
order by day, store_id
