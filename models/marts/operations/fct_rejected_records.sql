with unreadable as (
    {% for domain in source_names() %}
        select
            '{{ domain }}' as domain,
            *
        from {{ ref('stg_' ~ domain ~ '__rejected_records') }}
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
        domain,
        entity,
        record_id,
        cast(null as string) as place,
        reason,
        payload,
        payload_hash,
        first_seen_at
    from unreadable

    union all

    select
        source,
        'footfall' as domain,
        'readings' as entity,
        sensor_id || ', ' || cast(hour_start_at as {{ dbt.type_string() }}) || 'Z' as record_id,
        place,
        reason,
        payload,
        md5(payload) as payload_hash,
        first_seen_at
    from unusable_as_text

    union all

    {% for domain, model in [
        ('retail', 'int_retail__unusable_records'), ('air_quality', 'int_air_quality__rejected_values'), ('orders', 'int_orders__unusable_orders'),
    ] %}
        select
            source,
            '{{ domain }}' as domain,
            entity,
            record_id,
            place,
            reason,
            payload,
            payload_hash,
            first_seen_at
        from {{ ref(model) }}
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

placed as (
    select
        source,
        domain,
        entity,
        record_id,
        concat_ws(': ', place, reason) as reason,
        payload,
        payload_hash,
        first_seen_at
    from together
),

final as (
    select
        md5(concat_ws('|', source, entity, reason, payload_hash)) as rejected_record_id,
        *
    from placed
)

select * from final
