with ends as (
    select max(sale_date) as newest from agg_sales_daily
    where is_complete
)

select
    sum(revenue) filter (where sale_date > newest - 7) as this_week,
    sum(revenue) filter (where sale_date <= newest - 7 and sale_date > newest - 14) as week_before,
    sum(revenue) filter (where sale_date > newest - 28) as these_weeks,
    sum(revenue) filter (where sale_date <= newest - 28 and sale_date > newest - 56) as weeks_before
from agg_sales_daily
cross join ends
where sale_date <= newest and currency in (select currency from main_currency_sales)
