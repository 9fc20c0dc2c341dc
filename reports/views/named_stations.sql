-- The stations by their names; one without a name goes by its id.
select * replace (coalesce(station_name, station_id::varchar) as station_name)
from dim_stations
