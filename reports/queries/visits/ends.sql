select
    min(visit_date) as first_day,
    max(visit_date) as last_day,
    -- Hours are on the site for thirteen months.
    greatest(min(visit_date), cast(max(visit_date) - interval 395 day as date)) as first_day_of_hours
from fct_store_visits_daily
