select
    store_id,
    day,
    counted,
    estimated,
    usual,
    vs_usual,
    before_7,
    before_28,
    before_364,
    coverage,
    is_complete,
    is_closed,
    closed_reason
from store_days
order by store_id, day
