select
    station_id,
    station_name,
    latitude,
    longitude,
    feed,
    feed_file,
    feed_sheet,
    feed_line,
    {{ utc_timestamp('received_at') }} as received_at,
    {{ utc_timestamp('previous_newest_at') }} as previous_newest_at,
    _dlt_load_id
from {{ source('air_quality', 'stations') }}
