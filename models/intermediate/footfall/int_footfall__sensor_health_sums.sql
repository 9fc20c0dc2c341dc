{{ config(materialized='view') }}

-- The days that a sensor's state is taken from, out of the four weeks that are summed; days without a fault that end a stretch of faulty days.
{% set state_days = 7 %}
{% set days_between_stretches = 7 %}

with days as (
    select
        *,
        days_before_latest < {{ state_days }} as is_in_state_days
    from {{ ref('int_footfall__recent_sensor_health') }}
),

sums as (
    select
        sensor_id,
        count(case when open_hours > 0 then 1 end) as open_days,
        cast(sum(open_hours) as bigint) as open_hours,
        cast(sum(observed_hours) as bigint) as observed_hours,
        cast(sum(missing_hours) as bigint) as missing_hours,
        cast(sum(failed_hours) as bigint) as failed_hours,
        cast(sum(outages) as bigint) as outages,
        cast(sum(outage_hours) as bigint) as outage_hours,
        cast(sum(flat_hours) as bigint) as flat_hours,
        cast(sum(impossible_readings) as bigint) as impossible_readings,
        cast(sum(anomalous_hours) as bigint) as anomalous_hours,
        cast(sum(late_readings) as bigint) as late_readings,
        cast(sum(visits) as bigint) as visits,
        cast(sum(visits_imputed) as decimal(18, 3)) as visits_imputed,
        cast(sum(case when is_in_state_days then open_hours end) as double) as open_hours_7d,
        cast(sum(case when is_in_state_days then observed_hours end) as double) as observed_hours_7d,
        cast(sum(case when is_in_state_days then anomalous_hours end) as double) as anomalous_hours_7d,
        cast(sum(case when is_in_state_days then flat_hours end) as bigint) as flat_hours_7d,
        cast(sum(case when is_in_state_days then impossible_readings end) as bigint) as impossible_readings_7d,
        max(case when days_before_latest = 0 then flat_hours end) as newest_flat_hours,
        min(case when is_in_state_days and missing_hours + anomalous_hours > 0 then visit_date end) as incomplete_since_date
    from days
    group by sensor_id
),

faulty_days as (
    select
        sensor_id,
        visit_date,
        lead(visit_date) over (partition by sensor_id order by visit_date) as next_date
    from days
    where is_troubled
),

earlier_stretches as (
    select
        sensor_id,
        max(visit_date) as last_date
    from faulty_days
    where {{ dbt.datediff('visit_date', 'next_date', 'day') }} > {{ days_between_stretches }}
    group by sensor_id
),

present_stretches as (
    select
        faulty_days.sensor_id,
        min(faulty_days.visit_date) as first_date
    from faulty_days
    left join earlier_stretches on faulty_days.sensor_id = earlier_stretches.sensor_id
    where earlier_stretches.last_date is null or faulty_days.visit_date > earlier_stretches.last_date
    group by faulty_days.sensor_id
),

final as (
    select
        sums.*,
        coalesce(present_stretches.first_date, sums.incomplete_since_date) as fault_since_date
    from sums
    left join present_stretches on sums.sensor_id = present_stretches.sensor_id
)

select * from final
