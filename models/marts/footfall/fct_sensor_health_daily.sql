{{ config(
    materialized='incremental',
    incremental_strategy='replace_days',
    on_schema_change='append_new_columns',
    meta={'replaces': 'rebuilds_hours'},
    pre_hook="{{ check_whole_history() }}",
    post_hook="{{ remember_build() }}",
) }}

-- Runs of this many open hours: fewer missing ones are hiccups, fewer equal ones chance.
{% set outage_hours = 3 %}
{% set flat_hours = 4 %}
-- Below this many expected visits an hour, equal counts are no sign of anything.
{% set flat_expected = 30 %}
{% set anomalous_hours = 3 %}

with rebuild_days as (
    select * from {{ ref('int_footfall__rebuild_days') }}
    where rebuilds_hours
),

hours as (
    select hours.*
    from {{ ref('fct_sensor_visits_hourly') }} as hours
    inner join rebuild_days
        on
            hours.store_id = rebuild_days.store_id
            and hours.visit_date = rebuild_days.visit_date
),

days as (
    select days.*
    from {{ ref('fct_sensor_visits_daily') }} as days
    inner join rebuild_days
        on
            days.store_id = rebuild_days.store_id
            and days.visit_date = rebuild_days.visit_date
),

open_hours as (
    select
        *,
        lag(is_observed) over same_day as was_observed,
        lag(visits) over same_day as visits_before
    from hours
    where is_open
    window same_day as (partition by sensor_id, visit_date order by hour_start_at)
),

-- A run begins where an hour is not as the one before it.
marked as (
    select
        *,
        case when is_observed = was_observed and (not is_observed or visits = visits_before) then 0 else 1 end as is_first
    from open_hours
),

numbered as (
    select
        *,
        sum(is_first) over (
            partition by sensor_id, visit_date order by hour_start_at rows between unbounded preceding and current row
        ) as run
    from marked
),

runs as (
    select
        sensor_id,
        visit_date,
        run,
        count(*) as hours,
        max(is_observed) as is_observed,
        min(coalesce(visits_expected, visits)) as least_expected
    from numbered
    group by sensor_id, visit_date, run
    having count(*) >= {{ [outage_hours, flat_hours] | min }}
),

run_sums as (
    select
        sensor_id,
        visit_date,
        count(case when not is_observed and hours >= {{ outage_hours }} then 1 end) as outages,
        sum(case when not is_observed and hours >= {{ outage_hours }} then hours else 0 end) as outage_hours,
        max(case when not is_observed and hours >= {{ outage_hours }} then hours else 0 end) as longest_outage_hours,
        sum(case when is_observed and hours >= {{ flat_hours }} and least_expected >= {{ flat_expected }} then hours else 0 end)
            as flat_hours
    from runs
    group by sensor_id, visit_date
),

imputed as (
    select
        sensor_id,
        visit_date,
        cast(sum(visits_expected) as decimal(18, 3)) as visits_imputed
    from hours
    where is_imputed
    group by sensor_id, visit_date
),

fault_sums as (
    select
        hours.sensor_id,
        hours.visit_date,
        count(case when faults.is_failed and hours.is_open and not hours.is_observed then 1 end) as failed_hours,
        count(case when faults.is_impossible then 1 end) as impossible_readings,
        count(case when faults.is_late then 1 end) as late_readings
    from {{ ref('int_footfall__reading_faults') }} as faults
    inner join hours
        on
            faults.sensor_id = hours.sensor_id
            and {{ dbt.date_trunc('hour', 'faults.hour_start_at') }} = hours.hour_start_at
    group by hours.sensor_id, hours.visit_date
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
        coalesce(run_sums.outages, 0) as outages,
        cast(coalesce(run_sums.outage_hours, 0) as bigint) as outage_hours,
        coalesce(run_sums.longest_outage_hours, 0) as longest_outage_hours,
        cast(coalesce(run_sums.flat_hours, 0) as bigint) as flat_hours,
        coalesce(fault_sums.impossible_readings, 0) as impossible_readings,
        days.anomalous_hours,
        coalesce(fault_sums.late_readings, 0) as late_readings,
        days.coverage_pct,
        days.visits,
        days.visits_estimated,
        imputed.visits_imputed,
        coalesce(run_sums.outages > 0, false)
        or coalesce(run_sums.flat_hours > 0, false)
        or coalesce(fault_sums.impossible_readings > 0, false)
        or coalesce(days.coverage_pct < 50, false)
        or days.anomalous_hours >= {{ anomalous_hours }} as is_troubled
    from days
    left join run_sums on days.sensor_id = run_sums.sensor_id and days.visit_date = run_sums.visit_date
    left join imputed on days.sensor_id = imputed.sensor_id and days.visit_date = imputed.visit_date
    left join fault_sums on days.sensor_id = fault_sums.sensor_id and days.visit_date = fault_sums.visit_date
)

select * from final
order by visit_date, sensor_id
