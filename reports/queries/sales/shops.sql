-- The shops that have sold something, by name.
select
    sold.retail_store_id as id,
    coalesce(stores.city, sold.retail_store_id) as name
from (select distinct retail_store_id from store_sales_days) as sold
left join dim_retail_stores as stores on sold.retail_store_id = stores.retail_store_id
order by name, id
