{{ config(materialized='view') }}

with limits as (
    {{ thresholds(['health_outage_hours', 'health_flat_hours', 'health_flat_expected_visits']) }}
),

rebuild_days as (
    select * from {{ ref('int_footfall__rebuild_days') }}
    where rebuilds_hours
),

open_hours as (
    select
        hours.*,
        lag(hours.is_observed) over same_day = hours.is_observed
        and (not hours.is_observed or lag(hours.visits) over same_day = hours.visits) as is_as_before,
        lead(hours.is_observed) over same_day = hours.is_observed
        and (not hours.is_observed or lead(hours.visits) over same_day = hours.visits) as is_as_after
    from {{ ref('fct_sensor_visits_hourly') }} as hours
    inner join rebuild_days
        on
            hours.store_id = rebuild_days.store_id
            and hours.visit_date = rebuild_days.visit_date
    where hours.is_open and {{ in_chunk('hours.visit_date') }}
    window same_day as (partition by hours.sensor_id, hours.store_id, hours.visit_date order by hours.hour_start_at)
),

-- A run begins where an hour is not as the one before it. Most hours are runs of their own, and too short to count.
hours_of_runs as (
    select
        *,
        case when is_as_before then 0 else 1 end as is_first
    from open_hours
    where is_as_before or is_as_after or (select least(health_outage_hours, health_flat_hours) from limits) <= 1
),

hours_with_run_numbers as (
    select
        *,
        sum(is_first) over (
            partition by sensor_id, store_id, visit_date order by hour_start_at rows between unbounded preceding and current row
        ) as run_number
    from hours_of_runs
),

runs as (
    select
        sensor_id,
        store_id,
        visit_date,
        count(*) as hours,
        max(is_observed) as is_observed,
        min(coalesce(visits_expected, visits)) as least_expected
    from hours_with_run_numbers
    group by sensor_id, store_id, visit_date, run_number
    having count(*) >= (select least(health_outage_hours, health_flat_hours) from limits)
),

final as (
    select
        runs.sensor_id,
        runs.store_id,
        runs.visit_date,
        count(case when not runs.is_observed and runs.hours >= limits.health_outage_hours then 1 end) as outages,
        sum(case when not runs.is_observed and runs.hours >= limits.health_outage_hours then runs.hours else 0 end) as outage_hours,
        max(case when not runs.is_observed and runs.hours >= limits.health_outage_hours then runs.hours else 0 end) as longest_outage_hours,
        sum(
            case
                when
                    runs.is_observed and runs.hours >= limits.health_flat_hours and runs.least_expected >= limits.health_flat_expected_visits
                    then runs.hours
                else 0
            end
        ) as flat_hours
    from runs
    cross join limits
    group by runs.sensor_id, runs.store_id, runs.visit_date
)

select * from final
