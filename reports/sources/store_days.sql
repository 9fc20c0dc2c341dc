select
    store_id,
    day,
    is_complete,
    is_closed,
    closed_reason,
    counted::double as counted,
    estimated::double as estimated,
    usual::double as usual,
    vs_usual::double as vs_usual,
    coverage::double as coverage
from store_days
order by store_id, day
