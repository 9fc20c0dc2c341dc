select
    run_id,
    bytes,
    free_bytes,
    {{ utc_timestamp('measured_at') }} as measured_at
from {{ source('operations', 'sizes') }}
