select
    currency,
    sales,
    units,
    revenue,
    returned_units,
    returns,
    revenue / nullif(sales, 0) as revenue_a_sale,
    first_sale_date as first_day,
    newest_sale_date as newest_day
from agg_sales_total
where currency in (select main.currency from main_currency_sales as main)
