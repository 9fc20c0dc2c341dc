with versions as (
    select * from {{ ref('int_orders__product_versions') }}
),

final as (
    select
        product_id,
        product_name,
        product_description,
        price,
        is_current,
        valid_from,
        valid_to,
        updated_at
    from versions
)

select * from final
