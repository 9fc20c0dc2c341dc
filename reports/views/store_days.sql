-- A store's days as the pages show them. What is usual is chosen here, and for a sensor in sensor_days.
select
    store_id,
    visit_date as day,
    iso_weekday,
    is_complete,
    is_closed_day as is_closed,
    closed_reason,
    visits as counted,
    visits_estimated as estimated,
    visits_usual as usual,
    visits_vs_usual_pct as vs_usual,
    visits_same_day_last_year as last_year,
    coverage_pct as coverage,
    open_hours,
    observed_hours
from fct_store_visits_daily
