-- One row a station.
select
    *,
    round(latitude, 2) as north,
    round(longitude, 2) as east
from named_stations
order by station_id
