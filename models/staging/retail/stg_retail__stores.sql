select
    store_id as retail_store_id,
    city,
    employees,
    line_number,
    cells,
    feed,
    feed_file,
    feed_sheet,
    feed_line,
    {{ utc_timestamp('withdrawn_at') }} as withdrawn_at,
    _dlt_load_id
from {{ source('retail', 'stores') }}
