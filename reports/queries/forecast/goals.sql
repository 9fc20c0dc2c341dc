-- The goals from the month before the newest day on, months ahead among them.
select
    store_name,
    link,
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
order by month, store_id is not null, store_name
