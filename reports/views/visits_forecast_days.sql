-- A store's last eight weeks beside the last forecast that was made of each day before it came, and the days ahead with their newest forecast.
with made as (
    select
        store_id,
        target_date as day,
        arg_min(visits, horizon_days) as forecast,
        arg_min(lower_80, horizon_days) as lower,
        arg_min(upper_80, horizon_days) as upper
    from fct_visits_forecasts_daily
    where is_open and visits is not null
    group by store_id, target_date
),

ends as (
    select
        store_id,
        latest_complete_date as day
    from dim_stores
)

select
    days.store_id,
    days.day,
    false as is_ahead,
    days.counted,
    days.estimated,
    made.forecast,
    made.lower,
    made.upper,
    days.is_closed,
    days.closed_reason
from store_days as days
inner join ends on days.store_id = ends.store_id
left join made on days.store_id = made.store_id and days.day = made.day and not days.is_closed
where days.is_complete and days.day > ends.day - 56
union all
select
    store_id,
    visit_date as day,
    true as is_ahead,
    null as counted,
    null as estimated,
    case when is_open then visits end as forecast,
    case when is_open then lower_80 end as lower,
    case when is_open then upper_80 end as upper,
    not is_open as is_closed,
    closed_reason
from fct_visits_ahead_daily
