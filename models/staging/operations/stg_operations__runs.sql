select
    run_id,
    what,
    source,
    outcome,
    message,
    rows_new,
    rows_changed,
    rows_rejected,
    {{ utc_timestamp('started_at') }} as started_at,
    {{ utc_timestamp('ended_at') }} as ended_at
from {{ source('operations', 'runs') }}
