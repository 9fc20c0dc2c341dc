select
    sale_date,
    product_id,
    store_id as retail_store_id,
    quantity,
    occurrence,
    line_number,
    cells,
    _dlt_load_id
from {{ source('retail', 'sales') }}
