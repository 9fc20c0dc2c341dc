with unreadable as (
    select * from {{ ref('stg_footfall__rejected_records') }}

    union all

    select * from {{ ref('stg_air_quality__rejected_records') }}
),

unusable as (
    select * from {{ ref('int_footfall__unusable_readings') }}
    where reason is not null
),

unusable_as_text as (
    select
        *,
        {{ json_object({
            'sensor_id': 'sensor_id', 'hour_start': "cast(hour_start_at as varchar) || 'Z'", 'visits': 'visits', 'status': 'status',
            'updated_at': "cast(updated_at as varchar) || 'Z'",
        }) }} as payload
    from unusable
),

together as (
    select
        source,
        entity,
        reason,
        payload,
        payload_hash,
        first_seen_at
    from unreadable

    union all

    select
        'footfall' as source,
        'readings' as entity,
        reason,
        payload,
        md5(payload) as payload_hash,
        first_seen_at
    from unusable_as_text
),

final as (
    select
        md5(concat_ws('|', source, entity, reason, payload_hash)) as rejected_record_id,
        source,
        entity,
        reason,
        payload,
        payload_hash,
        first_seen_at
    from together
)

select * from final
