with orders as (
    select
        product_id,
        quantity,
        bill
    from {{ ref('fct_orders') }}
    where is_counted
),

final as (
    select
        product_id,
        count(*) as orders,
        cast(sum(quantity) as bigint) as units,
        cast(sum(bill) as decimal(38, 4)) as revenue
    from orders
    group by product_id
)

select * from final
