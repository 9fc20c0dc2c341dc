select
    station_id,
    parameter,
    old_value,
    new_value,
    is_completion,
    {{ utc_timestamp('measured_at') }} as measured_at,
    {{ utc_timestamp('seen_at') }} as seen_at,
    replaced_load_id,
    _dlt_load_id
from {{ source('air_quality', 'superseded') }}
