select
    entity,
    record_id,
    reason,
    utc(first_seen_at) as first_seen
from fct_rejected_records
where domain = 'retail'
order by first_seen_at desc, entity asc, reason asc
