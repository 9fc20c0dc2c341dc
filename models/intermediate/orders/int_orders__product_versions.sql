with products as (
    select * from {{ ref('stg_orders__products') }}
),

final as (
    select
        product_id,
        product_name,
        product_description,
        price,
        lead(updated_at) over versions is null as is_current,
        -- the first known version reaches back without limit
        case when lag(updated_at) over versions is not null then updated_at end as valid_from,
        lead(updated_at) over versions as valid_to,
        -- the same without nulls: a join on plain comparisons is a hash join, one on coalesce() tries every pair
        case when lag(updated_at) over versions is not null then updated_at else cast('0001-01-01' as timestamp) end as holds_from,
        coalesce(lead(updated_at) over versions, cast('9999-12-31' as timestamp)) as holds_until,
        updated_at,
        _dlt_load_id as load_id
    from products
    window versions as (partition by product_id order by updated_at)
)

select * from final
