-- The goals of the newest month and the one before, those of all stores together first.
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
where month_start_date <= (select max(latest_complete_date) from dim_stores)
order by month desc, store_id is not null asc, store_name asc
