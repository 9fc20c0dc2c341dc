select
    store_id,
    is_known,
    is_over,
    month,
    target,
    achieved,
    achieved_pct,
    on_track_for,
    on_track_pct,
    days_unknown,
    days_without
from goals
where is_known and store_id is not null
order by store_id, month
