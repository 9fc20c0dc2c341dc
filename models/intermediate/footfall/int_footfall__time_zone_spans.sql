{{ config(materialized='view') }}

with feeds as (
    select * from {{ ref('int_footfall__store_feeds') }}
    where first_hour_at is not null
),

store_periods as (
    select * from {{ ref('int_footfall__store_periods') }}
),

final as (
    select
        store_periods.timezone,
        {{ dbt.date_trunc('hour', 'min(feeds.first_hour_at)') }} as first_hour_at,
        -- through the end of the newest hour's local day, whose last hour is looked for
        {{ dbt.dateadd('hour', 26, dbt.date_trunc('hour', 'max(feeds.newest_hour_at)')) }} as last_hour_at
    from feeds
    inner join store_periods on feeds.store_id = store_periods.store_id
    group by store_periods.timezone
)

select * from final
