select
    sale_date as day,
    currency,
    revenue,
    returns,
    sales,
    units,
    returned_units,
    revenue_avg_4w as usual,
    revenue_vs_avg_4w_pct as vs_usual,
    is_complete
from agg_sales_daily
where
    sale_date > (select max(sale_date) from agg_sales_daily) - 56
    and currency in (select currency from main_currency_sales)
order by sale_date
