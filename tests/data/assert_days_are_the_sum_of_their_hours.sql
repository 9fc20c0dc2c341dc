with hours as (
    select
        sensor_id,
        store_id,
        visit_date,
        sum(visits) as visits,
        count(*) as hours
    from {{ ref('fct_sensor_visits_hourly') }}
    where {{ in_rebuilt_days() }}
    group by sensor_id, store_id, visit_date
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
        and hours.store_id = days.store_id
        and hours.visit_date = days.visit_date
where
    hours.visits is distinct from days.visits
    -- on the day on which a store's time zone changes, hours of two clocks have the same date
    or (
        hours.hours > 25
        and hours.store_id not in (
            select store_id from {{ ref('int_footfall__store_periods') }}
            group by store_id
            having count(distinct timezone) > 1
        )
    )
