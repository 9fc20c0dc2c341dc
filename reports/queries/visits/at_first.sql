-- What the explorer shows before anything is chosen: the last four weeks of every store.
select
    store_id as id,
    day,
    null as hour,
    null as hour_start_at,
    counted,
    estimated,
    usual,
    vs_usual,
    before_7,
    before_28,
    before_364,
    coverage,
    is_complete,
    null as is_open,
    false as is_anomaly,
    is_closed,
    closed_reason
from store_days
where day > (select max(newest.day) from store_days as newest) - 28
order by store_id, day
limit 20001
