-- A sensor's days as the pages show them, compared as a store's are; whether it is a closed day is its store's to say.
with days as (
    select
        sensors.*,
        coalesce(stores.is_closed, false) as is_closed,
        stores.closed_reason,
        case when sensors.is_complete and not coalesce(stores.is_closed, false) then sensors.visits_estimated end as comparable
    from fct_sensor_visits_daily as sensors
    left join store_days as stores on sensors.store_id = stores.store_id and sensors.visit_date = stores.day
)

select
    sensor_id,
    store_id,
    visit_date as day,
    iso_weekday,
    is_complete,
    is_closed,
    closed_reason,
    visits as counted,
    visits_estimated as estimated,
    visits_usual as usual,
    visits_vs_usual_pct as vs_usual,
    case when not is_closed then days_before(comparable, sensor_id, visit_date, 7) end as before_7,
    case when not is_closed then days_before(comparable, sensor_id, visit_date, 28) end as before_28,
    case when not is_closed then days_before(comparable, sensor_id, visit_date, 364) end as before_364,
    coverage_pct as coverage,
    open_hours,
    observed_hours
from days
