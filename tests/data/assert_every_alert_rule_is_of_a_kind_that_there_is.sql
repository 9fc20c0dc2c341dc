{{ config(tags=['alerts']) }}

select
    rule_id,
    kind
from {{ ref('alert_rules') }}
where
    kind not in ({{ quoted_list(alert_kinds()) }})
