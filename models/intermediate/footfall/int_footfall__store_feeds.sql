with stores as (
    select * from {{ ref('stg_footfall__stores') }}
),

sensors as (
    select * from {{ ref('stg_footfall__sensors') }}
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

sensors_of_store as (
    select
        sensors.store_id,
        min(feeds.first_hour_at) as first_hour_at,
        max(feeds.newest_hour_at) as newest_hour_at,
        {{ dbt.listagg(
            "concat_ws('|', sensors.sensor_id, sensors.door, sensors.installed_at, coalesce(cast(sensors.removed_at as string), ''))",
            "','", "order by sensors.sensor_id"
        ) }} as fingerprint
    from sensors
    left join feeds on sensors.sensor_id = feeds.sensor_id
    group by sensors.store_id
),

closed_days_of_store as (
    select
        store_id,
        {{ dbt.listagg("cast(visit_date as string)", "','", "order by visit_date") }} as fingerprint
    from closed_days
    group by store_id
),

-- A limit that an incremental fact depends on is reference data of every store.
health_limits as (
    select {{ dbt.listagg("concat_ws('=', threshold_id, cast(value as string))", "','", "order by threshold_id") }} as fingerprint
    from {{ ref('thresholds') }}
    where starts_with(threshold_id, 'health_')
),

final as (
    select
        stores.store_id,
        stores.timezone,
        sensors_of_store.first_hour_at,
        sensors_of_store.newest_hour_at,
        md5(
            concat_ws(
                ';', stores.timezone, stores.opens_at, stores.closes_at, sensors_of_store.fingerprint,
                closed_days_of_store.fingerprint, health_limits.fingerprint
            )
        ) as reference_fingerprint,
        newest_load.newest_load_id
    from stores
    cross join newest_load
    cross join health_limits
    left join sensors_of_store on stores.store_id = sensors_of_store.store_id
    left join closed_days_of_store on stores.store_id = closed_days_of_store.store_id
)

select * from final
