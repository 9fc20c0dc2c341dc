select
    store_id,
    visit_date as day,
    event_label as label
from fct_event_days
order by store_id, day
