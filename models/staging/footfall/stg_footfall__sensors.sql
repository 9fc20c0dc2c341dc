select
    sensor_id,
    store_id,
    cast(door as integer) as door,
    cast(interval_minutes as integer) as interval_minutes,
    feed,
    feed_file,
    feed_sheet,
    feed_line,
    {{ utc_timestamp('installed_at') }} as installed_at,
    {{ utc_timestamp('removed_at') }} as removed_at,
    {{ utc_timestamp('updated_at') }} as updated_at,
    _dlt_load_id
from {{ source('footfall', 'sensors') }}
