select
    feed,
    source as domain,
    entity,
    {{ utc_timestamp('noted_at') }} as noted_at
from {{ source('operations', 'feeds') }}
