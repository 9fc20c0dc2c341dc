{{ config(materialized='view') }}

with stores as (
    select * from {{ ref('stg_footfall__stores') }}
),

numbered_versions as (
    select
        *,
        row_number() over (partition by store_id order by updated_at) as version_number,
        lead(updated_at) over (partition by store_id order by updated_at) as valid_to,
        cast({{ local_timestamp('updated_at', 'timezone') }} as date) as changed_on
    from stores
),

final as (
    select
        *,
        valid_to is null as is_current,
        -- the first known version reaches back without limit
        case when version_number > 1 then updated_at end as valid_from,
        -- a version holds from the beginning of the store's day on which it was written
        case when version_number > 1 then changed_on else cast('0001-01-01' as date) end as holds_from_date,
        case
            when version_number > 1 then {{ local_midnight('changed_on', 'timezone') }} else cast('0001-01-01' as timestamp)
        end as holds_from
    from numbered_versions
)

select * from final
