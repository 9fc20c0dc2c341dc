select
    node_id,
    name,
    resource_type,
    tested_model,
    tested_column,
    outcome,
    failures,
    seconds,
    run_id,
    {{ utc_timestamp('tested_at') }} as tested_at,
    {{ utc_timestamp('failing_since') }} as failing_since
from {{ source('operations', 'test_results') }}
