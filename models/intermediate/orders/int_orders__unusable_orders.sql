with validated as (
    select * from {{ ref('int_orders__validated_orders') }}
    where reason is not null
),

statuses as (
    select * from {{ ref('order_statuses') }}
),

of_unknown_status as (
    select
        counted.*,
        {{ source_and_place('orders') }}
    from {{ ref('fct_orders') }} as counted
    inner join {{ ref('stg_orders__orders') }} as orders on counted.order_id = orders.order_id
    where lower(counted.status) not in (select lower(statuses.status) from statuses)
),

final as (
    select
        source,
        place,
        'orders' as entity,
        order_id as record_id,
        reason,
        cast(null as string) as payload,
        md5(concat_ws('|', order_id, quantity, unit_price, bill, updated_at)) as payload_hash,
        {{ load_started_at('load_id') }} as first_seen_at
    from validated

    union all

    select
        source,
        place,
        'orders' as entity,
        order_id as record_id,
        'status ' || coalesce(substr(status, 1, 60), '') || ' is not in seeds/order_statuses.csv: the order is loaded and not counted' as reason,
        cast(null as string) as payload,
        md5(concat_ws('|', order_id, status, updated_at)) as payload_hash,
        {{ load_started_at('load_id') }} as first_seen_at
    from of_unknown_status
)

select * from final
