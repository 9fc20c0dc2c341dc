with sales as (
    select * from {{ ref('int_retail__validated_sales') }}
    where reason is null
),

final as (
    select
        sale_id,
        product_id,
        retail_store_id,
        quantity,
        unit_price,
        cast(quantity * unit_price as decimal(38, 4)) as revenue,
        sale_date,
        first_seen_at
    from sales
)

select * from final
order by sale_date, sale_id
