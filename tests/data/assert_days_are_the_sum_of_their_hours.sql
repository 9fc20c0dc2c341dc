with hours as (
    select
        sensor_id,
        visit_date,
        sum(visits) as visits,
        count(*) as hours
    from {{ ref('fct_sensor_visits_hourly') }}
    where {{ in_rebuilt_days() }}
    group by sensor_id, visit_date
),

days as (
    select * from {{ ref('fct_sensor_visits_daily') }}
    where {{ in_rebuilt_days() }}
)

select
    hours.sensor_id as hours_sensor_id,
    days.sensor_id as days_sensor_id,
    hours.visits as hours_visits,
    days.visits as days_visits
from hours
full outer join days
    on
        hours.sensor_id = days.sensor_id
        and hours.visit_date = days.visit_date
where
    hours.visits is distinct from days.visits
    or hours.hours > 25
