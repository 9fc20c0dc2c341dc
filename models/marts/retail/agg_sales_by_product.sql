with sales as (
    select * from {{ ref('fct_sales') }}
),

summed as (
    select
        product_id,
        currency,
        {{ sales_sums() }}
    from sales
    group by product_id, currency
),

final as (
    select
        *,
        {{ revenue_share_pct() }} as revenue_share_pct
    from summed
)

select * from final
order by product_id, currency
