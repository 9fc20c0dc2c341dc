-- Each station's latest complete day.
select
    stations.station_name,
    station_link(stations.station_id) as link,
    days.measured_date as day,
    days.pm2_5_mean,
    days.pm2_5_limit,
    case days.exceeds_who_pm2_5 when true then 'above' when false then 'within' else 'too few hours' end as verdict
from named_stations as stations
inner join fct_air_quality_daily as days on stations.station_id = days.station_id
where days.is_complete
qualify row_number() over (partition by stations.station_id order by days.measured_date desc) = 1
order by stations.station_name, stations.station_id
