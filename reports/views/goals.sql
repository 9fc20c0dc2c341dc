-- Goals from the month before the newest day on. A month is over once every store that it is about knows all of its days.
with ends as (
    select
        max(latest_complete_date) as newest_day,
        min(latest_complete_date) as oldest_day
    from dim_stores
)

select
    goals.store_id,
    coalesce(stores.store_name, goals.store_id) as store_name,
    store_link(stores.store_id) as link,
    goals.store_id is null or stores.store_id is not null as is_known,
    goals.month_start_date,
    strftime(goals.month_start_date, '%Y-%m') as month,
    last_day(goals.month_start_date) <= coalesce(stores.latest_complete_date, ends.oldest_day) as is_over,
    goals.target,
    goals.achieved,
    goals.achieved_pct,
    goals.on_track_for,
    100 * goals.on_track_for / goals.target as on_track_pct,
    goals.store_days_unknown as days_unknown,
    goals.store_days_without_forecast as days_without
from fct_goal_progress as goals
cross join ends
left join named_stores as stores on goals.store_id = stores.store_id
where goals.month_start_date >= date_trunc('month', ends.newest_day) - interval 1 month
