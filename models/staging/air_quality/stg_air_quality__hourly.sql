select
    station_id,
    co,
    pm2_5,
    no2,
    o3,
    pm10,
    temperature,
    internal_temperature,
    humidity,
    feed,
    feed_file,
    feed_sheet,
    feed_line,
    {{ utc_timestamp('measured_at') }} as measured_at,
    _dlt_load_id
from {{ source('air_quality', 'hourly') }}
