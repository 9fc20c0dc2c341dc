with sales as (
    select * from {{ ref('fct_sales') }}
),

summed as (
    select
        retail_store_id,
        currency,
        {{ sales_sums() }}
    from sales
    group by retail_store_id, currency
),

final as (
    select
        *,
        {{ revenue_share_pct() }} as revenue_share_pct
    from summed
)

select * from final
order by retail_store_id, currency
