select
    store_id,
    visit_date as day,
    local_hour as hour,
    visits_forecast,
    staff_needed,
    '/data/calendars/' || url_key(store_id) || '.ics' as calendar
from fct_staffing_plan_hourly
order by store_id, day, hour
