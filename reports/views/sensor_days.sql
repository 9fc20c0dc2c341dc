-- A sensor's days as the pages show them; whether it is a closed day is its store's to say.
select
    sensors.sensor_id,
    sensors.store_id,
    sensors.visit_date as day,
    sensors.iso_weekday,
    sensors.is_complete,
    coalesce(stores.is_closed, false) as is_closed,
    stores.closed_reason,
    sensors.visits as counted,
    sensors.visits_estimated as estimated,
    sensors.visits_usual as usual,
    sensors.visits_vs_usual_pct as vs_usual,
    sensors.coverage_pct as coverage,
    sensors.open_hours,
    sensors.observed_hours
from fct_sensor_visits_daily as sensors
left join store_days as stores on sensors.store_id = stores.store_id and sensors.visit_date = stores.day
