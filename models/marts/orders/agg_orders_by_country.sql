with orders as (
    select
        coalesce(customer_country, 'unknown') as country,
        currency,
        units,
        revenue
    from {{ ref('fct_orders') }}
    where is_counted
),

final as (
    select
        country,
        currency,
        count(*) as orders,
        cast(sum(units) as bigint) as units,
        cast(sum(revenue) as decimal(38, 4)) as revenue
    from orders
    group by country, currency
)

select * from final
