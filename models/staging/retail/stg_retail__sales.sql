select
    sale_date,
    {{ utc_timestamp('sold_at_local') }} as sold_at_local,
    {{ utc_timestamp('sold_at') }} as sold_at,
    product_id,
    store_id as retail_store_id,
    quantity,
    amount,
    details,
    occurrence,
    line_number,
    cells,
    {{ utc_timestamp('withdrawn_at') }} as withdrawn_at,
    _dlt_load_id
from {{ source('retail', 'sales') }}
