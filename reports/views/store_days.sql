-- A store's days as the pages show them, with what they are compared with: the usual, and the days whole weeks before. A day that is
-- closed or not over stands in no comparison.
with days as (
    select
        *,
        case when is_complete and not is_closed_day then visits_estimated end as comparable
    from fct_store_visits_daily
)

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
    case when not is_closed_day then days_before(comparable, store_id, visit_date, 7) end as before_7,
    case when not is_closed_day then days_before(comparable, store_id, visit_date, 28) end as before_28,
    case when not is_closed_day then days_before(comparable, store_id, visit_date, 364) end as before_364,
    visits_same_day_last_year as last_year,
    coverage_pct as coverage,
    open_hours,
    observed_hours
from days
