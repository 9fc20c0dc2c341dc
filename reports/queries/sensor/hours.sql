-- The hours of its last four weeks. A closed day without visits is a row without an hour.
with newest as (
    select
        sensor_id,
        max(day) as day
    from sensor_days
    group by sensor_id
)

select
    hours.sensor_id,
    hours.visit_date as day,
    hours.local_hour as hour,
    hours.visits as counted,
    hours.visits_estimated as estimated,
    hours.visits_expected as expected,
    hours.is_open,
    hours.is_anomaly,
    null as closed_reason,
    hours.hour_start_at as hour_at
from fct_sensor_visits_hourly as hours
inner join newest on hours.sensor_id = newest.sensor_id
where hours.visit_date > newest.day - 28 and (hours.is_open or hours.visits > 0)
union all
select
    days.sensor_id,
    days.day,
    null as hour,
    null as counted,
    null as estimated,
    null as expected,
    false as is_open,
    false as is_anomaly,
    days.closed_reason,
    null as hour_at
from sensor_days as days
inner join newest on days.sensor_id = newest.sensor_id
where days.day > newest.day - 28 and days.is_closed and coalesce(days.counted, 0) = 0
order by sensor_id, day, hour_at nulls first
