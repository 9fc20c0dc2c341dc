with lines as (
    select
        lines.order_id,
        lines.product_id,
        lines.currency,
        lines.quantity,
        lines.revenue
    from {{ ref('fct_order_lines') }} as lines
    inner join {{ ref('fct_orders') }} as orders on lines.order_id = orders.order_id
    where orders.is_counted
),

final as (
    select
        product_id,
        currency,
        count(distinct order_id) as orders,
        cast(sum(quantity) as bigint) as units,
        cast(sum(revenue) as decimal(38, 4)) as revenue
    from lines
    group by product_id, currency
)

select * from final
