-- The next two hours, as forecast at the newest.
select
    forecasts.station_id,
    forecasts.pollutant,
    forecasts.horizon_hours,
    forecasts.target_at,
    forecasts.value,
    forecasts.lower_90 as lower,
    forecasts.upper_90 as upper,
    forecasts.reason
from fct_air_quality_forecasts as forecasts
inner join dim_stations as stations
    on forecasts.station_id = stations.station_id and forecasts.issued_at = stations.newest_measured_at
order by forecasts.station_id, forecasts.pollutant, forecasts.horizon_hours
