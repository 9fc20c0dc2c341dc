with sales as (
    select * from {{ ref('fct_sales') }}
),

summed as (
    select
        product_id,
        count(*) as sales,
        cast(sum(quantity) as bigint) as units,
        cast(sum(revenue) as decimal(38, 4)) as revenue
    from sales
    group by product_id
),

final as (
    select
        product_id,
        sales,
        units,
        revenue,
        100 * cast(revenue as double) / nullif(cast(sum(revenue) over () as double), 0) as revenue_share_pct
    from summed
)

select * from final
order by product_id
