with ends as (
    select max(sale_date) as newest from agg_sales_daily where is_complete
),

lines as (
    select
        sales.*,
        sales.sale_date > ends.newest - 28 as is_now,
        products.product_name,
        stores.city,
        stores.region
    from agg_sales_daily_by_store_and_product as sales
    cross join ends
    left join dim_products as products on sales.product_id = products.product_id
    left join dim_retail_stores as stores on sales.retail_store_id = stores.retail_store_id
    where
        sales.sale_date > ends.newest - 56
        and sales.sale_date <= ends.newest
        and sales.currency in (select currency from main_currency_sales)
),

recent as (
    select 'product' as what, coalesce(product_name, product_id) as name, product_id as note, is_now, units, revenue, returns from lines
    union all
    select 'region', region, null, is_now, units, revenue, returns from lines
    union all
    select 'store', coalesce(city, 'Store ' || retail_store_id), 'store ' || retail_store_id, is_now, units, revenue, returns from lines
),

recent_sums as (
    select
        '4 weeks' as period,
        what,
        name,
        note,
        sum(units) filter (where is_now) as units,
        sum(revenue) filter (where is_now) as revenue,
        sum(returns) filter (where is_now) as returns,
        sum(revenue) filter (where not is_now) as revenue_before
    from recent
    group by what, name, note
),

all_sums as (
    select 'all' as period, 'product' as what, coalesce(product_name, sales.product_id) as name, sales.product_id as note, units, revenue, returns, null as revenue_before
    from agg_sales_by_product as sales
    left join dim_products as products on sales.product_id = products.product_id
    where currency in (select currency from main_currency_sales)
    union all
    select 'all', 'region', region, null, units, revenue, returns, null
    from agg_sales_by_region
    where currency in (select currency from main_currency_sales)
    union all
    select 'all', 'store', coalesce(city, 'Store ' || sales.retail_store_id), 'store ' || sales.retail_store_id, units, revenue, returns, null
    from agg_sales_by_store as sales
    left join dim_retail_stores as stores on sales.retail_store_id = stores.retail_store_id
    where currency in (select currency from main_currency_sales)
)

select
    period,
    what,
    name,
    note,
    coalesce(units, 0) as units,
    coalesce(revenue, 0) as revenue,
    coalesce(returns, 0) as returns,
    (select currency from main_currency_sales) as currency,
    100 * coalesce(revenue, 0) / nullif(sum(revenue) over (partition by period, what), 0) as share,
    100 * (coalesce(revenue, 0) - revenue_before) / nullif(revenue_before, 0) as vs_before
from (select * from recent_sums union all select * from all_sums) as sums
order by period, what, revenue desc nulls last, name
