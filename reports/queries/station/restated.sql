select
    station_id,
    utc(restated_at) as restated,
    parameter,
    count(*) as hours,
    min(measured_at) as first_hour,
    max(measured_at) as last_hour,
    avg(value_change) as mean_change
from fct_air_quality_restatements
group by station_id, restated_at, parameter
order by station_id asc, restated_at desc, parameter asc
