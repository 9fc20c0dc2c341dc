with versions as (
    select
        *,
        row_number() over (partition by product_id order by received_at desc) as version_number
    from {{ ref('stg_retail__products') }}
    where price >= 0
),

final as (
    select
        product_id,
        product_name,
        price,
        stock,
        received_at as updated_at
    from versions
    where version_number = 1
)

select * from final
