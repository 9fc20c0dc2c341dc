with orders as (
    select
        {{ dbt.date_trunc('hour', 'ordered_at') }} as hour_start_at,
        quantity,
        bill
    from {{ ref('fct_orders') }}
    where is_counted
),

final as (
    select
        hour_start_at,
        count(*) as orders,
        cast(sum(quantity) as bigint) as units,
        cast(sum(bill) as decimal(38, 4)) as revenue
    from orders
    group by hour_start_at
)

select * from final
