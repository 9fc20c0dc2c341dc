-- The spine is dense: between a sensor's first and last hour of a rebuilt day in one store, every hour is a row.
select
    sensor_id,
    store_id,
    visit_date,
    count(*) as hours,
    {{ dbt.datediff('min(hour_start_at)', 'max(hour_start_at)', 'hour') }} + 1 as hours_between
from {{ ref('fct_sensor_visits_hourly') }}
where {{ in_rebuilt_days() }}
group by sensor_id, store_id, visit_date
-- more where a clock was moved by half an hour; that none is there twice is another test
having count(*) < {{ dbt.datediff('min(hour_start_at)', 'max(hour_start_at)', 'hour') }} + 1
