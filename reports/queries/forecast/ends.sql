-- Where the days ahead begin and end, and how many stores have a forecast.
with counted as (
    select count(*) as stores
    from dim_stores
    where latest_complete_date is not null
)

select
    min(ahead.visit_date) as first_day,
    max(ahead.visit_date) as last_day,
    count(distinct ahead.store_id) filter (where ahead.visits is not null) as stores,
    any_value(counted.stores) as all_stores
from fct_visits_ahead_daily as ahead
cross join counted
