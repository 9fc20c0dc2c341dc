with sales as (
    select
        sales.*,
        stores.region
    from {{ ref('fct_sales') }} as sales
    inner join {{ ref('dim_retail_stores') }} as stores on sales.retail_store_id = stores.retail_store_id
),

summed as (
    select
        region,
        count(*) as sales,
        cast(sum(quantity) as bigint) as units,
        cast(sum(revenue) as decimal(38, 4)) as revenue
    from sales
    group by region
),

final as (
    select
        region,
        sales,
        units,
        revenue,
        100 * cast(revenue as double) / nullif(cast(sum(revenue) over () as double), 0) as revenue_share_pct
    from summed
)

select * from final
order by region
