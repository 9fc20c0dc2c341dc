-- Each shop's days of sales in the main currency from its first sale on, with what they are compared with. A day without a sale sold nothing.
with shops as (
    select
        retail_store_id,
        min(sale_date) as first_day
    from agg_sales_daily_by_store
    where currency in (select currency from main_currency_sales)
    group by retail_store_id
),

days as (
    select
        shops.retail_store_id,
        all_days.day,
        all_days.currency,
        all_days.is_complete,
        coalesce(sold.sales, 0) as sales,
        coalesce(sold.units, 0) as units,
        coalesce(sold.revenue, 0) as revenue,
        coalesce(sold.returned_units, 0) as returned_units,
        coalesce(sold.returns, 0) as returns
    from shops
    inner join sales_days as all_days on shops.first_day <= all_days.day
    left join agg_sales_daily_by_store as sold
        on
            shops.retail_store_id = sold.retail_store_id
            and all_days.day = sold.sale_date
            and all_days.currency = sold.currency
),

comparable_days as (
    select
        *,
        case when is_complete then revenue end as comparable_revenue,
        case when is_complete then sales end as comparable_sales
    from days
)

select
    * exclude (comparable_revenue, comparable_sales),
    usual_of(comparable_revenue, retail_store_id, day) as revenue_usual,
    days_before(comparable_revenue, retail_store_id, day, 7) as revenue_before_7,
    days_before(comparable_revenue, retail_store_id, day, 28) as revenue_before_28,
    days_before(comparable_revenue, retail_store_id, day, 364) as revenue_before_364,
    usual_of(comparable_sales, retail_store_id, day) as sales_usual,
    days_before(comparable_sales, retail_store_id, day, 7) as sales_before_7,
    days_before(comparable_sales, retail_store_id, day, 28) as sales_before_28,
    days_before(comparable_sales, retail_store_id, day, 364) as sales_before_364
from comparable_days
