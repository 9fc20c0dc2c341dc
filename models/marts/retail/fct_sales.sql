with sales as (
    select * from {{ ref('int_retail__validated_sales') }}
    where reason is null
),

final as (
    select
        sale_id,
        product_id,
        retail_store_id,
        ticket_id,
        quantity,
        unit_price,
        cast(discount as decimal(38, 4)) as discount,
        cast(tax as decimal(38, 4)) as tax,
        revenue,
        currency,
        sale_date,
        sold_at,
        first_seen_at
    from sales
)

select * from final
order by sale_date, sale_id
