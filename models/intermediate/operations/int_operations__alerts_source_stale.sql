-- Compares each source's last good load with its limit. The age of its data is the kind feed_old.
with source_loads as (
    select * from {{ ref('int_operations__source_loads') }}
    where loaded_at is not null
),

final as (
    select
        source,
        cast(null as {{ dbt.type_string() }}) as store_id,
        source as entity,
        loaded_at as begins_at,
        hours_since_load as value,
        'above' as at_fault_when,
        limit_hours as own_threshold,
        true as may_open,
        {{ alert_message('source_stale', [(none, 'message')], {
            'source': 'source', 'moment': 'loaded_at',
        }) }}
    from source_loads
)

select * from final
