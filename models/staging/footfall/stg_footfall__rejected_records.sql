select
    source,
    entity,
    record_id,
    reason,
    payload,
    payload_hash,
    {{ utc_timestamp('first_seen_at') }} as first_seen_at
from {{ source('footfall', 'rejected_records') }}
