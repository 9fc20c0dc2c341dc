with sensors as (
    select
        store_id,
        visit_date,
        sum(visits) as visits,
        sum(open_hours) as open_hours,
        sum(observed_hours) as observed_hours,
        case when count(visits_estimated) = count(*) then sum(visits_estimated) end as visits_estimated
    from {{ ref('fct_sensor_visits_daily') }}
    where {{ in_rebuilt_days() }}
    group by store_id, visit_date
),

stores as (
    select * from {{ ref('fct_store_visits_daily') }}
    where {{ in_rebuilt_days() }}
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
    or sensors.open_hours is distinct from stores.open_hours
    or sensors.observed_hours is distinct from stores.observed_hours
    or sensors.visits_estimated is distinct from stores.visits_estimated
