select
    sensor_id,
    status,
    visits,
    feed,
    feed_file,
    feed_sheet,
    feed_line,
    {{ utc_timestamp('hour_start') }} as hour_start_at,
    {{ utc_timestamp('updated_at') }} as updated_at,
    -- The raw columns as they are: a filter on them skips what lies outside, a filter on an expression reads it all.
    hour_start as raw_hour_start,
    updated_at as raw_updated_at,
    _dlt_load_id
from {{ source('footfall', 'readings') }}
