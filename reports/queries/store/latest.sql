-- The last seven complete days.
select
    store_id,
    day as name,
    day,
    counted,
    estimated,
    usual,
    vs_usual,
    coverage,
    is_closed,
    closed_reason
from store_days
where is_complete
qualify row_number() over (partition by store_id order by day desc) <= 7
order by store_id asc, day desc
