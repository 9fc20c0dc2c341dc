-- All stores that have a forecast, together: the days that came beside what was forecast of them, and the days ahead that each of them has a forecast of.
with forecast_stores as (
    select distinct store_id
    from fct_visits_ahead_daily
    where visits is not null
),

counted as (select count(*) as stores from forecast_stores)

select
    days.day,
    sum(days.counted) as counted,
    case when count(days.estimated) = count(*) then sum(days.estimated) end as estimated,
    case
        when count(days.forecast) = count(*) filter (where not days.is_closed) then sum(days.forecast)
    end as forecast,
    bool_and(days.is_closed) as is_closed,
    max(days.closed_reason) as closed_reason
from visits_forecast_days as days
inner join forecast_stores on days.store_id = forecast_stores.store_id
cross join counted
group by days.day, counted.stores
having count(*) filter (where days.is_ahead) in (0, counted.stores)
order by days.day
