select
    sale_date as day,
    sales,
    units,
    revenue,
    revenue_avg_4w as usual,
    revenue_vs_avg_4w_pct as vs_usual
from agg_sales_daily
where is_complete and currency in (select currency from main_currency_sales)
order by sale_date desc
limit 1
