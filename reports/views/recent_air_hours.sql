-- The last three days of each station, counted back from its own newest hour: one that fell silent shows its last days.
select hours.*
from fct_air_quality_hourly as hours
inner join dim_stations as stations on hours.station_id = stations.station_id
where hours.measured_at > stations.newest_measured_at - interval 3 day
