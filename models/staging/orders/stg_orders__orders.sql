select
    order_id,
    customer_id,
    product_id,
    status,
    quantity,
    unit_price,
    bill,
    {{ utc_timestamp('ordered_at') }} as ordered_at,
    {{ utc_timestamp('updated_at') }} as updated_at,
    _dlt_load_id
from {{ source('orders', 'orders') }}
