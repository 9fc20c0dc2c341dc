-- The last thirteen months.
select
    store_id,
    hour_start_at::timestamp as hour_start_at,
    visit_date as day,
    local_hour::int as hour,
    is_open,
    visits::double as counted,
    visits_estimated::double as estimated,
    visits_expected::double as expected
from fct_store_visits_hourly
where hour_start_at > (select max(newest.hour_start_at) from fct_store_visits_hourly as newest) - interval 13 month
order by store_id, hour_start_at
