-- Each store's last four weeks beside the four before them.
select
    stores.store_id,
    stores.store_name,
    store_link(stores.store_id) as link,
    max(days.currency) as currency,
    max(days.visit_date) filter (where days.is_complete) as latest_day,
    sum(days.sales) filter (where days.is_complete and days.age < 28) as sales,
    sum(days.revenue) filter (where days.is_complete and days.age < 28) as revenue,
    sum(days.visits) filter (where days.is_complete and days.age < 28) as visits,
    sum(days.visits_estimated) filter (where days.is_complete and days.age < 28) as visits_estimated,
    count(*) filter (where days.is_complete and days.is_low_coverage and days.age < 28) as low_days,
    sum(days.sales) filter (where days.is_complete and days.age >= 28 and days.age < 56) as sales_before,
    sum(days.revenue) filter (where days.is_complete and days.age >= 28 and days.age < 56) as revenue_before,
    sum(days.visits_estimated) filter (where days.is_complete and days.age >= 28 and days.age < 56) as visits_before
from (
    select
        *,
        date_diff('day', visit_date, max(case when is_complete then visit_date end) over (partition by store_id)) as age
    from fct_store_performance_daily
) as days
inner join dim_stores as stores on days.store_id = stores.store_id
group by stores.store_id, stores.store_name
order by stores.store_name
