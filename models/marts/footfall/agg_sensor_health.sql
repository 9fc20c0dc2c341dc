-- Weeks that the sums look back, and the days that the state is judged on.
{% set weeks = 4 %}
{% set judged_days = 7 %}

with sensors as (
    select
        sensors.*,
        stores.latest_complete_date
    from {{ ref('dim_sensors') }} as sensors
    inner join {{ ref('dim_stores') }} as stores on sensors.store_id = stores.store_id
    where sensors.is_in_service
),

days as (
    select
        health.*,
        {{ dbt.datediff('health.visit_date', 'sensors.latest_complete_date', 'day') }} as age
    from {{ ref('fct_sensor_health_daily') }} as health
    inner join sensors on health.sensor_id = sensors.sensor_id
    where
        health.is_complete
        and health.visit_date > {{ add_days('sensors.latest_complete_date', -7 * weeks) }}
        -- the same for all, so that only the newest days are read
        and health.visit_date > (
            select {{ add_days('min(latest_complete_date)', -7 * weeks) }} from {{ ref('dim_stores') }}
        )
),

summed as (
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
        cast(sum(case when age < {{ judged_days }} then open_hours end) as double) as judged_open_hours,
        cast(sum(case when age < {{ judged_days }} then observed_hours end) as double) as judged_observed_hours,
        cast(sum(case when age < {{ judged_days }} then anomalous_hours end) as double) as judged_anomalous_hours,
        cast(sum(case when age < {{ judged_days }} then flat_hours end) as bigint) as judged_flat_hours,
        cast(sum(case when age < {{ judged_days }} then impossible_readings end) as bigint) as judged_impossible_readings,
        max(case when age = 0 then flat_hours end) as newest_flat_hours,
        min(case when age < {{ judged_days }} and missing_hours + anomalous_hours > 0 then visit_date end) as judged_since_date
    from days
    group by sensor_id
),

-- The present stretch of trouble: troubled days with less than a week without trouble between them.
troubled_days as (
    select
        sensor_id,
        visit_date,
        lead(visit_date) over (partition by sensor_id order by visit_date) as next_date
    from days
    where is_troubled
),

last_ends as (
    select
        sensor_id,
        max(visit_date) as last_end
    from troubled_days
    where {{ dbt.datediff('visit_date', 'next_date', 'day') }} > 7
    group by sensor_id
),

stretches as (
    select
        troubled_days.sensor_id,
        min(troubled_days.visit_date) as first_date
    from troubled_days
    left join last_ends on troubled_days.sensor_id = last_ends.sensor_id
    where last_ends.last_end is null or troubled_days.visit_date > last_ends.last_end
    group by troubled_days.sensor_id
),

judged as (
    select
        sensors.sensor_id,
        sensors.store_id,
        sensors.door,
        sensors.open_hours_silent,
        sensors.newest_observed_hour_at,
        coalesce(stretches.first_date, summed.judged_since_date) as troubled_since_date,
        coalesce(summed.open_days, 0) as open_days,
        coalesce(summed.open_hours, 0) as open_hours,
        coalesce(summed.observed_hours, 0) as observed_hours,
        coalesce(summed.missing_hours, 0) as missing_hours,
        coalesce(summed.failed_hours, 0) as failed_hours,
        coalesce(summed.outages, 0) as outages,
        coalesce(summed.outage_hours, 0) as outage_hours,
        coalesce(summed.flat_hours, 0) as flat_hours,
        coalesce(summed.impossible_readings, 0) as impossible_readings,
        coalesce(summed.anomalous_hours, 0) as anomalous_hours,
        coalesce(summed.late_readings, 0) as late_readings,
        summed.visits,
        summed.visits_imputed,
        coalesce(summed.judged_flat_hours, 0) as judged_flat_hours,
        coalesce(summed.judged_impossible_readings, 0) as judged_impossible_readings,
        coalesce(summed.newest_flat_hours, 0) as newest_flat_hours,
        100 * cast(summed.observed_hours as double) / nullif(summed.open_hours, 0) as coverage_pct,
        100 * summed.judged_observed_hours / nullif(summed.judged_open_hours, 0) as coverage_7d_pct,
        100 * summed.judged_anomalous_hours / nullif(summed.judged_observed_hours, 0) as anomalous_7d_pct
    from sensors
    left join summed on sensors.sensor_id = summed.sensor_id
    left join stretches on sensors.sensor_id = stretches.sensor_id
),

-- The gravest that holds, in the order of a technician's list.
reasons as (
    select
        *,
        case
            when open_hours_silent >= 10 then 'silent'
            when newest_flat_hours > 0 then 'stuck'
            when coverage_7d_pct < 50 then 'mostly missing'
            when anomalous_7d_pct >= 25 then 'counts wrong'
            when open_hours_silent >= 3 then 'silent'
            when judged_flat_hours > 0 then 'stuck'
            when judged_impossible_readings > 0 then 'impossible values'
            when anomalous_7d_pct >= 10 then 'counts wrong'
            when coverage_7d_pct < 80 then 'often missing'
        end as reason
    from judged
),

final as (
    select
        sensor_id,
        store_id,
        door,
        case
            when open_hours_silent >= 10 or newest_flat_hours > 0 or coverage_7d_pct < 50 or anomalous_7d_pct >= 25 then 'technician'
            when reason is not null then 'watch'
            else 'ok'
        end as status,
        reason,
        case
            when reason = 'silent' then coalesce(cast(newest_observed_hour_at as date), troubled_since_date)
            when reason is not null then troubled_since_date
        end as since_date,
        open_hours_silent,
        open_days,
        open_hours,
        observed_hours,
        missing_hours,
        failed_hours,
        outages,
        outage_hours,
        flat_hours,
        impossible_readings,
        anomalous_hours,
        late_readings,
        coverage_pct,
        coverage_7d_pct,
        anomalous_7d_pct,
        visits,
        visits_imputed
    from reasons
)

select * from final
