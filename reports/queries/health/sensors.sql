-- By store; in each those that need a technician first, and what was replaced last.
select
    sensor_id,
    link,
    store_name,
    door,
    is_in_service,
    state,
    status,
    reason,
    since_date as since,
    open_hours_silent,
    latest_day,
    coverage_7d_pct as coverage_7d,
    coverage_pct as coverage,
    open_hours,
    observed_hours,
    visits,
    visits_imputed,
    missing_hours,
    failed_hours,
    outages,
    flat_hours,
    impossible_readings,
    anomalous_hours,
    late_readings
from sensor_health
order by
    store_name,
    store_id,
    case state when 'technician' then 1 when 'watch' then 2 when 'ok' then 3 else 4 end,
    coverage_7d_pct,
    sensor_id
