{{ config(materialized='view') }}

with store_periods as (
    select * from {{ ref('int_footfall__store_periods') }}
),

bounds as (
    select
        store_id,
        min(first_hour_at) as first_hour_at,
        max(newest_hour_at) as newest_hour_at
    from {{ ref('int_footfall__sensor_feeds') }}
    group by store_id
),

final as (
    select
        bounds.store_id,
        {{ start_of_local_hour('bounds.first_hour_at', 'first_period.timezone') }} as first_hour_at,
        {{ start_of_local_hour('bounds.newest_hour_at', 'newest_period.timezone') }} as newest_hour_at
    from bounds
    inner join store_periods as first_period
        on
            bounds.store_id = first_period.store_id
            and first_period.holds_from <= bounds.first_hour_at
            and bounds.first_hour_at < first_period.holds_until
    inner join store_periods as newest_period
        on
            bounds.store_id = newest_period.store_id
            and newest_period.holds_from <= bounds.newest_hour_at
            and bounds.newest_hour_at < newest_period.holds_until
)

select * from final
