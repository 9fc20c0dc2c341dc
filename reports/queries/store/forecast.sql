-- The last four weeks beside what was forecast of them, and the days ahead.
select days.*
from visits_forecast_days as days
inner join dim_stores as stores on days.store_id = stores.store_id
where days.day > stores.latest_complete_date - 28
order by days.store_id, days.day
