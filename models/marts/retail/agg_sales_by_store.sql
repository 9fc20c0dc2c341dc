with sales as (
    select * from {{ ref('fct_sales') }}
),

summed as (
    select
        retail_store_id,
        count(*) as sales,
        cast(sum(quantity) as bigint) as units,
        cast(sum(revenue) as decimal(38, 4)) as revenue
    from sales
    group by retail_store_id
),

final as (
    select
        retail_store_id,
        sales,
        units,
        revenue,
        100 * cast(revenue as double) / nullif(cast(sum(revenue) over () as double), 0) as revenue_share_pct
    from summed
)

select * from final
order by retail_store_id
