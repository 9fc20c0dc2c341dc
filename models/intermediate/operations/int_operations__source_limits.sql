select
    source,
    cast(limit_hours as double) as limit_hours
from ({{ source_limits() }}) as limits (source, limit_hours)
