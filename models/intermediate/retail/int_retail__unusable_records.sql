with sales as (
    select * from {{ ref('int_retail__validated_sales') }}
    where reason is not null
),

sales_as_text as (
    select
        *,
        -- a feed's line is kept as its columns, which say what the feed read
        coalesce(
            cells,
            {{ json_object({
                'sale_date': "cast(sale_date as string)", 'product_id': 'product_id', 'store_id': 'retail_store_id', 'quantity': 'quantity',
                'unit_price': 'unit_price', 'discount': 'discount', 'currency': 'currency',
            }) }}
        ) as payload
    from sales
),

products as (
    select
        *,
        case when feed is not null then {{ feed_place() }} else 'line ' || line_number end as place,
        row_number() over (partition by product_id order by received_at desc) as version_number
    from {{ ref('stg_retail__products') }}
),

products_as_text as (
    select
        *,
        coalesce(
            cells, {{ json_object({'product_id': 'product_id', 'name': 'product_name', 'price': 'price'}) }}
        ) as payload
    from products
    where version_number = 1 and price < 0
),

final as (
    select
        source,
        'sales' as entity,
        place as record_id,
        place,
        reason,
        payload,
        -- Two equal lines are two sales.
        case when source = 'retail' then md5(payload || ' ' || occurrence) else sale_id end as payload_hash,
        first_seen_at
    from sales_as_text

    union all

    select
        coalesce(feed, 'retail') as source,
        'products' as entity,
        product_id as record_id,
        place,
        case when feed is not null then 'price ' else 'Prix ' end || price || ' is below 0' as reason,
        payload,
        md5(payload) as payload_hash,
        {{ load_started_at('_dlt_load_id') }} as first_seen_at
    from products_as_text
)

select * from final
