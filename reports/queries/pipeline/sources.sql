select
    source,
    case when is_fresh then 'fresh' when failures_in_a_row > 0 then 'failed' when age_hours is null then 'nothing yet' else 'old' end as state,
    utc(loaded_at) as loaded,
    utc(newest_at) as newest,
    utc(oldest_at) as oldest,
    age_hours,
    limit_hours,
    feeds
from agg_source_freshness
order by is_fresh, source
