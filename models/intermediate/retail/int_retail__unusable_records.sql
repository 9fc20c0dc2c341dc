with sales as (
    select * from {{ ref('int_retail__validated_sales') }}
    where reason is not null
),

products as (
    select
        *,
        row_number() over (partition by product_id order by received_at desc) as version_number
    from {{ ref('stg_retail__products') }}
),

final as (
    select
        'sales' as entity,
        'line ' || line_number as record_id,
        'line ' || line_number || ': ' || reason as reason,
        cells as payload,
        -- Two equal lines are two sales.
        md5(cells || ' ' || occurrence) as payload_hash,
        first_seen_at
    from sales

    union all

    select
        'products' as entity,
        product_id as record_id,
        'line ' || line_number || ': Prix ' || price || ' is below 0' as reason,
        cells as payload,
        md5(cells) as payload_hash,
        {{ load_started_at('_dlt_load_id') }} as first_seen_at
    from products
    where version_number = 1 and price < 0
)

select * from final
