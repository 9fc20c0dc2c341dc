with versions as (
    select * from {{ ref('int_orders__customer_versions') }}
),

final as (
    select
        customer_id,
        country,
        is_current,
        created_at,
        valid_from,
        valid_to,
        updated_at
    from versions
)

select * from final
