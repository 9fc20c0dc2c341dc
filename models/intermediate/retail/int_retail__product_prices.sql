with products as (
    select * from {{ ref('stg_retail__products') }}
    -- A price below 0 is no price: the one before stays in force.
    where price >= 0
),

changes as (
    select
        product_id,
        price,
        _dlt_load_id,
        received_at,
        lag(price) over (partition by product_id order by received_at) as price_before
    from products
),

prices as (
    select
        product_id,
        price,
        price_before,
        _dlt_load_id,
        lead(_dlt_load_id) over (partition by product_id order by received_at) as next_load_id
    from changes
    where price_before is null or price != price_before
),

final as (
    select
        product_id,
        price,
        -- The first price known reaches back without limit.
        case when price_before is null then '' else _dlt_load_id end as from_load_id,
        next_load_id as until_load_id
    from prices
)

select * from final
