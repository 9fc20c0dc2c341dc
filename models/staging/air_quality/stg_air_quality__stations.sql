select
    station_id,
    station_name,
    latitude,
    longitude,
    _dlt_load_id
from {{ source('air_quality', 'stations') }}
