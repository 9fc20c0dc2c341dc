select
    source,
    setting,
    value as setting_value
from {{ source('operations', 'source_settings') }}
