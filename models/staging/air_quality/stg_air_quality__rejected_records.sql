select
    source,
    entity,
    record_id,
    reason,
    payload,
    payload_hash,
    {{ utc_timestamp('first_seen_at') }} as first_seen_at
from {{ source('air_quality', 'rejected_records') }}
