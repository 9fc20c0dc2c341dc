{{ config(materialized='view') }}

with superseded as (
    select * from {{ ref('stg_air_quality__superseded') }}
    where is_completion
),

ranges as (
    select * from {{ ref('air_quality_limits') }}
    where averaging_hours = 1
),

final as (
    select
        superseded.station_id,
        superseded.parameter,
        case
            when not coalesce(superseded.old_value < ranges.lowest or superseded.old_value > ranges.highest, false) then superseded.old_value
        end as old_value,
        superseded.is_completion,
        superseded.measured_at
    from superseded
    left join ranges on superseded.parameter = ranges.parameter
)

select * from final
