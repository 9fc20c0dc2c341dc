with versions as (
    select
        *,
        row_number() over (partition by product_id order by received_at desc) as version_number
    from {{ ref('stg_retail__products') }}
    where price is null or price >= 0
),

prices_in_force as (
    select * from {{ ref('int_retail__product_prices') }}
    where until_load_id is null
),

described as (
    select * from versions
    where version_number = 1
),

sold as (
    select distinct product_id from {{ ref('fct_sales') }}
),

final as (
    select
        coalesce(described.product_id, sold.product_id) as product_id,
        described.product_name,
        prices_in_force.price,
        described.stock,
        described.received_at as updated_at
    from described
    full outer join sold on described.product_id = sold.product_id
    left join prices_in_force on described.product_id = prices_in_force.product_id
)

select * from final
