{% set counts = [
    'open_days', 'open_hours', 'observed_hours', 'missing_hours', 'failed_hours', 'outages', 'outage_hours', 'flat_hours', 'impossible_readings',
    'anomalous_hours', 'late_readings',
] %}

with limits as (
    {{ thresholds([
        'health_silent_hours_to_act', 'health_silent_hours_to_watch',
        'health_coverage_pct_to_act', 'health_coverage_pct_to_watch',
        'health_anomalous_pct_to_act', 'health_anomalous_pct_to_watch',
    ]) }}
),

sensors as (
    select * from {{ ref('dim_sensors') }}
    where store_id in (select store_id from {{ ref('dim_stores') }})
),

sums as (
    select * from {{ ref('int_footfall__sensor_health_sums') }}
),

sensors_with_sums as (
    select
        sensors.sensor_id,
        sensors.store_id,
        sensors.door,
        sensors.is_in_service,
        sensors.open_hours_silent,
        sensors.newest_observed_hour_at,
        sums.fault_since_date,
        {% for count in counts + ['flat_hours_7d', 'impossible_readings_7d', 'newest_flat_hours'] %}
            coalesce(sums.{{ count }}, 0) as {{ count }},
        {% endfor %}
        sums.visits,
        sums.visits_imputed,
        100 * cast(sums.observed_hours as double) / nullif(sums.open_hours, 0) as coverage_pct,
        100 * sums.observed_hours_7d / nullif(sums.open_hours_7d, 0) as coverage_7d_pct,
        100 * sums.anomalous_hours_7d / nullif(sums.observed_hours_7d, 0) as anomalous_7d_pct
    from sensors
    left join sums on sensors.sensor_id = sums.sensor_id
    -- one that was removed stays for as long as days of its own are among the four weeks
    where sensors.is_in_service or sums.sensor_id is not null
),

-- The most serious reason that holds, in the order of a technician's list.
sensors_with_reason as (
    select
        sensors_with_sums.*,
        case
            when not is_in_service then null
            when open_hours_silent >= health_silent_hours_to_act then 'silent'
            when newest_flat_hours > 0 then 'stuck'
            when coverage_7d_pct < health_coverage_pct_to_act then 'mostly missing'
            when anomalous_7d_pct >= health_anomalous_pct_to_act then 'counts wrong'
            when open_hours_silent >= health_silent_hours_to_watch then 'silent'
            when flat_hours_7d > 0 then 'stuck'
            when impossible_readings_7d > 0 then 'impossible values'
            when anomalous_7d_pct >= health_anomalous_pct_to_watch then 'counts wrong'
            when coverage_7d_pct < health_coverage_pct_to_watch then 'often missing'
        end as reason,
        is_in_service and coalesce(
            open_hours_silent >= health_silent_hours_to_act or newest_flat_hours > 0
            or coverage_7d_pct < health_coverage_pct_to_act or anomalous_7d_pct >= health_anomalous_pct_to_act,
            false
        ) as needs_technician
    from sensors_with_sums
    cross join limits
),

final as (
    select
        sensor_id,
        store_id,
        door,
        is_in_service,
        case
            when needs_technician then 'technician'
            when reason is not null then 'watch'
            else 'ok'
        end as status,
        reason,
        case
            when reason = 'silent' then coalesce(cast(newest_observed_hour_at as date), fault_since_date)
            when reason is not null then fault_since_date
        end as since_date,
        open_hours_silent,
        {% for count in counts %}
            {{ count }},
        {% endfor %}
        coverage_pct,
        coverage_7d_pct,
        anomalous_7d_pct,
        visits,
        visits_imputed
    from sensors_with_reason
)

select * from final
