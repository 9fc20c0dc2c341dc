with runs as (
    select * from {{ ref('stg_operations__runs') }}
),

final as (
    select
        run_id,
        what,
        source,
        outcome,
        message,
        rows_new,
        rows_changed,
        rows_rejected,
        cast({{ dbt.datediff('started_at', 'ended_at', 'millisecond') }} as double) / 1000 as duration_seconds,
        started_at,
        ended_at
    from runs
)

select * from final
