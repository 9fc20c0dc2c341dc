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
        entity,
        record_id,
        reason,
        cast(null as string) as payload,
        payload_hash,
        first_seen_at
    from {{ ref('int_orders__unusable_orders') }}
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
