-- A store or station each where a source has such; else the source as one. What is late is said of each by itself.
with installations as (
    select
        store_id,
        min(installed_at) as installed_at
    from {{ built_or_empty('dim_sensors') }}
    where is_in_service
    group by store_id
),

feeds as (
    select
        'footfall' as source,
        stores.store_id,
        stores.store_id as entity,
        stores.newest_hour_at as newest_at,
        -- a store is to deliver from its first sensor on, one without sensors since it is known; neither before it opens
        greatest(
            coalesce(installations.installed_at, stores.updated_at),
            coalesce(cast(stores.opened_on as timestamp), installations.installed_at, stores.updated_at)
        ) as due_from
    from {{ built_or_empty('dim_stores') }} as stores
    left join installations on stores.store_id = installations.store_id

    union all

    select
        'air_quality' as source,
        null as store_id,
        cast(station_id as {{ dbt.type_string() }}) as entity,
        newest_measured_at as newest_at,
        cast(null as timestamp) as due_from
    from {{ built_or_empty('dim_stations') }}

    {% for source, table, column, is_date in source_newest() if source not in ['footfall', 'air_quality'] %}
        union all

        select
            '{{ source }}' as source,
            null as store_id,
            '{{ source }}' as entity,
            -- a day is delivered when it is over
            {{ dbt.dateadd('day', 1, 'max(' ~ column ~ ')') if is_date else 'max(' ~ column ~ ')' }} as newest_at,
            cast(null as timestamp) as due_from
        -- the alerts' run may come before the source's staging was ever built
        from {{ built_or_empty('stg_' ~ source ~ '__' ~ table, {column: 'date' if is_date else 'timestamp'}) }}
    {% endfor %}
),

source_loads as (
    select * from {{ ref('int_operations__source_loads') }}
),

final as (
    select
        feeds.source,
        feeds.store_id,
        feeds.entity,
        feeds.newest_at,
        coalesce(feeds.newest_at, feeds.due_from) as waits_since,
        cast({{ dbt.datediff('coalesce(feeds.newest_at, feeds.due_from)', 'source_loads.checked_at', 'minute') }} as double) / 60 as age_hours,
        source_loads.limit_hours
    from feeds
    -- what nothing fills any more is not late
    inner join source_loads on feeds.source = source_loads.source
    where coalesce(feeds.newest_at, feeds.due_from) is not null
)

select * from final
