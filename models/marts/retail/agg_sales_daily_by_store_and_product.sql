with sales as (
    select * from {{ ref('fct_sales') }}
),

final as (
    select
        sale_date,
        retail_store_id,
        product_id,
        count(*) as sales,
        cast(sum(quantity) as bigint) as units,
        cast(sum(revenue) as decimal(38, 4)) as revenue
    from sales
    group by sale_date, retail_store_id, product_id
)

select * from final
order by sale_date, retail_store_id, product_id
