select
    store_id,
    period,
    begins_on,
    ends_on,
    known_from,
    days,
    known_days,
    visits as counted,
    visits_estimated as estimated,
    weeks_before,
    visits_before as before,
    visits_vs_before_pct as vs_before,
    visits_last_year as last_year,
    visits_vs_last_year_pct as vs_last_year
from agg_store_visits_to_date
order by store_id, period
