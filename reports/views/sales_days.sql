-- Days of sales in the main currency, all stores together, with what they are compared with. A day that is not over stands in no comparison.
with days as (
    select
        *,
        case when is_complete then revenue end as comparable_revenue,
        case when is_complete then sales end as comparable_sales
    from agg_sales_daily
    where currency in (select currency from main_currency_sales)
)

select
    sale_date as day,
    currency,
    is_complete,
    sales,
    units,
    revenue,
    returned_units,
    returns,
    revenue / nullif(sales, 0) as basket,
    revenue_vs_usual_pct as vs_usual,
    revenue_usual,
    days_before(comparable_revenue, currency, sale_date, 7) as revenue_before_7,
    days_before(comparable_revenue, currency, sale_date, 28) as revenue_before_28,
    days_before(comparable_revenue, currency, sale_date, 364) as revenue_before_364,
    usual_of(comparable_sales, currency, sale_date) as sales_usual,
    days_before(comparable_sales, currency, sale_date, 7) as sales_before_7,
    days_before(comparable_sales, currency, sale_date, 28) as sales_before_28,
    days_before(comparable_sales, currency, sale_date, 364) as sales_before_364
from days
