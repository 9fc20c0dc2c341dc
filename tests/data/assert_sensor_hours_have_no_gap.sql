-- The spine is dense: between a sensor's first and last hour of a rebuilt day, every hour is a row.
select
    sensor_id,
    visit_date,
    count(*) as hours,
    {{ dbt.datediff('min(hour_start_at)', 'max(hour_start_at)', 'hour') }} + 1 as hours_between
from {{ ref('fct_sensor_visits_hourly') }}
where {{ in_rebuilt_days() }}
group by sensor_id, visit_date
having count(*) <> {{ dbt.datediff('min(hour_start_at)', 'max(hour_start_at)', 'hour') }} + 1
