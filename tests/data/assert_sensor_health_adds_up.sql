-- The parts of a sensor's day are no greater than what they are parts of.
select *
from {{ ref('fct_sensor_health_daily') }}
where
    {{ in_rebuilt_days() }}
    and (
        missing_hours <> open_hours - observed_hours
        or failed_hours not between 0 and missing_hours
        or outage_hours not between 3 * outages and missing_hours
        or longest_outage_hours > outage_hours
        or flat_hours not between 0 and observed_hours
        or anomalous_hours > observed_hours
        or visits_imputed < 0
    )
