select
    store_id as retail_store_id,
    city,
    employees,
    line_number,
    cells,
    _dlt_load_id
from {{ source('retail', 'stores') }}
