select
    without_paths(message) as message,
    without_paths(message_parts) as message_parts,
    rule_id,
    utc(opened_at) as opened,
    utc(closed_at) as closed
from fct_alerts
where closed_at is not null
order by closed_at desc
limit 200
