-- What was observed in raw, less what was rejected, is what the sensors' hours hold.
with readings as (
    select coalesce(sum(visits), 0) as visits
    from {{ ref('stg_footfall__readings') }}
    where status = 'ok'
),

unusable as (
    select coalesce(sum(visits), 0) as visits
    from {{ ref('int_footfall__unusable_readings') }}
    where reason is not null and status = 'ok'
),

counted as (
    select coalesce(sum(visits), 0) as visits
    from {{ ref('fct_sensor_visits_hourly') }}
)

select
    readings.visits as visits_in_raw,
    unusable.visits as visits_rejected,
    counted.visits as visits_in_marts
from readings
cross join unusable
cross join counted
where readings.visits - unusable.visits <> counted.visits
