with sales as (
    select * from {{ ref('fct_sales') }}
),

final as (
    select
        count(*) as sales,
        cast(sum(quantity) as bigint) as units,
        cast(sum(revenue) as decimal(38, 4)) as revenue,
        min(sale_date) as first_sale_date,
        max(sale_date) as newest_sale_date
    from sales
    -- Nothing came is not the same as nothing sold.
    having count(*) > 0
)

select * from final
