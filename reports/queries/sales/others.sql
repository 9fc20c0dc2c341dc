select
    currency,
    sales,
    revenue
from agg_sales_total
where currency not in (select main.currency from main_currency_sales as main)
order by sales desc, currency asc
