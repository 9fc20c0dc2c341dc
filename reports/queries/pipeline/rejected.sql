select
    source,
    entity,
    reason,
    count(*) as records,
    utc(min(first_seen_at)) as since,
    utc(max(first_seen_at)) as newest
from fct_rejected_records
group by source, entity, reason
order by max(first_seen_at) desc, records desc
