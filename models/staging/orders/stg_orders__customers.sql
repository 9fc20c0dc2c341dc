select
    customer_id,
    name as customer_name,
    address,
    email,
    phone_number,
    country,
    feed,
    feed_file,
    feed_sheet,
    feed_line,
    {{ utc_timestamp('created_at') }} as created_at,
    {{ utc_timestamp('updated_at') }} as updated_at,
    _dlt_load_id
from {{ source('orders', 'customers') }}
