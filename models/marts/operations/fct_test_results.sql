with results as (
    select * from {{ ref('stg_operations__test_results') }}
),

final as (
    select
        node_id as test_id,
        name,
        resource_type,
        tested_model,
        tested_column,
        outcome,
        failures,
        seconds,
        tested_at,
        failing_since
    from results
    where resource_type in ('test', 'unit_test') or outcome = 'error'
)

select * from final
