-- How each sensor in service was counted, day by day for four weeks.
select
    days.store_id,
    days.sensor_id,
    sensor_link(days.sensor_id) as link,
    days.visit_date as day,
    days.is_complete,
    days.open_hours,
    days.observed_hours,
    days.coverage_pct as coverage,
    days.outage_hours,
    days.flat_hours,
    days.impossible_readings as impossible,
    days.anomalous_hours as anomalous,
    days.visits_imputed as imputed
from fct_sensor_health_daily as days
inner join dim_sensors as sensors on days.sensor_id = sensors.sensor_id
where
    sensors.is_in_service
    and days.visit_date > (select max(visit_date) from fct_sensor_health_daily) - interval 28 day
order by days.store_id, sensors.door, days.sensor_id, days.visit_date
