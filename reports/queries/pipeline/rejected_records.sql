select
    source,
    entity,
    record_id,
    reason,
    utc(first_seen_at) as first_seen
from fct_rejected_records
order by first_seen_at desc, source asc, entity asc, record_id asc
limit 5000
