select
    product_id,
    name as product_name,
    description as product_description,
    price,
    feed,
    feed_file,
    feed_sheet,
    feed_line,
    {{ utc_timestamp('updated_at') }} as updated_at,
    _dlt_load_id
from {{ source('orders', 'products') }}
