select
    station_id,
    parameter_name || coalesce(', ' || unit, '') as measured,
    rejected_values,
    lowest,
    highest,
    least_value,
    greatest_value,
    utc(first_measured_at) as since,
    utc(newest_measured_at) as newest,
    days_in_another_unit,
    first_date_in_another_unit as unit_since
from agg_air_quality_rejected_values
order by station_id, parameter_name
