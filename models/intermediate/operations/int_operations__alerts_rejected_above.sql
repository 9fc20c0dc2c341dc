with source_runs as (
    select * from {{ ref('int_operations__source_runs') }}
),

rejected as (
    select
        source_runs.source,
        source_runs.domain,
        source_runs.rows_in_24_hours,
        count(*) as records,
        min(records.first_seen_at) as first_seen_at
    from {{ built_or_empty('fct_rejected_records') }} as records
    inner join source_runs on records.source = source_runs.source
    where records.first_seen_at > {{ dbt.dateadd('hour', -24, 'source_runs.checked_at') }}
    group by source_runs.source, source_runs.domain, source_runs.rows_in_24_hours
),

shares as (
    select
        *,
        greatest(rows_in_24_hours, records) as rows_that_came
    from rejected
),

final as (
    select
        domain as source,
        cast(null as {{ dbt.type_string() }}) as store_id,
        source as entity,
        first_seen_at as begins_at,
        100 * cast(records as double) / rows_that_came as value,
        'above' as at_fault_when,
        cast(null as double) as own_threshold,
        true as may_open,
        {{ alert_message('rejected_above', [(none, 'message')], {
            'records': whole_number_text('records'), 'source': 'source', 'rows': whole_number_text('rows_that_came'),
        }) }}
    from shares
)

select * from final
