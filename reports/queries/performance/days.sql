-- What the page shows before anything is chosen: the last four weeks of every store, beside the usual.
select
    store_id,
    day,
    is_complete,
    is_closed,
    is_low_coverage,
    currency,
    visits,
    sales,
    sales_in_currency,
    revenue,
    visits_usual,
    sales_usual,
    sales_in_currency_usual,
    revenue_usual
from performance_days
where day > (select max(newest.day) from performance_days as newest) - 28
order by store_id, day
