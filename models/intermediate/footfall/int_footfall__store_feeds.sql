with stores as (
    select * from {{ ref('int_footfall__store_versions') }}
    where is_current
),

store_periods as (
    select * from {{ ref('int_footfall__store_periods') }}
),

sensor_periods as (
    select * from {{ ref('int_footfall__sensor_periods') }}
),

feeds as (
    select * from {{ ref('int_footfall__sensor_feeds') }}
),

closed_days as (
    select * from {{ ref('int_footfall__closed_days') }}
),

newest_load as (
    select max(newest_load_id) as newest_load_id from feeds
),

bounds_of_store as (
    select * from {{ ref('int_footfall__store_bounds') }}
),

sensors_of_store as (
    select
        store_id,
        {{ dbt.listagg(
            "concat_ws('|', sensor_id, door_key, cast(interval_minutes as string), cast(holds_from as string), cast(holds_until as string), "
            "cast(service_from as string), coalesce(cast(service_until as string), ''))",
            "','", "order by sensor_id, holds_from"
        ) }} as fingerprint
    from sensor_periods
    group by store_id
),

periods_of_store as (
    select
        store_id,
        {{ dbt.listagg(
            "concat_ws('|', cast(holds_from as string), timezone, coalesce(opens_at, ''), coalesce(closes_at, ''))", "','", "order by holds_from"
        ) }} as fingerprint
    from store_periods
    group by store_id
),

closed_days_of_store as (
    select
        store_id,
        {{ dbt.listagg("cast(visit_date as string)", "','", "order by visit_date") }} as fingerprint
    from closed_days
    group by store_id
),

event_days_of_store as (
    select
        store_id,
        {{ dbt.listagg("concat_ws('|', cast(visit_date as string), event_label, cast(is_unusual as string))", "','", "order by visit_date") }} as fingerprint
    from {{ ref('int_footfall__event_days') }}
    group by store_id
),

-- A limit that an incremental fact depends on is reference data of every store.
health_limits as (
    select {{ dbt.listagg("concat_ws('=', threshold_id, cast(value as string))", "','", "order by threshold_id") }} as fingerprint
    from {{ ref('thresholds') }}
    where left(threshold_id, 7) = 'health_'
),

final as (
    select
        stores.store_id,
        stores.timezone,
        bounds_of_store.first_hour_at,
        bounds_of_store.newest_hour_at,
        md5(
            concat_ws(
                ';', periods_of_store.fingerprint, sensors_of_store.fingerprint,
                closed_days_of_store.fingerprint, event_days_of_store.fingerprint, health_limits.fingerprint
            )
        ) as reference_fingerprint,
        newest_load.newest_load_id
    from stores
    cross join newest_load
    cross join health_limits
    left join periods_of_store on stores.store_id = periods_of_store.store_id
    left join bounds_of_store on stores.store_id = bounds_of_store.store_id
    left join sensors_of_store on stores.store_id = sensors_of_store.store_id
    left join closed_days_of_store on stores.store_id = closed_days_of_store.store_id
    left join event_days_of_store on stores.store_id = event_days_of_store.store_id
)

select * from final
