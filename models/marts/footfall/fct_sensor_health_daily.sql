{{ config(
    materialized='incremental', incremental_strategy='replace_days',
    unique_key=['sensor_id', 'store_id', 'visit_date'],
    on_schema_change='append_new_columns',
    meta={'replaces': 'hours_rebuilt', 'chunks': 'hours_rebuilt'},
    pre_hook="{{ check_whole_history() }}",
    post_hook="{{ save_watermark() }}",
) }}

with limits as (
    {{ thresholds(['health_anomalous_hours', 'health_troubled_coverage_pct']) }}
),

rebuild_days as (
    select * from {{ ref('int_footfall__rebuild_days') }}
    where rebuilds_hours
),

hours as (
    select hours.*
    from {{ ref('fct_sensor_visits_hourly') }} as hours
    inner join rebuild_days on hours.store_id = rebuild_days.store_id and hours.visit_date = rebuild_days.visit_date
    where {{ in_chunk('hours.visit_date') }}
),

days as (
    select days.*
    from {{ ref('fct_sensor_visits_daily') }} as days
    inner join rebuild_days on days.store_id = rebuild_days.store_id and days.visit_date = rebuild_days.visit_date
    where {{ in_chunk('days.visit_date') }}
),

imputed_sums as (
    select
        sensor_id,
        store_id,
        visit_date,
        cast(sum(visits_expected) as decimal(18, 3)) as visits_imputed
    from hours
    where is_imputed
    group by sensor_id, store_id, visit_date
),

fault_sums as (
    select
        hours.sensor_id,
        hours.store_id,
        hours.visit_date,
        count(distinct case when faults.is_failed and hours.is_open and not hours.is_observed then hours.hour_start_at end) as failed_hours,
        count(case when faults.is_impossible then 1 end) as impossible_readings,
        count(case when faults.is_late then 1 end) as late_readings
    from {{ ref('int_footfall__reading_faults') }} as faults
    inner join {{ ref('int_footfall__sensor_doors') }} as sensor_doors
        on
            faults.sensor_id = sensor_doors.sensor_id
            and sensor_doors.holds_from <= faults.hour_start_at and faults.hour_start_at < sensor_doors.holds_until
    inner join hours
        on
            faults.sensor_id = hours.sensor_id
            and {{ hour_of_reading('faults.hour_start_at', 'sensor_doors') }} = hours.hour_start_at
    where {{ instant_in_chunk('faults.hour_start_at') }}
    group by hours.sensor_id, hours.store_id, hours.visit_date
),

final as (
    select
        days.sensor_id,
        days.store_id,
        days.visit_date,
        days.is_complete,
        days.open_hours,
        days.observed_hours,
        days.open_hours - days.observed_hours as missing_hours,
        coalesce(fault_sums.failed_hours, 0) as failed_hours,
        coalesce(runs.outages, 0) as outages,
        cast(coalesce(runs.outage_hours, 0) as bigint) as outage_hours,
        coalesce(runs.longest_outage_hours, 0) as longest_outage_hours,
        cast(coalesce(runs.flat_hours, 0) as bigint) as flat_hours,
        coalesce(fault_sums.impossible_readings, 0) as impossible_readings,
        days.anomalous_hours,
        coalesce(fault_sums.late_readings, 0) as late_readings,
        days.coverage_pct,
        days.visits,
        days.visits_estimated,
        imputed_sums.visits_imputed,
        coalesce(runs.outages > 0, false)
        or coalesce(runs.flat_hours > 0, false)
        or coalesce(fault_sums.impossible_readings > 0, false)
        or coalesce(days.coverage_pct < limits.health_troubled_coverage_pct, false)
        or days.anomalous_hours >= limits.health_anomalous_hours as is_troubled
    from days
    cross join limits
    left join {{ ref('int_footfall__hour_runs') }} as runs
        on days.sensor_id = runs.sensor_id and days.store_id = runs.store_id and days.visit_date = runs.visit_date
    left join imputed_sums on days.sensor_id = imputed_sums.sensor_id and days.store_id = imputed_sums.store_id and days.visit_date = imputed_sums.visit_date
    left join fault_sums on days.sensor_id = fault_sums.sensor_id and days.store_id = fault_sums.store_id and days.visit_date = fault_sums.visit_date
)

select * from final
order by visit_date, sensor_id, store_id
