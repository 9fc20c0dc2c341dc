with orders as (
    select
        coalesce(customer_country, 'unknown') as country,
        quantity,
        bill
    from {{ ref('fct_orders') }}
    where is_counted
),

final as (
    select
        country,
        count(*) as orders,
        cast(sum(quantity) as bigint) as units,
        cast(sum(bill) as decimal(38, 4)) as revenue
    from orders
    group by country
)

select * from final
