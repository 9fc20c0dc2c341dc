with orders as (
    select
        {{ dbt.date_trunc('hour', 'ordered_at') }} as hour_start_at,
        currency,
        units,
        revenue
    from {{ ref('fct_orders') }}
    where is_counted
),

final as (
    select
        hour_start_at,
        currency,
        count(*) as orders,
        cast(sum(units) as bigint) as units,
        cast(sum(revenue) as decimal(38, 4)) as revenue
    from orders
    group by hour_start_at, currency
)

select * from final
