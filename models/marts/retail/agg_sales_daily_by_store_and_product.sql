with sales as (
    select * from {{ ref('fct_sales') }}
),

final as (
    select
        sale_date,
        retail_store_id,
        product_id,
        currency,
        {{ sales_sums() }}
    from sales
    group by sale_date, retail_store_id, product_id, currency
)

select * from final
order by sale_date, retail_store_id, product_id, currency
