select
    store_id,
    name as store_name,
    city,
    country_code,
    timezone,
    opens_at,
    closes_at,
    opened_on,
    feed,
    feed_file,
    feed_sheet,
    feed_line,
    {{ utc_timestamp('updated_at') }} as updated_at,
    _dlt_load_id
from {{ source('footfall', 'stores') }}
