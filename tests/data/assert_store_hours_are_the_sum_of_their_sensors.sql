-- Day by day, so that one hour too many and one too few do not cancel out over the years.
with sensors as (
    select
        store_id,
        visit_date,
        sum(visits) as visits,
        sum(case when is_observed then 1 else 0 end) as observed
    from {{ ref('fct_sensor_visits_hourly') }}
    where {{ in_rebuilt_days() }}
    group by store_id, visit_date
),

stores as (
    select
        store_id,
        visit_date,
        sum(visits) as visits,
        sum(sensors_observed) as observed
    from {{ ref('fct_store_visits_hourly') }}
    where {{ in_rebuilt_days() }}
    group by store_id, visit_date
)

select
    sensors.store_id as sensors_store_id,
    stores.store_id as stores_store_id,
    sensors.visits as sensors_visits,
    stores.visits as stores_visits
from sensors
full outer join stores
    on
        sensors.store_id = stores.store_id
        and sensors.visit_date = stores.visit_date
where
    sensors.visits is distinct from stores.visits
    or sensors.observed is distinct from stores.observed
