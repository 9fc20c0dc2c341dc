-- The mean of each hour of the week over the last eight complete weeks, of days that were open.
select
    hours.store_id,
    days.iso_weekday,
    hours.local_hour as hour,
    avg(hours.visits_estimated) as visits
from fct_store_visits_hourly as hours
inner join store_days as days on hours.store_id = days.store_id and hours.visit_date = days.day
inner join dim_stores as stores on hours.store_id = stores.store_id
where hours.is_open and days.is_complete and not days.is_closed and days.day > stores.latest_complete_date - 56
group by hours.store_id, days.iso_weekday, hours.local_hour
order by hours.store_id, days.iso_weekday, hours.local_hour
