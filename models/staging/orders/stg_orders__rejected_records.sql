select
    source,
    entity,
    record_id,
    reason,
    -- the row as it came may hold personal data
    cast(null as string) as payload,
    payload_hash,
    {{ utc_timestamp('first_seen_at') }} as first_seen_at
from {{ source('orders', 'rejected_records') }}
