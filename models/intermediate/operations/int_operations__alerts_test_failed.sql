with failed as (
    select
        name,
        max(resource_type) in ('test', 'unit_test') as is_test,
        min(failing_since) as failing_since,
        max(coalesce(failures, 1)) as failures
    from {{ ref('stg_operations__test_results') }}
    where outcome in ('fail', 'error')
    group by name
),

final as (
    select
        'dbt' as source,
        cast(null as {{ dbt.type_string() }}) as store_id,
        name as entity,
        failing_since as begins_at,
        cast(failures as double) as value,
        'above' as at_fault_when,
        cast(null as double) as own_threshold,
        true as may_open,
        {{ alert_message('test_failed', [('is_test', 'message'), (none, 'of_a_model')], {
            'entity': 'name',
        }) }}
    from failed
)

select * from final
