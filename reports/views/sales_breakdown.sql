-- What was sold by day and shop of each product, in each region and by each shop, in the main currency and by the names that the pages show.
with sales as (
    select
        sold.sale_date as day,
        sold.retail_store_id,
        sold.product_id,
        coalesce(products.product_name, sold.product_id) as product,
        coalesce(stores.region, 'unknown') as region,
        coalesce(stores.city, sold.retail_store_id) as store,
        sold.units,
        sold.revenue,
        sold.returns
    from agg_sales_daily_by_store_and_product as sold
    left join dim_products as products on sold.product_id = products.product_id
    left join dim_retail_stores as stores on sold.retail_store_id = stores.retail_store_id
    where sold.currency in (select currency from main_currency_sales)
)

select
    'product' as what,
    day,
    retail_store_id,
    product as name,
    product_id as note,
    sum(units) as units,
    sum(revenue) as revenue,
    sum(returns) as returns
from sales
group by day, retail_store_id, product, product_id
union all
select
    'region' as what,
    day,
    retail_store_id,
    region as name,
    null as note,
    sum(units) as units,
    sum(revenue) as revenue,
    sum(returns) as returns
from sales
group by day, retail_store_id, region
union all
select
    'store' as what,
    day,
    retail_store_id,
    store as name,
    retail_store_id as note,
    sum(units) as units,
    sum(revenue) as revenue,
    sum(returns) as returns
from sales
group by day, retail_store_id, store
