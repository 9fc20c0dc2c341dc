select
    order_id,
    customer_id,
    product_id,
    status,
    currency,
    lines as order_lines,
    quantity,
    unit_price,
    bill,
    discount,
    tax,
    shipping,
    refunded,
    {{ utc_timestamp('ordered_at') }} as ordered_at,
    {{ utc_timestamp('updated_at') }} as updated_at,
    {{ utc_timestamp('withdrawn_at') }} as withdrawn_at,
    _dlt_load_id
from {{ source('orders', 'orders') }}
