select
    product_id,
    name as product_name,
    price,
    stock,
    line_number,
    cells,
    feed,
    feed_file,
    feed_sheet,
    feed_line,
    {{ utc_timestamp('received_at') }} as received_at,
    {{ utc_timestamp('withdrawn_at') }} as withdrawn_at,
    _dlt_load_id
from {{ source('retail', 'products') }}
