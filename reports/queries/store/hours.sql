-- The hours of the last four weeks. A closed day without visits is a row without an hour.
with newest as (
    select
        store_id,
        max(day) as day
    from store_days
    group by store_id
)

select
    hours.store_id,
    hours.visit_date as day,
    hours.local_hour as hour,
    hours.visits as counted,
    hours.visits_estimated as estimated,
    hours.visits_expected as expected,
    hours.is_open,
    null as closed_reason,
    hours.hour_start_at as hour_at
from fct_store_visits_hourly as hours
inner join newest on hours.store_id = newest.store_id
where hours.visit_date > newest.day - 28 and (hours.is_open or hours.visits > 0)
union all
select
    days.store_id,
    days.day,
    null as hour,
    null as counted,
    null as estimated,
    null as expected,
    false as is_open,
    days.closed_reason,
    null as hour_at
from store_days as days
inner join newest on days.store_id = newest.store_id
where days.day > newest.day - 28 and days.is_closed and coalesce(days.counted, 0) = 0
order by store_id, day, hour_at nulls first
