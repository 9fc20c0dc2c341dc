-- A store or station each where a source has such; else the source as one. What is late is said of each by itself.
with feeds as (
    select
        'footfall' as source,
        store_id,
        store_id as entity,
        newest_hour_at as newest_at
    from {{ built_or_empty('dim_stores') }}

    union all

    select
        'air_quality' as source,
        null as store_id,
        cast(station_id as {{ dbt.type_string() }}) as entity,
        newest_measured_at as newest_at
    from {{ built_or_empty('dim_stations') }}

    union all

    select
        'retail' as source,
        null as store_id,
        'retail' as entity,
        {{ dbt.dateadd('day', 1, 'max(sale_date)') }} as newest_at
    from {{ built_or_empty('agg_sales_daily') }}

    union all

    select
        'orders' as source,
        null as store_id,
        'orders' as entity,
        max(hour_start_at) as newest_at
    from {{ built_or_empty('agg_orders_hourly') }}
),

newest_check as (
    select max(checked_at) as checked_at from {{ ref('int_operations__source_runs') }}
),

limits as (
    select * from {{ ref('int_operations__source_limits') }}
),

final as (
    select
        feeds.source,
        feeds.store_id,
        feeds.entity,
        feeds.newest_at,
        cast({{ dbt.datediff('feeds.newest_at', 'newest_check.checked_at', 'minute') }} as double) / 60 as age_hours,
        limits.limit_hours
    from feeds
    cross join newest_check
    left join limits on feeds.source = limits.source
    where feeds.newest_at is not null
)

select * from final
