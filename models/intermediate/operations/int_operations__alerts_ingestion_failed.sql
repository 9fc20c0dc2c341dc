with failing as (
    select * from {{ ref('int_operations__source_runs') }}
    where failures_in_a_row > 0
),

final as (
    select
        domain as source,
        cast(null as {{ dbt.type_string() }}) as store_id,
        source as entity,
        failing_since as begins_at,
        cast(failures_in_a_row as double) as value,
        'at least' as at_fault_when,
        cast(null as double) as own_threshold,
        true as may_open,
        {{ alert_message('ingestion_failed', [('newest_message is null', 'without_an_error'), (none, 'message')], {
            'source': 'source', 'error': 'newest_message',
        }) }}
    from failing
)

select * from final
