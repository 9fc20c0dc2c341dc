-- Sales beside visits, for a store that both feeds know: the last four complete weeks, and the four before them.
select
    store_id,
    visit_date as day,
    currency,
    sales,
    revenue,
    visits_estimated as visits,
    date_diff('day', visit_date, max(visit_date) over (partition by store_id)) < 28 as is_recent
from fct_store_performance_daily
where is_complete
qualify date_diff('day', visit_date, max(visit_date) over (partition by store_id)) < 56
order by store_id, day
