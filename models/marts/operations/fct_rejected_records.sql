with unreadable as (
    {% for source in source_names() %}
        select * from {{ ref('stg_' ~ source ~ '__rejected_records') }}
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

unusable as (
    select * from {{ ref('int_footfall__unusable_readings') }}
    where reason is not null
),

unusable_as_text as (
    select
        *,
        {{ json_object({
            'sensor_id': 'sensor_id', 'hour_start': "cast(hour_start_at as string) || 'Z'", 'visits': 'visits', 'status': 'status',
            'updated_at': "cast(updated_at as string) || 'Z'",
        }) }} as payload
    from unusable
),

unusable_orders as (
    select * from {{ ref('int_orders__validated_orders') }}
    where reason is not null
),

orders_not_counted as (
    select
        *,
        'status ' || coalesce(substr(status, 1, 60), '') || ' is not in seeds/order_statuses.csv: the order is loaded and not counted' as reason
    from {{ ref('fct_orders') }}
    where lower(status) not in (select lower(status) from {{ ref('order_statuses') }})
),

together as (
    select
        source,
        entity,
        record_id,
        reason,
        payload,
        payload_hash,
        first_seen_at
    from unreadable

    union all

    select
        'footfall' as source,
        'readings' as entity,
        sensor_id || ', ' || cast(hour_start_at as {{ dbt.type_string() }}) || 'Z' as record_id,
        reason,
        payload,
        md5(payload) as payload_hash,
        first_seen_at
    from unusable_as_text

    union all

    select
        'retail' as source,
        entity,
        record_id,
        reason,
        payload,
        payload_hash,
        first_seen_at
    from {{ ref('int_retail__unusable_records') }}

    union all

    select
        'air_quality' as source,
        entity,
        record_id,
        reason,
        payload,
        md5(payload) as payload_hash,
        first_seen_at
    from {{ ref('int_air_quality__rejected_values') }}

    union all

    select
        'orders' as source,
        'orders' as entity,
        order_id as record_id,
        reason,
        cast(null as string) as payload,
        md5(concat_ws('|', order_id, quantity, unit_price, bill, updated_at)) as payload_hash,
        {{ load_started_at('load_id') }} as first_seen_at
    from unusable_orders

    union all

    select
        'orders' as source,
        'orders' as entity,
        order_id as record_id,
        reason,
        cast(null as string) as payload,
        md5(concat_ws('|', order_id, status, updated_at)) as payload_hash,
        {{ load_started_at('load_id') }} as first_seen_at
    from orders_not_counted
),

final as (
    select
        md5(concat_ws('|', source, entity, reason, payload_hash)) as rejected_record_id,
        source,
        entity,
        record_id,
        reason,
        payload,
        payload_hash,
        first_seen_at
    from together
)

select * from final
