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
        currency,
        {{ sales_sums() }}
    from sales
    group by region, currency
),

final as (
    select
        *,
        {{ revenue_share_pct() }} as revenue_share_pct
    from summed
)

select * from final
order by region, currency
