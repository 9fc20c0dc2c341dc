select
    product_name,
    product_id
from dim_products
where
    product_id not in (
        select product_id from agg_sales_daily_by_store_and_product
        where sale_date > (select max(sale_date) from agg_sales_daily) - 28
    )
order by product_id
