select
    days.store_id,
    stores.store_name,
    days.visit_date as day,
    days.is_complete,
    days.is_low_coverage,
    case when days.is_low_coverage then 'mostly estimated' when days.is_closed_day then 'closed' when not days.is_complete then 'not over' else '' end as note,
    days.coverage_pct as coverage,
    days.visits,
    days.visits_estimated,
    days.sales,
    days.units,
    days.currency,
    days.revenue,
    days.conversion_pct,
    days.sales_per_visitor
from fct_store_performance_daily as days
inner join dim_stores as stores on days.store_id = stores.store_id
order by stores.store_name, days.visit_date desc
