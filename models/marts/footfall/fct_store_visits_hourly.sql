{{ config(
    materialized='incremental',
    incremental_strategy='replace_days',
    unique_key=['store_id', 'hour_start_at'],
    on_schema_change='append_new_columns',
    meta={'replaces': 'hours_rebuilt'},
    pre_hook="{{ check_whole_history() }}",
    post_hook="{{ save_watermark() }}",
) }}

with sensor_hours as (
    select * from {{ ref('fct_sensor_visits_hourly') }}
),

rebuild_days as (
    select * from {{ ref('int_footfall__rebuild_days') }}
    where rebuilds_hours
),

final as (
    select
        sensor_hours.store_id,
        sensor_hours.hour_start_at,
        sensor_hours.visit_date,
        sensor_hours.local_hour,
        sensor_hours.is_open,
        count(*) as sensors_expected,
        count(case when sensor_hours.is_observed then 1 end) as sensors_observed,
        cast(sum(sensor_hours.visits) as bigint) as visits,
        -- a door without an expectation, or without an estimate, leaves the store without one
        case
            when count(sensor_hours.visits_expected) = count(*)
                then cast(sum(sensor_hours.visits_expected) as decimal(18, 3))
        end as visits_expected,
        case
            when count(sensor_hours.visits_estimated) = count(*)
                then cast(sum(sensor_hours.visits_estimated) as decimal(18, 3))
        end as visits_estimated
    from sensor_hours
    inner join rebuild_days
        on
            sensor_hours.store_id = rebuild_days.store_id
            and sensor_hours.visit_date = rebuild_days.visit_date
    group by
        sensor_hours.store_id, sensor_hours.hour_start_at, sensor_hours.visit_date, sensor_hours.local_hour,
        sensor_hours.is_open
)

select * from final
order by hour_start_at, store_id
