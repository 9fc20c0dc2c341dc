with superseded as (
    select * from {{ ref('stg_air_quality__superseded') }}
),

final as (
    select
        station_id,
        parameter,
        old_value,
        new_value,
        new_value - old_value as value_change,
        measured_at,
        seen_at as restated_at
    from superseded
    where not is_completion
)

select * from final
