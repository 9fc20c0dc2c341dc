with sizes as (
    select * from {{ ref('stg_operations__sizes') }}
),

final as (
    select
        run_id,
        bytes,
        free_bytes,
        measured_at
    from sizes
)

select * from final
