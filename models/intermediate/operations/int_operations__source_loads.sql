-- What fills a domain is its built-in source, feeds, or both.
with source_runs as (
    select * from {{ ref('int_operations__source_runs') }}
),

final as (
    select
        domain as source,
        checked_at,
        limit_hours,
        max(loaded_at) as loaded_at,
        max(failures_in_a_row) as failures_in_a_row,
        min(hours_since_load) as hours_since_load
    from source_runs
    group by domain, checked_at, limit_hours
)

select * from final
