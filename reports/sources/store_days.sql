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
    before_7::double as before_7,
    before_28::double as before_28,
    before_364::double as before_364,
    coverage::double as coverage
from store_days
order by store_id, day
